import { describe, expect, it } from 'vitest';
import { Generator, ops, type Tensor, tensor } from '../../engine/index.js';
import { contourLoss, fewestContourPixels, normalAngle, normalLoss, scaleInvariantLoss } from './geometry-losses.js';

const randn = (shape: number[], seed: number): Tensor => ops.randn(shape, { generator: new Generator(seed) });
const images = (values: Tensor): number[][] => {
  const count = values.size(0);
  const all = values.toNumbers();
  return Array.from({ length: count }, (_, i) => all.slice((i * all.length) / count, ((i + 1) * all.length) / count));
};
const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('scaleInvariantLoss', () => {
  it.each([-0.5, 0, 0.5, 1])('is what the formula says, with lambda = %f', (lambda) => {
    const [predicted, truth] = [randn([3, 1, 4, 5], 1), randn([3, 1, 4, 5], 2)];
    const perImage = images(predicted).map((values, n) => {
      const d = values.map((value, i) => value - images(truth)[n]![i]!);
      return mean(d.map((x) => x * x)) - lambda * mean(d) ** 2;
    });
    expect(scaleInvariantLoss(predicted, truth, lambda).item()).toBeCloseTo(mean(perImage) / 2, 5);
  });

  it('forgives a common factor, another one for each image, wholly with lambda = 1 and half with 1/2', () => {
    const depth = randn([4, 1, 6, 6], 3).abs().add(0.5);
    const factor = tensor([0.5, 1, 2, 7], { shape: [4, 1, 1, 1] });
    const [predicted, truth] = [depth.mul(factor).log(), depth.log()];
    expect(scaleInvariantLoss(predicted, truth, 1).item()).toBeCloseTo(0, 6);
    const squares = scaleInvariantLoss(predicted, truth, 0).item();
    expect(squares).toBeGreaterThan(0.5);
    expect(scaleInvariantLoss(predicted, truth, 0.5).item()).toBeCloseTo(squares / 2, 5);
    expect(scaleInvariantLoss(predicted, truth, -0.5).item()).toBeCloseTo(1.5 * squares, 5);
  });
});

describe('normalLoss and normalAngle', () => {
  const unit = (angle: number) =>
    tensor([Math.sin(angle), 0, -Math.cos(angle)])
      .view([1, 3, 1, 1])
      .expand([2, 3, 2, 2]);

  it.each([0, 30, 90, 180])('tells %f degrees, whatever the length', (degrees) => {
    const [predicted, truth] = [unit((degrees * Math.PI) / 180).mul(3), unit(0)];
    expect(normalLoss(predicted, truth).item()).toBeCloseTo(1 - Math.cos((degrees * Math.PI) / 180), 5);
    expect(normalAngle(predicted, truth).item()).toBeCloseTo(degrees, 1);
  });

  it('is finite for vectors of no length', () => {
    const nothing = ops.zeros([1, 3, 2, 2]);
    nothing.requiresGrad = true;
    const loss = normalLoss(nothing, unit(0).narrow(0, 0, 1));
    loss.backward();
    expect(loss.item()).toBe(1);
    expect(nothing.grad!.isfinite().all().item()).toBe(1);
  });
});

describe('contourLoss', () => {
  const logits = randn([4, 1, 5, 5], 4);
  const truth = randn([4, 1, 5, 5], 5).gt(0.8).to('uint8');
  truth.select(0, 2).zero_();
  const counts = images(truth).map((values) => values.reduce((sum, value) => sum + value, 0));

  it.each([1, 5])('is what the formula says, without images of fewer than %i contour pixels', (fewest) => {
    const perImage = images(logits).flatMap((x, n) => {
      const y = images(truth)[n]!;
      if (counts[n]! < fewest) return [];
      const ratio = (25 - counts[n]!) / counts[n]!;
      return [
        mean(x.map((value, i) => (y[i] === 1 ? ratio * Math.log1p(Math.exp(-value)) : Math.log1p(Math.exp(value))))),
      ];
    });
    expect(perImage.length).toBeLessThan(4);
    expect(perImage.length).toBeGreaterThan(0);
    expect(contourLoss(logits, truth, fewest).item()).toBeCloseTo(mean(perImage), 5);
  });

  it('gives contours and the rest the same weight: without an opinion, 2 ln 2 times the share of the rest', () => {
    const one = ops.zeros([1, 1, 10, 10], { dtype: 'uint8' });
    one.narrow(2, 0, 1).fill_(1);
    expect(contourLoss(ops.zeros([1, 1, 10, 10]), one, 1).item()).toBeCloseTo(2 * Math.LN2 * 0.9, 5);
  });

  it('is 0, with a gradient of 0, when no image has enough contours', () => {
    const x = randn([2, 1, 5, 5], 6);
    x.requiresGrad = true;
    const loss = contourLoss(x, ops.zeros([2, 1, 5, 5], { dtype: 'uint8' }), 0);
    loss.backward();
    expect(loss.item()).toBe(0);
    expect(x.grad!.abs().sum().item()).toBe(0);
  });

  it('asks for as many pixels as a line of the same share of the side has', () => {
    expect([256, 128, 64, 32].map(fewestContourPixels)).toEqual([350, 175, 88, 44]);
  });
});
