#!/bin/sh
# Span corruption of T5 on the State of the Union addresses.
#
#   sh recipes/t5.sh
#
# Hardware   any CPU, no GPU
# Time       not measured yet
# Expected   not measured yet
set -e
npx autodidact data fetch text
npx autodidact pretrain t5 --data text:addresses --budget 10m --out runs/t5
npx autodidact evaluate runs/t5 --data "text:addresses?label=century" --protocol knn,linear --labels 100% --seeds 1 --baselines random
