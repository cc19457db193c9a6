#!/bin/sh
# SRResNet and then SRGAN on generated objects, four times enlarged, and a picture of held-out ones.
#
#   sh recipes/super-resolution.sh
#
# Hardware   1 core of an AMD EPYC with AVX512-BF16, no GPU
# Time       1 minute 36 seconds
# Expected   PSNR 30.7 dB (bicubic 28.5) and SSIM 0.80 (0.71) after the 14 epochs of SRResNet, on the training images; 27.4 dB and
#            0.63 after the 6 epochs of SRGAN, which gives up PSNR for sharpness; so short a training leaves a fine grid in the picture
set -e
DATA="synthetic:objects?count=1000&test=300&size=48"
npx autodidact pretrain super-resolution --data "$DATA" --split train --factor 4 --epochs 20 --out runs/super-resolution
npx autodidact preview super-resolution --run runs/super-resolution --data "$DATA" --split test --out runs/super-resolution/enlarged.png
