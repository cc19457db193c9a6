#!/bin/sh
# CPC of text on generated narratives of four topics, then k-NN and a linear probe of the topic beside the untrained encoder.
#
#   sh recipes/cpc-text.sh
#
# Hardware   any CPU, no GPU
# Time       31 s of one core
# Expected   k-NN and linear probe 100 %, and so with the untrained network: the four topics have words of their own, which any average tells
set -e
DATA="synthetic:narratives?count=2000&test=400&sentences=4"
npx autodidact pretrain cpc-text --data "$DATA" --width 64 --epochs 20 --out runs/cpc-text
npx autodidact evaluate runs/cpc-text --data "$DATA" --protocol knn,linear --labels 100% --seeds 1 --baselines random
