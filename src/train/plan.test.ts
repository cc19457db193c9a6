import { expect, it } from 'vitest';
import { imageSpec } from '../methods/make.test-util.js';
import { findMethod } from '../methods/registry.js';
import { planRun } from './plan.js';

const simclr = findMethod('simclr');
const nothing = { options: {}, training: {} };
const images = (count: number, side: number) => ({ count, spec: imageSpec(side) });

it('takes the recipe and the options by the size of the images, or as asked', () => {
  const small = planRun(simclr, images(5000, 64), 'auto', nothing);
  expect(small.training).toMatchObject({ backbone: 'resnet18', batchSize: 256, learningRate: 0.06 });
  expect(small.options).toMatchObject({ temperature: 0.5, blurProbability: 0 });
  const large = planRun(simclr, images(5000, 65), 'auto', nothing);
  expect(large.training).toMatchObject({ backbone: 'resnet50', batchSize: 4096, learningRate: 4.8 });
  expect(large.options).toMatchObject({ temperature: 0.1, blurProbability: 0.5 });
  expect(planRun(simclr, images(5000, 32), 'paper', nothing).training.backbone).toBe('resnet50');
  expect(planRun(simclr, images(5000, 224), 'small', nothing).options.temperature).toBe(0.5);
});

it('puts what was given in place of the recipe', () => {
  const given = { options: { temperature: 0.2 }, training: { epochs: 3, width: null } };
  const { options, training } = planRun(simclr, images(5000, 32), 'auto', given);
  expect([options.temperature, training.epochs, training.width]).toEqual([0.2, 3, null]);
  expect(() => planRun(simclr, images(9, 32), 'auto', { options: {}, training: { epochs: 'x' } })).toThrow(
    'Expected a number for `epochs`, received "x"',
  );
});

it('takes the largest power of two when the data do not fill the batch, with the learning rate in proportion', () => {
  const { training, record } = planRun(simclr, images(100, 32), 'auto', nothing);
  expect(training).toMatchObject({ batchSize: 64, learningRate: 0.015 });
  expect(record.notes.at(-1)).toBe(
    "100 images do not fill the recipe's batch of 256: taking 64, and with it the learning rate 0.015 instead of 0.06",
  );
  expect(planRun(simclr, images(256, 32), 'auto', nothing).training.batchSize).toBe(256);
});

it('leaves a batch or a learning rate that was given', () => {
  const rate = { options: {}, training: { learningRate: 1 } };
  expect(planRun(simclr, images(100, 32), 'auto', rate).training).toMatchObject({
    batchSize: 64,
    learningRate: 1,
  });
  const batch = { options: {}, training: { batchSize: 200 } };
  expect(planRun(simclr, images(100, 32), 'auto', batch).training).toMatchObject({
    batchSize: 200,
    learningRate: 0.06,
  });
});

it.each([
  ['skip-gram', 0.025],
  ['cbow', 0.05],
])('leaves the rate of %s, which moves its tables with each word, at a smaller batch', (name, learningRate) => {
  const { training, record } = planRun(findMethod(name), { count: 200 }, 'auto', nothing);
  expect(training).toMatchObject({ batchSize: 128, learningRate });
  expect(record.origins).toMatchObject({ batchSize: 'fitted', learningRate: 'small' });
  expect(record.notes.at(-1)).toBe("200 samples do not fill the recipe's batch of 400: taking 128");
});

it('refuses data that cannot make a step', () => {
  expect(() => planRun(simclr, images(1, 32), 'auto', nothing)).toThrow('SimCLR needs at least 2 images, received 1');
});

it('says of every setting where it comes from', () => {
  const given = { options: { temperature: 0.2 }, training: { epochs: 3 } };
  const { record } = planRun(simclr, images(100, 32), 'auto', given);
  expect(record.recipe).toBe('small');
  expect(record.origins).toMatchObject({
    temperature: 'given',
    epochs: 'given',
    projectionSize: 'small',
    backbone: 'small',
    batchSize: 'fitted',
    learningRate: 'fitted',
  });
  expect(planRun(simclr, images(5000, 224), 'auto', nothing).record.origins).toMatchObject({
    backbone: 'paper',
    temperature: 'paper',
  });
});
