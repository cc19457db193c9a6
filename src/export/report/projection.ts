import { setImmediate } from 'node:timers/promises';
import { UMAP } from 'umap-js';
import { Prng } from '../../data/prng.js';
import { Generator, noGrad, ops, scope, type Tensor } from '../../engine/index.js';
import { AutodidactError } from '../../errors.js';
import { normalized } from '../../evaluate/scores.js';
import { type Neighbor, nearestNeighbors } from './neighbors.js';

/** The neighborhood that a map tries to keep: umap-learn's default. */
const NEIGHBORS = 15;
/** From a good start 300 rounds suffice; umap-learn's 500 for small sets are for starts from scratch. */
const EPOCHS = 300;
/** Directions that the randomized decomposition follows, of which two are kept, and its power iterations. */
const SKETCH = 12;
const POWERS = 6;
/** Steps of the layout between two returns to the event loop. */
const AT_A_TIME = 20;

/** Points of a map and the neighbors that shaped it. */
export interface Projection {
  /** [N] positions; the larger side of their bounding box is 1, and both sides start at 0. */
  points: [number, number][];
  /** [N] nearest items by cosine, the nearest first. */
  neighbors: Neighbor[][];
}

/**
 * Lays features out in the plane: UMAP (McInnes et al. 2018) on exact cosine neighbors, started from the two largest
 * principal components so that the overall arrangement means something. The same features and seed give the same map.
 *
 * @param features float (N, D)
 * @throws AutodidactError `DATA` when a feature is not finite
 */
export async function project(features: Tensor, seed: number): Promise<Projection> {
  const count = features.size(0);
  const areFinite = scope(() => features.isfinite().all().item() === 1);
  if (!areFinite) throw new AutodidactError('DATA', 'The features are not all finite: the encoder has diverged');
  const neighbors =
    count > 1 ? nearestNeighbors(features, [...Array(count).keys()], Math.min(NEIGHBORS - 1, count - 1)) : [[]];
  const start = principalComponents(features, seed);
  const isLarge = count > NEIGHBORS;
  const layout = isLarge ? await optimize(start, neighbors, new Prng(seed)) : start;
  return { points: normalize(layout), neighbors };
}

/**
 * The rows' coordinates along the two directions of the largest variance, (N, 2): randomized singular value decomposition
 * with power iterations (Halko, Martinsson, Tropp 2011, algorithm 4.4), since only two of thousands of directions count.
 */
function principalComponents(features: Tensor, seed: number): number[][] {
  return scope(() =>
    noGrad(() => {
      const directions = normalized(features.to('float32').to('cpu'));
      const centered = directions.sub(directions.mean([0], true)); // (N, D)
      const [count, size] = [centered.size(0), centered.size(1)];
      const rank = Math.min(SKETCH, count, size);
      let basis = ops.randn([size, rank], { generator: new Generator(seed) }); // (D, R)
      for (let power = 0; power < POWERS; power++) [basis] = ops.linalgQr(centered.t().mm(centered.mm(basis)));
      const [U, S] = ops.linalgSvd(centered.mm(basis), false); // (N, R), (R)
      const scores = U.mul(S).toNumbers();
      return Array.from({ length: count }, (_, i) => [scores[i * rank]!, rank > 1 ? scores[i * rank + 1]! : 0]);
    }),
  );
}

async function optimize(
  start: readonly number[][],
  neighbors: readonly Neighbor[][],
  random: Prng,
): Promise<number[][]> {
  const umap = new UMAP({ nNeighbors: NEIGHBORS, minDist: 0.1, nEpochs: EPOCHS, random: () => random.uniform() });
  umap.setPrecomputedKNN(
    neighbors.map((row, i) => [i, ...row.map(({ index }) => index)]),
    neighbors.map((row) => [0, ...row.map(({ cosine }) => Math.max(0, 1 - cosine))]),
  );
  const epochs = umap.initializeFit(start.map((row) => [...row]));
  // umap-js starts at random and moves these very arrays: the start of umap-learn, about 10 to each side, is written into them.
  const layout = umap.getEmbedding();
  const extent = start.flat().reduce((most, value) => Math.max(most, Math.abs(value)), 1e-12);
  for (const [i, position] of layout.entries())
    for (const axis of [0, 1]) position[axis] = (10 * start[i]![axis]!) / extent + 1e-3 * random.normal();
  for (let epoch = 0; epoch < epochs; epoch++) {
    umap.step();
    if (epoch % AT_A_TIME === 0) await setImmediate();
  }
  return umap.getEmbedding();
}

function normalize(layout: readonly number[][]): [number, number][] {
  const bounds = [0, 1].map((axis) => {
    const values = layout.map((position) => position[axis]!);
    const low = values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
    const high = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
    return { low, side: high - low };
  });
  const side = Math.max(bounds[0]!.side, bounds[1]!.side) || 1;
  const place = (position: readonly number[], axis: 0 | 1): number =>
    Math.round((1e4 * (position[axis]! - bounds[axis]!.low)) / side) / 1e4;
  return layout.map((position) => [place(position, 0), place(position, 1)]);
}
