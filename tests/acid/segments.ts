import type { TokensDataset } from '../../src/data/index.js';
import { type Generator, noGrad, ops, type Tensor } from '../../src/engine/index.js';
import type { LabeledFeatures } from '../../src/evaluate/features.js';
import type { Method } from '../../src/methods/method.js';

const BATCH = 50;
/** Most texts of a set that are read. */
const MOST = 800;

/** Features of pairs of segments, float32 (N, D). */
type Known = (segments: readonly [Segment, Segment]) => Tensor;

interface Segment {
  /** How often each word stands in it, float32 (N, V). */
  words: Tensor;
  /** Tokens, int64 (N). */
  length: Tensor;
}

/** Which words both have and how often, and nothing of the order of the two: products and differences of their counts. */
export const bagsOfWords: Known = ([{ words: a }, { words: b }]) => ops.cat([a.mul(b), a.sub(b).abs()], 1);

/** How many tokens each has, and both together. */
export const lengths: Known = ([{ length: a, words }, { length: b }]) =>
  ops
    .cat(
      [a, b, a.add(b)].map((length) => length.clampMax(words.size(1) - 1).oneHot(words.size(1))),
      1,
    )
    .to('float32');

/**
 * What is known of the pairs of segments that the method makes, with the answers of its second task. Training and held-out texts need
 * generators of different seeds: with one seed the k-th text of both has the same coin and the same hidden words, and a probe learns the
 * coins by heart.
 */
export function featuresOfPairs(
  method: Method,
  texts: TokensDataset,
  random: Generator,
  known: Known,
): LabeledFeatures {
  const { vocabulary } = texts.spec;
  return noGrad(() => {
    const parts = Array.from({ length: Math.floor(Math.min(texts.count, MOST) / BATCH) }, (_, k) => {
      const indices = Array.from({ length: BATCH }, (_, i) => BATCH * k + i);
      const views = method.views({ samples: texts.collate(indices), indices } as never, random) as Record<
        string,
        Tensor
      >;
      const [ids, segments] = views.tokens!.unbind(1) as [Tensor, Tensor];
      const kinds = ids.clampMin(0).oneHot(vocabulary).to('float32').mul(ids.ge(0).unsqueeze(2));
      const second = segments.unsqueeze(2).to('float32');
      const [first, next] = [kinds.mul(second.neg().add(1)), kinds.mul(second)].map((part) => ({
        words: part.sum([1]),
        length: part.sum([1, 2]).to('int64'),
      })) as [Segment, Segment];
      return { features: known([first, next]), labels: views.order! };
    });
    const features = ops.cat(
      parts.map((part) => part.features),
      0,
    );
    return { features, labels: Int32Array.from(parts.flatMap(({ labels }) => labels.toNumbers())) };
  });
}
