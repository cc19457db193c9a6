import { describe, expect, it, vi } from 'vitest';
import { Generator, noGrad, ops, scope, type Tensor, tensor } from '../../../engine/index.js';
import { AutodidactError } from '../../../errors.js';
import { imageSpec, type MakeOptions, makeMethod } from '../../make.test-util.js';
import type { EpochContext } from '../../method.js';
import { ClusterLabels, clusterCount, embedAll } from './cluster-labels.js';
import { type DeepCluster, deepCluster } from './deep-cluster.js';

const COUNT = 60;
const images = ops.randint(0, 256, [COUNT, 3, 16, 16], { dtype: 'uint8', generator: new Generator(1) });
const samples = (indices: readonly number[]): Tensor => images.indexSelect(0, tensor([...indices], { dtype: 'int64' }));

function context(epoch = 0, seed = 0): EpochContext {
  const progress = { step: 0, totalSteps: 100, epoch, totalEpochs: 10, stage: 0 };
  return { progress, random: new Generator(seed), count: COUNT, batchSize: 8, samples };
}

const make = (options: Record<string, unknown> = {}, changes: Partial<MakeOptions> = {}): DeepCluster =>
  makeMethod(deepCluster, options, { spec: imageSpec(16), count: COUNT, ...changes });

const batchOf = (indices: readonly number[]) => ({ samples: samples(indices), indices });

describe('DeepCluster', () => {
  it('starts each epoch with fresh labels, an even order, and a new top layer whose loss is ln k', () => {
    const method = make({ clusters: 6 });
    const before = method.head.weight.clone();
    const { order, resetGroups } = method.onEpochStart(context());
    expect(resetGroups).toEqual(['head']);
    expect(order).toHaveLength(COUNT);
    expect(new Set(method.clusters.labels.toNumbers())).toEqual(new Set([0, 1, 2, 3, 4, 5]));
    expect(method.head.weight.equal(before)).toBe(false);
    expect(method.head.weight.std().item()).toBeCloseTo(0.01, 2);
    expect(method.head.bias!.abs().sum().item()).toBe(0);
    const { loss } = method.loss(method.views(batchOf(order!.slice(0, 16)), new Generator(0)));
    expect(loss!.item()).toBeCloseTo(Math.log(6), 1);
  });

  it('has the cross-entropy of its labels as its loss, as the formula says', () => {
    const method = make({ clusters: 6 });
    method.onEpochStart(context());
    const views = method.views(batchOf([3, 50, 7, 21]), new Generator(0));
    const labels = [3, 50, 7, 21].map((i) => method.clusters.labels.toNumbers()[i]!);
    expect(views.labels.toNumbers()).toEqual(labels);
    const { loss, features } = method.loss(views);
    const logits = method.head.forward(features!).toList() as number[][];
    const literal = logits.map(
      (row, i) => Math.log(row.reduce((sum, logit) => sum + Math.exp(logit), 0)) - row[labels[i]!]!,
    );
    expect(loss!.item()).toBeCloseTo(literal.reduce((a, b) => a + b) / 4, 5);
  });

  it('labels the images as they are: in eval mode, without touching a statistic or leaving a graph', () => {
    const method = make({ clusters: 6 }).train();
    const before = [...method.backbone.stateDict()].map(([key, value]) => [key, value.clone()] as const);
    const seen: number[][] = [];
    const open = method as unknown as { prepare(raw: Tensor): Tensor };
    const prepare = open.prepare.bind(method);
    vi.spyOn(open, 'prepare').mockImplementation((raw) => {
      seen.push(raw.toNumbers());
      return prepare(raw);
    });
    method.onEpochStart(context());
    expect(seen.flat()).toEqual(images.toNumbers());
    expect(method.isTraining).toBe(true);
    expect(method.backbone.isTraining).toBe(true);
    for (const [key, value] of before) expect(method.backbone.stateDict().get(key)!.equal(value), key).toBe(true);
    expect(method.clusters.labels.requiresGrad).toBe(false);
  });

  it('measures how far it agrees with the labeling before, from the second on', () => {
    const method = make({ clusters: 6 });
    method.onEpochStart(context(0));
    expect(method.clusters.nmi.item()).toBe(0);
    method.onEpochStart(context(1, 1));
    const nmi = method.clusters.nmi.item();
    expect(nmi).toBeGreaterThan(0);
    expect(nmi).toBeLessThan(1);
    method.onEpochStart(context(2, 1)); // the same features and the same draws
    expect(method.clusters.nmi.item()).toBeCloseTo(1, 6);
  });

  it('keeps labels and top layer between two clusterings, and draws a new order', () => {
    const method = make({ clusters: 6, reassignEvery: 3 });
    const first = method.onEpochStart(context(0));
    const [labels, weight] = [method.clusters.labels.toNumbers(), method.head.weight.clone()];
    for (const epoch of [1, 2]) {
      const plan = method.onEpochStart(context(epoch, epoch));
      expect(plan.resetGroups).toEqual([]);
      expect(plan.order).not.toEqual(first.order);
      expect(method.clusters.labels.toNumbers()).toEqual(labels);
      expect(method.head.weight.equal(weight)).toBe(true);
    }
    expect(method.onEpochStart(context(3, 3)).resetGroups).toEqual(['head']);
    expect(method.head.weight.equal(weight)).toBe(false);
  });

  it('moves the top layer by plain SGD with the gradients of the one loss', () => {
    const [main, head] = make().optimizerGroups();
    expect(main!.modules).not.toContain(head!.modules[0]);
    expect(head).toMatchObject({ name: 'head', optimizer: 'sgd', momentum: 0, sharesLoss: true });
  });

  it('shows the network two gradients, which color does not change', () => {
    const method = make();
    const gray = images.narrow(0, 0, 2).to('float32').mean([1], true).expand([2, 3, 16, 16]).div(255).contiguous();
    const tinted = ops.cat([gray.narrow(1, 0, 1).add(0.2), gray.narrow(1, 1, 1).sub(0.2), gray.narrow(1, 2, 1)], 1);
    const [a, b] = [method.encoder.prepare(gray), method.encoder.prepare(tinted)];
    expect(a.shape).toEqual([2, 2, 16, 16]);
    expect(a.sub(b).abs().amax().item()).toBeLessThan(1e-4);
    expect(make({ useSobel: false }).encoder.prepare(gray).shape).toEqual([2, 3, 16, 16]);
    const { encoder } = make({}, { spec: imageSpec(16, 1) });
    expect(encoder.prepare(gray.narrow(1, 0, 1)).size(1)).toBe(2);
    expect(encoder.backbone.options.inputChannels).toBe(2);
    expect(encoder.preparation.note).toMatch(/convolved/);
    expect(make({ useSobel: false }).encoder.preparation.note).toBeUndefined();
  });

  it('has fc6 and fc7 behind AlexNet, clusters fc7 before its ReLU, and freezes neither', () => {
    const method = make({ hiddenSize: 12, clusters: 4 }, { architecture: 'caffenet' });
    expect([...method.stateDict().keys()]).toEqual(
      expect.arrayContaining(['hidden.layers.1.weight', 'hidden.layers.4.bias']),
    );
    expect(method.head.weight.shape).toEqual([4, 12]);
    const { order } = method.onEpochStart(context());
    const { loss } = method.loss(method.views(batchOf(order!.slice(0, 8)), new Generator(0)));
    loss!.backward();
    for (const [name, value] of method.namedParameters()) expect(value.grad, name).not.toBeNull();
  });

  it('refuses more clusters than images, and fewer than two, in one sentence', () => {
    expect(() => make({ clusters: 61 })).toThrow(
      new AutodidactError(
        'USAGE',
        'Expected at most as many clusters as there are images (60) for `clusters`, received 61',
      ),
    );
    expect(() => make({ clusters: 1 })).toThrow(/^Expected a value of at least 2 for `clusters`, received 1$/);
    const tightest = make({ clusters: 60 });
    tightest.onEpochStart(context());
    expect(new Set(tightest.clusters.labels.toNumbers()).size).toBe(60);
  });

  it('shows clusters of untrained features before the first clustering and the kept ones after it', () => {
    const method = make({ clusters: 4 }).eval();
    const show = () => noGrad(() => method.preview(batchOf([...Array(COUNT).keys()]), new Generator(0))[0]!);
    expect(show().title).toMatch(/untrained/);
    expect(show().rows).toHaveLength(6);
    method.onEpochStart(context());
    const { rows, chance } = show();
    expect(rows).toHaveLength(4);
    expect(chance).toBe(1 / 4);
    const labels = method.clusters.labels.toNumbers();
    for (const row of rows) {
      const [, cluster, size] = /cluster (\d+): (\d+) images/.exec(row[0]!.caption!)!.map(Number);
      expect(size).toBe(labels.filter((label) => label === cluster).length);
      expect(row).toHaveLength(Math.min(6, size!));
    }
  });
});

describe('clusterCount', () => {
  it('is the given number, or one per 128 images within reason', () => {
    expect(clusterCount(7, 60, 128)).toBe(7);
    expect(clusterCount(null, 1_281_167, 128)).toBe(10_009);
    expect(clusterCount(null, 60_000, 128)).toBe(469);
    expect(clusterCount(null, 2000, 128)).toBe(100);
    expect(clusterCount(null, 60, 128)).toBe(6);
    expect(clusterCount(null, 3, 128)).toBe(2);
  });
});

describe('embedAll', () => {
  it('gives the rows of all images in order, from chunks', () => {
    const count = 600;
    const seen: number[] = [];
    const rows = scope(() =>
      embedAll({ count, samples: (indices) => tensor([...indices]) }, (chunk) => {
        seen.push(chunk.size(0));
        return chunk.unsqueeze(1).mul(2);
      }),
    );
    expect(seen).toEqual([256, 256, 88]);
    expect(rows.toNumbers()).toEqual(Array.from({ length: count }, (_, i) => 2 * i));
  });
});

describe('ClusterLabels', () => {
  it('numbers the clusters without gaps and knows the largest', () => {
    const labels = new ClusterLabels(6, 3);
    expect(labels.labels.toNumbers()).toEqual([0, 1, 2, 0, 1, 2]);
    labels.replace(tensor([9, 2, 9, 4, 9, 2], { dtype: 'int64' }));
    expect(labels.labels.toNumbers()).toEqual([2, 0, 2, 1, 2, 0]);
    expect(labels.largestShare.item()).toBeCloseTo(0.5, 6);
    expect(labels.of([3, 0]).toNumbers()).toEqual([1, 2]);
    expect(labels.count).toBe(3);
  });

  it('draws every cluster equally often, whatever its size (chi-square)', () => {
    const sizes = [600, 250, 100, 45, 5];
    const labels = new ClusterLabels(1000, 5);
    labels.replace(
      tensor(
        sizes.flatMap((size, i) => Array<number>(size).fill(i)),
        { dtype: 'int64' },
      ),
    );
    const order = labels.uniformOrder(new Generator(0), 10);
    expect(order).toHaveLength(1000);
    const given = labels.labels.toNumbers();
    const drawn = sizes.map((_, i) => order.filter((index) => given[index] === i).length);
    const chiSquare = drawn.reduce((sum, count) => sum + (count - 200) ** 2 / 200, 0);
    expect(chiSquare).toBeLessThan(9.49); // 95 % point with 4 degrees of freedom
    // A large cluster is drawn without replacement, a small one again and again.
    const largest = order.filter((index) => given[index] === 0);
    expect(new Set(largest).size).toBe(largest.length);
    expect(labels.uniformOrder(new Generator(1), 10)).not.toEqual(order);
  });
});
