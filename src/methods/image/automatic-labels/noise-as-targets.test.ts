import { describe, expect, it } from 'vitest';
import { Generator, noGrad, ops, type Tensor } from '../../../engine/index.js';
import { indexTensor } from '../../index-tensor.js';
import { l2Normalize } from '../../losses/nt-xent.js';
import { imageSpec, makeMethod } from '../../make.test-util.js';
import { type NoiseAsTargets, noiseAsTargets } from './noise-as-targets.js';

const COUNT = 40;

const make = (given: Record<string, unknown> = {}): NoiseAsTargets =>
  makeMethod(noiseAsTargets, { targetSize: 5, ...given }, { spec: imageSpec(16), count: COUNT, seed: 3 });

const outputsOf = (count: number, seed: number): Tensor =>
  l2Normalize(ops.randn([count, 5], { generator: new Generator(seed) }));
const int64 = (values: readonly number[]): Tensor => indexTensor(values, ops.empty([0]));
const everybody = int64([...Array(COUNT).keys()]);
const progress = (epoch: number) => ({ step: 0, totalSteps: 10, epoch, totalEpochs: 10, stage: 0 });

/** Sum of the squared distances of all images to their targets. */
function cost(method: NoiseAsTargets, outputs: Tensor): number {
  return outputs.sub(method.targetsOf(everybody)).square().sum().item();
}

describe('trade', () => {
  it('keeps a permutation and never raises the cost, batch after batch', () => {
    const method = make();
    const outputs = outputsOf(COUNT, 1);
    const targets = method.targets.clone();
    let before = cost(method, outputs);
    const first = before;
    for (let round = 0; round < 20; round++) {
      const batch = ops.randperm(COUNT, { generator: new Generator(round), dtype: 'int64' }).narrow(0, 0, 12);
      method.trade(outputs.indexSelect(0, batch), batch);
      const after = cost(method, outputs);
      expect(after).toBeLessThanOrEqual(before + 1e-5);
      expect(method.assignment.toNumbers().sort((a, b) => a - b)).toEqual([...Array(COUNT).keys()]);
      before = after;
    }
    expect(before).toBeLessThan(0.8 * first);
    expect(method.targets.sub(targets).abs().sum().item()).toBe(0);
  });

  it('leaves images outside of the batch with their targets, and an optimal batch with its own', () => {
    const method = make();
    const batch = int64([3, 8, 20, 21]);
    const before = method.assignment.toNumbers();
    method.trade(outputsOf(4, 2), batch);
    const after = method.assignment.toNumbers();
    for (const [image, row] of before.entries()) if (![3, 8, 20, 21].includes(image)) expect(after[image]).toBe(row);
    expect(method.trade(outputsOf(4, 2), batch)).toBe(0);
    expect(method.assignment.toNumbers()).toEqual(after);
  });

  it('brings each output to its own target when they are the same points in another order', () => {
    const method = make();
    const batch = int64([5, 6, 7, 8]);
    const shuffled = method.targetsOf(batch).indexSelect(0, int64([2, 0, 3, 1]));
    expect(method.trade(shuffled, batch)).toBe(1);
    expect(method.targetsOf(batch).sub(shuffled).abs().amax().item()).toBe(0);
  });

  it('trades nothing for outputs that are not finite', () => {
    const method = make();
    const before = method.assignment.toNumbers();
    expect(method.trade(ops.full([2, 5], Number.NaN), int64([0, 1]))).toBe(0);
    expect(method.assignment.toNumbers()).toEqual(before);
  });
});

describe('loss', () => {
  const images = ops.randint(0, 256, [6, 3, 16, 16], { dtype: 'int64', generator: new Generator(4) }).to('uint8');
  const views = (method: NoiseAsTargets) =>
    method.views({ samples: images, indices: [4, 9, 2, 30, 31, 7] }, new Generator(5));

  it('is the mean squared distance to the targets, after the trade in every third epoch', () => {
    for (const [epoch, isTrading] of [
      [0, true],
      [1, false],
      [2, false],
      [3, true],
    ] as const) {
      const method = make();
      const made = views(method);
      const before = method.assignment.toNumbers();
      const { loss, metrics } = method.loss(made, 'main', progress(epoch));
      expect((metrics!.traded as number) > 0).toBe(isTrading);
      expect(method.assignment.toNumbers().join() !== before.join()).toBe(isTrading);
      const outputs = noGrad(() =>
        l2Normalize(method.head.forward(method.tower.forward(method.backbone.maps(made.images)))),
      ).toList() as number[][];
      const targets = method.targets.toList() as number[][];
      const assignment = method.assignment.toNumbers();
      const distances = [4, 9, 2, 30, 31, 7].map((image, i) =>
        targets[assignment[image]!]!.reduce((sum, value, k) => sum + (value - outputs[i]![k]!) ** 2, 0),
      );
      expect(loss!.item()).toBeCloseTo(distances.reduce((sum, value) => sum + value, 0) / 6, 4);
    }
  });

  it('trades neither in eval mode nor with `assignEvery` 0', () => {
    for (const method of [make().eval(), make({ assignEvery: 0 })]) {
      const before = method.assignment.toNumbers();
      expect(method.loss(views(method), 'main', progress(0)).metrics!.traded).toBe(0);
      expect(method.assignment.toNumbers()).toEqual(before);
    }
  });
});

it('keeps a permutation when the micro-batches of a step trade one after the other', () => {
  const method = make();
  const samples = ops.randint(0, 256, [12, 3, 16, 16], { dtype: 'uint8', generator: new Generator(4) });
  const before = method.assignment.toNumbers();
  for (const from of [0, 6]) {
    const indices = Array.from({ length: 6 }, (_, i) => 3 * (from + i));
    const views = method.views({ samples: samples.narrow(0, from, 6), indices }, new Generator(5));
    method.loss(views, 'main', progress(0));
    // Each of them trades among its own images.
    const targets = method.assignment.toNumbers();
    const sorted = (rows: readonly number[]) => indices.map((i) => rows[i]!).sort((a, b) => a - b);
    expect(sorted(targets)).toEqual(sorted(before));
  }
  expect(method.assignment.toNumbers()).not.toEqual(before);
  expect(method.assignment.toNumbers().sort((a, b) => a - b)).toEqual([...Array(COUNT).keys()]);
});

describe('input', () => {
  it('is the gradient of the gray image, whatever its brightness and contrast', () => {
    const method = make();
    const dark = ops.rand([2, 3, 16, 16], { generator: new Generator(6) });
    const [one, other] = [dark, dark.mul(0.4).add(0.3)].map((image) => method.encoder.prepare(image)) as [
      Tensor,
      Tensor,
    ];
    expect(one.shape).toEqual([2, 2, 16, 16]);
    // The frame is black beyond the edges, so that a brighter image has other gradients there.
    const inner = (x: Tensor): Tensor => x.narrow(2, 1, 14).narrow(3, 1, 14);
    expect(inner(one).sub(inner(other)).abs().amax().item()).toBeLessThan(1e-3);
    const swapped = method.encoder.prepare(dark.flip([1]));
    expect(one.sub(swapped).abs().amax().item()).toBeLessThan(1e-4);
  });

  it('is what the preparation says, computed by hand', () => {
    const { encoder } = make();
    const { note } = encoder.preparation;
    const [filter] = /\[\[.*?\]\]/.exec(note!)!;
    const horizontal = JSON.parse(filter) as number[][];
    const images = ops.rand([1, 3, 16, 16], { generator: new Generator(6) });
    const planes = images.select(0, 0).toList() as number[][][];
    const gray = planes[0]!.map((row, y) =>
      row.map((_, x) => planes.reduce((sum, plane) => sum + plane[y]![x]! / 3, 0)),
    );
    const values = gray.flat();
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const std = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
    const prepared = encoder.prepare(images).select(0, 0).toList() as number[][][];
    for (const [y, x] of [
      [1, 1],
      [7, 3],
    ] as const) {
      const [across, down] = [0, 1].map((isDown) =>
        [0, 1, 2]
          .flatMap((r) => [0, 1, 2].map((c) => ({ r, c })))
          .reduce((sum, { r, c }) => {
            const weight = isDown ? horizontal[c]![r]! : horizontal[r]![c]!;
            return sum + (weight * (gray[y + r - 1]![x + c - 1]! - mean)) / std;
          }, 0),
      );
      expect(prepared[0]![y]![x]).toBeCloseTo(across!, 3);
      expect(prepared[1]![y]![x]).toBeCloseTo(down!, 3);
    }
  });

  it('is the image when asked for', () => {
    expect(make({ useSobel: false }).encoder.prepare(ops.rand([2, 3, 16, 16])).shape).toEqual([2, 3, 16, 16]);
  });
});

it('learns from crops of a share of the image, and previews their middle', () => {
  const method = make({ cropShare: 0.75 });
  const samples = ops.randint(0, 256, [5, 3, 16, 16], { dtype: 'int64', generator: new Generator(8) }).to('uint8');
  const batch = { samples, indices: [1, 2, 3, 4, 5] };
  expect(method.views(batch, new Generator(9)).images.shape).toEqual([5, 2, 12, 12]);
  const [preview] = noGrad(() => method.eval().preview(batch));
  expect(preview!.rows).toHaveLength(5);
  // The image, its noise, the answer, and four neighbors.
  for (const row of preview!.rows) expect(row.map(({ image }) => image!.size(1))).toEqual(Array(7).fill(16));
});
