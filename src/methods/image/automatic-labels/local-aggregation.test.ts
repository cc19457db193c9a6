import { describe, expect, it } from 'vitest';
import { Generator, gradientsOf, manualSeed, noGrad, ops, type Tensor, tensor } from '../../../engine/index.js';
import { AutodidactError } from '../../../errors.js';
import { l2Normalize } from '../../losses/nt-xent.js';
import { imageSpec, makeMethod } from '../../make.test-util.js';
import type { EpochContext, Progress } from '../../method.js';
import { closeShare, type LocalAggregation, localAggregation } from './local-aggregation.js';

const COUNT = 40;
const images = ops.randint(0, 256, [COUNT, 3, 16, 16], { dtype: 'uint8', generator: new Generator(1) });
const samples = (indices: readonly number[]): Tensor => images.indexSelect(0, tensor([...indices], { dtype: 'int64' }));
const batchOf = (indices: readonly number[]) => ({ samples: samples(indices), indices });
const progressIn = (stage: number): Progress => ({ step: 0, totalSteps: 100, epoch: 0, totalEpochs: 10, stage });
const context = (stage: number, seed = 0): EpochContext => ({
  progress: progressIn(stage),
  random: new Generator(seed),
  count: COUNT,
  batchSize: 8,
  samples,
});

const SPEC = imageSpec(16, 3, { mean: [0, 0, 0], std: [1, 1, 1] });

function make(options: Record<string, unknown> = {}): LocalAggregation {
  const given = { clusters: 5, backgroundNeighbors: 12, ...options };
  const method: LocalAggregation = makeMethod(localAggregation, given, { spec: SPEC, count: COUNT });
  noGrad(() => method.memory.features.copy_(l2Normalize(method.memory.features)));
  return method;
}

describe('closeShare', () => {
  it('is the ratio of the sums of exponentials, from 0 to 1', () => {
    manualSeed(2);
    const logits = ops.randn([3, 6]).mul(4);
    const flags = [
      [1, 0, 0, 1, 0, 0],
      [1, 1, 1, 1, 1, 1],
      [0, 0, 0, 0, 0, 0],
    ];
    const found = closeShare(logits, tensor(flags).gt(0.5)).toNumbers();
    const rows = logits.toList() as number[][];
    const literal = rows.map((row, i) => {
      const all = row.reduce((sum, logit) => sum + Math.exp(logit), 0);
      return row.reduce((sum, logit, j) => sum + (flags[i]![j]! === 1 ? Math.exp(logit) : 0), 0) / all;
    });
    for (const [i, value] of found.entries()) expect(value).toBeCloseTo(literal[i]!, 6);
    expect(found[1]).toBeCloseTo(1, 6);
    expect(found[2]).toBe(0);
  });
});

describe('LocalAggregation', () => {
  it('has the literal loss: close neighbors among the nearest memories, relative to all of these', () => {
    const method = make();
    method.onEpochStart(context(1));
    const indices = [3, 20, 11, 39];
    const views = method.views(batchOf(indices), new Generator(0));
    const { loss, metrics, carry } = method.loss(views, 'main', progressIn(1));
    const memory = method.memory.features.toList() as number[][];
    const labels = method.clusterings.map((clustering) => clustering.labels.toNumbers());
    const embeddings = carry!.embeddings.toList() as number[][];
    let sum = 0;
    let close = 0;
    for (const [i, embedding] of embeddings.entries()) {
      const nearest = memory
        .map((row, j) => ({ j, cosine: row.reduce((total, x, d) => total + x * embedding[d]!, 0) }))
        .sort((a, b) => b.cosine - a.cosine)
        .slice(0, 12);
      const p = (list: typeof nearest): number => list.reduce((total, { cosine }) => total + Math.exp(cosine / 0.1), 0);
      const both = nearest.filter(({ j }) => labels.some((clustering) => clustering[j] === clustering[indices[i]!]));
      sum -= Math.log(p(both) / p(nearest) + 1e-7);
      close += both.length;
    }
    expect(loss!.item()).toBeCloseTo(sum / 4, 3);
    expect((metrics!.closeNeighbors as Tensor).item()).toBeCloseTo(close / 4, 5);
  });

  it('is ln of nothing where all neighbors are close, and has no gradient where none is', () => {
    const method = make({ clusters: 2, clusterings: 1 });
    const views = method.views(batchOf([0, 1]), new Generator(0));
    const outcomeWith = (labels: number[]) => {
      method.clusterings[0]!.replace(tensor(labels, { dtype: 'int64' }));
      return method.loss(views, 'main', progressIn(1));
    };
    const { loss, carry } = outcomeWith(Array<number>(COUNT).fill(0));
    expect(loss!.item()).toBeCloseTo(0, 5);
    // Every image for itself: only the own memory is close, and it is among the nearest only by chance.
    noGrad(() => method.memory.features.narrow(0, 0, 2).copy_(carry!.embeddings.neg()));
    const alone = outcomeWith([...Array(COUNT).keys()]).loss!;
    expect(alone.item()).toBeCloseTo(-Math.log(1e-7), 3);
    const [gradient] = gradientsOf([alone], [method.projection.weight]);
    expect(gradient!.abs().amax().item()).toBe(0);
  });

  it('takes no more neighbors than there are images', () => {
    const method = make({ backgroundNeighbors: 4096, clusters: 2, clusterings: 1 });
    method.onEpochStart(context(1));
    const { metrics } = method.loss(method.views(batchOf([0, 1, 2]), new Generator(0)), 'main', progressIn(1));
    const labels = method.clusterings[0]!.labels.toNumbers();
    const sizes = [0, 1, 2].map((i) => labels.filter((label) => label === labels[i]).length);
    expect((metrics!.closeNeighbors as Tensor).item()).toBeCloseTo(sizes.reduce((a, b) => a + b) / 3, 4);
  });

  it('begins as instance discrimination and clusters from its second stage on, from other starts each time', () => {
    const method = make();
    expect(method.stages.map(({ share }) => share)).toEqual([0.2, 0.8]);
    method.onEpochStart(context(0));
    expect(method.clusterings.map(({ rounds }) => rounds.item())).toEqual([0, 0, 0]);
    const views = method.views(batchOf([0, 1, 2, 3]), new Generator(0));
    const { loss, metrics } = method.loss(views, 'main', progressIn(0));
    expect(loss!.item()).toBeGreaterThan(2);
    expect(Object.keys(metrics!)).toEqual(expect.arrayContaining(['accuracy', 'nmi']));
    method.onEpochStart(context(1));
    const labels = method.clusterings.map((clustering) => clustering.labels.toNumbers().join());
    expect(new Set(labels).size).toBe(3);
    expect(method.clusterings[0]!.nmi.item()).toBe(0);
    method.onEpochStart(context(1, 9));
    expect(method.clusterings[0]!.nmi.item()).toBeGreaterThan(0);
  });

  it('moves the memories of the batch in both stages, and sends them no gradient', () => {
    for (const stage of [0, 1]) {
      const method = make();
      method.onEpochStart(context(stage));
      const before = method.memory.features.clone();
      const views = method.views(batchOf([5, 30]), new Generator(0));
      const { loss, carry } = method.loss(views, 'main', progressIn(stage));
      loss!.backward();
      expect(method.memory.features.grad).toBeNull();
      expect(method.projection.weight.grad!.abs().sum().item()).toBeGreaterThan(0);
      method.afterStep([carry!]);
      const moved = method.memory.features.sub(before).abs().amax([1]).toNumbers();
      expect(moved.flatMap((distance, i) => (distance > 0 ? [i] : []))).toEqual([5, 30]);
    }
  });

  it('moves the memories of all micro-batches of a step, as those of the joint batch', () => {
    const [parts, joint] = [make(), make()];
    const outcomes = [parts, joint].map((method) => {
      method.onEpochStart(context(1));
      return method.loss(method.views(batchOf([5, 30, 2, 17]), new Generator(0)), 'main', progressIn(1)).carry!;
    });
    const { labels, embeddings } = outcomes[0]!;
    parts.afterStep(
      [0, 2].map((from) => ({ labels: labels.narrow(0, from, 2), embeddings: embeddings.narrow(0, from, 2) })),
    );
    joint.afterStep([outcomes[1]!]);
    expect(parts.memory.features.equal(joint.memory.features)).toBe(true);
    expect(parts.memory.features.equal(make().memory.features)).toBe(false);
  });

  it('shows neighbors once there are clusters', () => {
    const method = make().eval();
    const show = () => noGrad(() => method.preview(batchOf([...Array(COUNT).keys()]), new Generator(0))[0]!);
    expect(show().title).toBe('Which image is this?');
    method.onEpochStart(context(1));
    const { title, rows } = show();
    expect(title).toBe('Who belongs together?');
    expect(rows).toHaveLength(6);
    const memory = method.memory.features.toList() as number[][];
    const labels = method.clusterings.map((clustering) => clustering.labels.toNumbers());
    for (const [r, row] of rows.entries()) {
      const image = Math.floor((r * COUNT) / 6);
      const ranked = (isWanted: (other: number) => boolean): string[] =>
        memory
          .map((values, other) => ({ other, cosine: values.reduce((sum, x, d) => sum + x * memory[image]![d]!, 0) }))
          .filter(({ other }) => other !== image && isWanted(other))
          .sort((a, b) => b.cosine - a.cosine)
          .slice(0, 3)
          .map(({ cosine }) => cosine.toFixed(2));
      const isClose = (other: number) => labels.some((clustering) => clustering[other] === clustering[image]);
      const captions = [
        'image',
        ...ranked(isClose).map((cosine) => `close: ${cosine}`),
        ...ranked((other) => !isClose(other)).map((cosine) => `background: ${cosine}`),
      ];
      expect(row.map(({ caption }) => caption)).toEqual(captions);
    }
  });

  it('refuses more clusters than images, and one alone', () => {
    expect(() => make({ clusters: 41 })).toThrow(
      new AutodidactError(
        'USAGE',
        'Expected at most as many clusters as there are images (40) for `clusters`, received 41',
      ),
    );
    expect(() => make({ clusters: 1 })).toThrow(/^Expected a value of at least 2 for `clusters`, received 1$/);
  });
});
