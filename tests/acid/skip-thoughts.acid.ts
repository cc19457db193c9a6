/**
 * Skip-thoughts must write the neighbors of a sentence better when it has read this sentence than when it has read one of another text.
 * Both with one encoder and with the two of combine-skip. Control: a network that learnt from triples whose middle sentence is another one, to which the true one says nothing.
 */
import { afterAll, it } from 'vitest';
import type { Tensor } from '../../src/engine/index.js';
import type { Views } from '../../src/methods/method.js';
import { claim, keepResult, type Learned, learn } from './support.js';
import { heldOutMean, openNarratives, withViews } from './texts.js';

const TRAINING = { backbone: 'gru-text', width: 64, epochs: 40, batchSize: 16, learningRate: 3e-3 };

const figures: Record<string, number> = {};

/** Each triple with the middle sentence of the same place in another text: texts have two triples, so that it stands an even number of rows before. */
const ofOthers = (views: Record<string, Tensor>): Record<string, Tensor> => ({
  ...views,
  current: views.current!.roll([6], [0]),
});

afterAll(() => keepResult('skip-thoughts', figures));

it.each(['uni', 'combine'])('writes the neighbors of a sentence better than those of another: %s', async (encoder) => {
  const texts = await openNarratives('skip-thoughts', 'count=800&test=200&sentences=4');
  const options = { embeddingSize: 32, encoder };
  const learned = await learn('skip-thoughts', texts.train, TRAINING, options);
  const strangers = await learn(withViews('skip-thoughts', ofOthers), texts.train, TRAINING, options);
  const loss = ({ run }: Learned, change?: (views: Views) => Views): number =>
    heldOutMean(run.method, texts.test, 'nextLoss', change === undefined ? {} : { change });
  const others = (views: Views): Views => ofOthers(views as Record<string, Tensor>) as Views;
  const found = {
    'loss of the next sentence': loss(learned),
    'loss of the next sentence, another one read': loss(learned, others),
    'control: loss of the next sentence': loss(strangers),
    'control: loss of the next sentence, another one read': loss(strangers, others),
  };
  for (const [what, value] of Object.entries(found)) figures[encoder === 'uni' ? what : `${encoder}: ${what}`] = value;
  const gain = found['loss of the next sentence, another one read'] - found['loss of the next sentence'];
  const nothing =
    found['control: loss of the next sentence, another one read'] - found['control: loss of the next sentence'];
  claim(gain).isAbove(0.1);
  claim(Math.abs(nothing)).isBelow(0.02);
});
