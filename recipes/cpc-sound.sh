#!/bin/sh
# CPC on generated sounds of eight timbres, then k-NN and a linear probe with all labels beside the untrained encoder.
#
#   sh recipes/cpc-sound.sh
#
# Hardware   1 core of an AMD EPYC with AVX512-BF16, no GPU
# Time       about 1 minute
# Expected   k-NN 99.5 %, linear probe 99.9 %; random initialization 62.0 % and 78.3 %
set -e
DATA="synthetic:sounds?count=1600&test=800&size=64"
npx autodidact pretrain cpc-sound --data "$DATA" --width 48 --epochs 15 --batch-size 50 --learning-rate 0.002 --out runs/cpc-sound
npx autodidact evaluate runs/cpc-sound --protocol knn,linear --labels 100% --seeds 1 --baselines random
