import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { Backbone } from '../../src/backbones/backbone.js';
import { noGrad, scope, type Tensor, tensor } from '../../src/engine/index.js';

interface GoldenCase {
  input: number[];
  layers: Record<string, { shape: number[]; product: number }>;
  eval: number[];
  train?: number[];
  statistics?: Record<string, number[]>;
  flat?: number[];
  class?: number[];
  gradient: { key: string; product: number; first: number[] };
}

const cases = JSON.parse(readFileSync(new URL('./backbones.json', import.meta.url), 'utf8')) as Record<
  string,
  GoldenCase
>;

export function goldenCase(name: string): GoldenCase {
  const found = cases[name];
  if (found === undefined) throw new Error(`backbones.json has no case ${name}`);
  return found;
}

/** sin of a quadratic phase, in double precision as in make_backbones.py. */
function wave(seed: number, count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, j) => Math.sin(seed + 0.7 * j + 0.013 * j * j));
}

function seedOf(key: string): number {
  return [...key].reduce((sum, c, i) => sum + (i + 1) * c.charCodeAt(0), 0) % 1000;
}

function valueOf(key: string, shape: readonly number[]): Tensor {
  const count = shape.reduce((product, size) => product * size, 1);
  const base = tensor(wave(seedOf(key), count), { shape });
  if (key.endsWith('running_var')) return base.mul(0.5).add(1);
  if (key.endsWith('bias') || key.endsWith('running_mean')) return base.mul(0.1);
  if (shape.length === 1) return base.mul(0.2).add(1);
  if (key === 'cls_token' || key === 'pos_embed') return base.mul(0.3);
  return base.mul(Math.sqrt(2 / shape.slice(1).reduce((product, size) => product * size, 1)));
}

/** Gives every weight the value that make_backbones.py gives the weight of the same name. */
export function fill(backbone: Backbone): Backbone {
  scope(() => {
    noGrad(() => {
      for (const [key, value] of backbone.stateDict())
        if (!key.endsWith('num_batches_tracked')) value.copy_(valueOf(key, value.shape));
    });
  });
  return backbone;
}

export function images(shape: readonly number[]): Tensor {
  const count = shape.reduce((product, size) => product * size, 1);
  return tensor(wave(5, count), { shape, dtype: 'float32' });
}

/** Every number within `tolerance`, relative to the larger of 1 and the golden one. */
export function expectClose(received: Tensor, golden: readonly number[], tolerance = 1e-4): void {
  const values = received.toNumbers();
  expect(values).toHaveLength(golden.length);
  const worst = Math.max(...values.map((value, i) => Math.abs(value - golden[i]!) / Math.max(1, Math.abs(golden[i]!))));
  expect(worst).toBeLessThan(tolerance);
}

/** Inner product with a wave over the square root of the size, as in make_backbones.py. */
function waveProduct(value: Tensor): Tensor {
  const weights = tensor(wave(9, value.numel), { shape: value.shape });
  return value
    .to('float64')
    .mul(weights)
    .sum()
    .div(Math.sqrt(value.numel));
}

/**
 * Compares with the golden case in double precision: every layer in eval mode, the mean of the last map in both modes, the running
 * statistics after one batch, and the gradient of the first convolution.
 */
export function expectGolden(name: string, backbone: Backbone): void {
  const golden = goldenCase(name);
  fill(backbone).to({ dtype: 'float64' });
  scope(() => {
    const x = images(golden.input).to('float64');
    noGrad(() => {
      backbone.eval();
      expect(backbone.layers).toEqual(Object.keys(golden.layers));
      for (const [layer, { shape, product }] of Object.entries(golden.layers)) {
        const map = backbone.maps(x, layer);
        expect(map.shape).toEqual(shape);
        expect(backbone.layerSize(layer)).toBe(shape[1]);
        expectClose(waveProduct(map), [product]);
      }
      expectClose(backbone.maps(x).mean([2, 3]), golden.eval);
    });
    const state = backbone.stateDict();
    if (golden.train !== undefined && golden.statistics !== undefined) {
      backbone.train();
      noGrad(() => expectClose(backbone.maps(x).mean([2, 3]), golden.train!));
      for (const [key, values] of Object.entries(golden.statistics)) expectClose(state.get(key)!, values);
    }
    const features = backbone.maps(x).mean([2, 3]);
    const weights = tensor(wave(3, features.numel), { shape: features.shape });
    features.mul(weights).sum().backward();
    const gradient = state.get(golden.gradient.key)!.grad!;
    expectClose(waveProduct(gradient), [golden.gradient.product]);
    expectClose(gradient.flatten().narrow(0, 0, 20), golden.gradient.first);
  });
}
