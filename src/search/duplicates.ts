import { drawPart } from '../data/draw.js';
import { type Dataset, samplesTo } from '../data/index.js';
import { Generator, noGrad, ops, scope, type Tensor } from '../engine/index.js';
import { AutodidactError, expected } from '../errors.js';
import { deviceOf } from '../evaluate/features.js';
import { normalized } from '../evaluate/scores.js';
import type { Encoder } from '../methods/method.js';
import type { Augment } from '../modalities/modality.js';
import { modalityOf } from '../modalities/registry.js';
import { FeatureSearch } from './neighbors.js';

/** How alike two samples must be to count as one thing, and why. */
export interface LearntThreshold {
  threshold: number;
  /** Share of pairs of views of one sample that are at least as alike. */
  sameShare: number;
  /** Share of pairs of different samples that are. */
  otherShare: number;
  /** Samples that were looked at. */
  count: number;
}

/** Samples that the threshold is learnt from. */
const LOOKED_AT = 512;
/** Share of the pairs of views of one sample that should be found. */
const WANTED = 0.95;
/** Largest share of pairs of different samples that may be found, true duplicates among them. */
const BY_CHANCE = 1e-4;

/**
 * Learns from the data how alike two views of one sample are: two random crops of it, as in the score of alignment. The threshold finds
 * 95 % of such pairs, unless more than one in 10,000 pairs of different samples would be found with them; then it is higher.
 *
 * @throws AutodidactError `DATA` for fewer than two samples, or samples that have no views
 */
export function learnThreshold(encoder: Encoder, data: Dataset, seed = 0): LearntThreshold {
  const { backbone } = encoder;
  if (data.count < 2)
    throw new AutodidactError('DATA', `Duplicates need at least two ${data.plural}, received ${data.count}`);
  const change = viewsFor(encoder);
  const random = new Generator(seed);
  const device = deviceOf(backbone);
  const chosen = withoutCopies(encoder, data, drawPart(data.count, Math.min(LOOKED_AT, data.count)));
  if (chosen.length < 2)
    throw new AutodidactError('DATA', `All ${data.plural} that were looked at are copies of one`, {
      remedy: 'Give a threshold: --threshold 0.95.',
    });
  const read = (positions: Int32Array): Tensor =>
    encoder.prepare(change(samplesTo(data.collate(positions), device) as never, random) as never);
  return scope(() =>
    noGrad(() => {
      const [a, b] = [0, 1].map(() => normalized(inParts(chosen, (part) => backbone.features(read(part)))));
      const same = a!.mul(b!).sum(1).toTypedArray() as Float32Array;
      const cosines = a!.mm(b!.t()).toTypedArray() as Float32Array;
      const count = chosen.length;
      const others = Float32Array.from(
        { length: count * (count - 1) },
        (_, i) => cosines[Math.floor(i / (count - 1)) * count + offDiagonal(i, count)]!,
      );
      const threshold = Math.min(1, Math.max(quantile(same, 1 - WANTED), quantile(others, 1 - BY_CHANCE)));
      const share = (values: Float32Array) => values.filter((value) => value >= threshold).length / values.length;
      return { threshold, sameShare: share(same), otherShare: share(others), count };
    }),
  );
}

/**
 * The change by which a threshold is learnt.
 * @throws AutodidactError `DATA` for samples that have no views
 */
export function viewsFor({ spec }: Pick<Encoder, 'spec'>): Augment {
  const modality = modalityOf(spec);
  const change = modality.views(spec);
  if (change !== null) return change as Augment;
  throw new AutodidactError('DATA', `There are no views of ${modality.plural} to learn a threshold from`, {
    remedy: 'Give one: --threshold 0.95.',
  });
}

/** Samples that are this alike as they are count as copies, of which the first is looked at. */
const COPY = 0.9999;

/** The positions without those whose features are those of an earlier one: copies would pass for different samples that are alike. */
function withoutCopies(encoder: Encoder, data: Dataset, positions: Int32Array): Int32Array {
  return scope(() =>
    noGrad(() => {
      const device = deviceOf(encoder.backbone);
      const plain = (part: Int32Array) => encoder.prepare(samplesTo(data.collate(part), device) as never);
      const features = normalized(inParts(positions, (part) => encoder.backbone.features(plain(part))));
      const isCopy = features.mm(features.t()).ge(COPY).tril(-1).anyDim(1);
      const marks = isCopy.toNumbers();
      return positions.filter((_, i) => marks[i] === 0);
    }),
  );
}

/** Column of the i-th entry of a square matrix without its diagonal, row by row. */
function offDiagonal(i: number, count: number): number {
  const [row, column] = [Math.floor(i / (count - 1)), i % (count - 1)];
  return column < row ? column : column + 1;
}

const PART = 64;

function inParts(positions: Int32Array, read: (part: Int32Array) => Tensor): Tensor {
  const parts: Tensor[] = [];
  for (let from = 0; from < positions.length; from += PART)
    parts.push(scope(() => read(positions.subarray(from, from + PART)).to('float32')));
  return ops.cat(parts, 0);
}

/** The value that a share q of the values lie below. */
function quantile(values: Float32Array, q: number): number {
  const sorted = Float32Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;
}

/** Samples that are connected by pairs that are alike enough. */
export interface DuplicateGroup {
  /** At least two, in their order. */
  rows: number[];
  /** The least and the largest cosine among the pairs that reach the threshold. */
  least: number;
  most: number;
}

/**
 * Groups of rows whose features are alike: every pair of at least `threshold` joins its two rows. Large groups come first.
 * @throws AutodidactError `USAGE` for a threshold that is no cosine, `DATA` for fewer than two rows, or when more than a million pairs are that alike
 */
export function duplicateGroups(features: Tensor, threshold: number): DuplicateGroup[] {
  if (features.size(0) < 2)
    throw new AutodidactError('DATA', `Duplicates need at least two samples, received ${features.size(0)}`);
  if (!(threshold >= -1 && threshold <= 1)) throw expected('a cosine from -1 to 1', 'threshold', threshold);
  const search = new FeatureSearch(features);
  try {
    const pairs = search.pairsAbove(threshold);
    const parent = Int32Array.from({ length: search.count }, (_, row) => row);
    const rootOf = (row: number): number => {
      while (parent[row] !== row) {
        parent[row] = parent[parent[row]!]!;
        row = parent[row]!;
      }
      return row;
    };
    for (const { row, other } of pairs) {
      const [a, b] = [rootOf(row), rootOf(other)];
      parent[Math.max(a, b)] = Math.min(a, b);
    }
    const groups = new Map<number, DuplicateGroup>();
    for (let row = 0; row < search.count; row++) {
      const root = rootOf(row);
      const group = groups.get(root) ?? { rows: [], least: 1, most: -1 };
      group.rows.push(row);
      groups.set(root, group);
    }
    for (const { row, cosine } of pairs) {
      const group = groups.get(rootOf(row))!;
      group.least = Math.min(group.least, cosine);
      group.most = Math.max(group.most, cosine);
    }
    return [...groups.values()]
      .filter(({ rows }) => rows.length > 1)
      .sort((a, b) => b.rows.length - a.rows.length || b.most - a.most || a.rows[0]! - b.rows[0]!);
  } finally {
    search.dispose();
  }
}
