#!/bin/sh
# PEGASUS on the State of the Union addresses.
#
#   sh recipes/pegasus.sh
#
# Hardware   any CPU, no GPU
# Time       not measured yet
# Expected   not measured yet
set -e
npx autodidact data fetch text
npx autodidact pretrain pegasus --data text:addresses --budget 30m --out runs/pegasus
