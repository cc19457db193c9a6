import { type Device, fullPrecision, ops, scope, type Tensor, tensor, withoutGraph } from '../../engine/index.js';

/**
 * The 313 cells of side 10 of the ab plane in which Zhang et al. 2016 classify colors, as [a, least b, greatest b]. No rule
 * about the gamut of sRGB gives this number, so the table is part of the method.
 */
const ROWS: readonly (readonly [a: number, from: number, to: number])[] = [
  [-90, 50, 90],
  [-80, 20, 90],
  [-70, 0, 90],
  [-60, -20, 90],
  [-50, -30, 100],
  [-40, -40, 100],
  [-30, -50, 100],
  [-20, -50, 100],
  [-10, -60, 100],
  [0, -70, 100],
  [10, -80, 90],
  [20, -80, 90],
  [30, -90, 90],
  [40, -100, 90],
  [50, -100, 80],
  [60, -110, 80],
  [70, -110, 80],
  [80, -110, 70],
  [90, -110, 70],
  [100, -90, 0],
];
const STEP = 10;

/** Centers [a, b] of the bins, in the order of their labels. */
export const AB_BINS: readonly (readonly [a: number, b: number])[] = ROWS.flatMap(([a, from, to]) =>
  Array.from({ length: (to - from) / STEP + 1 }, (_, i) => [a, from + i * STEP] as const),
);

/** Centers as a float32 tensor (313, 2). */
export function binCenters(device?: Device): Tensor {
  return tensor(Float32Array.from(AB_BINS.flat()), { shape: [AB_BINS.length, 2], device });
}

/**
 * Soft encoding: the k nearest bins of each color, weighted by a Gaussian of their distance.
 *
 * @param ab float (N, 2, h, w)
 * @param sigma standard deviation of the Gaussian, in units of Lab
 * @returns bins, int64 (N, h, w, k), the nearest first, and the color's shares in them, float32 (N, h, w, k), summing to 1 over k
 */
export function softBins(ab: Tensor, k: number, sigma: number): { bins: Tensor; shares: Tensor } {
  return withoutGraph(() => {
    const colors = ab.to('float32').permute([0, 2, 3, 1]); // (N, h, w, 2)
    const flat = colors.reshape([-1, 2]);
    // Mode 2: plain differences. Expanding the square into products costs digits.
    const [distances, bins] = ops.cdist(flat, binCenters(ab.device), 2, 2).topk(k, 1, false, true); // (M, k)
    const exponents = distances.square().div(-2 * sigma ** 2);
    const shares = exponents.softmax(1);
    const shape = [...colors.shape.slice(0, 3), k];
    return { bins: bins.reshape(shape), shares: shares.reshape(shape) };
  });
}

/** How colors are shared among bins. */
export interface SoftBinRule {
  /** Bins that share a color. */
  neighbors: number;
  /** Standard deviation of the Gaussian, in units of Lab. */
  sigma: number;
}

/**
 * The cross-entropy of each pixel's color, shared by its nearest bins, and the nearest of them.
 *
 * @param output logits, float32 (N, 313, h, w)
 * @param ab float (N, 2, h, w)
 * @returns both (N, h, w)
 */
export function softBinCrossEntropy(
  output: Tensor,
  ab: Tensor,
  { neighbors, sigma }: SoftBinRule,
): { perPixel: Tensor; nearest: Tensor } {
  const { bins, shares } = softBins(ab, neighbors, sigma); // (N, h, w, k)
  const logShares = output.logSoftmax(1).permute([0, 2, 3, 1]);
  return { perPixel: logShares.gather(3, bins).mul(shares).sum(3).neg(), nearest: bins.select(3, 0) };
}

/** The nearest bin of each color (N, 2, h, w), as int64 (N, h, w). */
export function nearestBins(ab: Tensor): Tensor {
  return scope(() => softBins(ab, 1, 1).bins.select(3, 0));
}

/**
 * Colors from logits by the annealed mean: the distribution is sharpened by a temperature and averaged. 1 gives the mean,
 * towards 0 the mode (Zhang et al. 2016, equation 5).
 *
 * @param logits float (N, 313, h, w)
 * @returns float32 (N, 2, h, w)
 */
export function annealedMean(logits: Tensor, temperature: number): Tensor {
  return fullPrecision(logits.device, () =>
    scope(() => {
      const shares = logits.to('float32').div(temperature).softmax(1);
      return ops.einsum('nqhw,qc->nchw', [shares, binCenters(logits.device)]);
    }),
  );
}

/**
 * How often each bin occurs, float32 (313) summing to 1, smoothed in the ab plane by a Gaussian, so that no bin is empty.
 *
 * @param counts occurrences of each bin (313)
 */
export function smoothedPrior(counts: Tensor, sigma = 5): Tensor {
  return withoutGraph(() => {
    const centers = binCenters(counts.device).to('float64');
    const squares = ops.cdist(centers, centers, 2, 2).square();
    const kernel = squares.div(-2 * sigma ** 2).exp();
    const spread = kernel.div(kernel.sum(0, true)); // Each column hands out one bin's mass.
    const smooth = spread.mv(counts.to('float64'));
    return smooth.div(smooth.sum()).to('float32');
  });
}

/**
 * Weights of the bins against the rule of dull colors: w ~ 1 / ((1 - lambda) p + lambda / Q), scaled so that a pixel's
 * expected weight, the sum of p w, is 1 (Zhang et al. 2016, equation 4).
 *
 * @param prior p, float (313), summing to 1
 * @param lambda share of the uniform distribution: 1 gives equal weights
 */
export function rebalancingWeights(prior: Tensor, lambda: number): Tensor {
  return withoutGraph(() => {
    const mixture = prior.mul(1 - lambda).add(lambda / AB_BINS.length);
    const weights = mixture.reciprocal();
    return weights.div(weights.mul(prior).sum());
  });
}
