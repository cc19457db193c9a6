#!/bin/sh
# Video colorization on two generated sprites whose colors their lightness does not tell, then masks carried along.
#
#   sh recipes/video-colorization.sh
#
# Hardware   1 core of an AMD EPYC, no GPU
# Expected   see docs/methods/video-colorization.md: `npm run acid video-colorization` measures these data and options beside its control
set -e
DATA='synthetic:sprites?count=800&test=100&size=64&frames=12&fps=6&sprites=2&scale=0.35&speed=0.35&look=quadrants'
npx autodidact pretrain video-colorization --data "$DATA" --split train --backbone alexnet --width 16 --epochs 12 --batch-size 8 --learning-rate 0.002 --out runs/video-colorization
npx autodidact evaluate runs/video-colorization --task propagation --protocol colorization --seeds 1 --limit 40
npx autodidact preview video-colorization --run runs/video-colorization --data "$DATA" --out runs/video-colorization/colors.png
