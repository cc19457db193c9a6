/** Hue and chroma of pixels, and back: what color jitter, patch distortion and colorization by hue have in common. */
import type { Tensor } from '../engine/index.js';

/** Hues of red, green and blue, in turns of the color circle. */
export const CHANNEL_HUES = [0, 1 / 3, 2 / 3] as const;

/**
 * Splits RGB pixels, float (N, 3, H, W), into three maps (N, 1, H, W): the hue in turns from -1/2 to 1/2 with red at 0, the chroma (the
 * largest channel minus the smallest) and the smallest channel. The hue of gray pixels, which have no chroma, means nothing but is finite.
 *
 * No comparison is needed: the hue in sixths of the circle is sign(G - B) (1 + (G + B - R - least) / chroma).
 */
export function splitHue(images: Tensor): { hue: Tensor; chroma: Tensor; least: Tensor } {
  const [red, green, blue] = images.chunk(3, 1) as [Tensor, Tensor, Tensor];
  const least = red.minimum(green).minimum(blue);
  const chroma = red.maximum(green).maximum(blue).sub_(least);
  const hue = green.add(blue).sub_(red).sub_(least).div_(chroma.clampMin(1e-12)).add_(1);
  // The sign of G - B, but 1 for 0, where the hue is 0 or half a circle.
  hue.mul_(green.sub(blue).sign().add_(0.5).sign()).mul_(1 / 6);
  return { hue, chroma, least };
}

/**
 * The share of the chroma that a channel has above the smallest one, by the distance of its own hue in turns: clamp(2 - 6 d, 0, 1) with d
 * taken around the circle. Writes into `distance`.
 */
export function chromaShares(distance: Tensor): Tensor {
  distance.sub_(distance.round());
  return distance.abs().mul_(-6).add_(2).clamp_(0, 1);
}
