#!/bin/sh
# RotNet on the shipped part of Fashion-MNIST, then k-NN and a linear probe with 1 % and 10 % of the labels, three seeds.
#
#   sh recipes/rotation-fashion-mnist.sh
#
# Hardware   2 cores of an AMD EPYC with AVX512-BF16, no GPU
# Time       about 6 minutes
# Expected   linear probe 63.4 % (1 %) and 77.9 % (10 %); random initialization 56.4 % and 70.5 %; supervised 52.9 % and 77.5 %
set -e
npx autodidact pretrain rotation --data fashion-mnist:mini --split train --width 16 --epochs 3 --batch-size 128 --out runs/rotation-fashion-mnist
npx autodidact evaluate runs/rotation-fashion-mnist --protocol knn,linear --labels 1%,10% --seeds 3 --budget 60
