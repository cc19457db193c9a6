#!/bin/sh
# ELMo on the State of the Union addresses.
#
#   sh recipes/elmo.sh
#
# Hardware   any CPU, no GPU
# Time       25 minutes of one core that others shared, 8 of them training
# Expected   k-NN 65.9 % and linear probe 68.8 % of four centuries on pieces of 20 tokens (random initialization 56.9 and 58.3, a bag of words 67.2)
set -e
npx autodidact data fetch text
npx autodidact pretrain elmo --data text:addresses --width 512 --budget 10m --out runs/elmo
npx autodidact evaluate runs/elmo --data "text:addresses?label=century" --protocol knn,linear --labels 100% --seeds 1 --baselines random,bag-of-words
