#!/bin/sh
# BigBiGAN on the shipped part of Fashion-MNIST, then k-NN and a linear probe with 10 % of the labels.
#
#   sh recipes/big-bigan.sh
#
# Measured   not yet
set -e
npx autodidact pretrain big-bigan --data fashion-mnist:mini --split train --code-size 32 --generator-width 16 --discriminator-width 16 \
  --hidden-size 256 --blocks 2 --no-use-flip --width 16 --epochs 15 --learning-rate 0.001 --out runs/big-bigan
npx autodidact evaluate runs/big-bigan --protocol knn,linear --labels 10% --seeds 3 --budget 60
npx autodidact preview big-bigan --run runs/big-bigan --data fashion-mnist:mini --out runs/big-bigan/reconstructions.png
