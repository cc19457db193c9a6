#!/bin/sh
# Sentence order on generated narratives: which of two sentences comes first.
#
#   sh recipes/sentence-order.sh
#
# Hardware   any CPU, no GPU
# Time       not measured yet
# Expected   not measured yet
set -e
DATA="synthetic:narratives?count=2000&test=400&sentences=4"
npx autodidact pretrain sentence-order --data "$DATA" --context 88 --tokenizer words --width 64 --epochs 12 --out runs/sentence-order
npx autodidact preview runs/sentence-order --data "$DATA" --out runs/sentence-order/order.png
