/**
 * Puzzles of objects must be solved, and those of noise not. A ramp from one color to another gives the order of its tiles away
 * by their brightness; normalized by themselves its tiles all look the same. What is learnt on the way must tell kinds of
 * objects apart better than the same layer of a random network does.
 */
import { afterAll, beforeAll, it } from 'vitest';
import { threeSigma, threeSigmaOfDifference } from '../../src/evaluate/gates.js';
import { claim, heldOut, keepResult, type Learned, learn, linearScores, openSets, type Sets } from './support.js';

// Hues are random, so that color says nothing about the kind of object.
const TRAINING = { backbone: 'resnet18', width: 8, epochs: 28, batchSize: 64, learningRate: 0.002 };
// Long enough to solve most puzzles of objects.
const NOISE = { ...TRAINING, epochs: 8 };
// Any side may be the bright one, which takes many steps to find out; ten permutations are told apart sooner.
const RAMPS = { ...TRAINING, width: 4, epochs: 8, batchSize: 16, learningRate: 0.001 };
const CHANCE = 1 / 64;
// What the encoder gives to who asks for no layer.
const PROBED = 'layer4';

let objects: Sets;
let learned: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  objects = await openSets('synthetic:objects?count=2000&test=1000&size=48&hue=random');
  learned = await learn('jigsaw', objects.train, TRAINING);
});

afterAll(() => keepResult('jigsaw', figures));

it('solves puzzles of held-out objects', () => {
  const accuracy = heldOut(learned.run.method, objects.test, 'accuracy');
  figures['held-out accuracy, 64 permutations'] = accuracy;
  claim(accuracy).isAbove(0.2);
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

it('control: cannot order tiles of noise', async () => {
  const noise = await openSets('synthetic:objects?shapes=noise&grain=0&count=2000&test=1000&size=48');
  const { run } = await learn('jigsaw', noise.train, NOISE);
  const accuracy = heldOut(run.method, noise.test, 'accuracy');
  figures['control: accuracy on noise'] = accuracy;
  claim(accuracy).isBelow(threeSigma(CHANCE, noise.test.count));
});

it('control: ramps are solved by brightness without gap and normalization, and not at all with them', async () => {
  const ramps = await openSets('synthetic:objects?shapes=gradients&count=2000&test=1000&size=48');
  const permutationCount = 10;
  const open = { permutationCount, tileSize: 16, channelJitter: 0, useTileNorm: false };
  const shortcut = await learn('jigsaw', ramps.train, RAMPS, open);
  const closed = await learn('jigsaw', ramps.train, RAMPS, { permutationCount });
  const [byShortcut, without] = [shortcut, closed].map(({ run }) => heldOut(run.method, ramps.test, 'accuracy'));
  figures['control: accuracy on ramps without gap and normalization, 10 permutations'] = byShortcut!;
  figures['control: accuracy on ramps, 10 permutations'] = without!;
  claim(byShortcut).isAbove(0.5);
  claim(without).isBelow(threeSigma(1 / permutationCount, ramps.test.count));
});
