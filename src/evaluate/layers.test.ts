import { expect, test } from 'vitest';
import { backbones, createBackbone, createSplitBackbone, hasOption } from '../backbones/registry.js';
import { Generator, ops, scope, type Tensor } from '../engine/index.js';
import { fingerprint } from './features.js';
import { checkLayers, layerSize, modulesAfter, readMap, readVector, topModules } from './layers.js';

test('the last stage of every kind of backbone', () => {
  const top = (name: string, layer?: string) => {
    const backbone = createBackbone(name, { inputChannels: 1, imageSize: 32, width: 12 });
    const names = new Map(backbone.children().map(([child, module]) => [module, child]));
    return topModules(backbone, layer).map((module) => names.get(module));
  };
  expect(top('resnet18')).toEqual(['layer4']);
  expect(top('resnet18', 'layer1')).toEqual(['layer1']);
  expect(top('nin')).toEqual(['block4']);
  expect(top('nin', 'block2')).toEqual(['block2']);
  expect(top('alexnet')).toEqual(['conv5']);
  expect(top('vgg16')).toEqual([34, 35, 37, 38, 40, 41].map((position) => `features.${position}`));
  expect(top('vgg16-plain', 'conv1')).toEqual(['features.0', 'features.2']);
  expect(top('vit-micro')).toEqual(['blocks.5', 'norm']);
  expect(top('vit-micro', 'block2')).toEqual(['blocks.1']);
});

test('the last stage of networks side by side is that of each', () => {
  const split = createSplitBackbone('alexnet', { inputChannels: 3, imageSize: 16, width: 8, splitAt: 1 });
  const { first, second } = split;
  const conv5 = [first, second].map((half) => half.children().find(([name]) => name === 'conv5')![1]);
  expect(topModules(split)).toEqual(conv5);
  expect(topModules(split).flatMap((module) => module.parameters()).length).toBe(2 * conv5[0]!.parameters().length);
});

test('several layers are read together: maps at the size of the finest, vectors side by side', () => {
  const backbone = createBackbone('resnet18', { inputChannels: 1, imageSize: 32, width: 4 }).eval();
  const x = ops.randn([2, 1, 32, 32], { generator: new Generator(1) });
  const [fine, coarse] = [backbone.maps(x, 'layer2'), backbone.maps(x, 'layer4')];
  const both = readMap({ backbone }, x, 'layer2+layer4');
  expect(both.shape).toEqual([2, fine.size(1) + coarse.size(1), fine.size(2), fine.size(3)]);
  expect(layerSize(backbone, 'layer2+layer4')).toBe(both.size(1));
  expect(both.narrow(1, 0, fine.size(1)).equal(fine)).toBe(true);
  const upsampled = ops.upsampleBilinear2d(coarse, [fine.size(2), fine.size(3)], false);
  expect(both.narrow(1, fine.size(1), coarse.size(1)).equal(upsampled)).toBe(true);
  const vectors = readVector(backbone, x, 'layer4+layer2');
  expect(vectors.equal(ops.cat([backbone.features(x, 'layer4'), backbone.features(x, 'layer2')], 1))).toBe(true);
  expect(topModules(backbone, 'layer2+layer3').length).toBe(1);
  expect(topModules(backbone, 'layer3+layer2')).toEqual(topModules(backbone, 'layer3'));
  expect(() => checkLayers(backbone, 'layer2+layr3', 'layer')).toThrow('Did you mean `layer3`?');
});

const SIDE = 32;

/** Of networks of text the small ones stand for all, which differ in size. */
const NAMES = Object.keys(backbones).filter(
  (name) => backbones[name]!.reads !== 'tokens' || !/-(\d+m|tiny|mini|small|medium|base|large)$/.test(name),
);
const TOKENS = 16;
const VOCABULARY = 30;

/** A backbone of the registry and what it takes. */
function made(name: string) {
  if (backbones[name]!.reads === 'tokens') {
    const text = { inputChannels: 1, imageSize: TOKENS, length: TOKENS, vocabulary: VOCABULARY, width: 24 };
    const ids = ops.arange(5, 5 + TOKENS, 1, { dtype: 'int64' });
    // That of sentences reads some of them.
    return { backbone: createBackbone(name, text), x: ids.view(name === 'sentence-gru' ? [1, 4, -1] : [1, -1]) };
  }
  const isOfClips = hasOption(name, 'frames');
  const frames = isOfClips ? { frames: 16 } : {};
  const backbone = createBackbone(name, { inputChannels: 1, imageSize: SIDE, width: 12, ...frames });
  const shape = isOfClips ? [1, 16, 1, SIDE, SIDE] : name === 'sound' ? [1, 1, SIDE ** 2] : [1, 1, SIDE, SIDE];
  return { backbone, x: ops.ones(shape) };
}

/** Names of the parameters that a value depends on. */
function reached(backbone: ReturnType<typeof made>['backbone'], value: () => Tensor): Set<string> {
  backbone.zeroGrad();
  scope(() => value().sum().backward());
  return new Set(backbone.namedParameters().flatMap(([name, { grad }]) => (grad === null ? [] : [name])));
}

test.each(NAMES)('%s: after a layer comes what the features need and the layer does not', (name) => {
  const { backbone, x } = made(name);
  backbone.eval();
  const all = reached(backbone, () => backbone.features(x));
  const nameOf = new Map(backbone.namedParameters().map(([key, value]) => [value, key]));
  for (const layer of backbone.layers) {
    const before = reached(backbone, () => backbone.maps(x, layer));
    const after = modulesAfter(backbone, x, layer).flatMap((module) => module.parameters());
    const names = after.map((parameter) => nameOf.get(parameter)!);
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(names)).toEqual(new Set([...all].filter((key) => !before.has(key))));
  }
  expect(modulesAfter(backbone, x, backbone.layers.at(-1)!)).toEqual([]);
  expect(backbone.parameters().every(({ grad }) => grad === null)).toBe(true);
});

test('up to the layer that is read; modes and statistics stay', () => {
  const { backbone, x } = made('resnet18');
  backbone.train().setRequiresGrad(false);
  const before = fingerprint(backbone);
  const names = new Map(backbone.children().map(([child, module]) => [module, child]));
  expect(modulesAfter(backbone, x, 'layer1', 'layer3').map((module) => names.get(module))).toEqual([
    'layer2',
    'layer3',
  ]);
  expect(fingerprint(backbone)).toBe(before);
  expect(backbone.modules().every(([, module]) => module.isTraining)).toBe(true);
  expect(backbone.parameters().some(({ requiresGrad }) => requiresGrad)).toBe(false);
});
