#!/bin/sh
# Tracking patches on generated sprites that turn, then the task in pictures.
#
#   sh recipes/tracking-patches.sh
#
# Hardware   1 core, no GPU
# Expected   no gain over raw pixels on generated videos (docs/methods/tracking-patches.md)
set -e
DATA='patches:synthetic:sprites?count=240&test=140&size=64&frames=22&speed=0.4&spin=0.5&track=10&every=11&fewest=0.05&patch=28'
npx autodidact pretrain tracking-patches --data "$DATA" --split train --size 32 --channels 1 --width 8 --epochs 60 --batch-size 30 --learning-rate 0.004 --out runs/tracking-patches
npx autodidact preview tracking-patches --run runs/tracking-patches --data "$DATA" --out runs/tracking-patches/tracks.png
