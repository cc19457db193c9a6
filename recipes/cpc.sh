#!/bin/sh
# CPC on generated objects, in grey, then k-NN and a linear probe with all labels beside the untrained encoder.
#
#   sh recipes/cpc.sh
#
# Hardware   1 core of an AMD EPYC with AVX512-BF16, no GPU
# Time       TIME
# Expected   EXPECTED
set -e
DATA="synthetic:objects?count=2000&test=1000&size=32"
npx autodidact pretrain cpc --data "$DATA" --width 8 --epochs 6 --batch-size 50 --learning-rate 0.001 --out runs/cpc
npx autodidact evaluate runs/cpc --protocol knn,linear --labels 100% --seeds 1 --baselines random
