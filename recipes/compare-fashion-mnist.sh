#!/bin/sh
# Eight pretext tasks on Fashion-MNIST with 1 % of the labels, beside random initialization and supervised training.
#
#   sh recipes/compare-fashion-mnist.sh
#
# Hardware   2 cores of an AMD EPYC, no GPU, with a little other work beside it
# Time       27 minutes (--total shares 30 minutes out among the trainings)
# Expected   Context encoder 65.3 %, Autoencoder 63.2 %, RotNet 61.8 %, Supervised training 58.5 %, Counting 57.2 %, Random initialization
#            55.2 %, DeepCluster 53.3 %, SimCLR 51.2 %, MoCo 50.1 %, BYOL 41.9 %: with 70 labels, five blocks and 30 seconds of pretraining
#            the leader is not shown to be better than supervised training, and the verdict says so
set -e
DATA=${1:-fashion-mnist:mini}
npx autodidact compare --data "$DATA" --labels 1% --methods rotation,counting,autoencoder,context-encoder,deep-cluster,simclr,byol,moco --width 16 --total 30m --blocks 5 --fresh-blocks 3 --out runs/compare-fashion-mnist
