#!/bin/sh
# Three tasks on one trunk over generated objects, k-NN and a linear probe with 10 % of the labels, and pictures of all three.
#
#   sh recipes/multi-task.sh
#
# Hardware   1 core of an AMD EPYC with AVX512-BF16, no GPU
# Time       @TIME
# Expected   @EXPECTED
set -e
DATA='synthetic:objects?count=2000&test=1000&size=32'
npx autodidact pretrain multi-task --data "$DATA" --split train --width 8 --epochs 12 --learning-rate 0.002 --decoder-width 32 \
  --out runs/multi-task
npx autodidact evaluate runs/multi-task --protocol knn,linear --labels 10% --seeds 3 --baselines random
npx autodidact preview multi-task --run runs/multi-task --data "$DATA" --out runs/multi-task/tasks.png
