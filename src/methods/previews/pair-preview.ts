import { toFloat } from '../../augment/index.js';
import type { Tensor } from '../../engine/index.js';
import type { Preview } from '../method.js';
import { pairRows } from './pair-rows.js';

export interface PairPreview {
  title: string;
  explanation: string;
  /** Raw images, uint8 (N, C, H, W). */
  samples: Tensor;
  /** Pictures of both views, float (N, C, H, W) in [0, 1]. */
  first: Tensor;
  second: Tensor;
  /** How alike the networks find the first view i and the second view j: (N, N). */
  similarity: Tensor;
  /** Written below the second view of image i. */
  note?(i: number): string;
}

/** The preview of a method that must find the two views of an image among those of all images. */
export function pairPreview({ title, explanation, samples, first, second, similarity, note }: PairPreview): Preview[] {
  const rows = pairRows({ originals: toFloat(samples), first, second, similarity });
  const noted = note === undefined ? rows : rows.map((row, i) => row.with(2, { ...row[2]!, caption: note(i) }));
  return [{ title, explanation, rows: noted, chance: 1 / samples.size(0) }];
}
