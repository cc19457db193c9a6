#!/bin/sh
# Eight pretext tasks on Fashion-MNIST with 1 % of the labels, beside random initialization and supervised training.
#
#   sh recipes/compare-fashion-mnist.sh
#
# Time       30 minutes are shared out among the trainings by --total
# Expected   a table and a verdict, and runs/compare-fashion-mnist/report.html. It has not been run to the end yet: no scores stand here.
set -e
DATA=${1:-fashion-mnist:mini}
npx autodidact compare --data "$DATA" --labels 1% --methods rotation,counting,autoencoder,context-encoder,deep-cluster,simclr,byol,moco --width 16 --total 30m --blocks 5 --fresh-blocks 3 --out runs/compare-fashion-mnist
