import { toFloat } from '../../augment/index.js';
import type { Tensor } from '../../engine/index.js';
import type { Preview, Tile } from '../method.js';
import { chosen, tileRows } from './tile-rows.js';

export interface PairPreview {
  title: string;
  explanation: string;
  /** Images (N, C, H, W), raw or in [0, 1]. */
  samples: Tensor;
  /** Pictures of both views, float (N, C, H, W) in [0, 1], of any two sizes. */
  first: Tensor;
  second: Tensor;
  /** How alike the networks find the first view i and the second view j: (N, N). */
  similarity: Tensor;
  /** What to write below the pictures instead of "image", "view 1", "view 2" (of image i) and "most similar to view 1". */
  captions?: { sample?: string; first?: string; second?: (i: number) => string; nearest?: string };
  /** More tiles of image i, before the nearest view. */
  extra?(i: number): readonly Tile[];
}

/**
 * The preview of a method that must find the two views of an image among those of all images. One row per image: the image, its
 * views, and the second view that the networks find most like the first.
 */
export function pairPreview(options: PairPreview): Preview[] {
  const { title, explanation, samples, first, second, similarity, captions = {}, extra } = options;
  const guesses = similarity.argmax(1).toNumbers();
  const rows = tileRows([
    { images: toFloat(samples), caption: captions.sample ?? 'image' },
    { images: first, caption: captions.first ?? 'view 1' },
    { images: second, caption: captions.second ?? 'view 2' },
    chosen(second, guesses, captions.nearest ?? 'most similar to view 1'),
  ]).map((row, i) => row.toSpliced(3, 0, ...(extra?.(i) ?? [])));
  return [{ title, explanation, rows, chance: 1 / guesses.length }];
}
