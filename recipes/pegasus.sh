#!/bin/sh
# PEGASUS on the State of the Union addresses.
#
#   sh recipes/pegasus.sh
#
# Hardware   any CPU, no GPU
# Time       15 minutes of one core that others shared, 10 of them training
# Expected   k-NN 78.9 % and linear probe 81.7 % of four centuries (random initialization 66.3 and 71.9, a bag of words 87.6)
set -e
npx autodidact data fetch text
npx autodidact pretrain pegasus --data text:addresses --budget 10m --out runs/pegasus
npx autodidact evaluate runs/pegasus --data "text:addresses?label=century" --protocol knn,linear --labels 100% --seeds 1 --baselines random,bag-of-words
