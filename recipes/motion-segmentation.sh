#!/bin/sh
# Motion segmentation on sprites under a camera that pans: what moves is found from the flow, and segmented in single frames.
#
#   sh recipes/motion-segmentation.sh
#
# Hardware   1 core of an AMD EPYC, no GPU
# Expected   see docs/methods/motion-segmentation.md: `npm run acid motion-segmentation` measures these data and options beside its controls
set -e
DATA='moving:synthetic:sprites?count=60&test=40&size=64&frames=24&camera=pan&speed=0.5&scale=0.4&every=6&reach=3&least=1'
npx autodidact pretrain motion-segmentation --data "$DATA" --split train --width 8 --epochs 20 --batch-size 20 --learning-rate 0.002 --out runs/motion-segmentation
npx autodidact preview motion-segmentation --run runs/motion-segmentation --data "$DATA" --out runs/motion-segmentation/moving.png
