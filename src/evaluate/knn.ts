import { noGrad, ops, scope, type Tensor, tensor } from '../engine/index.js';
import { expected } from '../errors.js';
import { checkFeatures, checkLabels, type LabeledFeatures } from './features.js';
import { normalized } from './scores.js';

export interface KnnOptions {
  /** Number of neighbors that vote; by default 200 from 10,000 training samples on and 20 below. Never more than there are. */
  k?: number;
  /** Sharpness of the votes: a neighbor at cosine c counts exp(c / temperature). Default 0.1. */
  temperature?: number;
  /** Number of classes; by default one more than the highest label. */
  classes?: number;
  /** Test samples compared at a time: memory is this many rows of similarities to all training samples. Default 512. */
  chunk?: number;
}

export interface KnnResult {
  /** Share of test samples whose class won the vote, in [0, 1]. */
  accuracy: number;
  /** The winning class of every test sample. */
  predictions: Int32Array;
  /** The number of neighbors that voted. */
  k: number;
}

/** k of InstDisc and MoCo for benchmarks; 20 for small sets, where 200 neighbors would reach over whole classes. */
export function defaultK(trainCount: number): number {
  return Math.min(trainCount >= 10_000 ? 200 : 20, trainCount);
}

/**
 * Weighted k-nearest-neighbor classification on L2-normalized features: the k training samples of highest cosine similarity
 * vote for their class with weight exp(cosine / temperature).
 *
 * @param train features (N, D), labels [N]
 * @param test features (M, D), labels [M]; they only score the predictions
 * @throws AutodidactError `USAGE` for k or the temperature out of range, `SHAPE` when features and labels do not fit each other, `DATA` when
 *   features are not finite or a label is no class
 *
 * Source: Wu et al. 2018 (instance discrimination), section 3.4; k = 200 and temperature 0.1 as in MoCo's evaluation.
 */
export function knn(train: LabeledFeatures, test: LabeledFeatures, options: KnnOptions = {}): KnnResult {
  const { temperature = 0.1, chunk = 512 } = options;
  const count = train.features.size(0);
  const k = Math.min(options.k ?? defaultK(count), count);
  const classes = options.classes ?? train.labels.reduce((highest, label) => Math.max(highest, label), 0) + 1;
  if (!(Number.isInteger(k) && k >= 1)) throw expected('a whole number from 1', 'k', options.k ?? k);
  if (!(temperature > 0)) throw expected('a number above 0', 'temperature', temperature);
  if (test.features.size(1) !== train.features.size(1))
    throw expected(`features of size ${train.features.size(1)}`, 'test', test.features.describe(), { code: 'SHAPE' });
  checkLabels(train, 'train', classes);
  checkLabels(test, 'test', Number.POSITIVE_INFINITY);
  checkFeatures(train.features, 'train');
  checkFeatures(test.features, 'test');

  const predictions = new Int32Array(test.features.size(0));
  scope(() =>
    noGrad(() => {
      const memory = normalized(train.features).t(); // (D, N)
      const labels = tensor(train.labels, { device: train.features.device }).to('int64'); // (N)
      for (let from = 0; from < predictions.length; from += chunk) {
        const queries = test.features.narrow(0, from, Math.min(chunk, predictions.length - from));
        predictions.set(
          scope(() => vote(normalized(queries).mm(memory), labels, { k, temperature, classes })),
          from,
        );
      }
    }),
  );
  return { accuracy: accuracyOf(predictions, test.labels), predictions, k };
}

/** The class of most weight among the k highest similarities of each row; similarities (n, N), labels (N). */
function vote(
  similarities: Tensor,
  labels: Tensor,
  options: { k: number; temperature: number; classes: number },
): number[] {
  const [cosines, neighbors] = similarities.topk(options.k, 1); // (n, k) each, highest first
  // Relative to the nearest neighbor: the same winner, and no overflow at a low temperature.
  const weights = cosines
    .sub(cosines.narrow(1, 0, 1))
    .div(options.temperature)
    .exp();
  const ballots = labels.indexSelect(0, neighbors.reshape([-1])).view(neighbors.shape);
  const counts = ops.zeros([similarities.size(0), options.classes], { dtype: weights.dtype, device: weights.device });
  return counts.scatterAdd_(1, ballots, weights).argmax(1).toNumbers();
}

/** Share of predictions that equal the labels, in [0, 1]. */
export function accuracyOf(predictions: ArrayLike<number>, labels: ArrayLike<number>): number {
  let right = 0;
  for (let i = 0; i < labels.length; i++) if (predictions[i] === labels[i]) right += 1;
  return right / labels.length;
}
