/**
 * SimCSE must find the second reading of texts that it has never seen, through heavy dropout, among those of others, and spread the vectors
 * of texts. Control: the same network where the second reading is of another text, drawn at random: nothing is to be found.
 */
import { afterAll, beforeAll, it } from 'vitest';
import { noGrad, ops, scope, type Tensor } from '../../src/engine/index.js';
import { threeSigma } from '../../src/evaluate/gates.js';
import type { Method, Outcome } from '../../src/methods/method.js';
import type { Simcse } from '../../src/methods/text/simcse.js';
import { claim, freshMethod, keepResult, type Learned, learn, SEED } from './support.js';
import { openNarratives, otherRows, type Texts, withViews } from './texts.js';

const TRAINING = { backbone: 'bert-micro', width: 32, epochs: 100, batchSize: 32, learningRate: 1e-3 };
const BATCH = 50;

let texts: Texts;
let learned: Learned;
let exchanged: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  texts = await openNarratives('simcse', 'count=1280&test=200&sentences=3');
  learned = await learn('simcse', texts.train, TRAINING);
  const random = withViews('simcse', ({ tokens }, generator) => ({
    tokens: tokens!,
    second: otherRows(tokens!, generator),
  }));
  exchanged = await learn(random, texts.train, TRAINING);
});

afterAll(() => keepResult('simcse', figures));

/** Share of second readings found on held-out texts, with dropout, as in training. */
function found({ run }: Learned): number {
  return scope(() =>
    noGrad(() => {
      const method = run.method as unknown as Simcse & Method;
      method.train();
      const shares = Array.from({ length: Math.floor(texts.test.count / BATCH) }, (_, k) => {
        const indices = Array.from({ length: BATCH }, (_, i) => k * BATCH + i);
        const tokens = method.prepare(texts.test.collate(indices));
        return ((method.loss({ tokens }) as Outcome).metrics!.accuracy as Tensor).item();
      });
      method.eval();
      return shares.reduce((sum, share) => sum + share) / shares.length;
    }),
  );
}

/** Mean cosine of the vectors of two held-out texts. */
function alike(method: Method): number {
  return scope(() =>
    noGrad(() => {
      method.eval();
      const { encoder } = method as unknown as Simcse;
      const x = encoder.backbone.features(encoder.prepare(texts.test.collate([...Array(200).keys()])));
      const unit = x.div(x.vectorNorm(2, [1], true));
      const cosines = unit.matmul(unit.t());
      const count = unit.size(0);
      return (cosines.sum().item() - ops.ones([count]).sum().item()) / (count * (count - 1));
    }),
  );
}

it('finds the second reading of unseen texts; none where readings are of other texts', () => {
  figures['readings found among 50'] = found(learned);
  figures['control: last training accuracy, readings of other texts'] = exchanged.epochs.at(-1)!.accuracy!;
  claim(figures['readings found among 50']).isAbove(0.5);
  claim(figures['control: last training accuracy, readings of other texts']).isBelow(
    threeSigma(1 / 32, texts.train.count),
  );
});

it('spreads the vectors of texts', () => {
  figures['mean cosine of two texts'] = alike(learned.run.method);
  figures['mean cosine of two texts, untrained'] = alike(freshMethod(learned, SEED));
  claim(figures['mean cosine of two texts']).isBelow(figures['mean cosine of two texts, untrained'] - 0.1);
});
