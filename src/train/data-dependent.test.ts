import { describe, expect, it } from 'vitest';
import type { Backbone } from '../backbones/backbone.js';
import { createBackbone } from '../backbones/registry.js';
import { Generator, manualSeed, memory, noGrad, ops, scope, type Tensor, tensor } from '../engine/index.js';
import { BatchNorm, Conv2d, type Layer, Linear, ReLU, Sequential } from '../engine/nn/index.js';
import { initializeFromData, initializeGaussian } from './data-dependent.js';

const SMALL = { inputChannels: 3, imageSize: 16, width: 8 };
/** Pictures with structure: smooth noise whose channels differ in mean and size. */
function pictures(count = 24, side = 16): Tensor {
  const random = new Generator(5);
  return scope(() => {
    const noise = ops.avgPool2d(ops.randn([count, 3, side + 2, side + 2], { generator: random }), 3, 1);
    return noise.mul(tensor([[[1]], [[3]], [[0.2]]])).add(tensor([[[2]], [[0]], [[-1]]]));
  });
}

/** Mean and deviation of every channel of every layer's output at its first call in one pass; batch norms as in training. */
function preActivations(network: Backbone, x: Tensor): { mean: number[]; deviation: number[] }[] {
  const found: { mean: number[]; deviation: number[] }[] = [];
  const layers = network.modules().flatMap(([, module]) => (isAffine(module) ? [module] : []));
  network.eval();
  for (const [, module] of network.modules()) if (module instanceof BatchNorm) module.isTraining = true;
  for (const layer of layers) {
    const forward = layer.forward.bind(layer);
    layer.forward = (input) => {
      const y = forward(input);
      const rows = layer instanceof Linear ? y.flatten(0, -2) : y.transpose(0, 1).flatten(1).t(); // (positions, C)
      found.push({ mean: rows.mean([0]).toNumbers(), deviation: rows.std(0, { correction: 0 }).toNumbers() });
      return y;
    };
  }
  scope(() => noGrad(() => void network.features(x)));
  for (const layer of layers) Reflect.deleteProperty(layer, 'forward');
  return found;
}

const isAffine = (module: unknown): module is Conv2d | Linear => module instanceof Conv2d || module instanceof Linear;

/** Root mean square of gradient over that of weight, by many random linear losses. */
function ratios(network: Backbone, x: Tensor): number[] {
  const random = new Generator(77);
  const layers = network.modules().flatMap(([, module]) => (isAffine(module) ? [module] : []));
  const squares = layers.map(() => 0);
  for (const [, module] of network.modules()) module.isTraining = module instanceof BatchNorm;
  for (let draw = 0; draw < 30; draw++)
    scope(() => {
      network.zeroGrad();
      const y = network.features(x);
      y.mul(ops.randn(y.shape, { generator: random }))
        .sum()
        .backward();
      layers.forEach((layer, i) => {
        squares[i]! += layer.weight.grad!.square().mean().div(layer.weight.square().mean()).item() / 30;
      });
    });
  network.zeroGrad();
  return squares.map(Math.sqrt);
}

const range = (values: readonly number[]): number => Math.max(...values) / Math.min(...values);

describe('within layers', () => {
  it('is the formula of the paper: W / sigma and -mu / sigma, layer by layer', () => {
    scope(() => {
      const x = ops.randn([50, 5], { generator: new Generator(1) }).add(3);
      const network = new Sequential(new Linear(5, 4), new ReLU(), new Linear(4, 3));
      initializeFromData(network, x, { random: new Generator(9), equalize: false });
      const random = new Generator(9);
      let input = x.to('float64');
      for (const layer of [network.layers[0], network.layers[2]] as Linear[]) {
        const drawn = ops.randn(layer.weight.shape, { generator: random }).to('float64');
        const z = input.matmul(drawn.t());
        const sigma = z.std(0, { correction: 0 });
        const mu = z.mean([0]);
        const weight = drawn.div(sigma.unsqueeze(1));
        expect(layer.weight.sub(weight).abs().max().item()).toBeLessThan(1e-5);
        expect(layer.bias!.add(mu.div(sigma)).abs().max().item()).toBeLessThan(1e-4);
        input = input.matmul(weight.t()).sub(mu.div(sigma)).relu();
      }
    });
  });

  it.each(['vgg16-plain', 'vgg16', 'resnet18', 'alexnet', 'vit-micro'])(
    'gives every channel of %s mean 0 (where it has a bias) and deviation 1',
    (name) => {
      scope(() => {
        const network = createBackbone(name, { ...SMALL, width: name === 'vit-micro' ? 12 : 8 });
        const x = pictures();
        initializeFromData(network, x, { random: new Generator(3), equalize: false });
        const layers = preActivations(network, x);
        expect(layers.length).toBeGreaterThan(4);
        for (const { deviation } of layers) for (const value of deviation) expect(value).toBeCloseTo(1, 3);
        if (name !== 'resnet18')
          for (const { mean } of layers) for (const value of mean) expect(Math.abs(value)).toBeLessThan(1e-3);
      });
    },
  );

  it('leaves a channel that sees nothing finite', () => {
    scope(() => {
      const network = createBackbone('vgg16-plain', SMALL);
      initializeFromData(network, ops.zeros([4, 3, 16, 16]), { random: new Generator(3) });
      for (const [name, value] of network.namedParameters()) expect(value.isfinite().all().item(), name).toBe(1);
    });
  });
});

describe('between layers', () => {
  it.each(['vgg16-plain', 'vgg16', 'resnet18', 'vit-micro'])(
    'evens out the ratio of gradient to weight in the layers of %s, and changes no feature of a convolutional network',
    (name) => {
      scope(() => {
        const make = () => createBackbone(name, { ...SMALL, width: name === 'vit-micro' ? 12 : 8 });
        const x = pictures(64);
        const [scaled, equal] = [make(), make()];
        equal.loadStateDict(scaled.stateDict());
        initializeFromData(scaled, x, { random: new Generator(3), equalize: false });
        initializeFromData(equal, x, { random: new Generator(3) });
        const before = range(ratios(scaled, x));
        const after = range(ratios(equal, x));
        expect(before).toBeGreaterThan(3);
        if (name === 'vit-micro') {
          expect(after).toBeLessThan(before / 5);
          return;
        }
        // The network has equal ratios for one random loss, these are the means over thirty others.
        expect(after).toBeLessThan(1.5);
        const features = (network: Backbone) => noGrad(() => network.features(x));
        for (const network of [scaled, equal])
          for (const [, module] of network.modules()) module.isTraining = module instanceof BatchNorm;
        const reference = features(scaled);
        const difference = features(equal).sub(reference).abs().max().item() / reference.abs().max().item();
        expect(difference).toBeLessThan(1e-3);
      });
    },
  );

  it('keeps the relation between weight and bias: a layer is scaled as a whole', () => {
    scope(() => {
      const x = pictures();
      const [scaled, equal] = [0, 1].map(() => createBackbone('vgg16-plain', SMALL)) as [Backbone, Backbone];
      initializeFromData(scaled, x, { random: new Generator(3), equalize: false });
      initializeFromData(equal, x, { random: new Generator(3) });
      for (const { deviation } of preActivations(equal, x)) expect(range(deviation)).toBeCloseTo(1, 2);
      const first = equal.stateDict().get('features.0.weight')!.div(scaled.stateDict().get('features.0.weight')!);
      expect(range(first.flatten().toNumbers())).toBeCloseTo(1, 4);
    });
  });
});

describe('k-means filters', () => {
  it('lie in the space of the patches: constant along stripes, as the images are', () => {
    scope(() => {
      const stripes = ops.randn([40, 1, 16, 1], { generator: new Generator(2) }).expand([40, 1, 16, 16]);
      const variationOf = (filters: 'gaussian' | 'k-means'): number => {
        const conv = new Conv2d(1, 6, 3, { padding: 1 });
        const network = new Sequential(conv, new ReLU());
        initializeFromData(network, stripes, { filters, random: new Generator(4) });
        const along = conv.weight.std(3, { correction: 0 }).mean().item();
        return along / conv.weight.std(null, { correction: 0 }).item();
      };
      expect(variationOf('k-means')).toBeLessThan(1e-3);
      expect(variationOf('gaussian')).toBeGreaterThan(0.3);
    });
  });

  it('are scaled like others, and are random where there are fewer patches than filters', () => {
    scope(() => {
      const network = createBackbone('vgg16-plain', SMALL);
      const x = pictures();
      initializeFromData(network, x, { filters: 'k-means', random: new Generator(3), equalize: false });
      for (const value of preActivations(network, x)[0]!.deviation) expect(value).toBeCloseTo(1, 3);
      const tiny = new Sequential(new Conv2d(1, 8, 3));
      const few = ops.randn([2, 1, 4, 4]);
      initializeFromData(tiny, few, { filters: 'k-means', random: new Generator(3), equalize: false });
      const spread = tiny.forward(few).transpose(0, 1).flatten(1).std(1, { correction: 0 });
      for (const value of spread.toNumbers()) expect(value).toBeCloseTo(1, 3);
    });
  });
});

describe('initializeFromData', () => {
  it('follows its seed, and leaves all but convolutions and linear layers as they were', () => {
    scope(() => {
      const x = pictures();
      const make = (seed: number): Map<string, Tensor> => {
        manualSeed(1);
        const network = createBackbone('resnet18', SMALL);
        network.train();
        initializeFromData(network, x, { random: new Generator(seed) });
        expect(network.modules().every(([, module]) => module.isTraining)).toBe(true);
        expect(network.parameters().every((value) => value.grad === null)).toBe(true);
        expect(network.modules().some(([, module]) => Object.hasOwn(module, 'forward'))).toBe(false);
        return network.stateDict();
      };
      manualSeed(1);
      const fresh = createBackbone('resnet18', SMALL).stateDict();
      const [first, again, other] = [make(1), make(1), make(2)];
      for (const [key, value] of first) {
        expect(value.equal(again.get(key)!), key).toBe(true);
        expect(value.equal(fresh.get(key)!), key).toBe(value.ndim !== 4);
      }
      expect(first.get('conv1.weight')!.equal(other.get('conv1.weight')!)).toBe(false);
    });
  });

  it('frees what it made', () => {
    const network: Layer = new Sequential(new Conv2d(3, 4, 3), new BatchNorm(4), new ReLU(), new Conv2d(4, 4, 3));
    const x = pictures();
    const random = new Generator(1);
    initializeFromData(network, x, { random });
    const before = memory().tensors;
    for (let i = 0; i < 3; i++) initializeFromData(network, x, { filters: 'k-means', random });
    expect(memory().tensors).toBe(before);
  });

  it('needs two images', () => {
    const network = createBackbone('vgg16-plain', SMALL);
    expect(() => initializeFromData(network, ops.randn([1, 3, 16, 16]), { random: new Generator(1) })).toThrow(
      'Expected at least two images for `images`, received float32[1, 3, 16, 16] on cpu',
    );
  });
});

it('draws Gaussian weights of the given deviation, and no bias', () => {
  scope(() => {
    const network = createBackbone('vgg16-plain', { ...SMALL, width: 16 });
    initializeGaussian(network, new Generator(1));
    for (const [name, value] of network.namedParameters()) {
      if (name.endsWith('bias')) expect(value.abs().max().item()).toBe(0);
      else expect(value.std(null, { correction: 0 }).item()).toBeCloseTo(0.01, 2);
    }
  });
});
