#!/bin/sh
# RotNet with a VGG-16 without batch norm, from PyTorch's initialisation and from the data-dependent one of Krähenbühl et al.: as it is drawn,
# so deep a network hardly begins to learn in so few steps. Then the frozen encoders by k-NN with all labels.
#
#   sh recipes/data-dependent-initialization.sh
#
# Hardware   1 core of an AMD EPYC with AVX512-BF16, no GPU
# Time       a minute or two
# Expected   EXPECTED
set -e
DATA="synthetic:objects?count=1500&test=1000&size=32&hue=random"
for START in default data-dependent; do
  npx autodidact pretrain rotation --data "$DATA" --backbone vgg16-plain --width 8 --epochs 6 --batch-size 64 --learning-rate 0.05 \
    --initialization $START --out runs/rotation-$START
  npx autodidact evaluate runs/rotation-$START --protocol knn,linear --labels 100% --seeds 1 --baselines random
done
