import { sampleOffsets, shiftEach, type Transform, transform } from '../../augment/index.js';
import type { Generator, Tensor } from '../../engine/index.js';

/**
 * Keeps a random part of each patch, `border` pixels smaller on each side on average, in a frame of zeros of the patch's size: the 60x60
 * of 64x64 of CPC, which keeps positions within a patch from saying where it lies. Float (N, C, p, p) to the same.
 */
export function shiftInFrame(border: number): Transform {
  return transform('shiftInFrame', 'float', (patches: Tensor, random: Generator) => {
    const side = patches.size(2);
    if (border === 0) return patches;
    const moved = shiftEach(patches, sampleOffsets(patches.size(0), { padding: border, p: 1 }, random), {
      padding: border,
      mode: 'zero',
    });
    const inner = side - 2 * border;
    const framed = moved.clone().zero_();
    framed
      .narrow(2, border, inner)
      .narrow(3, border, inner)
      .copy_(moved.narrow(2, border, inner).narrow(3, border, inner));
    return framed;
  });
}
