#!/bin/sh
# GPT on the characters of the State of the Union addresses: 2,000 batches of 12 windows of 64, then held-out perplexity and a text.
#
#   sh recipes/gpt.sh
#
# Hardware   2 cores of an AMD EPYC, no GPU
# Time       19 minutes on a machine whose cores ten others shared, not measured on an idle one; a step takes about 65 ms of one core
# Expected   1.57 nats per character of held-out addresses, perplexity 4.8, 2.26 bits per byte
set -e
npx autodidact data fetch text
npx autodidact pretrain gpt --data text:addresses --epochs 0.166 --warmup-epochs 0.0083 --out runs/gpt
npx autodidact perplexity runs/gpt
npx autodidact generate runs/gpt --prompt "My fellow citizens" --tokens 300
