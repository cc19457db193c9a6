#!/bin/sh
# ALBERT on the State of the Union addresses: the order of segments, runs of words, small vectors of tokens, one set of weights for all layers.
#
#   sh recipes/albert.sh
#
# Hardware   any CPU, no GPU
# Time       not measured yet
# Expected   not measured yet
set -e
npx autodidact data fetch text
npx autodidact pretrain bert --data text:addresses --second-task sentence-order --unit ngram --embedding-size 64 --shares-layers --budget 30m --out runs/albert
