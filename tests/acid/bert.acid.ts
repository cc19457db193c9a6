/**
 * BERT must tell hidden tokens far better than the most frequent ones would be guessed, and the order of two segments. Controls: a network
 * that learnt from texts in which nothing was hidden, though it was asked; a classifier of bags of words and a network that learnt next
 * sentences, neither of which knows the order of sentences.
 */
import { afterAll, beforeAll, it } from 'vitest';
import { Generator, noGrad, ops, type Tensor } from '../../src/engine/index.js';
import { threeSigma } from '../../src/evaluate/gates.js';
import { linearProbe } from '../../src/evaluate/linear.js';
import { claim, keepResult, type Learned, learn } from './support.js';
import { heldOutMean, openNarratives, type Texts, tokenShares } from './texts.js';

const TRAINING = { backbone: 'bert-micro', width: 32, epochs: 7, batchSize: 16, learningRate: 5e-3 };

let texts: Texts;
let alone: Learned;
let unmasked: Learned;
let next: Learned;
let order: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  texts = await openNarratives('bert', 'count=800&test=200&sentences=3');
  alone = await learn('bert', texts.train, TRAINING, { secondTask: 'none' });
  unmasked = await learn(
    'bert',
    texts.train,
    { ...TRAINING, epochs: 5 },
    { secondTask: 'none', maskTokenShare: 0, randomTokenShare: 0 },
  );
  next = await learn('bert', texts.train, TRAINING, { secondTask: 'next-sentence' });
  order = await learn('bert', texts.train, { ...TRAINING, epochs: 5 }, { secondTask: 'sentence-order' });
});

afterAll(() => keepResult('bert', figures));

it('tells hidden tokens; not where it learnt with nothing hidden', () => {
  const accuracy = (learned: Learned): number =>
    heldOutMean(learned.run.method, texts.test, 'accuracy', { maker: alone.run.method });
  const unigram = Math.max(...tokenShares(texts.train));
  figures['share of the most frequent token'] = unigram;
  figures['hidden tokens told'] = accuracy(alone);
  figures['control: hidden tokens told, learnt with nothing hidden'] = accuracy(unmasked);
  figures['control: last training loss'] = unmasked.losses.at(-1)!;
  claim(figures['hidden tokens told']).isAbove(unigram + 0.1);
  claim(figures['hidden tokens told']).isAbove(
    figures['control: hidden tokens told, learnt with nothing hidden'] + 0.1,
  );
  claim(figures['control: last training loss']).isBelow(0.1);
});

/** Features of pairs that know which words both segments have, and nothing of their order, with the answers. */
function bags(learned: Learned, of: 'train' | 'test'): { features: Tensor; labels: Int32Array } {
  const [random, { method }] = [new Generator(3), learned.run];
  const set = texts[of];
  const { vocabulary } = set.spec;
  return noGrad(() => {
    const parts = Array.from({ length: Math.floor(Math.min(set.count, 800) / 50) }, (_, k) => {
      const indices = Array.from({ length: 50 }, (_, i) => 50 * k + i);
      const views = method.views({ samples: set.collate(indices), indices } as never, random) as Record<string, Tensor>;
      const [ids, segments] = views.tokens!.unbind(1) as [Tensor, Tensor];
      const kinds = ids.clampMin(0).oneHot(vocabulary).to('float32').mul(ids.ge(0).unsqueeze(2));
      const second = segments.unsqueeze(2).to('float32');
      const [a, b] = [kinds.mul(second.neg().add(1)).sum([1]), kinds.mul(second).sum([1])];
      return { features: ops.cat([a.mul(b), a.sub(b).abs()], 1), labels: views.order! };
    });
    const labels = Int32Array.from(parts.flatMap(({ labels: own }) => own.toNumbers()));
    return {
      features: ops.cat(
        parts.map(({ features }) => features),
        0,
      ),
      labels,
    };
  });
}

it('tells the order of segments; bags of words and next sentences do not', () => {
  const probe = (learned: Learned): number =>
    linearProbe(bags(learned, 'train'), bags(learned, 'test'), { l2: [1e-2, 1e-3], tolerance: 1e-4 }).accuracy;
  figures['next sentences told'] = heldOutMean(next.run.method, texts.test, 'orderAccuracy');
  figures['order of segments told'] = heldOutMean(order.run.method, texts.test, 'orderAccuracy');
  figures['bags of words: next sentences told'] = probe(next);
  figures['control: bags of words: order told'] = probe(order);
  figures['control: order told by the network of next sentences'] = heldOutMean(
    next.run.method,
    texts.test,
    'orderAccuracy',
    {
      maker: order.run.method,
    },
  );
  const chance = threeSigma(0.5, texts.test.count);
  claim(figures['next sentences told']).isAbove(0.8);
  claim(figures['order of segments told']).isAbove(0.65);
  claim(figures['bags of words: next sentences told']).isAbove(0.8);
  claim(figures['control: bags of words: order told']).isBelow(chance);
  claim(figures['control: order told by the network of next sentences']).isBelow(chance);
});
