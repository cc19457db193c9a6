import { describe, expect, it } from 'vitest';
import { createBackbone } from '../../../backbones/registry.js';
import { takeTokens } from '../../../backbones/vit.js';
import { Generator, manualSeed, noGrad, ops, scope, type Tensor } from '../../../engine/index.js';
import { parseMethodOptions } from '../../registry.js';
import { IJEPA, iJepa } from './i-jepa.js';

const DATA = { count: 8, channels: 3, imageSize: 32, mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] };
const samples = ops.randint(0, 256, [4, 3, 32, 32], { dtype: 'uint8', generator: new Generator(0) });
const batch = { samples, indices: [0, 1, 2, 3] };

const make = (given = {}) => {
  manualSeed(1);
  const backbone = createBackbone('vit-micro', { inputChannels: 3, imageSize: 32, width: 8, pooling: 'average' });
  return new IJEPA(parseMethodOptions(iJepa, given, true), backbone, DATA);
};

describe('I-JEPA', () => {
  it('is the smooth L1 distance of every predicted token from the normalized token of the target', () => {
    scope(() =>
      noGrad(() => {
        const method = make();
        const views = method.views(batch, new Generator(2)) as { images: Tensor; context: Tensor; targets: Tensor[] };
        const tokens = method.targetBackbone.tokens(views.images).narrow(1, 1, 64);
        const normalized = tokens
          .sub(tokens.mean([2], true))
          .div(tokens.var([2], { correction: 0, keepdim: true }).add(1e-5).sqrt());
        const seen = method.backbone.visibleTokens(views.images, views.context);
        const distances = views.targets.map((block) => {
          const difference = method.predictor
            .forward(seen, views.context, block)
            .sub(takeTokens(normalized, block))
            .abs();
          const smooth = ops.where(difference.lt(1), difference.square().mul(0.5), difference.sub(0.5));
          return smooth.mean().item();
        });
        const expected = distances.reduce((sum, distance) => sum + distance, 0) / distances.length;
        expect(method.loss(views).loss!.item()).toBeCloseTo(expected, 4);
      }),
    );
  });

  it('sends no gradient into the target, which follows by the closed form', () => {
    scope(() => {
      const method = make({ decay: 0.9 });
      const views = method.views(batch, new Generator(2));
      method.loss(views).loss!.backward();
      for (const parameter of method.targetBackbone.parameters()) expect(parameter.grad).toBeNull();
      expect(method.backbone.parameters().some(({ grad }) => grad !== null)).toBe(true);
      const start = method.targetBackbone.norm.weight!.clone();
      noGrad(() => method.backbone.norm.weight!.fill_(3));
      const progress = { step: 51, totalSteps: 100, epoch: 0, totalEpochs: 1, stage: 0 };
      noGrad(() => method.beforeStep(progress));
      const expected = start.mul(0.95).add(3 * 0.05);
      expect(method.targetBackbone.norm.weight!.sub(expected).abs().amax().item()).toBeLessThan(1e-6);
    });
  });

  it('lets the context see nothing of the targets', () => {
    const { context, targets } = make().views(batch, new Generator(5)) as { context: Tensor; targets: Tensor[] };
    const seen = context.toList() as number[][];
    for (const target of targets)
      (target.toList() as number[][]).forEach((patches, i) => {
        expect(patches.filter((patch) => seen[i]!.includes(patch))).toEqual([]);
      });
  });
});
