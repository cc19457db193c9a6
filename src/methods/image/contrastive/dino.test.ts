import { expect, it } from 'vitest';
import { Generator, manualSeed, noGrad, ops, type Tensor } from '../../../engine/index.js';
import { swappedPrediction } from '../../losses/swapped-prediction.js';
import { imageBatch, imageSpec, makeMethod } from '../../make.test-util.js';
import { both } from '../../views/two-views.js';
import { answerMetrics, type DINO, dino } from './dino.js';

const PROGRESS = { step: 3, totalSteps: 10, epoch: 2, totalEpochs: 4, stage: 0 };

const spec = imageSpec(32, 3, { mean: [0, 0, 0], std: [1, 1, 1] });
const make = (options: Record<string, unknown> = {}, architecture = 'resnet18'): DINO => {
  const given = { outputSize: 12, hiddenSize: 8, bottleneckSize: 4, smallCrops: 2, ...options };
  const width = architecture === 'resnet18' ? 4 : 16;
  return makeMethod(dino, given, { spec, architecture, width, batchSize: 4 });
};
const batch = imageBatch(4, spec);

it('equals the formula: the teacher on large crops against the student on all others', () => {
  const method = make();
  noGrad(() => method.center.copy_(ops.randn([12]).mul(0.1)));
  const views = method.views(batch, new Generator(2));
  const value = method.loss(views, 'main', PROGRESS).loss!.item();
  const large = ops.cat([...views.large], 0);
  const small = views.small[0]!;
  expect(small.shape).toEqual([8, 3, 14, 14]);
  const rows = (x: Tensor): number[][] => x.toList() as number[][];
  const softmax = (scores: number[], t: number): number[] => {
    const most = Math.max(...scores);
    const all = scores.map((score) => Math.exp((score - most) / t));
    const sum = all.reduce((a, b) => a + b);
    return all.map((x) => x / sum);
  };
  const center = method.center.toNumbers();
  const teacher = rows(method.teacherHead.forward(method.teacherBackbone.features(large))).map((row) =>
    softmax(
      row.map((score, k) => score - center[k]!),
      0.04,
    ),
  );
  const features = [large, small].map((x) => method.backbone.features(x));
  const student = rows(method.head.forward(ops.cat(features, 0)));
  const predicted = student.map((row) => softmax(row, 0.1));
  let sum = 0;
  for (let t = 0; t < 2; t++)
    for (let v = 0; v < 4; v++)
      for (let i = 0; i < 4; i++)
        if (t !== v) for (let k = 0; k < 12; k++) sum -= teacher[4 * t + i]![k]! * Math.log(predicted[4 * v + i]![k]!);
  expect(value).toBeCloseTo(sum / (2 * 3 * 4), 4);
});

it('moves the mean score and, before the next step, the teacher by EMA, and gives the teacher no gradient', () => {
  const method = make();
  const views = method.views(batch, new Generator(2));
  const { loss, carry } = method.loss(views, 'main', PROGRESS);
  loss!.backward();
  expect(method.teacherBackbone.parameters().every((parameter) => parameter.grad === null)).toBe(true);
  expect(
    method
      .optimizerGroups()[0]!
      .modules.flatMap((module) => module.parameters())
      .every((p) => p.requiresGrad),
  ).toBe(true);
  const answers = noGrad(() => {
    // In training the teacher normalizes by its own batch.
    const large = ops.cat([...views.large], 0);
    return method.teacherHead.forward(method.teacherBackbone.features(large));
  });
  const [key, original] = method.backbone.namedParameters()[0]!;
  const copy = method.teacherBackbone.namedParameters().find(([name]) => name === key)![1];
  noGrad(() => original.add_(1));
  noGrad(() => method.head.last.mul_(2));
  const [before, last] = [copy.clone(), method.teacherHead.last.clone()];
  method.afterStep([carry!]);
  method.beforeStep({ ...PROGRESS, step: 0 });
  expect(copy.toNumbers()).toEqual(before.toNumbers());
  method.beforeStep({ ...PROGRESS, step: 4 });
  const decay = 1 - (0.01 * (Math.cos(Math.PI * 0.3) + 1)) / 2;
  const expected = before.mul(decay).add(original.detach().mul(1 - decay));
  expect(copy.sub(expected).abs().amax().item()).toBeLessThan(1e-6);
  const expectedLast = last.mul(decay).add(method.head.last.detach().mul(1 - decay));
  expect(method.teacherHead.last.sub(expectedLast).abs().amax().item()).toBeLessThan(1e-6);
  expect(method.teacherHead.last.sub(last).abs().amax().item()).toBeGreaterThan(1e-4);
  const mean = answers.mean([0]).mul(0.1);
  expect(method.center.sub(mean).abs().amax().item()).toBeLessThan(1e-6);
});

it('moves the mean score once per step, by the answers of all micro-batches together', () => {
  const [whole, parts] = [make({ smallCrops: 0 }).eval(), make({ smallCrops: 0 }).eval()];
  const { large } = whole.views(batch, new Generator(2));
  const carryOf = (method: DINO, start: number, count: number) => {
    const views = { large: both(large, (crops) => crops.narrow(0, start, count)), small: [] };
    return method.loss(views, 'main', PROGRESS).carry!;
  };
  whole.afterStep([carryOf(whole, 0, 4)]);
  parts.afterStep([carryOf(parts, 0, 3), carryOf(parts, 3, 1)]);
  expect(parts.center.sub(whole.center).abs().amax().item()).toBeLessThan(1e-6);
  expect(whole.center.abs().amax().item()).toBeGreaterThan(1e-3);
});

it('leaves the last layer as it is in the first epoch only', () => {
  const method = make();
  const views = method.views(batch, new Generator(2));
  method.loss(views, 'main', { ...PROGRESS, epoch: 0 }).loss!.backward();
  expect(method.head.last.grad).toBeNull();
  method.loss(views, 'main', { ...PROGRESS, epoch: 1 }).loss!.backward();
  expect(method.head.last.grad!.abs().sum().item()).toBeGreaterThan(0);
});

it('scores are cosines: at most 1', () => {
  const method = make();
  expect(
    method.head
      .forward(ops.randn([5, method.backbone.featureSize]).mul(50))
      .abs()
      .amax()
      .item(),
  ).toBeLessThan(1.0001);
});

it('works with a vision transformer, whose small crops hold whole patches', () => {
  const method = make({}, 'vit-micro');
  const views = method.views(batch, new Generator(2));
  expect(views.small[0]!.shape).toEqual([8, 3, 12, 12]);
  const { loss } = method.loss(views, 'main', PROGRESS);
  loss!.backward();
  expect(Number.isFinite(loss!.item())).toBe(true);
  expect(method.backbone.parameters().every((parameter) => parameter.grad !== null)).toBe(true);
});

it('tells the two collapses apart', () => {
  const read = (targets: Tensor): [single: number, mean: number] => {
    const { answerEntropy, meanAnswerEntropy } = answerMetrics(targets, ops.zeros([]));
    return [answerEntropy!.item(), meanAnswerEntropy!.item()];
  };
  expect(read(ops.full([6, 4], 0.25))).toEqual([expect.closeTo(1, 5), expect.closeTo(1, 5)]);
  const oneForAll = ops.zeros([6, 4]);
  oneForAll.select(1, 2).fill_(1);
  expect(read(oneForAll)).toEqual([expect.closeTo(0, 5), expect.closeTo(0, 5)]);
  expect(read(ops.eye(4))).toEqual([expect.closeTo(0, 5), expect.closeTo(1, 5)]);
});

it('splits the loss into the entropy of the answers and the divergence of student and teacher', () => {
  manualSeed(3);
  const [q, r] = [ops.randn([5, 4]).softmax(1), ops.randn([5, 4]).softmax(1)];
  const p = [ops.randn([5, 4]), ops.randn([5, 4])].map((scores) => scores.logSoftmax(1));
  const kl = (target: Tensor, logP: Tensor): number => {
    const [t, l] = [target.toNumbers(), logP.toNumbers()];
    return t.reduce((sum, value, i) => sum + (value * (Math.log(value) - l[i]!)) / 5, 0);
  };
  const loss = swappedPrediction([q, r], p);
  const { divergence } = answerMetrics(ops.cat([q, r], 0), loss);
  expect(divergence!.item()).toBeCloseTo((kl(q, p[1]!) + kl(r, p[0]!)) / 2, 5);
  const same = swappedPrediction([q, q], [q.log(), q.log()]);
  expect(answerMetrics(ops.cat([q, q], 0), same).divergence!.item()).toBeCloseTo(0, 5);
});

it('turns the rows of the last layer, whatever their length, and begins with those of a linear layer', () => {
  const { head } = make();
  expect(head.last.detach().abs().amax().item()).toBeLessThanOrEqual(0.5);
  const features = ops.randn([3, 32]);
  const scores = head.forward(features).toNumbers();
  noGrad(() => head.last.mul_(7));
  head
    .forward(features)
    .toNumbers()
    .forEach((score, i) => {
      expect(score).toBeCloseTo(scores[i]!, 5);
    });
});

it('refuses bad input in one sentence', () => {
  expect(() => make({ smallCropSize: 13 }, 'vit-micro')).toThrow(
    /crops that vit-micro can look at for `smallCropSize`, received 13\. .*multiples of the patch size 4/,
  );
  expect(() => make({ smallCropSize: 5 })).toThrow(/crops that resnet18 can look at for `smallCropSize`, received 5/);
  expect(() => make({ minimumScale: 0.5 })).toThrow(
    'Expected at most `boundaryScale`, 0.4, for `minimumScale`, received 0.5',
  );
  expect(() => make({ teacherTemperature: 0 })).toThrow(/above 0 for `teacherTemperature`/);
  expect(() => make({ outputSize: 1 })).toThrow(/`outputSize`, received 1/);
  expect(make({ smallCropSize: 5, smallCrops: 0 }).options.smallCrops).toBe(0);
});
