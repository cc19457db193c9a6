/**
 * Squeezed through a narrow bottleneck, held-out objects must survive and noise, which has nothing to squeeze, must not: the
 * control. Principal components with as many numbers stand beside it.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ops, scope, type Tensor, tensor } from '../../src/engine/index.js';
import { heldOut, keepResult, type Learned, learn, openSets, type Sets } from './support.js';

const CODE = 32;
const TRAINING = { backbone: 'alexnet', width: 16, epochs: 15, batchSize: 50, learningRate: 2e-3 };
const OPTIONS = { codeSize: CODE, decoderWidth: 32, useFlip: false };

let objects: Sets;
let noise: Sets;
let onObjects: Learned;
let onNoise: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  objects = await openSets('synthetic:objects?count=2000&test=500&size=32');
  noise = await openSets('synthetic:objects?count=2000&test=500&size=32&shapes=noise&grain=0');
  onObjects = await learn('autoencoder', objects.train, TRAINING, OPTIONS);
  onNoise = await learn('autoencoder', noise.train, { ...TRAINING, epochs: 6 }, OPTIONS);
});

afterAll(() => keepResult('autoencoder', figures));

/** Share of the variance of held-out pixels that the first components of the training images explain. */
function principal({ train, test }: Sets, { mean, std }: Learned['run']['data']): number {
  return scope(() => {
    const [mu, sigma] = [mean, std].map((values) => tensor(Float32Array.from(values), { shape: [1, 3, 1, 1] })) as [
      Tensor,
      Tensor,
    ];
    const rows = (dataset: Sets['train']): Tensor =>
      dataset
        .batch(Array.from({ length: dataset.count }, (_, i) => i))
        .to('float32')
        .div(255)
        .sub(mu)
        .div(sigma)
        .flatten(1);
    const x = rows(train);
    const centre = x.mean(0);
    const [, , vectors] = ops.linalgSvd(x.sub(centre), false);
    const directions = vectors.narrow(0, 0, CODE); // (CODE, P)
    const y = rows(test);
    const shifted = y.sub(centre);
    const rest = shifted.sub(shifted.matmul(directions.t()).matmul(directions));
    return 1 - rest.square().mean().item();
  });
}

it('keeps most of what held-out objects look like', () => {
  figures[`explained variance of held-out objects, ${CODE} numbers`] = heldOut(
    onObjects.run.method,
    objects.test,
    'explained',
  );
  figures[`the same by ${CODE} principal components`] = principal(objects, onObjects.run.data);
  expect(figures[`explained variance of held-out objects, ${CODE} numbers`]).toBeGreaterThan(0.5);
});

it('control: keeps nothing of noise', () => {
  figures['control: explained variance of held-out noise'] = heldOut(onNoise.run.method, noise.test, 'explained');
  expect(figures['control: explained variance of held-out noise']).toBeLessThan(0.1);
});
