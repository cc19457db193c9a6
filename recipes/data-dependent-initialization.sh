#!/bin/sh
# RotNet with a VGG-16 without batch norm, from PyTorch's initialization and from the data-dependent one of Krähenbühl et al.: from the former
# so deep a network hardly begins to learn in so few steps.
#
#   sh recipes/data-dependent-initialization.sh
#
# Hardware   1 core of an AMD EPYC with AVX512-BF16, no GPU
# Time       about 1 minute
# Expected   rotation accuracy in the sixth epoch 27.6 % from the default, 59.2 % from the data-dependent initialization
set -e
DATA="synthetic:objects?count=2000&test=1000&size=32&hue=random"
for START in default data-dependent; do
  npx autodidact pretrain rotation --data "$DATA" --backbone vgg16-plain --width 8 --epochs 6 --batch-size 64 --learning-rate 0.05 \
    --initialization $START --out runs/rotation-$START
done
