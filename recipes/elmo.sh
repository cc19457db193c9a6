#!/bin/sh
# ELMo on the State of the Union addresses.
#
#   sh recipes/elmo.sh
#
# Hardware   any CPU, no GPU
# Time       not measured yet
# Expected   not measured yet
set -e
npx autodidact data fetch text
npx autodidact pretrain elmo --data text:addresses --width 512 --budget 10m --out runs/elmo
npx autodidact evaluate runs/elmo --data "text:addresses?label=century" --protocol knn,linear --labels 100% --seeds 1 --baselines random
