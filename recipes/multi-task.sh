#!/bin/sh
# Three tasks on one trunk over generated objects, k-NN and a linear probe with 10 % of the labels, and pictures of all three.
#
#   sh recipes/multi-task.sh
#
# Measured   not as a whole; figures of a learning run of this size stand in docs/methods/multi-task.md
set -e
DATA='synthetic:objects?count=2000&test=1000&size=32'
npx autodidact pretrain multi-task --data "$DATA" --split train --backbone dcgan --width 16 --epochs 8 --batch-size 40 --learning-rate 0.002 \
  --decoder-width 32 --grids 4 --strength 0.5 --out runs/multi-task
npx autodidact evaluate runs/multi-task --protocol knn,linear --labels 10% --seeds 3 --baselines random
npx autodidact preview multi-task --run runs/multi-task --data "$DATA" --out runs/multi-task/tasks.png
