#!/bin/sh
# Hue and chroma of generated objects whose hue follows their kind, k-NN and a linear probe with 10 % of the labels, and a picture.
#
#   sh recipes/color-proxy.sh
#
# Measured   not as a whole; figures of a learning run of this size stand in docs/methods/color-proxy.md
set -e
DATA='synthetic:objects?count=2000&test=1000&size=32'
npx autodidact pretrain color-proxy --data "$DATA" --split train --width 16 --epochs 8 --learning-rate 0.002 --head-size 128 \
  --out runs/color-proxy
npx autodidact evaluate runs/color-proxy --protocol knn,linear --labels 10% --seeds 3 --baselines random
npx autodidact preview color-proxy --run runs/color-proxy --data "$DATA" --out runs/color-proxy/colors.png
