import type { Tensor } from '../../engine/index.js';
import type { Tile } from '../method.js';

export interface Pairs {
  /** Pictures (N, C, H, W) in [0, 1]: the images, and the two views of each. */
  originals: Tensor;
  first: Tensor;
  second: Tensor;
  /** How alike the networks find the first view i and the second view j: (N, N). */
  similarity: Tensor;
}

/** One row per image for a preview: the image, its views, and the second view that the networks find most like the first. */
export function pairRows({ originals, first, second, similarity }: Pairs): Tile[][] {
  const nearest = similarity.argmax(1).toNumbers();
  return nearest.map((guess, i) => [
    { image: originals.select(0, i), caption: 'image' },
    { image: first.select(0, i), caption: 'view 1' },
    { image: second.select(0, i), caption: 'view 2' },
    { image: second.select(0, guess), caption: 'most similar to view 1', isCorrect: guess === i },
  ]);
}
