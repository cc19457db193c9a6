import { describe, expect, it } from 'vitest';
import { Generator, manualSeed, noGrad, ops, scope, type Tensor } from '../engine/index.js';
import { BatchNorm, Conv2d, Lambda, Sequential } from '../engine/nn/index.js';
import { createBackbone } from './registry.js';
import { reestimateBatchNorm, withoutStatistics } from './statistics.js';

const SMALL = { inputChannels: 3, imageSize: 16, width: 6 };

function batches(count: number, seed = 1): Tensor[] {
  const random = new Generator(seed);
  return Array.from({ length: count }, () => ops.randn([16, 3, 16, 16], { generator: random }).mul(2).add(3));
}

describe('reestimateBatchNorm', () => {
  it('gives the statistics of all batches as of one, whatever their sizes and their differences', () => {
    const conv = new Conv2d(3, 4, 3);
    const norm = new BatchNorm(4, { momentum: 0.3 });
    noGrad(() => norm.running_mean.fill_(7));
    const random = new Generator(1);
    const given = [16, 5, 1].map((size, i) => ops.randn([size, 3, 16, 16], { generator: random }).add(3 * i));
    reestimateBatchNorm(new Sequential(conv, norm), given);
    noGrad(() => {
      const map = conv.forward(ops.cat(given));
      expect(map.mean([0, 2, 3]).sub(norm.running_mean).abs().max().item()).toBeLessThan(1e-5);
      const variance = map.var([0, 2, 3]);
      expect(variance.sub(norm.running_var).abs().div(variance).max().item()).toBeLessThan(1e-5);
    });
    expect(norm.num_batches_tracked.item()).toBe(3);
  });

  it('counts every use of a norm that is used twice', () => {
    const norm = new BatchNorm(2);
    const given = ops.randn([8, 2], { generator: new Generator(1) });
    const twice = new Lambda((x) => {
      norm.forward(x);
      return norm.forward(x.add(2));
    });
    const network = Object.assign(twice, { norm });
    reestimateBatchNorm(network, [given]);
    const seen = ops.cat([given, given.add(2)]);
    expect(seen.mean([0]).sub(norm.running_mean).abs().max().item()).toBeLessThan(1e-5);
    expect(seen.var([0]).sub(norm.running_var).abs().max().item()).toBeLessThan(1e-5);
    norm.eval().forward(given);
    expect(norm.num_batches_tracked.item()).toBe(2);
  });

  it('makes evaluation agree with training on the same images, unlike a fresh network', () => {
    scope(() =>
      noGrad(() => {
        manualSeed(7);
        const images = ops.randn([16, 3, 32, 32]).mul(2).add(3);
        const backbone = createBackbone('nin', SMALL);
        const distance = (): number => {
          const inEval = backbone.eval().features(images);
          const state = [...backbone.stateDict().values()].map((value) => value.clone());
          const inTraining = backbone.train().features(images);
          [...backbone.stateDict().values()].forEach((value, i) => void value.copy_(state[i]!));
          return inEval.sub(inTraining).abs().max().item() / inTraining.abs().max().item();
        };
        expect(distance()).toBeGreaterThan(0.1);
        reestimateBatchNorm(backbone, [images]);
        expect(distance()).toBeLessThan(0.02);
      }),
    );
  });

  it('restores modes and momenta and leaves every parameter bit-equal, without gradients', () => {
    const backbone = createBackbone('resnet18', SMALL).train();
    const norms = backbone.modules().flatMap(([, module]) => (module instanceof BatchNorm ? [module] : []));
    norms[3]!.momentum = 0.25;
    norms[4]!.isTraining = false;
    const before = backbone.parameters().map((value) => value.toNumbers());
    reestimateBatchNorm(backbone, batches(2));
    expect(backbone.parameters().map((value) => value.toNumbers())).toEqual(before);
    expect(backbone.parameters().every((value) => value.grad === null)).toBe(true);
    expect(norms.map((norm) => norm.momentum)).toEqual(norms.map((_, i) => (i === 3 ? 0.25 : 0.1)));
    const modes = backbone.modules().map(([, module]) => module.isTraining);
    expect(modes.filter((mode) => !mode)).toHaveLength(1);
    expect(norms[4]!.isTraining).toBe(false);
    expect(norms[4]!.num_batches_tracked.item()).toBe(2);
  });

  it('restores modes when a batch does not fit', () => {
    const backbone = createBackbone('resnet18', SMALL).eval();
    expect(() => reestimateBatchNorm(backbone, [ops.randn([2, 1, 16, 16])])).toThrow('(N, 3, H, W)');
    expect(backbone.modules().every(([, module]) => !module.isTraining)).toBe(true);
    expect(backbone.modules().every(([, module]) => !(module instanceof BatchNorm) || module.momentum === 0.1)).toBe(
      true,
    );
  });

  it('refuses zero batches and keeps the statistics', () => {
    const norm = new BatchNorm(3);
    noGrad(() => norm.running_mean.fill_(7));
    expect(() => reestimateBatchNorm(norm, [])).toThrow('Expected at least one batch for `batches`, received []');
    expect(norm.running_mean.toNumbers()).toEqual([7, 7, 7]);
  });

  it('does not read the batches without batch norm', () => {
    let isLookedAt = false;
    const given: Iterable<Tensor> = {
      [Symbol.iterator]() {
        isLookedAt = true;
        return batches(1)[Symbol.iterator]();
      },
    };
    reestimateBatchNorm(createBackbone('vit-micro', { ...SMALL, width: 8 }), given);
    expect(isLookedAt).toBe(false);
    reestimateBatchNorm(createBackbone('nin', SMALL), given);
    expect(isLookedAt).toBe(true);
  });
});

describe('withoutStatistics', () => {
  it('gives what training gives, moves nothing, and lets the backward pass of another pass through', () => {
    const network = new Sequential(new Conv2d(3, 4, 3), new BatchNorm(4));
    const [first, second] = batches(2) as [Tensor, Tensor];
    const loss = network.forward(first).square().mean();
    const state = [...network.stateDict().values()].map((value) => value.clone());
    const looked = withoutStatistics(network, () => noGrad(() => network.forward(second)));
    expect([...network.stateDict().values()].every((value, i) => value.equal(state[i]!))).toBe(true);
    loss.backward();
    expect(looked.equal(network.forward(second).detach())).toBe(true);
    expect([...network.stateDict().values()].every((value, i) => value.equal(state[i]!))).toBe(false);
  });
});
