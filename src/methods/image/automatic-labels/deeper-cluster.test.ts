import { describe, expect, it } from 'vitest';
import { rotate90 } from '../../../augment/index.js';
import { Generator, noGrad, ops, type Tensor, tensor } from '../../../engine/index.js';
import { AutodidactError } from '../../../errors.js';
import { imageSpec, makeMethod } from '../../make.test-util.js';
import type { EpochContext } from '../../method.js';
import { type DeeperCluster, deeperCluster } from './deeper-cluster.js';

const COUNT = 60;
const images = ops.randint(0, 256, [COUNT, 3, 16, 16], { dtype: 'uint8', generator: new Generator(1) });
const samples = (indices: readonly number[]): Tensor => images.indexSelect(0, tensor([...indices], { dtype: 'int64' }));

function context(epoch = 0): EpochContext {
  const progress = { step: 0, totalSteps: 100, epoch, totalEpochs: 10, stage: 0 };
  return { progress, random: new Generator(epoch), count: COUNT, batchSize: 8, samples };
}

const make = (options: Record<string, unknown> = {}): DeeperCluster =>
  makeMethod(deeperCluster, { clusters: 12, ...options }, { spec: imageSpec(16), count: COUNT });

const batchOf = (indices: readonly number[]) => ({ samples: samples(indices), indices });
const everything = batchOf([...Array(COUNT).keys()]);

describe('DeeperCluster', () => {
  it('has a layer for the super-classes and one within each of them', () => {
    const method = make();
    expect(method.superHead.weight.shape).toEqual([16, method.backbone.featureSize]);
    expect(method.subHead.weight.shape).toEqual([16 * 3, method.backbone.featureSize]);
  });

  it('makes small clusters within large ones, none empty', () => {
    const method = make();
    method.onEpochStart(context());
    const [large, small] = [method.superLabels.toNumbers(), method.subLabels.toNumbers()];
    expect(new Set(large).size).toBe(4);
    const pairs = large.map((label, i) => 3 * label + small[i]!);
    const sizes = new Set(pairs);
    for (const label of new Set(large)) {
      const members = large.filter((other) => other === label).length;
      expect([...sizes].filter((pair) => Math.floor(pair / 3) === label)).toHaveLength(Math.min(3, members));
    }
    // The labels of which images are drawn evenly are the same clusters under other names.
    const names = new Map(pairs.map((pair, i) => [pair, method.clusters.labels.toNumbers()[i]]));
    expect(method.clusters.labels.toNumbers()).toEqual(pairs.map((pair) => names.get(pair)));
    expect(new Set(names.values()).size).toBe(sizes.size);
  });

  it('turns the images, and names the large cluster and the turn together', () => {
    const method = make({ minimumScale: 1, useFlip: false });
    method.onEpochStart(context());
    const { images: turned, superClasses, labels } = method.views(everything, new Generator(0));
    const large = method.superLabels.toNumbers();
    const turns = superClasses.toNumbers().map((superClass, i) => superClass - 4 * large[i]!);
    expect(new Set(turns)).toEqual(new Set([0, 1, 2, 3]));
    expect(labels.toNumbers()).toEqual(method.subLabels.toNumbers());
    for (const i of [0, 7, 31]) {
      const upright = method.crop(samples([i]), new Generator(3));
      const literal = method.encoder.prepare(rotate90(upright, turns[i]!));
      // Crops of the whole area are the image itself.
      const whole = samples([i]).to('float32').div(255);
      expect(upright.sub(whole).abs().amax().item()).toBeLessThan(1e-6);
      expect(turned.narrow(0, i, 1).sub(literal).abs().amax().item()).toBeLessThan(1e-4);
    }
  });

  it('has the loss of the super-class plus that within the true one, as the formula says', () => {
    const method = make();
    method.onEpochStart(context());
    const chosen = [2, 9, 40, 41, 59, 0, 7, 12, 21, 33, 50];
    const views = method.views(batchOf(chosen), new Generator(4));
    // Some super-classes have more images than others.
    expect(new Set(views.superClasses.toNumbers()).size).toBeLessThan(chosen.length);
    const { loss, metrics, features } = method.loss(views);
    const logSoftmax = (row: number[], label: number): number =>
      row[label]! - Math.log(row.reduce((sum, logit) => sum + Math.exp(logit), 0));
    const rows = features!.toList() as number[][];
    const apply = (weight: Tensor, bias: Tensor, row: number[]): number[] =>
      (weight.toList() as number[][]).map((w, k) => w.reduce((sum, x, d) => sum + x * row[d]!, bias.toNumbers()[k]!));
    let [superSum, subSum] = [0, 0];
    for (const [i, row] of rows.entries()) {
      const superClass = views.superClasses.toNumbers()[i]!;
      superSum -= logSoftmax(apply(method.superHead.weight, method.superHead.bias!, row), superClass);
      const logits = apply(method.subHead.weight, method.subHead.bias!, row).slice(3 * superClass, 3 * superClass + 3);
      subSum -= logSoftmax(logits, views.labels.toNumbers()[i]!);
    }
    expect(loss!.item()).toBeCloseTo((superSum + subSum) / chosen.length, 4);
    expect((metrics!.superLoss as Tensor).item()).toBeCloseTo(superSum / chosen.length, 4);
    expect((metrics!.subLoss as Tensor).item()).toBeCloseTo(subSum / chosen.length, 4);
    loss!.backward();
    const present = new Set(views.superClasses.toNumbers());
    for (const [i, gradient] of method.subHead.weight.grad!.abs().sum([1]).toNumbers().entries())
      expect(gradient > 0, `a gradient of row ${i}`).toBe(present.has(Math.floor(i / 3)));
  });

  it('is RotNet with one cluster', () => {
    const method = make({ clusters: 1, superClusters: 1 });
    method.onEpochStart(context());
    const views = method.views(everything, new Generator(0));
    const { loss, features } = method.loss(views);
    const rotation = ops.crossEntropy(method.superHead.forward(features!), views.superClasses);
    expect(loss!.item()).toBeCloseTo(rotation.item(), 5);
  });

  it('begins anew with its layers and their optimizer when the clusters change, every third epoch', () => {
    const method = make();
    const due: number[] = [];
    for (let epoch = 0; epoch < 7; epoch++) {
      const before = [method.superHead, method.subHead].map(({ weight }) => weight.clone());
      const { resetGroups, order } = method.onEpochStart(context(epoch));
      expect(order).toHaveLength(COUNT);
      const isChanged = [method.superHead, method.subHead].map(({ weight }, i) => !weight.equal(before[i]!));
      expect(new Set(isChanged).size).toBe(1);
      expect(resetGroups).toEqual(isChanged[0] ? ['heads'] : []);
      if (isChanged[0]) due.push(epoch);
    }
    expect(due).toEqual([0, 3, 6]);
    const [main, heads] = method.optimizerGroups();
    expect(main!.modules).toEqual([method.backbone]);
    expect(heads).toMatchObject({ name: 'heads', sharesLoss: true });
    expect(heads!.momentum).toBeUndefined();
  });

  it('names clusters of upright images', () => {
    const method = make().eval();
    method.onEpochStart(context());
    const names = noGrad(() => method.predict(method.encoder.prepare(samples([0, 1, 2, 3]))));
    const known = new Set([-1, ...method.clusters.labels.toNumbers()]);
    expect(names).toHaveLength(4);
    for (const name of names) expect(known.has(name)).toBe(true);
    const { rows } = noGrad(() => method.preview(everything, new Generator(0))[0]!);
    expect(rows.length).toBeGreaterThan(3);
  });

  it('refuses fewer small clusters than large ones, and more than images', () => {
    expect(() => make({ clusters: 3 })).toThrow(
      new AutodidactError(
        'USAGE',
        'Expected at least as many clusters as superClusters (4) for `clusters`, received 3',
      ),
    );
    expect(() => make({ clusters: 61 })).toThrow(/^Expected at most as many clusters as there are images \(60\)/);
  });
});
