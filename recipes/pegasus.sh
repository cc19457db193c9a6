#!/bin/sh
# PEGASUS on the State of the Union addresses.
#
#   sh recipes/pegasus.sh
#
# Hardware   any CPU, no GPU
# Time       not measured yet
# Expected   not measured yet
set -e
npx autodidact data fetch text
npx autodidact pretrain pegasus --data text:addresses --budget 10m --out runs/pegasus
npx autodidact evaluate runs/pegasus --data "text:addresses?label=century" --protocol knn,linear --labels 100% --seeds 1 --baselines random
