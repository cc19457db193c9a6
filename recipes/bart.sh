#!/bin/sh
# BART on generated narratives: put shuffled sentences in order.
#
#   sh recipes/bart.sh
#
# Hardware   any CPU, no GPU
# Time       not measured yet
# Expected   not measured yet
set -e
DATA="synthetic:narratives?count=2000&test=400&sentences=4"
npx autodidact pretrain bart --data "$DATA" --context 88 --tokenizer words --hidden-share 0 --width 64 --epochs 20 --out runs/bart
npx autodidact preview bart --run runs/bart --data "$DATA" --out runs/bart/order.png
