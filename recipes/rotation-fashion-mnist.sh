#!/bin/sh
# RotNet on the shipped part of Fashion-MNIST, then k-NN and a linear probe with 1 % and 10 % of the labels, three seeds.
#
#   sh recipes/rotation-fashion-mnist.sh
#
# Hardware   2 cores of an AMD EPYC with AVX512-BF16, no GPU
# Time       under 5 minutes
# Expected   linear probe 66.9 % (1 %) and 79.9 % (10 %); random initialization 57.1 % and 70.4 %
set -e
npx autodidact pretrain rotation --data fashion-mnist:mini --split train --width 16 --epochs 3 --out runs/rotation-fashion-mnist
npx autodidact evaluate runs/rotation-fashion-mnist --protocol knn,linear --labels 1%,10% --seeds 3 --budget 60
