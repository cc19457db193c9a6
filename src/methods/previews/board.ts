import type { Tensor } from '../../engine/index.js';
import { Canvas } from '../../modalities/canvas.js';

/** Square pictures (C, s, s) in as many rows as columns, `gap` pixels apart: (3, S, S). */
export function board(tiles: readonly Tensor[], gap: number): Tensor {
  const columns = Math.sqrt(tiles.length);
  const side = tiles[0]!.size(1);
  const canvas = new Canvas(columns * (side + gap) - gap, columns * (side + gap) - gap);
  for (const [i, tile] of tiles.entries())
    canvas.paste(tile, Math.floor(i / columns) * (side + gap), (i % columns) * (side + gap));
  return canvas.image;
}
