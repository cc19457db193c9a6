import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { Backbone } from '../../src/backbones/backbone.js';
import { noGrad, ops, scope, type Tensor } from '../../src/engine/index.js';
import { expectClose } from './backbones.js';

interface GoldenVideoCase {
  /** Number of weights. */
  parameters: number;
  /** Shapes of the state dict, in its order. */
  state: Record<string, number[]>;
  input: number[];
  layers: Record<string, { shape: number[]; product: number }>;
  features: number[];
}

const cases = JSON.parse(readFileSync(new URL('./video-backbones.json', import.meta.url), 'utf8')) as Record<
  string,
  GoldenVideoCase
>;

const PERIOD = 65521;

/** float64 in [-1, 1) of this shape; from whole numbers as in make_video_backbones.py, whose formula repeats after `PERIOD` places. */
export function wave(seed: number, shape: readonly number[]): Tensor {
  const count = shape.reduce((product, size) => product * size, 1);
  const places = ops.arange(0, PERIOD, 1, { dtype: 'int64' });
  const mixed = places.mul(7919).add(places.mul(places).remainder(PERIOD).mul(31));
  const once = mixed.add(seed * 104729).remainder(PERIOD);
  const numbers = once.to('float64').div(32760.5).sub(1);
  return numbers
    .repeat([Math.ceil(count / PERIOD)])
    .narrow(0, 0, count)
    .view(shape);
}

function seedOf(key: string): number {
  return [...key].reduce((sum, c, i) => sum + (i + 1) * c.charCodeAt(0), 0) % 1000;
}

function valueOf(key: string, shape: readonly number[]): Tensor {
  const base = wave(seedOf(key), shape);
  if (key.endsWith('running_var')) return base.mul(0.5).add(1);
  if (key.endsWith('bias') || key.endsWith('running_mean')) return base.mul(0.1);
  if (shape.length === 1) return base.mul(0.2).add(1);
  return base.mul(Math.sqrt(6 / shape.slice(1).reduce((product, size) => product * size, 1)));
}

/** Compares keys, shapes, the maps of all layers and the features in eval mode. */
export function expectGoldenVideo(name: string, backbone: Backbone): void {
  const golden = cases[name]!;
  const state = backbone.stateDict();
  expect(Object.fromEntries([...state].map(([key, value]) => [key, value.shape]))).toEqual(golden.state);
  expect([...state.keys()]).toEqual(Object.keys(golden.state));
  expect(backbone.parameterCount()).toBe(golden.parameters);
  expect(backbone.layers).toEqual(Object.keys(golden.layers));
  backbone.eval();
  scope(() =>
    noGrad(() => {
      for (const [key, value] of backbone.stateDict())
        if (!key.endsWith('num_batches_tracked')) scope(() => void value.copy_(valueOf(key, value.shape)));
      const x = wave(5, golden.input).to('float32');
      const maps = backbone.pyramid(x, backbone.layers);
      for (const [i, { shape, product }] of Object.values(golden.layers).entries()) {
        const map = maps[i]!;
        expect(map.shape).toEqual(shape);
        expect(backbone.layerSize(backbone.layers[i]!)).toBe(shape[1]);
        expectClose(map.to('float64').mul(wave(9, shape)).sum().div(Math.sqrt(map.numel)), [product]);
      }
      expectClose(backbone.features(x), golden.features);
    }),
  );
}
