#!/bin/sh
# Eight pretext tasks on Fashion-MNIST with 1 % of the labels, beside random initialization and supervised training.
#
#   sh recipes/compare-fashion-mnist.sh
#
# Time       about 30 minutes: --total shares it out among the trainings
# Expected   a table with a verdict, and runs/compare-fashion-mnist/report.html; which method leads, this recipe has not been run to say
set -e
DATA=${1:-fashion-mnist:mini}
npx autodidact compare --data "$DATA" --labels 1% --methods rotation,jigsaw,autoencoder,context-encoder,simclr,byol,vicreg,instance-discrimination --width 16 --total 30m --blocks 5 --fresh-blocks 3 --out runs/compare-fashion-mnist
