import { describe, expect, it } from 'vitest';
import { createBackbone } from '../../../backbones/registry.js';
import { Generator, manualSeed, noGrad, ops, scope, type Tensor } from '../../../engine/index.js';
import { gridNce } from '../../losses/grid-nce.js';
import { parseMethodOptions } from '../../registry.js';
import { CPC, cpc } from './cpc.js';
import { CPCv2, cpcV2 } from './cpc-v2.js';
import { withNorm } from './grid-method.js';

const DATA = { count: 8, channels: 3, imageSize: 32, mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] };
const samples = ops.randint(0, 256, [4, 3, 32, 32], { dtype: 'uint8', generator: new Generator(0) });
const batch = { samples, indices: [0, 1, 2, 3] };

const encoder = (inputChannels: number, norm: 'none' | 'layer' | 'batch') => {
  manualSeed(1);
  return createBackbone('resnet18', { inputChannels, imageSize: 8, width: 4, norm });
};
const version1 = (given = {}) => new CPC(parseMethodOptions(cpc, given, true), encoder(1, 'none'), DATA);
const version2 = (given = {}) => new CPCv2(parseMethodOptions(cpcV2, given, true), encoder(3, 'layer'), DATA);

describe('CPC', () => {
  it('sees gray patches, 7x7 of 8 pixels of an image of 32', () => {
    const { patches } = version1().views(batch, new Generator(1)) as { patches: Tensor };
    expect(patches.shape).toEqual([4 * 49, 1, 8, 8]);
  });

  it('starts within 5 % of ln(B 49)', () => {
    const method = version1();
    const loss = noGrad(() => method.loss(method.views(batch, new Generator(1))).loss!.item());
    expect(Math.abs(loss / Math.log(4 * 49) - 1)).toBeLessThan(0.05);
  });

  it('is the mean over its predicted rows, the first of which shares no pixel with the context', () => {
    scope(() =>
      noGrad(() => {
        const method = version1({ predictedRows: 2 });
        const views = method.views(batch, new Generator(1));
        const z = method.backbone.inner
          .features(views.patches as Tensor)
          .view([4, 7, 7, -1])
          .permute([0, 3, 1, 2]);
        const context = method.context.forward(z);
        const parts = [2, 3].map((offset, k) =>
          gridNce(method.predictors.layers[k]!.forward(context), z, offset).loss.item(),
        );
        expect(method.loss(views).loss!.item()).toBeCloseTo((parts[0]! + parts[1]!) / 2, 4);
        expect(2 * method.grid.stride).toBeGreaterThanOrEqual(method.grid.patch);
      }),
    );
  });

  it('refuses more rows than a grid has', () => {
    expect(() => version1({ predictedRows: 6 })).toThrow(/at least 8 patches a side, received 7/);
    expect(() => version1({ patchSize: 24 })).toThrow(/at least 5 patches a side, received 1/);
  });
});

describe('CPC v2', () => {
  it('gives an image the same vectors whatever else is in the batch', () => {
    scope(() =>
      noGrad(() => {
        const { inner: backbone } = version2().backbone;
        const x = ops.rand([4, 3, 8, 8]);
        const other = ops.cat([x.narrow(0, 0, 1), ops.rand([3, 3, 8, 8]).mul(7)], 0);
        expect(backbone.features(x).select(0, 0).equal(backbone.features(other).select(0, 0))).toBe(true);
      }),
    );
  });

  it('reads every image from four sides: a turned image has the same losses in another order', () => {
    scope(() =>
      noGrad(() => {
        const method = version2();
        // The same network for all sides makes the loss blind to a turn of the grid.
        const [first, ...others] = method.readers.layers;
        for (const other of others) other.loadStateDict(first!.stateDict());
        const { patches } = method.views(batch, new Generator(1)) as { patches: Tensor };
        const turnedGrid = patches.view([4, 7, 7, -1]).rot90(1, [1, 2]).reshape(patches.shape);
        expect(method.loss({ patches: turnedGrid }).loss!.item()).toBeCloseTo(method.loss({ patches }).loss!.item(), 4);
      }),
    );
  });

  it('drops two of three colors of every patch', () => {
    const method = version2({ usePatchJitter: false });
    const { patches } = method.views(batch, new Generator(1)) as { patches: Tensor };
    expect(patches.select(1, 0).sub(patches.select(1, 1)).abs().amax().item()).toBeLessThan(1e-5);
  });

  it('starts at ln(B 49)', () => {
    const method = version2();
    const loss = noGrad(() => method.loss(method.views(batch, new Generator(1))).loss!.item());
    expect(Math.abs(loss / Math.log(4 * 49) - 1)).toBeLessThan(0.05);
  });
});

it('asks for a norm only where an architecture leaves the choice', () => {
  expect(withNorm('layer', 'resnet18')).toEqual({ norm: 'layer' });
  expect(withNorm('layer', 'alexnet')).toEqual({});
});
