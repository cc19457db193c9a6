/**
 * CPC v2 must find the patches further on among those of all images better than it could where there is nothing to know, and its features
 * must tell the classes apart better than the random network's. Control: images whose patches were exchanged with those of other images,
 * place by place.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { threeSigma } from '../../src/evaluate/gates.js';
import { withExchangedPatches } from './strangers.js';
import { heldOut, keepResult, type Learned, learn, linearScore, linearScores, openSets, type Sets } from './support.js';

const TRAINING = { backbone: 'resnet18', width: 8, epochs: 8, batchSize: 16, learningRate: 3e-3 };
const OPTIONS = { scale: 1, usePatchJitter: false };
const LAYER = 'layer4';

let sets: Sets;
let learned: Learned;
let exchanged: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  sets = await openSets('synthetic:objects?count=1500&test=1000&size=48');
  learned = await learn('cpc-v2', sets.train, TRAINING, OPTIONS);
  exchanged = await learn(withExchangedPatches('cpc-v2'), sets.train, { ...TRAINING, epochs: 4 }, OPTIONS);
});

afterAll(() => keepResult('cpc-v2', figures));

it('finds patches of held-out images; where there is nothing to know the loss stays above', () => {
  figures['held-out loss among 16 x 49 patches (ln 784 = 6.664)'] = heldOut(learned.run.method, sets.test, 'loss', 16);
  figures['held-out accuracy among 16 x 49 patches'] = heldOut(learned.run.method, sets.test, 'accuracy', 16);
  figures['control: last training loss on exchanged patches'] = exchanged.losses.at(-1)!;
  expect(figures['held-out loss among 16 x 49 patches (ln 784 = 6.664)']).toBeLessThan(
    figures['control: last training loss on exchanged patches'] - 0.2,
  );
});

it('tells the classes apart better than the random network', async () => {
  const [scores] = await linearScores(learned, sets, [LAYER]);
  figures['linear probe, pretrained'] = scores!.pretrained;
  figures['linear probe, random initialisation'] = scores!.random;
  // Told, not gated: places alone, which exchanged patches keep, teach what lies where in these centred pictures.
  figures['linear probe, learnt from exchanged patches'] = await linearScore(exchanged.run.method, sets, LAYER);
  expect(scores!.pretrained).toBeGreaterThan(threeSigma(scores!.random, sets.test.count));
});
