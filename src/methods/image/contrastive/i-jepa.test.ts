import { describe, expect, it } from 'vitest';
import { takeTokens } from '../../../backbones/vit.js';
import { Generator, noGrad, ops, scope } from '../../../engine/index.js';
import { sineCosinePositions } from '../../../networks/token-predictor.js';
import { imageBatch, imageSpec, makeMethod } from '../../make.test-util.js';
import { type IJEPA, iJepa } from './i-jepa.js';

const spec = imageSpec(32);
const batch = imageBatch(4, spec);
const make = (given = {}): IJEPA => makeMethod(iJepa, given, { spec, width: 8, count: 8, batchSize: 4, seed: 1 });

describe('I-JEPA', () => {
  it('is the smooth L1 distance of every predicted token from the normalized token of the target', () => {
    scope(() =>
      noGrad(() => {
        const method = make();
        // An untrained norm gives normalized tokens already.
        for (const values of [method.targetBackbone.norm.weight!, method.targetBackbone.norm.bias!])
          values.copy_(ops.rand(values.shape, { generator: new Generator(3) }));
        const views = method.views(batch, new Generator(2));
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
      const progress = { step: 26, totalSteps: 100, epoch: 0, totalEpochs: 1, stage: 0 };
      noGrad(() => method.beforeStep(progress));
      const expected = start.mul(0.925).add(3 * 0.075);
      expect(method.targetBackbone.norm.weight!.sub(expected).abs().amax().item()).toBeLessThan(1e-6);
    });
  });

  it('starts its positions at sines and cosines, those of its copy too, and takes the mean of the patches as features', () => {
    const { backbone, targetBackbone } = make();
    const expected = sineCosinePositions(8, 8).toNumbers();
    for (const { pos_embed } of [backbone, targetBackbone])
      expect(pos_embed.narrow(1, 1, 64).toNumbers()).toEqual(expected);
    expect(backbone.options.pooling).toBe('average');
  });

  it('lets the context see nothing of the targets', () => {
    const { context, targets } = make().views(batch, new Generator(5));
    const seen = context.toList() as number[][];
    for (const target of targets)
      (target.toList() as number[][]).forEach((patches, i) => {
        expect(patches.filter((patch) => seen[i]!.includes(patch))).toEqual([]);
      });
  });
});
