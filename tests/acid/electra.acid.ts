/**
 * ELECTRA must find the tokens that a generator has put into texts. Control: a discriminator that learnt from tokens drawn at random, which it
 * finds easily, and which tell it little about those of a generator that has learnt.
 */
import { afterAll, beforeAll, it } from 'vitest';
import { noGrad } from '../../src/engine/index.js';
import type { Electra } from '../../src/methods/text/electra.js';
import { claim, keepResult, type Learned, learn } from './support.js';
import { heldOutMean, openNarratives, type Texts } from './texts.js';

const TRAINING = { backbone: 'bert-micro', width: 32, epochs: 6, batchSize: 16, learningRate: 4e-3 };

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

/** Original and replaced tokens told apart, balanced, among those that the generator of one run has written. */
function toldApart(judge: Learned, writer: Learned): number {
  const [judging, writing] = [judge, writer].map(({ run }) => run.method as unknown as Electra);
  const own = judging!.replace.bind(judging);
  try {
    judging!.replace = (views) => noGrad(() => writing!.replace(views, writing!.guess(views as never)));
    return heldOutMean(judge.run.method, texts.test, 'accuracy');
  } finally {
    judging!.replace = own;
  }
}

it('finds what the generator wrote; better than one that learnt from random tokens', () => {
  figures['generator: hidden tokens told'] = heldOutMean(learned.run.method, texts.test, 'generatorAccuracy');
  figures['told apart'] = toldApart(learned, learned);
  figures['control: told apart, learnt from random tokens'] = toldApart(uniform, learned);
  figures['random tokens told apart by the control'] = heldOutMean(uniform.run.method, texts.test, 'accuracy');
  claim(figures['told apart']).isAbove(0.55);
  claim(figures['told apart']).isAbove(figures['control: told apart, learnt from random tokens'] + 0.02);
  claim(figures['random tokens told apart by the control']).isAbove(figures['told apart']);
});
