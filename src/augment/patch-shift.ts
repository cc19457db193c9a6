import { type Generator, ops, type Tensor } from '../engine/index.js';
import { sampleOffsets, shiftEach } from './geometry.js';
import { type Transform, transform } from './transform.js';

/**
 * Shifts each patch by up to `border` pixels and sets a frame of that width to zero: CPC's random 60x60 pixels of a patch of 64x64, so
 * that what crosses the edge of a patch does not say where it lies. Float (N, C, p, p) to the same.
 */
export function shiftInFrame(border: number): Transform {
  return transform({ name: 'shiftInFrame', border }, 'float', (patches: Tensor, random: Generator) => {
    const side = patches.size(2);
    if (border === 0) return patches;
    const moved = shiftEach(patches, sampleOffsets(patches.size(0), { padding: border, p: 1 }, random), {
      padding: border,
      mode: 'zero',
    });
    const inner = side - 2 * border;
    const kept = moved.narrow(2, border, inner).narrow(3, border, inner);
    return ops.pad(kept, [border, border, border, border]);
  });
}
