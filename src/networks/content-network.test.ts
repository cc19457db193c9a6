import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../tests/support/tiny.js';
import { createBackbone } from '../backbones/registry.js';
import { gradientsOf, ops, type Tensor } from '../engine/index.js';
import { writeSafetensors } from '../engine/safetensors.js';
import { imageSpec } from '../methods/make.test-util.js';
import { ContentNetwork, contentNetwork } from './content-network.js';

const folder = temporaryFolder();
const DATA = imageSpec(16, 3, { mean: [0.5, 0.4, 0.3], std: [0.2, 0.3, 0.4] });

const [MEAN, STD] = [
  [0.1, 0.2, 0.3],
  [0.6, 0.5, 0.7],
];

function savedEncoder(
  name: string,
  preparation: object = { mean: MEAN, std: STD },
  spoil: (weights: ReadonlyMap<string, Tensor>) => void = () => {},
): { path: string; backbone: ReturnType<typeof createBackbone> } {
  const backbone = createBackbone('resnet18', { inputChannels: 3, imageSize: 16, width: 4 });
  mkdirSync(join(folder, name));
  spoil(backbone.stateDict());
  const { architecture, options } = backbone;
  writeSafetensors(join(folder, name, 'encoder.safetensors'), backbone.stateDict(), {
    architecture,
    options: JSON.stringify(options),
    preparation: JSON.stringify(preparation),
  });
  return { path: join(folder, name), backbone };
}

describe('an encoder from a file', () => {
  it('gives the maps of that encoder for images normalized as its own, and of the layer asked for', () => {
    const { path, backbone } = savedEncoder('run');
    backbone.eval();
    const images = ops.rand([2, 3, 16, 16]);
    const [mean, std] = [MEAN, STD].map((values) => ops.stack(values.map((v) => ops.full([1, 1], v))));
    const x = images.sub(mean!).div(std!);
    for (const [given, layer] of [
      [path, undefined],
      [join(path, 'encoder.safetensors'), 'layer1'],
    ] as const) {
      const content = ContentNetwork.fromFile(given, DATA, layer);
      const error = content.forward(images).sub(backbone.maps(x, layer)).abs().max().item();
      expect(error).toBeLessThan(1e-5);
    }
  });

  it('is made again from the file of its run, for the weights of a checkpoint', () => {
    const { path } = savedEncoder('again');
    const content = ContentNetwork.fromFile(path, DATA);
    const again = contentNetwork({ encoder: 'gone', layer: null }, DATA, content.assets());
    again.loadStateDict(content.stateDict());
    expect(
      again.mean
        .flatten()
        .toNumbers()
        .map((value) => Number(value.toFixed(6))),
    ).toEqual(MEAN);
    const images = ops.rand([2, 3, 16, 16]);
    expect(again.forward(images).equal(content.forward(images))).toBe(true);
  });

  it('that is not there, is something else or sees other images is refused', () => {
    const { path } = savedEncoder('color');
    const other = join(folder, 'other.safetensors');
    writeSafetensors(other, new Map([['weight', ops.ones([1])]]));
    expect(() => ContentNetwork.fromFile(join(folder, 'nothing'), DATA)).toThrow('no such file or folder');
    expect(() => ContentNetwork.fromFile(other, DATA)).toThrow('Expected the folder of a finished run');
    expect(() => ContentNetwork.fromFile(path, { ...DATA, channels: 1, mean: [0.5], std: [1] })).toThrow(
      'The encoder takes images of 3 channels, but the data have 1',
    );
    expect(() => ContentNetwork.fromFile(path, DATA, 'layer9')).toThrow('Did you mean');
  });

  it('with a weight that is no number is refused', () => {
    const spoil = (weights: ReadonlyMap<string, Tensor>) => weights.get('bn1.running_var')!.select(0, 1).fill_(-1);
    const { path } = savedEncoder('spoiled', undefined, spoil);
    expect(() => ContentNetwork.fromFile(path, DATA)).toThrow('`bn1.running_var` of the encoder has variances below 0');
  });

  it('that sees images prepared otherwise is refused with its note', () => {
    const fromFile = (name: string, preparation: object) => () =>
      ContentNetwork.fromFile(savedEncoder(name, preparation).path, DATA);
    expect(fromFile('by-itself', { note: 'each image by itself' })).toThrow(
      'but of this one: each image by itself. Give an encoder of another method',
    );
    expect(fromFile('then', { mean: MEAN, std: STD, note: 'then Sobel' })).toThrow('but of this one: then Sobel');
    expect(fromFile('nothing', {})).toThrow('but of this one: nothing is said');
    expect(fromFile('short', { mean: [0.5], std: [0.5] })).toThrow(/prepares images of other than 3 channels/);
  });

  it('whose description is damaged is refused', () => {
    const { path } = savedEncoder('damaged');
    const [[name, bytes]] = [...ContentNetwork.fromFile(path, DATA).assets()] as [[string, Uint8Array]];
    const text = new TextDecoder().decode(bytes);
    const again = (changed: string) =>
      contentNetwork({ encoder: null, layer: null }, DATA, new Map([[name, new TextEncoder().encode(changed)]]));
    expect(() => again(text)).not.toThrow();
    for (const [changed, reason] of [
      [text.slice(0, 20), 'it is not JSON'],
      ['null', 'it is not JSON'],
      [text.replace('"width":4', '"width":5'), 'it was changed since it was written'],
      ['{"architecture":"resnet18"}', 'options: '],
      [`{"architecture":"resnet18","options":{"inputChannels":3,"imageSize":1e12}}`, 'options.imageSize: '],
    ] as const) {
      expect(changed).not.toBe(text);
      expect(() => again(changed)).toThrow(`Could not read which backbone the run's ${name} holds: ${reason}`);
    }
    const { backbone } = savedEncoder('damaged-metadata');
    const file = join(folder, 'damaged-metadata', 'encoder.safetensors');
    writeSafetensors(file, backbone.stateDict(), {
      architecture: 'resnet18',
      options: '{"width":',
      preparation: '{}',
    });
    expect(() => ContentNetwork.fromFile(file, DATA)).toThrow(`Could not read which backbone ${file} holds`);
  });
});

it('measures a distance relative to the mean square of the maps of the true image', () => {
  const content = ContentNetwork.random(DATA);
  const [images, truth] = [ops.rand([2, 3, 16, 16]), ops.rand([2, 3, 16, 16])];
  const [given, wanted] = [content.forward(images), content.forward(truth)];
  const relative = given.sub(wanted).square().sum().item() / wanted.square().sum().item();
  expect(content.distance(images, truth).item()).toBeCloseTo(relative, 5);
  expect(content.distance(truth, truth).item()).toBe(0);
});

it.each(['random', 'encoder'] as const)('a %s network has no gradient and no batch statistics of its own', (kind) => {
  const content =
    kind === 'random' ? ContentNetwork.random(DATA) : ContentNetwork.fromFile(savedEncoder('frozen').path, DATA);
  content.train();
  const images = ops.rand([2, 3, 16, 16]);
  images.requiresGrad = true;
  const alone = content.forward(images.narrow(0, 0, 1));
  const together = content.forward(images);
  expect(together.narrow(0, 0, 1).sub(alone).abs().max().item()).toBeLessThan(1e-4);
  const [gradient] = gradientsOf([together.square().mean()], [images]);
  expect(gradient!.abs().sum().item()).toBeGreaterThan(0);
  expect(content.parameters().every((value) => !value.requiresGrad)).toBe(true);
});
