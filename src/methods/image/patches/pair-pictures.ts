/** The pictures of `patch-position`: the first patch of a pair has a blue frame, the second an orange one. */
import type { Offset } from '../../../augment/index.js';
import type { Tensor } from '../../../engine/index.js';
import { BLUE, Canvas, ORANGE, toVisible } from '../../../modalities/canvas.js';
import { DIRECTIONS } from './blocks.js';

/** Two patches, each (C, p, p). */
type Pair = readonly [first: Tensor, second: Tensor];

/** The image (C, H, W), paled but for the two patches. */
export function drawWhere(image: Tensor, pair: Pair, places: readonly [Offset, Offset]): Tensor {
  const canvas = Canvas.of(image, 0.7);
  for (const [i, { top, left }] of places.entries()) put(canvas, pair, i as 0 | 1, top, left);
  return canvas.image;
}

/** The two patches side by side as the network gets them. */
export function drawInputs(pair: Pair): Tensor {
  const side = pair[0].size(1);
  const canvas = new Canvas(side, 2 * side + 2);
  const visible = [toVisible(pair[0]), toVisible(pair[1])] as const;
  put(canvas, visible, 0, 0, 0);
  put(canvas, visible, 1, 0, side + 2);
  return canvas.image;
}

/** The first patch with the second at the place, one of eight around it, where an answer puts it. */
export function drawAnswer(pair: Pair, direction: number): Tensor {
  const side = pair[0].size(1);
  const at = (cell: number): number => cell * (side + 2);
  const canvas = new Canvas(3 * side + 4, 3 * side + 4);
  put(canvas, pair, 0, at(1), at(1));
  const cell = direction < 4 ? direction : direction + 1; // the center is no answer
  put(canvas, pair, 1, at(Math.floor(cell / 3)), at(cell % 3));
  return canvas.image;
}

function put(canvas: Canvas, pair: Pair, which: 0 | 1, top: number, left: number): void {
  const patch = pair[which];
  canvas.paste(patch, top, left).frame(top, left, patch.size(1), which === 0 ? BLUE : ORANGE);
}

/** Where the orange patch lies as seen from the blue one. */
export function phrase(direction: number): string {
  const name = DIRECTIONS[direction]!;
  if (name === 'above' || name === 'below') return `${name} blue`;
  return name === 'left' || name === 'right' ? `${name} of blue` : `to the ${name}`;
}
