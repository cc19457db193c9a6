/**
 * T5 must write hidden spans better from their own text than from another one. Control: a network that learnt to write them from
 * other texts, to which the own text says nothing.
 */
import { afterAll, beforeAll, it } from 'vitest';
import type { Tensor } from '../../src/engine/index.js';
import type { Views } from '../../src/methods/method.js';
import { claim, keepResult, type Learned, learn } from './support.js';
import { heldOutMean, openNarratives, type Texts, withViews } from './texts.js';

const TRAINING = { backbone: 't5-micro', width: 32, epochs: 6, batchSize: 16, learningRate: 4e-3 };

let texts: Texts;
let learned: Learned;
let strangers: Learned;
const figures: Record<string, number> = {};

/** The texts of the rows before, to write the same spans from. */
const fromOthers = (views: Record<string, Tensor>): Record<string, Tensor> => ({
  ...views,
  tokens: views.tokens!.roll([1], [0]),
});

beforeAll(async () => {
  texts = await openNarratives('t5', 'count=400&test=200&sentences=4');
  learned = await learn('t5', texts.train, TRAINING);
  strangers = await learn(withViews('t5', fromOthers), texts.train, TRAINING);
});

afterAll(() => keepResult('t5', figures));

it('writes hidden spans from their own text better than from another', () => {
  const loss = ({ run }: Learned, change?: (views: Views) => Views): number =>
    heldOutMean(run.method, texts.test, 'loss', change === undefined ? {} : { change });
  const others = (views: Views): Views => fromOthers(views as Record<string, Tensor>) as Views;
  figures['loss from the own text'] = loss(learned);
  figures['loss from another text'] = loss(learned, others);
  figures['control: loss from the own text'] = loss(strangers);
  figures['control: loss from another text'] = loss(strangers, others);
  const gain = figures['loss from another text']! - figures['loss from the own text']!;
  const nothing = figures['control: loss from another text']! - figures['control: loss from the own text']!;
  claim(gain).isAbove(0.1);
  claim(nothing).isBelow(0.02);
  claim(figures['loss from the own text']).isBelow(figures['control: loss from another text']);
});
