#!/bin/sh
# YADIM with a ResNet-18 on generated objects, then k-NN and a linear probe with all labels beside the untrained one.
#
#   sh recipes/yadim.sh
#
# Hardware   1 core of an AMD EPYC with AVX512-BF16, no GPU
# Time       about 1 minute
# Expected   k-NN 59.5 %, linear probe 67.2 %; random initialization 26.3 % and 31.8 %
set -e
DATA="synthetic:objects?count=2000&test=1000&size=32"
npx autodidact pretrain yadim --data "$DATA" --width 8 --epochs 10 --batch-size 100 --learning-rate 0.002 --out runs/yadim
npx autodidact evaluate runs/yadim --protocol knn,linear --labels 100% --seeds 1 --baselines random
