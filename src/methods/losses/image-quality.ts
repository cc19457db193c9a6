/** How near one image is to another, as the literature on super-resolution measures it. */
import { fullPrecision, noGrad, ops, scope, type Tensor, tensor, withoutGraph } from '../../engine/index.js';
import { expected } from '../../errors.js';
import { both } from '../views/two-views.js';

/** Red, green, blue and offset of the luma Y of ITU-R BT.601 in its studio range: black is 16 and white 235 of 255. */
const LUMA = [65.481 / 255, 128.553 / 255, 24.966 / 255] as const;
const BLACK = 16 / 255;

/** Side and standard deviation of SSIM's Gaussian window, and its two constants (Wang et al. 2004) for values in [0, 1]. */
export const SSIM_WINDOW = 11;
const SSIM_SIGMA = 1.5;
const C1 = 0.01 ** 2;
const C2 = 0.03 ** 2;

/** A mean square below this counts as this, so that equal images have 100 dB and means over images stay finite. */
const LEAST_ERROR = 1e-10;

/**
 * The Y channel on which super-resolution is measured: MATLAB's `rgb2ycbcr`, without its rounding. Gray images are their own.
 *
 * @param images float [0, 1] (N, 3, H, W) or (N, 1, H, W)
 * @returns float32 (N, 1, H, W)
 */
export function luma(images: Tensor): Tensor {
  if (images.size(1) === 1) return images;
  if (images.size(1) !== 3) throw expected('images of one or three channels', 'luma', images, { code: 'SHAPE' });
  const weights = tensor(Float32Array.from(LUMA), { shape: [1, 3, 1, 1], device: images.device });
  return images.mul(weights).sum([1], true).add(BLACK);
}

/** A mean square of differences as PSNR in dB, for values whose peak is 1: -10 log10 of it, elementwise, and at most 100. */
export function decibels(meanSquare: Tensor): Tensor {
  const logarithm = meanSquare.clampMin(LEAST_ERROR).log();
  return logarithm.mul(-10 / Math.LN10);
}

/** Peak signal-to-noise ratio of each image, (N): two batches of values in [0, 1] (N, C, H, W). */
export function psnr(images: Tensor, others: Tensor): Tensor {
  return withoutGraph(() => decibels(images.sub(others).square().mean([1, 2, 3])));
}

/**
 * Structural similarity of each image, (N), from -1 to 1: the mean over all places of the 11x11 Gaussian window that lie within
 * the image, and over channels.
 *
 * Wang, Bovik, Sheikh, Simoncelli, "Image Quality Assessment: From Error Visibility to Structural Similarity", IEEE Transactions
 * on Image Processing 2004, equation 13; without the downsampling of the authors' code.
 *
 * @param images float32 [0, 1] (N, C, H, W), as are the `others`
 * @throws AutodidactError `SHAPE` for images smaller than the window
 */
export function ssim(images: Tensor, others: Tensor): Tensor {
  const [count, channels, height, width] = images.shape as [number, number, number, number];
  if (Math.min(height, width) < SSIM_WINDOW)
    throw expected(`images of at least ${SSIM_WINDOW}x${SSIM_WINDOW}`, 'ssim', images, { code: 'SHAPE' });
  return noGrad(() =>
    fullPrecision(images.device, () =>
      scope(() => {
        const [x, y] = both([images, others], (batch) => batch.reshape([count * channels, 1, height, width]));
        const means = blur(ops.cat([x, y, x.square(), y.square(), x.mul(y)]));
        const [mx, my, mxx, myy, mxy] = means.chunk(5) as [Tensor, Tensor, Tensor, Tensor, Tensor];
        const [vx, vy, covariance] = [mxx.sub(mx.square()), myy.sub(my.square()), mxy.sub(mx.mul(my))];
        const luminance = mx.mul(my).mul(2).add(C1).div(mx.square().add(my.square()).add(C1));
        const structure = covariance.mul(2).add(C2).div(vx.add(vy).add(C2));
        return luminance.mul(structure).view([count, -1]).mean([1]);
      }),
    ),
  );
}

/** Means under the Gaussian window, (M, 1, H, W) to (M, 1, H - 10, W - 10). */
function blur(images: Tensor): Tensor {
  const half = (SSIM_WINDOW - 1) / 2;
  const taps = Float32Array.from({ length: SSIM_WINDOW }, (_, i) =>
    Math.exp(-((i - half) ** 2) / (2 * SSIM_SIGMA ** 2)),
  );
  const sum = taps.reduce((total, tap) => total + tap, 0);
  const column = tensor(
    taps.map((tap) => tap / sum),
    { shape: [1, 1, SSIM_WINDOW, 1], device: images.device },
  );
  return ops.conv2d(ops.conv2d(images, column), column.transpose(2, 3));
}

/** Images (N, C, H, W) without so many pixels on each side. */
export function withoutBorder(images: Tensor, border: number): Tensor {
  const [, , height, width] = images.shape as [number, number, number, number];
  return images.narrow(2, border, height - 2 * border).narrow(3, border, width - 2 * border);
}

/**
 * PSNR and SSIM of each image, (N), as super-resolution is measured: on the Y channel, without a border.
 *
 * @param images float [0, 1] (N, 3, H, W) or (N, 1, H, W), as is the `truth`
 * @param border pixels on each side that do not count, by custom as many as the factor of the enlargement
 */
export function lumaQuality(images: Tensor, truth: Tensor, border: number): { psnr: Tensor; ssim: Tensor } {
  return withoutGraph(() => {
    const format = { dtype: 'float32', memoryFormat: 'contiguous' } as const;
    const [x, y] = both([images, truth], (batch) => withoutBorder(luma(batch.to(format)), border));
    return { psnr: psnr(x, y), ssim: ssim(x, y) };
  });
}
