/**
 * Ways to hide from a patch where in the image it lies. A lens refracts each color a little differently, so that edges have
 * fringes whose direction and width tell the distance from the center (Doersch, Gupta, Efros, ICCV 2015, section 3.1).
 */
import { type Generator, ops, type Tensor, tensor } from '../engine/index.js';

/** Std of the noise in dropped channels, as a share of that of the kept one. */
const NOISE = 1 / 100;

/** Green against magenta, the direction in which the fringes differ most. */
const GREEN_MAGENTA = [-1, 2, -1] as const;

/**
 * Keeps one random channel of each patch (N, 3, H, W) and puts faint Gaussian noise into the others.
 *
 * @param patches of mean 0 in each channel
 */
export function keepOneChannel(patches: Tensor, random: Generator): Tensor {
  const [count, channels] = patches.shape as [number, number];
  const kept = ops.randint(0, channels, [count], { generator: random, dtype: 'int64', device: random.device });
  const mask = kept.to(patches.device).oneHot(channels).to('float32').view([count, channels, 1, 1]);
  const signal = patches.mul(mask);
  const std = signal
    .square()
    .sum([1, 2, 3], true)
    .div(patches.size(2) * patches.size(3))
    .sqrt(); // (N, 1, 1, 1)
  const noise = ops.randn(patches.shape, { generator: random, device: random.device }).to(patches.device);
  return signal.add(noise.mul(std.mul(NOISE)).mul(mask.rsub(1)));
}

/** The matrix B = I - a'a / aa' with a = [-1, 2, -1]: it takes green against magenta away and leaves gray as it is. (3, 3) */
export function greenMagentaProjection(): Tensor {
  const square = GREEN_MAGENTA.reduce((sum, value) => sum + value * value, 0);
  return tensor(
    GREEN_MAGENTA.map((row, i) => GREEN_MAGENTA.map((column, j) => (i === j ? 1 : 0) - (row * column) / square)),
  );
}

/** Multiplies every pixel of (N, 3, H, W) by the projection. */
export function projectColors(patches: Tensor): Tensor {
  return ops.einsum('ij,njhw->nihw', [greenMagentaProjection().to(patches.device), patches]);
}

/** Divides each patch by its root mean square over all channels; one that is flat to within a gray level is left small. */
export function toUnitPower(patches: Tensor): Tensor {
  return patches.div(
    patches
      .square()
      .mean([1, 2, 3], true)
      .sqrt()
      .clampMin(1 / 255),
  );
}
