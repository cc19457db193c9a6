#!/bin/sh
# ELECTRA on generated narratives of four topics, then k-NN and a linear probe of the topic beside the untrained encoder.
#
#   sh recipes/electra.sh
#
# Hardware   any CPU, no GPU
# Time       not measured yet
# Expected   not measured yet
set -e
DATA="synthetic:narratives?count=2000&test=400&sentences=4"
npx autodidact pretrain electra --data "$DATA" --context 88 --width 64 --epochs 16 --out runs/electra
npx autodidact evaluate runs/electra --data "$DATA" --protocol knn,linear --labels 100% --seeds 1 --baselines random
