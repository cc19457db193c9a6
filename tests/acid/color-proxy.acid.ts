/**
 * Where the hue of a thing follows from its shape, the histograms of hue can be predicted from gray images; where it follows from nothing,
 * and where gray images are learnt with the colors of other images, the controls, they cannot.
 */
import { afterAll, beforeAll, it } from 'vitest';
import type { Tensor } from '../../src/engine/index.js';
import { threeSigmaOfDifference } from '../../src/evaluate/gates.js';
import { withViews } from './changed-views.js';
import {
  claim,
  heldOut,
  keepResult,
  knnBesideRandom,
  knnScore,
  type Learned,
  learn,
  openSets,
  type Sets,
} from './support.js';

const TRAINING = { backbone: 'alexnet', width: 16, epochs: 12, batchSize: 50, learningRate: 2e-3 };
const OPTIONS = { headSize: 128 };
const PROBED = 'conv5';

let fixed: Sets;
let free: Sets;
let learned: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  fixed = await openSets('synthetic:objects?count=1500&test=500&size=32');
  free = await openSets('synthetic:objects?count=1500&test=500&size=32&hue=random');
  learned = await learn('color-proxy', fixed.train, TRAINING, OPTIONS);
});

afterAll(() => keepResult('color-proxy', figures));

it('predicts hue and chroma of held-out images where hues follow from shapes', () => {
  for (const metric of ['explained', 'hueExplained', 'chromaExplained'])
    figures[`${metric} of held-out images, hue by class`] = heldOut(learned.run.method, fixed.test, metric);
  claim(figures['explained of held-out images, hue by class']).isAbove(0.3);
  claim(figures['hueExplained of held-out images, hue by class']).isAbove(0.3);
});

it('control: explains no hue that follows from nothing', async () => {
  const { run } = await learn('color-proxy', free.train, TRAINING, OPTIONS);
  figures['control: hueExplained, random hue'] = heldOut(run.method, free.test, 'hueExplained');
  figures['control: chromaExplained, random hue'] = heldOut(run.method, free.test, 'chromaExplained');
  claim(figures['control: hueExplained, random hue']).isBelow(0.1);
});

it('control: learns nothing from gray images with the colors of other images', async () => {
  const colors = ['hues', 'chromas', 'hueWeights', 'chromaWeights'] as const;
  const strangers = withViews<Record<string, Tensor>>('color-proxy', (views) => ({
    ...views,
    ...Object.fromEntries(colors.map((key) => [key, views[key]!.roll([1], [0])])),
  }));
  const { run } = await learn(strangers, fixed.train, TRAINING, OPTIONS);
  figures['control: explained, learnt from the colors of other images'] = heldOut(run.method, fixed.test, 'explained');
  claim(figures['control: explained, learnt from the colors of other images']).isBelow(0.1);
  figures['control: k-NN, learnt from the colors of other images'] = await knnScore(run.encoder, fixed, PROBED);
});

it('tells kinds of objects apart better than a random network, by gray images', async () => {
  const { pretrained, random } = await knnBesideRandom(learned, fixed, PROBED);
  figures[`k-NN, ${PROBED}, pretrained`] = pretrained;
  figures[`k-NN, ${PROBED}, random initialization`] = random;
  claim(pretrained - random).isAbove(threeSigmaOfDifference(pretrained, random, fixed.test.count));
});
