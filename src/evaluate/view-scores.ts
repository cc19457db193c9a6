import { noGrad, ops, scope, type Tensor } from '../engine/index.js';
import { expected } from '../errors.js';

/** Share of the mean variance within images that is added to every direction, which keeps the matrix invertible. */
const RIDGE = 1e-4;
const EPSILON = 1e-8;

export interface LidarOptions {
  /** delta, as a share of the mean variance within images: features of any scale are treated alike. The paper's 1e-4 is absolute. */
  ridge?: number;
}

/**
 * LiDAR: the effective rank of the LDA matrix of views against images, exp of the entropy of the normalized eigenvalues of
 * S_w^-1/2 S_b S_w^-1/2; between 1 and D. Invariant under every invertible linear map of the features when the ridge is 0. As a rank
 * it does not see the scale: noise without signal has a high one, so that it says nothing without `ldaTrace` beside it. The paper takes
 * 1,000 images of 50 views.
 *
 * @param views float (n, q, D): q views of each of n images, both at least 2
 * @throws AutodidactError `SHAPE` for anything else
 *
 * Source: Thilak et al. 2023, equations 1 to 3.
 */
export function lidar(views: Tensor, { ridge = RIDGE }: LidarOptions = {}): number {
  checkViews(views);
  return scope(() =>
    noGrad(() => {
      const { between, within } = ldaMatrices(views, ridge);
      if (within === null) return 1;
      const [scatter, axes] = within.linalgEigh();
      const half = axes.mul(scatter.clampMin(Number.MIN_VALUE).pow(-0.5)).mm(axes.t());
      const values = half.mm(between).mm(half).linalgEigh()[0].clampMin(0).toNumbers();
      const total = values.reduce((sum, value) => sum + value, 0);
      if (total === 0) return 1;
      const shares = values.map((value) => (value + EPSILON) / total);
      return Math.exp(-shares.reduce((sum, share) => sum + share * Math.log(share), 0));
    }),
  );
}

/**
 * Trace of the LDA matrix of views against images: how far images lie apart in units of the scatter of their own views, summed over
 * all directions. Unlike a rank it sees noise: features that hold nothing of the image give about D / q, whatever their rank and
 * their scale, so that a rank says nothing below twice that. Needs a few times more views than dimensions, n (q - 1) > D.
 *
 * @param views float (n, q, D): q views of each of n images, both at least 2
 * @returns infinity where the views of each image are alike and the images are not, 0 where all are alike
 * @throws AutodidactError `SHAPE` for anything else
 *
 * Source: the matrix is that of Thilak et al. 2023 (LiDAR), of which they take the rank.
 */
export function ldaTrace(views: Tensor): number {
  checkViews(views);
  return scope(() =>
    noGrad(() => {
      const { between, within } = ldaMatrices(views, RIDGE);
      if (within === null) return between.diagonal().sum().item() > 0 ? Number.POSITIVE_INFINITY : 0;
      return ops.linalgSolve(within, between).diagonal().sum().item();
    }),
  );
}

/** Scatter of the images' means, and of the views around them with the ridge, null where no view differs from its image's mean. */
function ldaMatrices(views: Tensor, ridge: number): { between: Tensor; within: Tensor | null } {
  const [count, each, size] = views.shape as [number, number, number];
  const x = views.detach().to('cpu').to('float64');
  const centers = x.mean(1, true); // (n, 1, D)
  const scatter = (rows: Tensor, freedom: number) => rows.t().mm(rows).div(freedom); // (D, D)
  const between = scatter(centers.sub(centers.mean(0, true)).view([count, size]), count - 1);
  const within = scatter(x.sub(centers).view([count * each, size]), count * (each - 1));
  const variance = within.diagonal().mean().item();
  if (variance === 0) return { between, within: null };
  return { between, within: within.add(ops.eye(size, { dtype: 'float64' }).mul(ridge * variance)) };
}

function checkViews(views: Tensor): void {
  if (views.ndim !== 3 || views.size(0) < 2 || views.size(1) < 2)
    throw expected('at least 2 views of at least 2 images, (n, q, D)', 'views', views.describe(), { code: 'SHAPE' });
}
