#!/bin/sh
# Synthetic imagery with generated objects for photographs, k-NN and a linear probe with 10 % and all of the labels, and pictures
# of its depth, normals and contours.
#
#   sh recipes/synthetic-imagery.sh
#
# Hardware   HARDWARE
# Time       TIME
# Expected   EXPECTED
set -e
DATA='synthetic:objects?count=1000&test=500&size=48'
npx autodidact pretrain synthetic-imagery --data "$DATA" --split train --width 8 --epochs 12 --batch-size 50 --learning-rate 0.002 \
  --out runs/synthetic-imagery
npx autodidact evaluate runs/synthetic-imagery --protocol knn,linear --labels 10%,100% --seeds 3 --baselines random
npx autodidact preview synthetic-imagery --run runs/synthetic-imagery --data "$DATA" --out runs/synthetic-imagery/answers.png
