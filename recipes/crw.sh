#!/bin/sh
# Contrastive random walks on generated sprites that look like the ground and turn, then masks carried along by what was learned.
#
#   sh recipes/crw.sh
#
# Hardware   1 core of an AMD EPYC, no GPU
# Expected   see docs/methods/crw.md: `npm run acid crw` measures these data and options beside its controls
set -e
DATA='synthetic:sprites?count=240&test=100&size=64&frames=12&fps=6&sprites=1&scale=0.35&speed=0.3&spin=0.15&look=background'
npx autodidact pretrain crw --data "$DATA" --split train --frames 4 --fps 6 --backbone alexnet --width 16 --epochs 14 --batch-size 4 --learning-rate 0.001 --out runs/crw
npx autodidact evaluate runs/crw --task propagation --protocol dino --layer conv4 --seeds 1 --limit 30
npx autodidact preview crw --run runs/crw --data "$DATA" --out runs/crw/walks.png
