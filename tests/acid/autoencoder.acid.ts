/**
 * Squeezed through a narrow bottleneck, held-out objects must survive and noise, which has nothing to squeeze, must not: the
 * control. With linear layers the error must come down to that of as many principal components and never fall below it; with
 * half the numbers, the other control, it must not come down so far.
 */
import { afterAll, beforeAll, it } from 'vitest';
import { noGrad, ops, scope, type Tensor } from '../../src/engine/index.js';
import { Adam, schedule } from '../../src/engine/optim/index.js';
import { threeSigma } from '../../src/evaluate/gates.js';
import { type Autoencoder, autoencoder } from '../../src/methods/image/generative/autoencoder.js';
import { makeMethod } from '../../src/methods/make.test-util.js';
import { PixelBackbone } from '../support/pixel-backbone.js';
import { claim, heldOut, keepResult, knnBesideRandom, type Learned, learn, openSets, type Sets } from './support.js';

const SIDE = 32;
const CODE = 32;
const TRAINING = { backbone: 'alexnet', width: 16, epochs: 12, batchSize: 50, learningRate: 2e-3 };
const OPTIONS = { codeSize: CODE, decoderWidth: 32, useFlip: false };

let objects: Sets;
let noise: Sets;
let onObjects: Learned;
let onNoise: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  objects = await openSets(`synthetic:objects?count=2000&test=500&size=${SIDE}`);
  noise = await openSets(`synthetic:objects?count=2000&test=500&size=${SIDE}&shapes=noise&grain=0`);
  onObjects = await learn('autoencoder', objects.train, TRAINING, OPTIONS);
  onNoise = await learn('autoencoder', noise.train, { ...TRAINING, epochs: 6 }, OPTIONS);
});

afterAll(() => keepResult('autoencoder', figures));

/** All images of a set as the method takes them. */
const prepared = ({ run }: Learned, dataset: Sets['train']): Tensor =>
  run.encoder.prepare(dataset.batch(Array.from({ length: dataset.count }, (_, i) => i)));

/** Share of the variance of training and of held-out pixels that the first principal components of the training pixels explain. */
function principal(numbers: number): { train: number; test: number } {
  return scope(() =>
    noGrad(() => {
      const x = prepared(onObjects, objects.train).flatten(1);
      const center = x.mean(0);
      const [, , vectors] = ops.linalgSvd(x.sub(center), false);
      const directions = vectors.narrow(0, 0, numbers); // (numbers, P)
      const explained = (points: Tensor): number => {
        const shifted = points.sub(center);
        return 1 - shifted.sub(shifted.matmul(directions.t()).matmul(directions)).square().mean().item();
      };
      return { train: explained(x), test: explained(prepared(onObjects, objects.test).flatten(1)) };
    }),
  );
}

/** Trains linear layers from the pixels to so many numbers and back. */
function linear(numbers: number): Autoencoder {
  const steps = 3000;
  const batchSize = 200;
  const method: Autoencoder = makeMethod(
    autoencoder,
    { codeSize: numbers, decoder: 'linear', useFlip: false },
    { spec: objects.train.spec, backbone: new PixelBackbone(3, SIDE), batchSize },
  );
  const optimizer = new Adam(method.parameters(), { learningRate: 3e-3 });
  const factor = schedule.cosine({ total: steps });
  const images = prepared(onObjects, objects.train);
  for (let step = 0; step < steps; step++)
    scope(() => {
      const rows = ops.randint(0, objects.train.count, [batchSize], { dtype: 'int64' });
      const { loss } = method.loss({ images: images.indexSelect(0, rows) });
      method.zeroGrad();
      loss!.backward();
      optimizer.scaleLearningRate(factor(step));
      optimizer.step();
    });
  return method;
}

it('keeps most of what held-out objects look like', () => {
  figures[`explained variance of held-out objects, ${CODE} numbers`] = heldOut(
    onObjects.run.method,
    objects.test,
    'explained',
  );
  claim(figures[`explained variance of held-out objects, ${CODE} numbers`]).isAbove(0.5);
});

it('control: keeps nothing of noise', () => {
  figures['control: explained variance of held-out noise'] = heldOut(onNoise.run.method, noise.test, 'explained');
  claim(figures['control: explained variance of held-out noise']).isBelow(0.1);
});

it('reaches the error of principal components with linear layers, and with half the numbers does not', () => {
  const components = principal(CODE);
  const whole = linear(CODE);
  const half = linear(CODE / 2);
  figures[`explained variance, ${CODE} principal components`] = components.train;
  figures[`explained variance, ${CODE} numbers through linear layers`] = heldOut(whole, objects.train, 'explained');
  figures[`control: explained variance, ${CODE / 2} numbers through linear layers`] = heldOut(
    half,
    objects.train,
    'explained',
  );
  figures[`explained variance of held-out objects, ${CODE} principal components`] = components.test;
  figures[`explained variance of held-out objects, ${CODE} numbers through linear layers`] = heldOut(
    whole,
    objects.test,
    'explained',
  );
  const least = 1 - components.train;
  const error = 1 - figures[`explained variance, ${CODE} numbers through linear layers`]!;
  // Float32 sums differ in the order of their terms.
  claim(error).isAbove(least * 0.9999);
  claim(error).isBelow(least * 1.01);
  claim(1 - figures[`control: explained variance, ${CODE / 2} numbers through linear layers`]!).isAbove(least * 1.1);
});

it('tells the classes apart, as the baseline for other pretext tasks', async () => {
  for (const layer of ['conv3', 'conv5']) {
    const { pretrained, random } = await knnBesideRandom(onObjects, objects, layer);
    figures[`k-NN of ${layer}`] = pretrained;
    figures[`k-NN of ${layer}, random initialization`] = random;
    // Above chance; a random network is no worse.
    claim(pretrained).isAbove(threeSigma(0.1, objects.test.count));
  }
});
