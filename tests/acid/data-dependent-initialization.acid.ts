/**
 * Thirteen layers without batch norm must begin to learn how objects are turned from an initialization by data within epochs in
 * which the same network from Gaussian weights learns nothing and from its published initialization less.
 */
import { afterAll, beforeAll, it } from 'vitest';
import { createBackbone } from '../../src/backbones/registry.js';
import { Generator, noGrad, ops, scope, type Tensor } from '../../src/engine/index.js';
import { Conv2d } from '../../src/engine/nn/index.js';
import { dataDependentEncoder, strongerRandomEncoder } from '../../src/evaluate/baselines.js';
import { threeSigma } from '../../src/evaluate/gates.js';
import { initializeFromData } from '../../src/train/data-dependent.js';
import type { Initialization } from '../../src/train/initialization.js';
import {
  claim,
  heldOut,
  keepResult,
  knnScore,
  type Learned,
  learn,
  openSets,
  RANDOM_SEED,
  type Sets,
} from './support.js';

const BACKBONE = { backbone: 'vgg16-plain', width: 8 };
const TRAINING = { ...BACKBONE, epochs: 12, batchSize: 64, learningRate: 0.01 };
const BEGINNINGS = ['data-dependent', 'default', 'gaussian'] as const satisfies readonly Initialization[];

let sets: Sets;
const learned = new Map<Initialization, Learned>();
const figures: Record<string, number> = {};

beforeAll(async () => {
  sets = await openSets('synthetic:objects?count=2000&test=1000&size=32&hue=random');
  for (const initialization of BEGINNINGS)
    learned.set(initialization, await learn('rotation', sets.train, { ...TRAINING, initialization }));
});

afterAll(() => keepResult('data-dependent-initialization', figures));

function accuracyFrom(initialization: Initialization): number {
  const accuracy = heldOut(learned.get(initialization)!.run.method, sets.test, 'accuracy');
  figures[`held-out rotation accuracy from ${initialization}`] = accuracy;
  return accuracy;
}

it('gives every channel deviation 1 on the images it looked at, and nearly so on others', () => {
  scope(() => {
    const { method } = learned.get('default')!.run;
    const images = (data: Sets['train']): Tensor =>
      noGrad(() => method.prepare(data.batch(Array.from({ length: 160 }, (_, i) => i))));
    const network = createBackbone('vgg16-plain', { inputChannels: 3, imageSize: 32, width: 8 });
    const seen = images(sets.train);
    initializeFromData(network, seen, { random: new Generator(1), equalize: false });
    figures['largest difference of a deviation from 1, images looked at'] = unevenness(network, seen);
    figures['largest difference of a deviation from 1, held-out images'] = unevenness(network, images(sets.test));
  });
  claim(figures['largest difference of a deviation from 1, images looked at']).isBelow(1e-3);
  claim(figures['largest difference of a deviation from 1, held-out images']).isBelow(0.5);
});

function unevenness(network: ReturnType<typeof createBackbone>, x: Tensor): number {
  const convolutions = network.modules().flatMap(([, module]) => (module instanceof Conv2d ? [module] : []));
  let worst = 0;
  for (const conv of convolutions)
    conv.forward = (input) => {
      const { stride, padding } = conv.options;
      const y = ops.conv2d(input, conv.weight, conv.bias, stride, padding);
      const deviation = y.transpose(0, 1).flatten(1).std(1, { correction: 0 });
      worst = Math.max(worst, deviation.sub(1).abs().max().item());
      return y;
    };
  scope(() => noGrad(() => void network.features(x)));
  for (const conv of convolutions) Reflect.deleteProperty(conv, 'forward');
  return worst;
}

it('learns from an initialization by data', () => {
  claim(accuracyFrom('data-dependent')).isAbove(threeSigma(0.25, sets.test.count));
});

it('control: learns nothing from Gaussian weights in the same epochs', () => {
  const bound = threeSigma(0.25, sets.test.count) - 0.25;
  claim(Math.abs(accuracyFrom('gaussian') - 0.25)).isBelow(bound);
});

it('control: learns less from the published initialization in the same epochs', () => {
  const gap = accuracyFrom('data-dependent') - accuracyFrom('default');
  // The deviation of a difference of two accuracies, at most.
  claim(gap).isAbove(3 * Math.sqrt((2 * 0.25) / sets.test.count));
});

it('is a baseline beside the random network', async () => {
  const { run } = learned.get('default')!;
  figures['k-NN, data-dependent init'] = await knnScore(
    dataDependentEncoder(run.makeFresh, RANDOM_SEED, sets.train),
    sets,
  );
  const random = await strongerRandomEncoder(run.makeFresh, RANDOM_SEED, sets.train);
  figures['k-NN, random init'] = await knnScore(random, sets);
  claim(figures['k-NN, data-dependent init']).isAbove(threeSigma(0.1, sets.test.count));
});
