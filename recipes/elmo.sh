#!/bin/sh
# ELMo on the State of the Union addresses.
#
#   sh recipes/elmo.sh
#
# Hardware   any CPU, no GPU
# Time       not measured yet
# Expected   not measured yet
set -e
npx autodidact data fetch text
npx autodidact pretrain elmo --data text:addresses --width 512 --budget 30m --out runs/elmo
