import { uniforms } from '../../augment/index.js';
import { type Device, type Generator, type Tensor, tensor } from '../../engine/index.js';
import { expected } from '../../errors.js';
import { spread } from '../spread.js';

/** Ranges of I-JEPA's masks. */
export interface TokenBlockOptions {
  /** Target blocks of each image. */
  targets: number;
  /** Share of the patches that a target block covers, smallest and largest. */
  targetScale: readonly [number, number];
  /** Height over width of target blocks. */
  targetRatio: readonly [number, number];
  /** Share of the patches that the context block covers before the targets are taken out. */
  contextScale: readonly [number, number];
}

export type TokenBlocks = {
  /** int64 (N, K): the patches that the context sees, in row-major numbers. */
  context: Tensor;
  /** int64 (N, M) for each target block. */
  targets: Tensor[];
};

/** Fewest patches of context; places are drawn again until every image has them. */
const FEWEST = 2;
const TRIES = 50;

/**
 * Target blocks and the context around them for each image of a batch (Assran et al. 2023, section 3). Sizes are drawn once for the
 * batch, places for each image; contexts are cut to the shortest of the batch, as in the code.
 *
 * The code draws ratios evenly, by the same number as the share; here they are even in their logarithm, so that tall and wide blocks are
 * equally likely. It keeps every block smaller than the grid, also the context, and never places one at the bottom or the right edge; here
 * the context may be the whole grid, as a share of 1 says, and blocks lie anywhere.
 *
 * @throws AutodidactError `USAGE` when targets of this size leave too little of the grid
 */
export function tokenBlocks(
  count: number,
  grid: number,
  { targets, targetScale, targetRatio, contextScale }: TokenBlockOptions,
  random: Generator,
  device: Device,
): TokenBlocks {
  const sizes = uniforms(1, 3, random)(0);
  const between = ([low, high]: readonly [number, number], share: number): number => low + (high - low) * share;
  const logRatio = between([Math.log(targetRatio[0]), Math.log(targetRatio[1])], sizes[1]!);
  const target = blockSize(between(targetScale, sizes[0]!), Math.exp(logRatio), grid, grid - 1);
  const context = blockSize(between(contextScale, sizes[2]!), 1, grid, grid);
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const draws = uniforms(count, 2 * (targets + 1), random);
    const rows = Array.from({ length: count }, (_, i) => {
      const place = (block: Size, k: number): number[] => blockAt(block, grid, draws(i)[2 * k]!, draws(i)[2 * k + 1]!);
      const hidden = Array.from({ length: targets }, (_, k) => place(target, k));
      const taken = new Set(hidden.flat());
      return { hidden, seen: place(context, targets).filter((patch) => !taken.has(patch)) };
    });
    const shortest = Math.min(...rows.map(({ seen }) => seen.length));
    if (shortest < FEWEST) continue;
    const toTensor = (patches: readonly (readonly number[])[]): Tensor =>
      tensor(BigInt64Array.from(patches.flat(), BigInt), { shape: [count, patches[0]!.length], device });
    return {
      // Evenly: cutting off the last would remove the bottom of the context.
      context: toTensor(rows.map(({ seen }) => spread(seen, shortest))),
      targets: Array.from({ length: targets }, (_, k) => toTensor(rows.map(({ hidden }) => hidden[k]!))),
    };
  }
  throw expected(`targets that leave at least ${FEWEST} of ${grid ** 2} patches in sight`, 'targetScale', targetScale, {
    remedy: 'Take fewer or smaller targets, smaller patches (another backbone), or larger images.',
  });
}

type Size = { height: number; width: number };

/** A block of this share of the patches and this ratio of height to width. */
function blockSize(share: number, ratio: number, grid: number, most: number): Size {
  const area = share * grid ** 2;
  const clipped = (side: number): number => Math.max(1, Math.min(most, Math.round(side)));
  return { height: clipped(Math.sqrt(area * ratio)), width: clipped(Math.sqrt(area / ratio)) };
}

function blockAt({ height, width }: Size, grid: number, down: number, right: number): number[] {
  const top = Math.floor(down * (grid - height + 1));
  const left = Math.floor(right * (grid - width + 1));
  return Array.from({ length: height * width }, (_, i) => (top + Math.floor(i / width)) * grid + left + (i % width));
}
