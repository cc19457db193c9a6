#!/bin/sh
# RotNet on the shipped part of Fashion-MNIST at 16 pixels, then a linear probe and fine-tuning with 1 % of the labels, five draws of them.
#
#   sh recipes/rotation-fashion-mnist.sh
#
# Hardware   2 cores of an AMD EPYC with AVX512-BF16, no GPU
# Time       4 min 36 s on two idle cores, set-up apart
# Expected   linear probe 64.6 %, fine-tuning 67.6 %; linear probe on random initialization 59.2 %, supervised 64.3 %
set -e
npx autodidact pretrain rotation --data fashion-mnist:mini --split train --size 16 --width 16 --epochs 5 --batch-size 128 --out runs/rotation-fashion-mnist
npx autodidact evaluate runs/rotation-fashion-mnist --protocol linear,finetune --labels 1% --seeds 5 --budget 150
