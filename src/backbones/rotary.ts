/**
 * Rotary positions: queries and keys are turned by angles that grow with the position, so that their products depend on distances.
 *
 * Su et al., "RoFormer: Enhanced Transformer with Rotary Position Embedding", 2021, https://arxiv.org/abs/2104.09864, with the halves of a
 * head as the two coordinates (the paper takes neighbors: another order of the same units).
 */
import { ops, type Tensor, withoutGraph } from '../engine/index.js';

/** Cosines and sines that broadcast to (N, heads, T, D / 2). */
export interface Rotation {
  cos: Tensor;
  sin: Tensor;
}

/** Cosines and sines of positions 0 to `length` - 1 for heads of size D: (2, length, D / 2). */
export function rotaryTable(length: number, headSize: number, base = 10_000): Tensor {
  return withoutGraph(() => {
    const half = headSize / 2;
    const rates = ops.arange(0, half, 1, { dtype: 'float64' }).div(-half).mul(Math.log(base)).exp();
    const angles = ops.arange(0, length, 1, { dtype: 'float64' }).unsqueeze(1).mul(rates);
    return ops.stack([angles.cos(), angles.sin()], 0).to('float32');
  });
}

/** Turns the vectors (..., T, D): with halves (a, b), to (a cos - b sin, b cos + a sin). */
export function rotate(x: Tensor, { cos, sin }: Rotation): Tensor {
  const [a, b] = x.chunk(2, -1) as [Tensor, Tensor];
  return ops.cat([a.mul(cos).sub(b.mul(sin)), b.mul(cos).add(a.mul(sin))], -1);
}
