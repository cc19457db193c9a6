import { describe, expect, it } from 'vitest';
import { Generator, noGrad, ops, type Tensor } from '../../../engine/index.js';
import { imageBatch, imageSpec, makeMethod } from '../../make.test-util.js';
import { hueAndChroma, valuesAt } from '../../targets/hue-chroma.js';
import { type ColorProxy, colorProxy } from './color-proxy.js';

const SIDE = 16;
const spec = imageSpec(SIDE);
const make = (options: Record<string, unknown> = {}): ColorProxy =>
  makeMethod(colorProxy, { locations: 6, bins: 4, headSize: 8, useFlip: false, ...options }, { spec, seed: 3 });
const batch = imageBatch(3, spec);
const viewsOf = (method: ColorProxy, seed = 2) => method.views(batch, new Generator(seed));

describe('views', () => {
  it('weigh hues by the chroma of the place and chromas by its distance from black and white', () => {
    const method = make({ hueWeight: 2 });
    const { places, hueWeights, chromaWeights } = viewsOf(method);
    const images = batch.samples.to('float32').div(255).toList() as number[][][][];
    for (const [n, list] of (places.toList() as number[][][]).entries())
      for (const [k, [row, column]] of list.entries()) {
        const color = images[n]!.map((channel) => channel[row!]![column!]!);
        const value = (color[0]! + color[1]! + color[2]!) / 3;
        const [hueWeight, chromaWeight] = [hueWeights, chromaWeights].map((weights) =>
          weights.select(0, n).select(0, k).item(),
        );
        expect(hueWeight).toBeCloseTo(2 * (Math.max(...color) - Math.min(...color)), 5);
        expect(chromaWeight).toBeCloseTo(3 * Math.min(value, 1 / 3, 1 - value), 5);
      }
  });

  it('show the network the mean of the channels alone', () => {
    const method = make();
    const { gray } = viewsOf(method);
    expect(gray.shape).toEqual([3, 1, SIDE, SIDE]);
    const expected = batch.samples.to('float32').div(255).mean([1], true).sub(0.5);
    expect(gray.sub(expected).abs().amax().item()).toBeLessThan(1e-6);
  });

  it('ask for places everywhere but in the margin', () => {
    const { places } = viewsOf(make({ locations: 2000, margin: 0.3 }));
    expect([places.amin().item(), places.amax().item()]).toEqual([4, SIDE - 5]);
    expect(
      viewsOf(make({ locations: 2000 }))
        .places.select(2, 0)
        .unique()[0]!
        .size(0),
    ).toBe(SIDE);
  });
});

describe('loss', () => {
  /** Sum over bins of y ln(y / p). */
  const literal = (logits: Tensor, shares: Tensor): number[] =>
    (logits.flatten(0, 1).toList() as number[][]).map((row, i) => {
      const total = row.reduce((sum, value) => sum + Math.exp(value), 0);
      const y = (shares.flatten(0, 1).toList() as number[][])[i]!;
      return row.reduce(
        (sum, value, bin) => sum + (y[bin]! === 0 ? 0 : y[bin]! * Math.log((y[bin]! * total) / Math.exp(value))),
        0,
      );
    });
  const weighted = (values: number[], weights: Tensor): number =>
    values.reduce((sum, value, i) => sum + value * weights.toNumbers()[i]!, 0) / values.length;

  it('is the mean of the weighted divergences of hue and chroma', () => {
    const method = make();
    method.eval();
    const views = viewsOf(method);
    const predict = (method as unknown as { predict: (gray: Tensor, places: Tensor) => Record<string, Tensor> })
      .predict;
    const { hue, chroma } = predict.call(method, views.gray, views.places);
    const expected =
      weighted(literal(hue!, views.hues), views.hueWeights) +
      weighted(literal(chroma!, views.chromas), views.chromaWeights);
    expect(method.loss(views).loss!.item()).toBeCloseTo(expected, 4);
  });

  it('knows the gray value of the place itself', () => {
    const method = make({ headSize: 1, bins: 2 });
    method.eval();
    const [first] = method.hidden.layers as unknown as [{ weight: Tensor; bias: Tensor }];
    noGrad(() => {
      first.weight.zero_();
      first.weight.narrow(1, 0, 1).fill_(1);
      first.bias.fill_(1); // above all gray values minus their mean
      method.hue.weight.fill_(1);
    });
    const views = viewsOf(method);
    const predict = (method as unknown as { predict: (gray: Tensor, places: Tensor) => Record<string, Tensor> })
      .predict;
    const { hue } = predict.call(method, views.gray, views.places);
    const expected = valuesAt(views.gray, views.places).squeeze(1).add(1);
    expect(hue!.select(2, 0).sub(expected).abs().amax().item()).toBeLessThan(1e-5);
  });

  it('explains all of what it predicts exactly and nothing by the mean of the batch', () => {
    const method = make();
    method.eval();
    const views = viewsOf(method);
    const answer = (hue: Tensor, chroma: Tensor): number => {
      Object.assign(method, { predict: () => ({ hue, chroma, features: views.gray.mean([2, 3]) }) });
      return (method.loss(views).metrics!.explained as Tensor).item();
    };
    const mean = (shares: Tensor, weights: Tensor): Tensor => {
      const total = shares.mul(weights.unsqueeze(2)).sum([0, 1]).div(weights.sum());
      return total.log().expand(shares.shape);
    };
    const exact = [views.hues, views.chromas].map((shares) => shares.clampMin(1e-30).log()) as [Tensor, Tensor];
    expect(answer(...exact)).toBeCloseTo(1, 5);
    expect(answer(mean(views.hues, views.hueWeights), mean(views.chromas, views.chromaWeights))).toBeCloseTo(0, 5);
  });
});

describe('generate', () => {
  it('changes no gray value, but for colors beyond what there is', () => {
    const method = make();
    method.eval();
    const gray = ops.full([2, 1, SIDE, SIDE], 0.5);
    const colored = method.generate(gray);
    expect(colored.shape).toEqual([2, 3, SIDE, SIDE]);
    expect(colored.mean([1], true).sub(gray).abs().amax().item()).toBeLessThan(1e-5);
    expect(hueAndChroma(colored).chroma.amax().item()).toBeGreaterThan(0);
  });

  it('colors images of other sizes, between places that are predicted', () => {
    const method = make();
    method.eval();
    expect(method.generate(ops.full([1, 1, 120, 100], 0.5)).shape).toEqual([1, 3, 120, 100]);
  });
});

it('refuses gray images', () => {
  expect(() => makeMethod(colorProxy, {}, { spec: imageSpec(SIDE, 1) })).toThrow(/predicts the colors/);
});
