/** Where the patches of `patch-position` lie, and which pairs of them are asked about. */
import { type Offset, uniforms } from '../../../augment/index.js';
import type { Generator } from '../../../engine/index.js';
import { expected } from '../../../errors.js';

/** The eight answers in raster order, the center left out; opposite ones add up to 7 (the lecture counts from 1). */
export const DIRECTIONS = [
  'upper left',
  'above',
  'upper right',
  'left',
  'right',
  'lower left',
  'below',
  'lower right',
] as const;

/** Pairs that are asked about in each block, one for each answer. */
export const PAIRS = DIRECTIONS.length;

/** The lines of a block of patches 0 1 / 2 3: where the second of a pair lies, and the pairs of which one is drawn. */
const LINES = [
  ['right', [0, 1], [2, 3]],
  ['below', [0, 2], [1, 3]],
  ['lower right', [0, 3]],
  ['lower left', [1, 2]],
] as const;

/** A block of 2x2 patches; all sizes in pixels. */
export interface Block {
  patch: number;
  gap: number;
  /** Largest move of a patch along each axis. */
  jitter: number;
  /** Smallest and largest side to which the images are resized before the patches are cut. */
  sides: readonly [number, number];
}

export interface BlockOptions {
  patchSize: number | null;
  gap: number | null;
  jitter: number | null;
  smallestScale: number;
}

/**
 * The sizes for images of this side, with what the options leave open filled in.
 *
 * @throws AutodidactError `USAGE` when a block does not fit into the images, or patches could overlap
 */
export function blockOf(options: BlockOptions, imageSize: number): Block {
  const smallest = Math.floor(options.smallestScale * imageSize);
  const patch = options.patchSize ?? Math.max(1, Math.floor(smallest / 4));
  const gap = options.gap ?? Math.floor(patch / 2);
  const jitter = options.jitter ?? Math.min(Math.floor(patch / 8), Math.floor(gap / 2));
  const block: Block = { patch, gap, jitter, sides: [smallest, imageSize] };
  const isScaled = smallest < imageSize;
  if (2 * jitter > gap)
    throw expected(`at most half the gap of ${gap} pixels`, 'jitter', jitter, {
      remedy: 'Patches that overlap give their place away by the pixels that they share.',
    });
  if (extent(block) > smallest)
    throw expected(
      `images of at least ${extent(block)} pixels a side (two patches of ${patch}, a gap of ${gap}, twice a jitter of ${jitter})`,
      'imageSize',
      isScaled ? `${imageSize}, which \`smallestScale\` makes ${smallest}` : imageSize,
      {
        remedy: `Take larger images, or lower \`patchSize\`, \`gap\` or \`jitter\`${isScaled ? ', or raise `smallestScale`' : ''}.`,
      },
    );
  return block;
}

/** Pixels along an axis that a block may need. */
function extent({ patch, gap, jitter }: Block): number {
  return 2 * patch + gap + 2 * jitter;
}

export interface Layout {
  /** Side of the images that the places refer to. */
  side: number;
  /** Upper left corners, four for each block, blocks of one image together. */
  places: Offset[];
  /** Eight pairs for each block: positions in `places`, and the place of the second as seen from the first. */
  first: number[];
  second: number[];
  labels: number[];
}

/**
 * Draws `grids` blocks for each of `count` images and, from each block, one pair along each line, both ways round: every answer
 * comes equally often. The number of pixels of the image is uniform, as in the paper; one size for the whole batch.
 */
export function drawLayout(count: number, block: Block, grids: number, random: Generator): Layout {
  const { patch, gap, jitter, sides } = block;
  const areas = sides.map((side) => side ** 2) as [number, number];
  const side = Math.floor(Math.sqrt(areas[0] + (areas[1] - areas[0]) * uniforms(1, 1, random)(0)[0]!));
  const layout: Layout = { side, places: [], first: [], second: [], labels: [] };
  const slack = side - extent(block);
  const move = (draw: number): number => Math.floor(draw * (2 * jitter + 1));
  const draws = uniforms(count * grids, 12, random); // the block's corner, the moves of four patches, two choices
  for (let i = 0; i < count * grids; i++) {
    const draw = draws(i);
    const [top, left] = [Math.floor(draw[0]! * (slack + 1)), Math.floor(draw[1]! * (slack + 1))];
    for (let k = 0; k < 4; k++)
      layout.places.push({
        top: top + Math.floor(k / 2) * (patch + gap) + move(draw[2 + 2 * k]!),
        left: left + (k % 2) * (patch + gap) + move(draw[3 + 2 * k]!),
      });
    for (const [line, [direction, ...pairs]] of LINES.entries()) {
      const [first, second] = pairs[pairs.length === 1 || draw[10 + line]! < 0.5 ? 0 : 1]!;
      const label = DIRECTIONS.indexOf(direction);
      layout.first.push(4 * i + first, 4 * i + second);
      layout.second.push(4 * i + second, 4 * i + first);
      layout.labels.push(label, PAIRS - 1 - label);
    }
  }
  return layout;
}
