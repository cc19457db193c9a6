import { describe, expect, it } from 'vitest';
import { Generator, noGrad, ops, scope, type Tensor } from '../../../engine/index.js';
import type { Conv2d } from '../../../engine/nn/index.js';
import { gridNce } from '../../losses/grid-nce.js';
import { imageBatch, imageSpec, type MakeOptions, makeMethod } from '../../make.test-util.js';
import { type CPC, cpc } from './cpc.js';
import { type CPCv2, cpcV2 } from './cpc-v2.js';

const SPEC = imageSpec(32);
const batch = imageBatch(4, SPEC, 0);

const version1 = (given = {}, changes: Partial<MakeOptions> = {}): CPC =>
  makeMethod(cpc, given, { spec: SPEC, seed: 1, ...changes });
const version2 = (given = {}, changes: Partial<MakeOptions> = {}): CPCv2 =>
  makeMethod(cpcV2, given, { spec: SPEC, seed: 1, ...changes });

describe('CPC', () => {
  it('sees gray patches, 7x7 of 8 pixels of an image of 32', () => {
    const { patches } = version1().views(batch, new Generator(1));
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
        // As they are made, all answers are equally likely.
        for (const { weight } of method.predictors.layers as Conv2d[]) weight.mul_(1000);
        const views = method.views(batch, new Generator(1));
        const z = method.backbone.inner.features(views.patches).view([4, 7, 7, -1]).permute([0, 3, 1, 2]);
        const context = method.context.forward(z);
        const parts = [2, 3].map((offset, k) =>
          gridNce(method.predictors.layers[k]!.forward(context), z, offset).loss.item(),
        );
        expect(method.loss(views).loss!.item()).toBeCloseTo((parts[0]! + parts[1]!) / 2, 4);
        expect(Math.abs(parts[0]! - parts[1]!)).toBeGreaterThan(0.01);
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
        const { patches } = method.views(batch, new Generator(1));
        const turnedGrid = patches.view([4, 7, 7, -1]).rot90(1, [1, 2]).reshape(patches.shape);
        expect(method.loss({ patches: turnedGrid }).loss!.item()).toBeCloseTo(method.loss({ patches }).loss!.item(), 4);
      }),
    );
  });

  it('reads downwards, upwards and from both sides, each by a network of its own, and scales predictions by 0.1', () => {
    scope(() =>
      noGrad(() => {
        const method = version2();
        for (const reader of method.readers.layers)
          for (const value of reader.parameters()) if (value.ndim === 4) value.mul_(2);
        const { patches } = method.views(batch, new Generator(1));
        const z = method.backbone.inner.features(patches).view([4, 7, 7, -1]).permute([0, 3, 1, 2]);
        const ways: ((grid: Tensor) => Tensor)[] = [
          (grid) => grid,
          (grid) => grid.flip([2, 3]),
          (grid) => grid.transpose(2, 3).flip([2]), // the right column becomes the upper row
          (grid) => grid.flip([2]).transpose(2, 3),
        ];
        const parts = method.readers.layers.map((reader, i) => {
          const { context, predictors } = reader as unknown as Pick<CPC, 'context' | 'predictors'>;
          const read = context.forward(ways[i]!(z));
          const targets = ways[i]!(method.toTargets.forward(z));
          return gridNce(predictors.layers[0]!.forward(read).mul(0.1), targets, 3).loss.item();
        });
        const mean = parts.reduce((sum, part) => sum + part) / 4;
        expect(method.loss({ patches }).loss!.item()).toBeCloseTo(mean, 4);
        expect(Math.max(...parts) - Math.min(...parts)).toBeGreaterThan(0.01);
      }),
    );
  });

  it('drops two of three colors of every patch', () => {
    const method = version2({ usePatchJitter: false });
    const { patches } = method.views(batch, new Generator(1));
    expect(patches.select(1, 0).sub(patches.select(1, 1)).abs().amax().item()).toBeLessThan(1e-5);
  });

  it('starts at ln(B 49)', () => {
    const method = version2();
    const loss = noGrad(() => method.loss(method.views(batch, new Generator(1))).loss!.item());
    expect(Math.abs(loss / Math.log(4 * 49) - 1)).toBeLessThan(0.05);
  });
});

it('asks for a norm only where an architecture leaves the choice', () => {
  expect(version1().backbone.options).toMatchObject({ inputChannels: 1, imageSize: 8, norm: 'none' });
  expect(version2().backbone.options).toMatchObject({ inputChannels: 3, imageSize: 8, norm: 'layer' });
  expect(version2({ norm: 'batch' }).backbone.options.norm).toBe('batch');
  expect(version2({}, { architecture: 'nin' }).backbone.options).not.toHaveProperty('norm');
});

describe('the encoder', () => {
  it('of CPC turns images gray and standardizes them as its preparation says', () => {
    const spec = imageSpec(32, 3, { mean: [0.2, 0.4, 0.6], std: [0.1, 0.2, 0.3] });
    const { encoder } = version1({}, { spec });
    const { mean, std, note } = encoder.preparation;
    expect(mean![0]).toBeCloseTo(0.299 * 0.2 + 0.587 * 0.4 + 0.114 * 0.6, 6);
    expect(std![0]).toBeCloseTo(0.299 * 0.1 + 0.587 * 0.2 + 0.114 * 0.3, 6);
    expect(note).toMatch(/gray/);
    const [red, green, blue] = batch.samples.select(0, 0).select(1, 3).select(1, 5).toNumbers() as [
      number,
      number,
      number,
    ];
    const gray = (0.299 * red + 0.587 * green + 0.114 * blue) / 255;
    const prepared = encoder.prepare(batch.samples);
    expect(prepared.shape).toEqual([4, 1, 32, 32]);
    expect(prepared.select(0, 0).select(1, 3).select(1, 5).item()).toBeCloseTo((gray - mean![0]!) / std![0]!, 4);
  });

  it('of CPC has gray images as they are', () => {
    const spec = imageSpec(32, 1);
    const { encoder } = version1({}, { spec });
    expect(encoder.preparation).toEqual({ mean: [0.5], std: [0.25] });
    const { samples } = imageBatch(2, spec);
    const expected = samples.to('float32').div(255).sub(0.5).div(0.25);
    expect(encoder.prepare(samples).sub(expected).abs().amax().item()).toBeLessThan(1e-6);
  });

  it.each([version1, version2])('sees an image patch by patch, with or without a method around it', (make) => {
    scope(() =>
      noGrad(() => {
        const { encoder, grid } = make();
        expect(encoder.backbone.architecture).toBe('patched-resnet18');
        expect(encoder.backbone.options.patches).toEqual({ side: grid.patch, stride: grid.stride });
        const prepared = encoder.prepare(batch.samples);
        const corner = prepared.narrow(2, 20, 8).narrow(3, 12, 8); // patch of row 5, column 3
        const { inner } = make().backbone;
        const difference = encoder.backbone.maps(prepared).select(2, 5).select(2, 3).sub(inner.features(corner));
        expect(difference.abs().amax().item()).toBeLessThan(1e-5);
      }),
    );
  });
});

it.each([version1, version2])('previews the answer beside what chance finds', (make) => {
  const [preview] = noGrad(() => make().eval().preview(batch));
  expect(preview!.chance).toBe(1 / (4 * 49));
  expect(preview!.rows.map((row) => row.map(({ isCorrect }) => isCorrect !== undefined))).toEqual(
    Array(4).fill([false, false, true]),
  );
});
