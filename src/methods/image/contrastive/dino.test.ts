import { expect, it } from 'vitest';
import { createBackbone } from '../../../backbones/registry.js';
import { Generator, manualSeed, noGrad, ops, type Tensor } from '../../../engine/index.js';
import { parseOptions } from '../../registry.js';
import { answerMetrics, type DINO, dino } from './dino.js';

const PROGRESS = { step: 3, totalSteps: 10, epoch: 2, totalEpochs: 4, stage: 0 };

function make(options: Record<string, unknown> = {}, architecture = 'resnet18'): DINO {
  manualSeed(0);
  const width = architecture === 'resnet18' ? 4 : 16;
  const backbone = createBackbone(architecture, { inputChannels: 3, imageSize: 32, width });
  const data = { count: 10, channels: 3, imageSize: 32, mean: [0, 0, 0], std: [1, 1, 1] };
  const given = { outputSize: 12, hiddenSize: 8, bottleneckSize: 4, smallCrops: 2, ...options };
  return dino.create({ options: parseOptions(dino, given, true), backbone, data, batchSize: 4 }) as DINO;
}

const samples = ops.randint(0, 256, [4, 3, 32, 32], { dtype: 'uint8', generator: new Generator(1) });
const batch = { samples, indices: [0, 1, 2, 3], domains: {} };

it('equals the formula: the teacher on large crops against the student on all others', () => {
  const method = make();
  noGrad(() => method.center.copy_(ops.randn([12]).mul(0.1)));
  const views = method.views(batch, new Generator(2));
  const value = method.loss(views, 'main', PROGRESS).loss!.item();
  const [first, second] = views.large as readonly [Tensor, Tensor];
  const large = ops.cat([first, second], 0);
  const small = (views.small as readonly Tensor[])[0]!;
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

it('moves the teacher and its mean score by EMA, and gives the teacher no gradient', () => {
  const method = make();
  const views = method.views(batch, new Generator(2));
  method.loss(views, 'main', PROGRESS).loss!.backward();
  expect(method.teacherBackbone.parameters().every((parameter) => parameter.grad === null)).toBe(true);
  const [key, original] = method.backbone.namedParameters()[0]!;
  const copy = method.teacherBackbone.namedParameters().find(([name]) => name === key)![1];
  noGrad(() => original.add_(1));
  const before = copy.clone();
  method.afterStep(views, PROGRESS);
  const decay = 1 - (0.01 * (Math.cos(Math.PI * 0.3) + 1)) / 2;
  const expected = before.mul(decay).add(original.detach().mul(1 - decay));
  expect(copy.sub(expected).abs().amax().item()).toBeLessThan(1e-6);
  const mean = (views.answers as Tensor).mean([0]).mul(0.1);
  expect(method.center.sub(mean).abs().amax().item()).toBeLessThan(1e-6);
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
  expect((views.small as readonly Tensor[])[0]!.shape).toEqual([8, 3, 12, 12]);
  const { loss } = method.loss(views, 'main', PROGRESS);
  loss!.backward();
  expect(Number.isFinite(loss!.item())).toBe(true);
  expect(method.backbone.parameters().every((parameter) => parameter.grad !== null)).toBe(true);
});

it('tells the two collapses apart', () => {
  const read = (targets: Tensor): number[] => Object.values(answerMetrics(targets)).map((value) => value.item());
  const [uniform, uniformMean] = read(ops.full([6, 4], 0.25)) as [number, number];
  expect([uniform, uniformMean]).toEqual([expect.closeTo(1, 5), expect.closeTo(1, 5)]);
  const oneForAll = ops.zeros([6, 4]);
  oneForAll.select(1, 2).fill_(1);
  expect(read(oneForAll)).toEqual([expect.closeTo(0, 5), expect.closeTo(0, 5)]);
  const [sharp, spread] = read(ops.eye(4)) as [number, number];
  expect([sharp, spread]).toEqual([expect.closeTo(0, 5), expect.closeTo(1, 5)]);
});
