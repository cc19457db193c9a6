#!/bin/sh
# ALBERT on the State of the Union addresses: the order of segments, runs of words, small vectors of tokens, one set of weights for all layers.
#
#   sh recipes/albert.sh
#
# Hardware   any CPU, no GPU
# Time       14 minutes of one core that others shared, 7 of them training
# Expected   k-NN 59.0 % and linear probe 70.2 % of four centuries (random initialization 65.0 and 71.2, a bag of words 87.3): two epochs do not help
set -e
npx autodidact data fetch text
npx autodidact pretrain bert --data text:addresses --second-task sentence-order --unit ngram --embedding-size 64 --shares-layers --budget 10m --out runs/albert
npx autodidact evaluate runs/albert --data "text:addresses?label=century" --protocol knn,linear --labels 100% --seeds 1 --baselines random,bag-of-words
