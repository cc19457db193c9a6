#!/bin/sh
# CPC of text on generated narratives of four topics, then k-NN and a linear probe of the topic beside the untrained encoder.
#
#   sh recipes/cpc-text.sh
#
# Hardware   any CPU, no GPU
# Time       not measured yet
# Expected   not measured yet
set -e
DATA="synthetic:narratives?count=2000&test=400&sentences=4"
npx autodidact pretrain cpc-text --data "$DATA" --width 64 --epochs 20 --out runs/cpc-text
npx autodidact evaluate runs/cpc-text --data "$DATA" --protocol knn,linear --labels 100% --seeds 1 --baselines random
