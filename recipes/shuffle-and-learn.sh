#!/bin/sh
# Shuffle and learn on generated sprites over a torus, where no single frame tells its time, then the task in pictures.
#
#   sh recipes/shuffle-and-learn.sh
#
# Hardware   1 core of an AMD EPYC, no GPU
# Expected   see docs/methods/shuffle-and-learn.md: `npm run acid shuffle-and-learn` measures these data and options beside its controls
set -e
DATA='synthetic:sprites?count=1500&test=1000&size=32&frames=32&edges=torus&motion=accelerating&speed=0.145&scale=0.3'
npx autodidact pretrain shuffle-and-learn --data "$DATA" --split train --frames 32 --fps 10 --backbone dcgan --width 16 --epochs 20 --batch-size 50 --learning-rate 0.003 --farthest 2 --margin 0.4 --frame-size 64 --out runs/shuffle-and-learn
npx autodidact preview shuffle-and-learn --run runs/shuffle-and-learn --data "$DATA" --out runs/shuffle-and-learn/order.png
