#!/bin/sh
# Sentence order on generated narratives: which of two sentences comes first.
#
#   sh recipes/sentence-order.sh
#
# Hardware   any CPU, no GPU
# Time       74 s of one core, the preview apart
# Expected   in the last epoch every order of the sentences is told (accuracy 1 on training texts), and a picture of orders before and after
set -e
DATA="synthetic:narratives?count=2000&test=400&sentences=4"
npx autodidact pretrain sentence-order --data "$DATA" --context 88 --tokenizer words --width 64 --epochs 12 --out runs/sentence-order
npx autodidact preview sentence-order --run runs/sentence-order --data "$DATA" --out runs/sentence-order/order.png
