#!/bin/sh
# Split-brain autoencoder on rendered scenes with depth: HHA from the image, the image from HHA; a linear probe of the class of the
# largest object.
#
#   sh recipes/split-brain-depth.sh
#
# Hardware   1 core of an AMD EPYC with AVX512-BF16, no GPU
# Time       90 seconds
# Expected   linear probe 50.8 %, random initialization 41.4 %, the most frequent class 30.8 %
set -e
DATA='synthetic:scenes?count=1500&test=500&size=32&form=rgb-hha'
npx autodidact pretrain split-brain --data "$DATA" --split train --pair rgb-depth --width 16 --epochs 12 --learning-rate 0.002 \
  --out runs/split-brain-depth
npx autodidact evaluate runs/split-brain-depth --protocol linear --labels 100% --seeds 1 --baselines random
npx autodidact preview split-brain --run runs/split-brain-depth --data "$DATA" --out runs/split-brain-depth/halves.png
