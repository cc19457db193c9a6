#!/bin/sh
# SimCSE from BERT on the sentences of the State of the Union addresses.
#
#   sh recipes/simcse.sh
#
# Hardware   any CPU, no GPU
# Time       16 minutes of one core that others shared, 8 of them training
# Expected   k-NN 55.3 % and linear probe 57.5 % of four centuries of single sentences (random initialization 57.4 and 61.6, a bag of words 69.4): BERT has not been trained long enough to start from
set -e
npx autodidact data fetch text
npx autodidact pretrain bert --data text:addresses --budget 6m --out runs/simcse-start
npx autodidact pretrain simcse --data text:addresses --init runs/simcse-start --budget 4m --out runs/simcse
npx autodidact evaluate runs/simcse --data "text:addresses?label=century" --protocol knn,linear --labels 100% --seeds 1 --baselines random,bag-of-words
