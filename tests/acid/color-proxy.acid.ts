/**
 * Where the hue of a thing follows from its shape, the histograms of hue can be predicted from gray images; where it follows from nothing,
 * and where gray images are learnt with the colors of other images, the controls, they cannot.
 */
import { afterAll, beforeAll, it } from 'vitest';
import { Generator, noGrad, scope, type Tensor } from '../../src/engine/index.js';
import { threeSigmaOfDifference } from '../../src/evaluate/gates.js';
import type { ColorProxy } from '../../src/methods/image/generative/color-proxy.js';
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
  SEED,
  type Sets,
} from './support.js';

const TRAINING = { backbone: 'alexnet', width: 16, epochs: 10, batchSize: 50, learningRate: 2e-3 };
const OPTIONS = { headSize: 128 };
const PROBED = 'conv5';
/** Share of the divergence that counts as explained at all. */
const LITTLE = 0.1;
/** Chroma of objects, which are far more colorful than the background. */
const COLORFUL = 0.25;
const BATCH = 100;

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

/** The share of the divergence of hue that is explained at places of objects alone: backgrounds have hues that follow from nothing. */
function hueOfObjects({ run }: Learned, { test }: Sets): number {
  const method = run.method as ColorProxy;
  method.eval();
  const random = new Generator(1 + SEED);
  const shares = Array.from({ length: Math.floor(test.count / BATCH) }, (_, k) =>
    scope(() =>
      noGrad(() => {
        const indices = Array.from({ length: BATCH }, (_, i) => k * BATCH + i);
        const views = method.views({ samples: test.batch(indices), indices }, random);
        const isObject = views.hueWeights.gt(COLORFUL * method.options.hueWeight).to('float32');
        const { metrics } = method.loss({ ...views, hueWeights: views.hueWeights.mul(isObject) });
        return (metrics!.hueExplained as Tensor).item();
      }),
    ),
  );
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

it('predicts hue and chroma of held-out images where hues follow from shapes', () => {
  for (const metric of ['explained', 'hueExplained', 'chromaExplained'])
    figures[`${metric}, hue by class`] = heldOut(learned.run.method, fixed.test, metric);
  figures['hueExplained of objects, hue by class'] = hueOfObjects(learned, fixed);
  claim(figures['explained, hue by class']).isAbove(LITTLE);
  claim(figures['hueExplained of objects, hue by class']).isAbove(0.3);
});

it('control: explains no hue that follows from nothing', async () => {
  const { run } = await learn('color-proxy', free.train, TRAINING, OPTIONS);
  figures['control: hueExplained, random hue'] = heldOut(run.method, free.test, 'hueExplained');
  figures['control: hueExplained of objects, random hue'] = hueOfObjects({ ...learned, run }, free);
  figures['control: chromaExplained, random hue'] = heldOut(run.method, free.test, 'chromaExplained');
  claim(figures['control: hueExplained, random hue']).isBelow(LITTLE);
  claim(figures['control: hueExplained of objects, random hue']).isBelow(LITTLE);
});

it('control: learns nothing from gray images with the colors of other images', async () => {
  const colors = ['hues', 'chromas', 'hueWeights', 'chromaWeights'] as const;
  const strangers = withViews<Record<string, Tensor>>('color-proxy', (views) => ({
    ...views,
    ...Object.fromEntries(colors.map((key) => [key, views[key]!.roll([1], [0])])),
  }));
  const { run } = await learn(strangers, fixed.train, TRAINING, OPTIONS);
  figures['control: explained, learnt from the colors of other images'] = heldOut(run.method, fixed.test, 'explained');
  claim(figures['control: explained, learnt from the colors of other images']).isBelow(LITTLE);
  figures['control: k-NN, learnt from the colors of other images'] = await knnScore(run.encoder, fixed, PROBED);
});

it('tells kinds of objects apart better than a random network, by gray images', async () => {
  const { pretrained, random } = await knnBesideRandom(learned, fixed, PROBED);
  figures[`k-NN, ${PROBED}, pretrained`] = pretrained;
  figures[`k-NN, ${PROBED}, random initialization`] = random;
  claim(pretrained - random).isAbove(threeSigmaOfDifference(pretrained, random, fixed.test.count));
});
