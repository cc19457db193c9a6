/**
 * BERT must tell hidden tokens far better than the most frequent ones would be guessed, and whether segments follow each other. Controls: a
 * network that learnt from texts in which nothing was hidden, though it was asked; the lengths of segments, which do not say whether they follow
 * each other; the network of next sentences asked for the order of segments, which bags of words tell as little. The order is what `segment-order` learns.
 */
import { afterAll, beforeAll, it } from 'vitest';
import { Generator } from '../../src/engine/index.js';
import { threeSigma } from '../../src/evaluate/gates.js';
import { linearProbe } from '../../src/evaluate/linear.js';
import { findMethod } from '../../src/methods/registry.js';
import { buildMethod } from '../../src/train/build.js';
import { bagsOfWords, featuresOfPairs, lengths } from './segments.js';
import { claim, keepResult, type Learned, learn, SEED } from './support.js';
import { heldOutMean, openNarratives, type Texts, tokenShares } from './texts.js';

const TRAINING = { backbone: 'bert-micro', width: 32, epochs: 7, batchSize: 16, learningRate: 5e-3 };
/** Which segments follow each other is learnt after some hundred steps at chance. */
const FOLLOWING = { ...TRAINING, width: 64, epochs: 40, learningRate: 1e-3, warmupEpochs: 3 };

let texts: Texts;
/** Texts whose sentences do not begin with what says their place: the order of sentences would tell which follow. */
let uncued: Texts;
let alone: Learned;
let unmasked: Learned;
let next: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  texts = await openNarratives('bert', 'count=800&test=200&sentences=3');
  alone = await learn('bert', texts.train, TRAINING, { secondTask: 'none' });
  const nothingHidden = { secondTask: 'none', maskTokenShare: 0, randomTokenShare: 0 };
  unmasked = await learn('bert', texts.train, { ...TRAINING, epochs: 3 }, nothingHidden);
  uncued = await openNarratives('bert', 'count=800&test=200&sentences=3&cues=no');
  next = await learn('bert', uncued.train, FOLLOWING, { secondTask: 'next-sentence' });
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

it('tells whether segments follow each other, and nothing of their order', () => {
  const { method, config } = next.run;
  const options = { ...config.options, secondTask: 'sentence-order' };
  const { assets, spec, count } = uncued.train;
  const ofOrder = buildMethod(
    findMethod('bert'),
    options,
    config.training,
    { spec, count },
    { seed: 0, device: 'cpu', assets },
  );
  const told = (known: typeof lengths): number => {
    const read = featuresOfPairs(method, uncued.train, new Generator(2 * SEED + 1), known);
    const asked = featuresOfPairs(method, uncued.test, new Generator(2 * SEED), known);
    return linearProbe(read, asked, { l2: [1e-2, 1e-3], tolerance: 1e-4 }).accuracy;
  };
  figures['next segments told'] = heldOutMean(method, uncued.test, 'orderAccuracy');
  figures['next segments told by bags of words'] = told(bagsOfWords);
  figures['control: next segments told by their lengths'] = told(lengths);
  figures['control: order of segments told'] = heldOutMean(method, uncued.test, 'orderAccuracy', { maker: ofOrder });
  claim(figures['next segments told']).isAbove(0.8);
  claim(figures['next segments told by bags of words']).isAbove(0.8);
  claim(figures['control: next segments told by their lengths']).isBelow(threeSigma(0.5, uncued.test.count));
  claim(figures['control: order of segments told']).isBelow(threeSigma(0.5, uncued.test.count));
});
