import { describe, expect, it } from 'vitest';
import type { PatchesSpec } from '../../data/index.js';
import { Generator, noGrad, ops, scope, type Tensor, tensor } from '../../engine/index.js';
import { makeMethod } from '../make.test-util.js';
import { amongOthers, type TrackingPatches, trackingPatches } from './tracking-patches.js';

const PAIRS = 6;
const fill = (value: number) => [value, value, value];
const spec: PatchesSpec = {
  ...{ modality: 'patches', channels: 3, height: 16, width: 16 },
  ...{ mean: fill(0.5), std: fill(0.25) },
};
const generator = new Generator(1);
const patches = ops.randint(0, 256, [PAIRS, 2, 3, 16, 16], { dtype: 'uint8', generator });
const numbers = (values: readonly number[]): Tensor => tensor(Int32Array.from(values)).to('int64');
const samples = { patches, video: numbers([0, 0, 1, 2, 3, 4]) };
const at = (step: number) => ({ step, totalSteps: 100, epoch: 0, totalEpochs: 1, stage: 0 });
const make = (given = {}, seed = 1): TrackingPatches => makeMethod(trackingPatches, given, { spec, width: 4, seed });
const viewsOf = (method: TrackingPatches, seed = 5) =>
  noGrad(() => method.views({ samples, indices: [] }, new Generator(seed)));

describe('tracking patches', () => {
  it('looks at both patches of each pair, side by side, and mirrors each by itself', () => {
    scope(() => {
      const plain = make({ useFlip: false });
      const views = viewsOf(plain);
      expect(views.patches.equal(plain.prepare(patches.flatten(0, 1)))).toBe(true);
      expect(views.videos.toNumbers()).toEqual([0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4]);
      expect(views.draws.shape).toEqual([2, PAIRS, 2 * PAIRS]);
      const mirrored = viewsOf(make()).patches;
      const isMirrored = [...Array(2 * PAIRS).keys()].map((i) => {
        const [own, other] = [views.patches.select(0, i), mirrored.select(0, i)];
        const is = other.equal(own.flip([2]));
        expect(is || other.equal(own)).toBe(true);
        return is;
      });
      // Some pairs are mirrored on one side only.
      expect(isMirrored.some((is, i) => i % 2 === 0 && is !== isMirrored[i + 1])).toBe(true);
    });
  });

  it.each([0.5, 1])('starts at a loss within 5 %% of the margin of %d', (margin) => {
    for (const seed of [1, 2, 3])
      scope(() => {
        const method = make({ margin }, seed);
        const { loss } = method.train().loss(viewsOf(method), 'main', at(0));
        expect(Math.abs(loss!.item() / margin - 1)).toBeLessThan(0.05);
      });
  });

  it('draws negatives at random in the first part of the run, and takes hard ones afterwards', () => {
    scope(() => {
      const method = make({ negatives: 1, hardShare: 1, randomShare: 0.3, margin: 2 });
      const loss = (step: number, seed: number): number =>
        noGrad(() =>
          method
            .eval()
            .loss({ ...viewsOf(method), draws: viewsOf(method, seed).draws }, 'main', at(step))
            .loss!.item(),
        );
      expect(new Set([5, 6, 7, 8].map((seed) => loss(29, seed))).size).toBeGreaterThan(1);
      // The hardest is the same whatever is drawn, and costs at least as much as any other in sum over first patches.
      expect(new Set([5, 6, 7, 8].map((seed) => loss(30, seed))).size).toBe(1);
    });
  });

  it('compares outputs without negative values, whose layers begin with biases of 1', () => {
    scope(() => {
      const method = make();
      for (const [key, value] of method.head.namedParameters())
        if (key.endsWith('bias')) expect(value.eq(1).all().item()).toBeTruthy();
      const outputs = noGrad(() =>
        method.head.forward(ops.randn([20, method.backbone.featureSize], { generator }).mul(9)),
      );
      expect(outputs.amin().item()).toBe(0);
      expect(method.cosines(patches).shape).toEqual([2 * PAIRS, 2 * PAIRS]);
    });
  });

  it('asks for the end of a track among those of other videos alone', () => {
    const cosines = ops.rand([6, 6], { generator });
    const among = amongOthers(cosines, numbers([3, 3, 3, 3, 5, 5])).toList() as number[][];
    const all = cosines.toList() as number[][];
    const none = Number.NEGATIVE_INFINITY;
    expect(among).toEqual([
      [all[0]![1], none, all[0]![5]],
      [none, all[2]![3], all[2]![5]],
      [all[4]![1], all[4]![3], all[4]![5]],
    ]);
  });
});
