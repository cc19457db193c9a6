/**
 * The relative position of patches must be told from objects, and from nothing else: noise seen through a lens with color
 * fringes gives it away as long as all colors are kept, and clouds give it away by what runs on from patch to patch as long as
 * the patches touch. What is learnt on the way must tell kinds of objects apart better than the same layer of a random network.
 */
import { afterAll, beforeAll, it } from 'vitest';
import { threeSigma, threeSigmaOfDifference } from '../../src/evaluate/gates.js';
import {
  claim,
  heldOut,
  keepResult,
  type Learned,
  learn,
  linearScore,
  linearScores,
  openSets,
  type Sets,
} from './support.js';

// Hues are random, so that color says nothing about the kind of object.
const TRAINING = { backbone: 'resnet18', width: 8, epochs: 50, batchSize: 64, learningRate: 0.002 };
// Enough for the one of the two runs on noise that has something to learn.
const NOISE = { ...TRAINING, epochs: 6 };
// What edges give away is told by comparing two patches, which takes many steps to find.
const EDGES = { ...TRAINING, epochs: 10, batchSize: 32 };
const CHANCE = 1 / 8;
const PROBED = 'layer4';

let objects: Sets;
let noise: Sets;
let learned: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  objects = await openSets('synthetic:objects?count=2000&test=1000&size=64&hue=random');
  noise = await openSets('synthetic:objects?shapes=noise&count=2000&test=1000&size=64&chromaticAberration=0.05');
  learned = await learn('patch-position', objects.train, TRAINING);
});

afterAll(() => keepResult('patch-position', figures));

it('tells where the second patch of held-out objects lies', () => {
  const accuracy = heldOut(learned.run.method, objects.test, 'accuracy');
  figures['held-out accuracy'] = accuracy;
  // The eight pairs of an image are not independent: the images are what counts.
  claim(accuracy).isAbove(threeSigma(CHANCE, objects.test.count) + 0.1);
});

it('control: on noise with color fringes the full pipeline stays at chance', async () => {
  const { run } = await learn('patch-position', noise.train, NOISE);
  const accuracy = heldOut(run.method, noise.test, 'accuracy');
  figures['control: accuracy on noise with color fringes'] = accuracy;
  claim(accuracy).isBelow(threeSigma(CHANCE, noise.test.count));
});

it('control: with all colors kept the fringes of the same noise are enough', async () => {
  const { run } = await learn('patch-position', noise.train, NOISE, { color: 'none' });
  const accuracy = heldOut(run.method, noise.test, 'accuracy');
  figures['control: accuracy on the same noise with all colors'] = accuracy;
  claim(accuracy).isAbove(0.3);
});

it(`gives a better ${PROBED} than a random network has`, async () => {
  const scores = await linearScores(learned, objects, ['layer2', 'layer3', PROBED]);
  for (const { layer, pretrained, random } of scores) {
    figures[`linear probe, ${layer}`] = pretrained;
    figures[`linear probe, ${layer}, random initialization`] = random;
  }
  const { pretrained, random } = scores.find(({ layer }) => layer === PROBED)!;
  claim(pretrained - random).isAbove(threeSigmaOfDifference(pretrained, random, objects.test.count));
});

it('control: clouds are put together by their edges without gap and jitter, and not at all with them', async () => {
  // Noise smoothed by 3 pixels: neighboring pixels correlate by 0.97, those across a gap of 8 by exp(-(9 / 3)^2 / 4) = 0.11.
  const clouds = await openSets('synthetic:objects?shapes=noise&grain=3&count=2000&test=1000&size=64');
  const plain = { color: 'none', pixelateProbability: 0 };
  const touching = await learn('patch-position', clouds.train, EDGES, { ...plain, gap: 0, jitter: 0 });
  const apart = await learn('patch-position', clouds.train, EDGES, plain);
  const [byEdges, without] = [touching, apart].map(({ run }) => heldOut(run.method, clouds.test, 'accuracy'));
  figures['control: accuracy on clouds without gap and jitter'] = byEdges!;
  figures['control: accuracy on clouds'] = without!;
  claim(byEdges).isAbove(0.3);
  claim(without).isBelow(threeSigma(CHANCE, clouds.test.count));
});

it('control: leaving out gap and jitter makes no better features', async () => {
  const { run } = await learn('patch-position', objects.train, TRAINING, { gap: 0, jitter: 0 });
  const [withGap, without] = [figures[`linear probe, ${PROBED}`]!, await linearScore(run.encoder, objects, PROBED)];
  figures['control: held-out accuracy without gap and jitter'] = heldOut(run.method, objects.test, 'accuracy');
  figures[`control: linear probe without gap and jitter, ${PROBED}`] = without;
  claim(without - withGap).isBelow(threeSigmaOfDifference(without, withGap, objects.test.count));
});
