import type { TokensDataset } from '../../src/data/index.js';
import { type Generator, noGrad, ops, type Tensor } from '../../src/engine/index.js';
import type { Method } from '../../src/methods/method.js';

const BATCH = 50;
/** Most texts of a set that are read. */
const MOST = 800;

/**
 * Features of pairs of segments that know which words both have and how often, and nothing of the order of the two: products and differences
 * of their counts. With them the answers of the method's second task. Training and held-out texts need generators of different seeds: with one
 * seed the k-th text of both has the same coin and the same hidden words, and a probe learns the coins by heart.
 */
export function bagsOfPairs(
  method: Method,
  texts: TokensDataset,
  random: Generator,
): { features: Tensor; labels: Int32Array } {
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
      const [a, b] = [kinds.mul(second.neg().add(1)).sum([1]), kinds.mul(second).sum([1])];
      return { features: ops.cat([a.mul(b), a.sub(b).abs()], 1), labels: views.order! };
    });
    const labels = Int32Array.from(parts.flatMap(({ labels: own }) => own.toNumbers()));
    const features = ops.cat(
      parts.map((part) => part.features),
      0,
    );
    return { features, labels };
  });
}
