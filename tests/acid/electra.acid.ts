/**
 * ELECTRA must find the tokens that a generator has put into texts. Control: a discriminator that learnt from tokens drawn at random, which it
 * finds easily, and which tell it little about those of a generator that has learnt.
 */
import { afterAll, beforeAll, it } from 'vitest';
import { Generator, noGrad, scope, type Tensor } from '../../src/engine/index.js';
import type { Method } from '../../src/methods/method.js';
import type { Electra } from '../../src/methods/text/electra.js';
import { claim, keepResult, type Learned, learn } from './support.js';
import { heldOutMean, openNarratives, type Texts } from './texts.js';

const TRAINING = { backbone: 'bert-micro', width: 32, epochs: 60, batchSize: 16, learningRate: 3e-3 };

type Views = Record<'tokens' | 'masked' | 'places' | 'labels' | 'draws', Tensor>;

let texts: Texts;
let learned: Learned;
let uniform: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  texts = await openNarratives('electra', 'count=640&test=200&sentences=3');
  learned = await learn('electra', texts.train, TRAINING);
  uniform = await learn('electra', texts.train, TRAINING, { generator: 'uniform' });
});

afterAll(() => keepResult('electra', figures));

/**
 * Area under the curve: how often a replaced token has a larger logit than an original one, on held-out texts whose holes the generator of
 * one run has filled.
 */
function area(judge: Learned, writer: Learned): number {
  const [judging, writing] = [judge, writer].map(({ run }) => run.method as unknown as Electra & Method);
  for (const method of [judging!, writing!]) method.eval();
  const random = new Generator(1);
  const scored: { logit: number; isFake: boolean }[] = [];
  for (let from = 0; from < texts.test.count; from += 50)
    scope(() =>
      noGrad(() => {
        const indices = Array.from({ length: 50 }, (_, i) => from + i);
        const views = writing!.views(
          { samples: texts.test.collate(indices), indices } as never,
          random,
        ) as never as Views;
        const fake = writing!.replace(views, writing!.guess(views));
        const logits = judging!.judge(fake).logits.flatten().toNumbers();
        const [isFake, isReal] = [fake.ne(views.tokens), fake.ge(0)].map((flags) => flags.flatten().toNumbers());
        for (const [i, logit] of logits.entries()) if (isReal![i]) scored.push({ logit, isFake: isFake![i] === 1 });
      }),
    );
  scored.sort((a, b) => a.logit - b.logit);
  let [originals, wins] = [0, 0];
  for (const { isFake } of scored) {
    if (isFake) wins += originals;
    else originals++;
  }
  return wins / (originals * (scored.length - originals));
}

it('finds what the generator wrote; better than one that learnt from random tokens', () => {
  figures['generator: hidden tokens told'] = heldOutMean(learned.run.method, texts.test, 'generatorAccuracy');
  figures['area under the curve'] = area(learned, learned);
  figures['control: area, learnt from random tokens'] = area(uniform, learned);
  figures['area of the control on random tokens'] = area(uniform, uniform);
  claim(figures['area under the curve']).isAbove(0.6);
  claim(figures['area under the curve']).isAbove(figures['control: area, learnt from random tokens'] + 0.02);
  claim(figures['area of the control on random tokens']).isAbove(figures['area under the curve']);
});
