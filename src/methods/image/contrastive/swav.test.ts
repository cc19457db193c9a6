import { describe, expect, it } from 'vitest';
import { Generator, noGrad, ops, type Tensor } from '../../../engine/index.js';
import { parameterGroups, Sgd } from '../../../engine/optim/index.js';
import { l2Normalize } from '../../losses/nt-xent.js';
import { swappedPrediction } from '../../losses/swapped-prediction.js';
import { imageBatch, imageSpec, makeMethod } from '../../make.test-util.js';
import { sinkhorn } from '../../targets/sinkhorn.js';
import { type SwAV, swav } from './swav.js';

const BATCH = 8;
const PROGRESS = { step: 0, totalSteps: 10, epoch: 0, totalEpochs: 1, stage: 0 };

const make = (options: Record<string, unknown> = {}, imageSize = 16): SwAV => {
  const sizes = { prototypes: 6, projectionSize: 16, hiddenSize: 16, queueSize: 0 };
  const given = { ...sizes, frozenSteps: 0, epsilon: 0.05, ...options };
  return makeMethod(swav, given, { spec: imageSpec(imageSize), count: 100, batchSize: BATCH });
};
const batch = (seed = 1) => imageBatch(BATCH, imageSpec(16), seed);
const viewsOf = (method: SwAV, seed = 5) => noGrad(() => method.views(batch(seed), new Generator(seed)));

describe('the crops', () => {
  it('come in two resolutions: two large and the small ones of each image', () => {
    const shapes = (method: SwAV) => viewsOf(method).crops.map(({ shape }) => shape);
    expect(shapes(make({ smallCrops: 3, smallCropSize: 9 }))).toEqual([
      [2 * BATCH, 3, 16, 16],
      [3 * BATCH, 3, 9, 9],
    ]);
    expect(shapes(make({ smallCrops: 0 }))).toEqual([[2 * BATCH, 3, 16, 16]]);
  });

  it('take 3/7 of the side when no size is given, 96 of 224 as in the paper', () => {
    expect(viewsOf(make({}, 28)).crops[1]!.size(2)).toBe(12);
    expect(Math.round((224 * 3) / 7)).toBe(96);
  });
});

describe('the assignments', () => {
  it('carry no gradient: prototypes learn only from the predictions', () => {
    const method = make();
    const views = viewsOf(method);
    const outcome = method.loss(views, 'main', PROGRESS);
    outcome.loss!.backward();
    expect(method.prototypes.weight.grad).not.toBeNull();
    expect(outcome.carry!.some(({ requiresGrad }) => requiresGrad)).toBe(false);
    // By hand: the gradient with assignments held constant is the same.
    const twin = make();
    const { crops } = views;
    const features = ops.cat(
      crops.map((images) => twin.backbone.features(images)),
      0,
    );
    const projected = twin.projection.forward(features);
    const scores = projected
      .div(projected.vectorNorm(2, [1], true))
      .matmul(twin.prototypes.weight.t())
      .split(BATCH, 0);
    const q = scores.slice(0, 2).map((score) => {
      const masses = (x: Tensor) => x.sub(x.logsumexp([0], true));
      const shares = (x: Tensor) => x.sub(x.logsumexp([1], true));
      const start = score.detach().div(0.05);
      return [0, 1, 2].reduce((x) => shares(masses(x)), start).exp();
    });
    swappedPrediction(
      q,
      scores.map((score) => score.div(0.1).logSoftmax(1)),
    ).backward();
    expect(method.prototypes.weight.grad!.sub(twin.prototypes.weight.grad!).abs().amax().item()).toBeLessThan(1e-5);
  });

  it('use all prototypes evenly with balancing, which a softmax alone does not promise', () => {
    const metric = (sinkhornRounds: number): number => {
      const method = make({ sinkhornRounds });
      const entropy = method.loss(viewsOf(method), 'main', PROGRESS).metrics!.assignmentEntropy as Tensor;
      return entropy.item();
    };
    expect(metric(3)).toBeGreaterThan(0.98);
    expect(metric(0)).toBeLessThan(metric(3));
  });
});

describe('the prototypes', () => {
  const step = (method: SwAV, optimizer: Sgd, number: number): void => {
    const progress = { ...PROGRESS, step: number };
    noGrad(() => method.beforeStep(progress));
    const views = viewsOf(method, number);
    method.zeroGrad();
    const { loss, carry } = method.loss(views, 'main', progress);
    loss!.backward();
    optimizer.step();
    method.afterStep([carry!], progress);
  };

  it('stay to the last bit while frozen, then move and are brought back to unit length before each step', () => {
    const method = make({ frozenSteps: 3 });
    const optimizer = new Sgd(parameterGroups(method), { learningRate: 0.5, momentum: 0.9, weightDecay: 0.1 });
    const start = method.prototypes.weight.toNumbers();
    const norms = () => method.prototypes.weight.detach().vectorNorm(2, [1]).toNumbers();
    const backbone = method.backbone.parameters()[0]!.toNumbers();
    norms().forEach((norm) => {
      expect(norm).toBeCloseTo(1, 6);
    });
    for (let i = 0; i < 3; i++) step(method, optimizer, i);
    expect(method.prototypes.weight.toNumbers()).toEqual(start);
    expect(method.backbone.parameters()[0]!.toNumbers()).not.toEqual(backbone);
    step(method, optimizer, 3);
    expect(method.prototypes.weight.toNumbers()).not.toEqual(start);
    expect(norms().every((norm) => Math.abs(norm - 1) < 1e-6)).toBe(false);
    noGrad(() => method.beforeStep({ ...PROGRESS, step: 4 }));
    norms().forEach((norm) => {
      expect(norm).toBeCloseTo(1, 6);
    });
  });
});

describe('the queue', () => {
  it('fills from its first epoch on and joins in once full, scored by the prototypes of the moment', () => {
    const options = { queueSize: 16, queueStartEpoch: 1 };
    const method = make(options);
    const late = { ...PROGRESS, epoch: 1 };
    const run = (progress: typeof PROGRESS, seed: number) => {
      const views = viewsOf(method, seed);
      const carry = method.loss(views, 'main', progress).carry!;
      method.afterStep([carry], progress);
      return carry;
    };
    run(PROGRESS, 1);
    expect(method.queues.map((queue) => queue.isFull)).toEqual([false, false]);
    const first = run(late, 2);
    const filled = method.queues[1]!.features.narrow(0, 0, BATCH).toNumbers();
    expect(filled).toEqual(first[1]!.toNumbers());
    // A queue that is half full, of noise still, changes nothing.
    method.eval();
    const [early, none] = [late, PROGRESS].map((at) => method.loss(viewsOf(method, 4), 'main', at).loss!.item());
    expect(early).toBe(none);
    method.train();
    run(late, 3);
    expect(method.queues.map((queue) => queue.isFull)).toEqual([true, true]);
    // Now the queue changes the assignments: without it the same views give another loss.
    const views = viewsOf(method, 4);
    method.eval();
    const withQueue = method.loss(views, 'main', late).loss!.item();
    const before = method.loss(views, 'main', PROGRESS).loss!.item();
    expect(withQueue).not.toBe(before);
    // By hand, after the prototypes have moved: the queue's embeddings are scored by those of the moment.
    noGrad(() => method.prototypes.weight.copy_(l2Normalize(ops.randn([6, 16]))));
    const moved = method.loss(views, 'main', late).loss!.item();
    const prototypes = method.prototypes.weight.t();
    const crops = views.crops.map((images) => method.backbone.features(images));
    const scores = l2Normalize(method.projection.forward(ops.cat(crops, 0)))
      .matmul(prototypes)
      .split(BATCH, 0);
    const targets = method.queues.map((queue, i) => {
      const all = ops.cat([queue.features.matmul(prototypes), scores[i]!], 0);
      return sinkhorn(all, 0.05, 3).narrow(0, 16, BATCH);
    });
    const predicted = scores.map((score) => score.div(0.1).logSoftmax(1));
    expect(moved).toBeCloseTo(swappedPrediction(targets, predicted).item(), 4);
  });
});

it('fills each queue from all micro-batches of a step, as from the joint batch', () => {
  const options = { queueSize: 16, queueStartEpoch: 0, smallCrops: 0 };
  const [whole, parts] = [make(options).eval(), make(options).eval()];
  const { crops } = viewsOf(whole);
  whole.afterStep([whole.loss({ crops }, 'main', PROGRESS).carry!], PROGRESS);
  const part = (start: number, count: number) => {
    const large = crops[0]!.split(BATCH, 0).map((crop) => crop.narrow(0, start, count));
    return parts.loss({ crops: [ops.cat(large, 0)] }, 'main', PROGRESS).carry!;
  };
  parts.afterStep([part(0, 5), part(5, 3)], PROGRESS);
  for (const [i, queue] of parts.queues.entries()) {
    expect(queue.features.sub(whole.queues[i]!.features).abs().amax().item()).toBeLessThan(1e-6);
    expect(queue.features.equal(make(options).queues[i]!.features)).toBeFalsy();
  }
});

describe('bad input', () => {
  it('is refused in one sentence', () => {
    expect(() => make({ prototypes: 9 })).toThrow(
      'Expected at most 8, the samples that are assigned at once, for `prototypes`, received 9. With fewer samples than prototypes nothing can be balanced: take fewer prototypes, a larger batch or a queue.',
    );
    expect(make({ prototypes: 9, queueSize: 8 }).queues).toHaveLength(2);
    expect(() => make({ queueSize: 4 })).toThrow(/room for at least the 8 vectors of one batch for `queueSize`/);
    expect(() => make({ temperature: 0 })).toThrow(/above 0 for `temperature`/);
    expect(() => make({ smallCropSize: 5 })).toThrow(
      /crops that resnet18 can look at for `smallCropSize`, received 5\. Expected images of at least 8 pixels/,
    );
    expect(() => make({ smallCropSize: 9.5 })).toThrow(/a whole number for `smallCropSize`/);
    expect(() => make({ minimumScale: 0.5 })).toThrow(/at most `boundaryScale`, 0.3, for `minimumScale`, received 0.5/);
  });
});
