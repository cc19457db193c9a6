import { expect, test } from 'vitest';
import { Generator, noGrad, scope, type Tensor } from '../engine/index.js';
import { makeMethod } from '../methods/make.test-util.js';
import type { Method, Progress } from '../methods/method.js';
import { findMethod } from '../methods/registry.js';
import { SPEC, stripes } from './images.test-util.js';
import { pretextScore } from './pretext.js';

const method = makeMethod(findMethod('rotation') as never, {}, { spec: SPEC }) as unknown as Method;
const progress: Progress = { step: 0, totalSteps: 1, epoch: 0, totalEpochs: 1, stage: 0 };

test('the mean of a metric, or of the loss, over whole batches in eval mode', () => {
  const images = stripes(26, 1);
  method.train();
  const score = (metric: string) => pretextScore(method, images, { metric }, { batchSize: 8 });
  const found = { accuracy: score('accuracy'), loss: score('loss') };
  expect(method.modules().every(([, module]) => !module.isTraining)).toBe(true);
  const random = new Generator(99);
  const outcomes = [0, 8, 16].map((from) => {
    const indices = Array.from({ length: 8 }, (_, i) => from + i);
    return scope(() =>
      noGrad(() => {
        const views = method.views({ samples: images.collate(indices), indices }, random);
        const { loss, metrics } = method.loss(views, 'main', progress);
        return { loss: loss!.item(), accuracy: (metrics!.accuracy as Tensor).item() };
      }),
    );
  });
  for (const name of ['loss', 'accuracy'] as const)
    expect(found[name]).toBeCloseTo(outcomes.reduce((sum, outcome) => sum + outcome[name], 0) / 3, 10);
  expect(score('no such metric')).toBeNaN();
});

test('leaves out batches in which there is nothing to measure', () => {
  const images = stripes(24, 1);
  const values = [undefined, 0.25, 0.75];
  method.loss = () => {
    const rare = values.shift();
    return rare === undefined ? {} : { metrics: { rare } };
  };
  try {
    expect(pretextScore(method, images, { metric: 'rare' }, { batchSize: 8 })).toBe(0.5);
  } finally {
    Reflect.deleteProperty(method, 'loss');
  }
});

test('asks the optimizer group that the score names', () => {
  const asked: string[] = [];
  const loss = method.loss.bind(method);
  method.loss = (views, group, at) => {
    asked.push(group);
    return loss(views, group, at);
  };
  try {
    const images = stripes(8, 1);
    pretextScore(method, images, { metric: 'loss', group: 'generator' }, { batchSize: 8 });
    pretextScore(method, images, { metric: 'loss' }, { batchSize: 8 });
  } finally {
    Reflect.deleteProperty(method, 'loss');
  }
  expect(asked).toEqual(['generator', 'main']);
});
