/** Pairs of patches: how they are cut, disguised, compared and shown. Shared by the methods that ask how two patches lie to each other. */
import {
  cutPatches,
  keepOneChannel,
  projectColors,
  resize,
  type Transform,
  toFloat,
  toUnitPower,
} from '../../../augment/index.js';
import type { Generator, Tensor } from '../../../engine/index.js';
import { ops } from '../../../engine/index.js';
import { BatchNorm, Linear, ReLU, Sequential } from '../../../engine/nn/index.js';
import type { Tower } from '../../../networks/tower.js';
import { indexTensor } from '../../index-tensor.js';
import type { Tile } from '../../method.js';
import { both } from '../../views/two-views.js';
import { DIRECTIONS, type Layout, PAIRS } from './blocks.js';
import { drawAnswer, drawInputs, drawWhere, phrase } from './pair-pictures.js';

/** Pairs of patches: positions of the first and the second and their direction, int64 (P). */
export type Pairs = Record<'first' | 'second' | 'labels', Tensor>;

/** The patches of a layout, float [0, 1] (4 G N, C, patch, patch), cut out of images (N, C, S, S) after they are resized. */
export function cutBlocks(samples: Tensor, { side, places }: Layout, patch: number): Tensor {
  return toFloat(cutPatches(resize({ size: side })(samples), places, patch));
}

/** The pairs of a layout, on the device of its patches. */
export function pairsOf(layout: Layout, patches: Tensor): Pairs {
  const [first, second, labels] = [layout.first, layout.second, layout.labels].map((list) =>
    indexTensor(list, patches),
  );
  return { first: first!, second: second!, labels: labels! };
}

export const centered = (images: Tensor): Tensor => images.sub(images.mean([2, 3], true));

/** What is done about colors, whose fringes would tell where in an image a patch lies. */
export type ColorRule = 'drop' | 'project' | 'none';

/** Mean subtraction, color handling, loss of detail, division by the RMS, in this order. */
export function disguise(patches: Tensor, rule: ColorRule, pixelate: Transform, random: Generator): Tensor {
  const plain = centered(patches);
  const colorless = {
    drop: () => keepOneChannel(plain, random),
    project: () => projectColors(plain),
    none: () => plain,
  };
  return toUnitPower(pixelate(colorless[rule](), random));
}

/** Two vectors, one after the other, (P, 2 towerSize), to logits of the directions, (P, 8): fc7, fc8 and the answers. */
export function pairHead(towerSize: number, headSize: number): Sequential {
  return new Sequential(
    new Linear(2 * towerSize, headSize, { bias: false }),
    new BatchNorm(headSize, { affine: false }),
    new ReLU(),
    new Linear(headSize, headSize),
    new ReLU(),
    new Linear(headSize, DIRECTIONS.length),
  );
}

/** Logits (P, 8) for pairs of patches, from the maps of all patches. */
export function comparePairs(maps: Tensor, { first, second }: Pairs, tower: Tower, head: Sequential): Tensor {
  const vectors = tower.forward(maps); // (4 G N, towerSize)
  return head.forward(ops.cat([vectors.indexSelect(0, first), vectors.indexSelect(0, second)], 1));
}

export interface ShownPairs {
  /** (N, C, S, S) in [0, 1]. */
  images: Tensor;
  layout: Layout;
  /** Blocks of each image. */
  grids: number;
  /** The patches as they were cut and as the network sees them. */
  cut: Tensor;
  seen: Tensor;
  /** The answer to each pair. */
  guesses: readonly number[];
}

/** A row for each image: where a pair of it lies, what the network sees of it, and where it puts the second patch. */
export function pairRows({ images, layout, grids, cut, seen, guesses }: ShownPairs): Tile[][] {
  const whole = toFloat(resize({ size: layout.side })(images));
  return Array.from({ length: images.size(0) }, (_, i) => {
    const pair = i * grids * PAIRS + (i % PAIRS);
    const members = [layout.first[pair]!, layout.second[pair]!] as const;
    const [label, guess] = [layout.labels[pair]!, guesses[pair]!];
    const pick = (from: Tensor) => both(members, (member) => from.select(0, member));
    const places = both(members, (member) => layout.places[member]!);
    return [
      { image: drawWhere(whole.select(0, i), pick(cut), places), caption: `orange lies ${phrase(label)}` },
      { image: drawInputs(pick(seen)), caption: 'what the network sees' },
      { image: drawAnswer(pick(cut), guess), caption: `says: ${phrase(guess)}`, isCorrect: guess === label },
    ];
  });
}
