#!/bin/sh
# Jigsaw puzzles of generated objects in random hues, then a linear probe of layer3 with 10 % and 100 % of the labels.
#
#   sh recipes/jigsaw.sh
#
# Hardware   1 core of an AMD EPYC with AVX512-BF16, no GPU
# Time       75 seconds
# Expected   nearly all puzzles in runs/jigsaw/puzzles.png solved; linear probe 39.3 % (10 %) and 54.9 % (100 %), random
#            initialization 19.1 % and 27.7 %
set -e
DATA="synthetic:objects?count=2000&test=1000&size=48&hue=random"
npx autodidact pretrain jigsaw --data "$DATA" --width 8 --epochs 14 --batch-size 64 --learning-rate 0.002 --out runs/jigsaw
npx autodidact evaluate runs/jigsaw --protocol linear --layer layer3 --labels 10%,100% --seeds 1 --baselines random
npx autodidact preview jigsaw --run runs/jigsaw --data "$DATA" --split test --out runs/jigsaw/puzzles.png
