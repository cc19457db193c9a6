import { noGrad, scope, type Tensor } from '../engine/index.js';
import { expected } from '../errors.js';
import { featureSpread } from '../train/collapse.js';

/** Rows compared with all others at a time; bounds the memory to this many rows of pairwise distances. */
const CHUNK = 1024;

/**
 * How far the directions of the features spread: the root of the summed variances of the L2-normalized rows. Near 1 when they point
 * everywhere, 0 when all inputs give one direction (collapse). The training loop watches the same of the features of a batch.
 *
 * @param features float (N, D), N at least 2
 * @throws AutodidactError `SHAPE` for anything but a matrix of two or more rows
 *
 * Source: Chen and He 2021 (SimSiam), section 4.1 and figure 2, watch the mean over dimensions in place of the root of the sum.
 */
export function spread(features: Tensor): number {
  checkMatrix(features, 2);
  return measured(() => featureSpread(features));
}

/**
 * Mean distance between the normalized features of two views of the same samples, to the power `alpha`; 0 is perfect.
 *
 * @param a float (N, D); row i of `b`, of the same shape, is another view of the same sample
 * @throws AutodidactError `SHAPE` when the two do not have the same shape
 *
 * Source: Wang and Isola 2020, equation 6.
 */
export function alignment(a: Tensor, b: Tensor, alpha = 2): number {
  checkPair(a, b);
  return measured(() => normalized(a).sub(normalized(b)).vectorNorm(2, 1).pow(alpha).mean());
}

/**
 * How often one view of a sample finds the other: the share of rows of `a` whose nearest row of `b` by cosine is their own; 1 / N by
 * chance. Unlike a rank it sees noise: features without signal, or collapsed but for noise, find nothing.
 *
 * @param a float (N, D); row i of `b`, of the same shape, is another view of the same sample
 * @throws AutodidactError `SHAPE` when the two do not have the same shape
 */
export function viewRetrieval(a: Tensor, b: Tensor): number {
  checkPair(a, b);
  return scope(() =>
    noGrad(() => {
      const nearest = normalized(a).mm(normalized(b).t()).argmax(1).toNumbers();
      return nearest.filter((row, i) => row === i).length / nearest.length;
    }),
  );
}

/**
 * Logarithm of the mean Gaussian potential exp(-t |x - y|^2) over all pairs of different rows of the normalized features;
 * lower is more uniform, 0 is collapse.
 *
 * @param features float (N, D), N at least 2
 * @throws AutodidactError `SHAPE` for anything but a matrix of two or more rows
 *
 * Source: Wang and Isola 2020, equation 7.
 */
export function uniformity(features: Tensor, t = 2): number {
  checkMatrix(features, 2);
  return scope(() =>
    noGrad(() => {
      const x = normalized(features); // (N, D)
      const count = x.size(0);
      let total = 0;
      for (let from = 0; from < count; from += CHUNK) {
        const rows = x.narrow(0, from, Math.min(CHUNK, count - from));
        total += scope(() => {
          const potentials = rows
            .mm(x.t())
            .sub(1)
            .mul(2 * t)
            .exp(); // |x - y|^2 = 2 - 2 x'y on the sphere; (n, N)
          potentials.diagonal(from).zero_(); // a row with itself is no pair
          return potentials.sum().item();
        });
      }
      return Math.log(total / (count * (count - 1)));
    }),
  );
}

/**
 * RankMe: the effective rank of the feature matrix, exp of the entropy of its normalized singular values; between 1 and
 * min(N, D). Needs no labels; higher went with better probes within one method. It does not see the scale: pure noise has a high rank, so
 * that it says nothing without `viewRetrieval` or `ldaTrace` beside it. The paper takes 25,600 images.
 *
 * @param features float (N, D); not centered, as in the paper
 * @throws AutodidactError `SHAPE` for anything but a matrix, `DATA` for NaN or infinity
 *
 * Source: Garrido et al. 2023, equations 1 and 2, with their epsilon of 1e-7.
 */
export function rankMe(features: Tensor): number {
  checkMatrix(features, 1);
  checkFinite(features);
  const values = scope(() =>
    noGrad(() => {
      const x = features.detach().to('cpu').to('float64');
      // Singular values are the roots of the smaller Gram matrix's eigenvalues.
      const gram = x.size(0) < x.size(1) ? x.mm(x.t()) : x.t().mm(x);
      return gram.linalgEigh()[0].clampMin(0).sqrt().toNumbers();
    }),
  );
  const total = values.reduce((sum, value) => sum + value, 0);
  if (total === 0) return 1;
  const shares = values.map((value) => value / total + 1e-7);
  return Math.exp(-shares.reduce((sum, share) => sum + share * Math.log(share), 0));
}

/** The scores that need no labels, on one matrix of features. */
export interface LabelFreeScores {
  spread: number;
  uniformity: number;
  rankMe: number;
  /** Features per image: the highest value that `rankMe` can take. */
  dimensions: number;
}

/** `spread`, `uniformity` and `rankMe` of features (N, D), N at least 2. */
export function labelFreeScores(features: Tensor): LabelFreeScores {
  return {
    spread: spread(features),
    uniformity: uniformity(features),
    rankMe: rankMe(features),
    dimensions: features.size(1),
  };
}

function measured(body: () => Tensor): number {
  return scope(() => noGrad(() => body().item()));
}

/** Rows scaled to length 1; a row of zeros stays. */
export function normalized(features: Tensor): Tensor {
  return features.div(features.vectorNorm(2, 1, true).clampMin(1e-12));
}

function checkPair(a: Tensor, b: Tensor): void {
  checkMatrix(a, 1);
  if (a.shape.join() !== b.shape.join())
    throw expected(`a matrix like ${a.describe()}`, 'b', b.describe(), { code: 'SHAPE' });
}

function checkFinite(features: Tensor): void {
  if (scope(() => features.detach().isfinite().all().item()) === 1) return;
  throw expected('finite numbers', 'features', 'NaN or infinity', { code: 'DATA' });
}

function checkMatrix(features: Tensor, rows: number): void {
  if (features.ndim === 2 && features.size(0) >= rows) return;
  throw expected(`a matrix of at least ${rows} rows`, 'features', features.describe(), { code: 'SHAPE' });
}
