#!/bin/sh
# YADIM with a ResNet-18 on generated objects, then k-NN and a linear probe with all labels beside the untrained one.
#
#   sh recipes/yadim.sh
#
# Hardware   1 core of an AMD EPYC with AVX512-BF16, no GPU
# Time       a minute or two
# Expected   EXPECTED
set -e
DATA="synthetic:objects?count=2000&test=1000&size=32"
npx autodidact pretrain yadim --data "$DATA" --width 8 --epochs 10 --batch-size 100 --learning-rate 0.002 --out runs/yadim
npx autodidact evaluate runs/yadim --protocol knn,linear --labels 100% --seeds 1 --baselines random
