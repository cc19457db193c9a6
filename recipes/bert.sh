#!/bin/sh
# BERT on generated narratives of four topics, then k-NN and a linear probe of the topic beside the untrained encoder.
#
#   sh recipes/bert.sh
#
# Hardware   any CPU, no GPU
# Time       84 s of one core
# Expected   k-NN and linear probe 100 %, and so with the untrained network: the four topics have words of their own, which any average tells
set -e
DATA="synthetic:narratives?count=2000&test=400&sentences=4"
npx autodidact pretrain bert --data "$DATA" --context 88 --width 64 --epochs 12 --out runs/bert
npx autodidact evaluate runs/bert --data "$DATA" --protocol knn,linear --labels 100% --seeds 1 --baselines random
