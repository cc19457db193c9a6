import { describe, expect, it } from 'vitest';
import { labOf } from '../../../augment/index.js';
import { Generator, type Tensor } from '../../../engine/index.js';
import { imageBatch, imageSpec, makeMethod } from '../../make.test-util.js';
import { type MultiTask, multiTask } from './multi-task.js';

const SIDE = 32;
const spec = imageSpec(SIDE);
const SMALL = { towerSize: 8, headSize: 8, decoderWidth: 4, embeddingSize: 8 };
const make = (options: Record<string, unknown> = {}): MultiTask =>
  makeMethod(multiTask, { ...SMALL, ...options }, { spec, seed: 3 });
const batch = imageBatch(4, spec);
const viewsOf = (method: MultiTask, seed = 2) =>
  method.views(batch, new Generator(seed)) as unknown as Record<string, Tensor>;
const largest = (x: Tensor): number => x.abs().amax().item();

describe('views', () => {
  it('show all tasks the lightness alone when harmonized', () => {
    const { patches, lightness, anchors, positives } = viewsOf(make({ strength: 0 }));
    const expected = labOf(batch.samples).narrow(1, 0, 1).sub(50).div(100);
    expect(patches!.shape).toEqual([16, 1, 8, 8]);
    expect(largest(lightness!.sub(expected))).toBeLessThan(1e-5);
    for (const view of [anchors, positives]) expect(largest(view!.sub(expected))).toBeLessThan(1e-3);
  });

  it('show each task its own input in colors otherwise', () => {
    const { patches, lightness, anchors } = viewsOf(make({ harmonize: false, strength: 0 }));
    // One channel is kept; its power is that of all three.
    const powers = patches!.square().mean([2, 3]).sort()[0]!.toList() as number[][];
    for (const [least, , most] of powers) {
      expect(most).toBeCloseTo(3, 1);
      expect(least).toBeLessThan(0.01);
    }
    expect(largest(lightness!.select(1, 0).sub(lightness!.select(1, 2)))).toBe(0);
    expect(largest(anchors!.sub(batch.samples.to('float32').div(255).sub(0.5).div(0.25)))).toBeLessThan(1e-3);
  });

  it('distort every image twice', () => {
    const { anchors, positives } = viewsOf(make());
    expect(largest(anchors!.sub(positives!))).toBeGreaterThan(0.05);
  });

  it('are made for the chosen tasks only', () => {
    expect(Object.keys(viewsOf(make({ tasks: ['color'] }))).sort()).toEqual(['ab', 'lightness']);
  });
});

describe('loss', () => {
  const value = (x: Tensor | number | undefined): number => (x as Tensor).item();

  it('is the sum of those of the tasks', () => {
    const method = make();
    const { loss, metrics } = method.loss(viewsOf(method));
    const parts = ['positionLoss', 'colorLoss', 'exemplarLoss'].map((key) => value(metrics![key]));
    expect(loss!.item()).toBeCloseTo(
      parts.reduce((sum, part) => sum + part),
      4,
    );
    for (const key of ['position', 'color', 'exemplar']) expect(value(metrics![key])).toBeGreaterThanOrEqual(0);
  });

  it('of each task moves its own head, and the trunk', () => {
    const method = make();
    for (const name of ['position', 'color', 'exemplar']) {
      const single = make({ tasks: [name] });
      expect(single.tasks.map((task) => task.name)).toEqual([name]);
      single.loss(viewsOf(single)).loss!.backward();
      for (const { grad } of single.backbone.parameters()) expect(largest(grad!)).toBeGreaterThan(0);
    }
    method.loss(viewsOf(method)).loss!.backward();
    for (const task of method.tasks)
      expect(task.parameters().some(({ grad }) => grad !== null && largest(grad) > 0)).toBe(true);
    for (const { grad } of method.backbone.parameters()) expect(largest(grad!)).toBeGreaterThan(0);
  });

  it('with a lasso counts the absolute weights of the mixtures', () => {
    const method = make({ layers: 'lasso', sparsity: 0.25 });
    const { loss, metrics } = method.loss(viewsOf(method));
    const parts = ['positionLoss', 'colorLoss', 'exemplarLoss'].map((key) => value(metrics![key]));
    const layers = method.backbone.layers.length;
    expect(method.mixer!.weights.shape).toEqual([3, layers]);
    const penalty = 0.25 * 3 * Math.sqrt(layers);
    expect(loss!.item()).toBeCloseTo(parts.reduce((sum, part) => sum + part) + penalty, 4);
  });
});

it('reads for each task its own mixture', () => {
  const method = make({ layers: 'lasso', sparsity: 0 });
  const views = viewsOf(method);
  const gradient = (row: number): number => largest(method.mixer!.weights.grad!.select(0, row));
  method.loss(views).loss!.backward();
  for (const row of [0, 1, 2]) expect(gradient(row)).toBeGreaterThan(1e-4);
});

it('shows every task', () => {
  const method = make();
  method.eval();
  const previews = method.preview(batch, new Generator(1));
  expect(previews.map(({ title }) => title)).toHaveLength(3);
});

it('takes gray images when no task asks for colors', () => {
  const gray = imageSpec(SIDE, 1);
  expect(() => makeMethod(multiTask, SMALL, { spec: gray })).toThrow(/predicts the colors/);
  const method = makeMethod<MultiTask>(multiTask, { ...SMALL, tasks: ['position', 'exemplar'] }, { spec: gray });
  expect(method.tasks).toHaveLength(2);
});
