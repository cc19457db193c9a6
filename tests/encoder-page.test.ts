import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Preparation } from '../src/backbones/preparation.js';
import { createBackbone } from '../src/backbones/registry.js';
import type { ImageSpec } from '../src/data/index.js';
import { noGrad, scope, type Tensor } from '../src/engine/index.js';
import { readSafetensors } from '../src/engine/safetensors.js';
import { plainImages, standardizedImages, symmetricImages } from '../src/methods/encoders.js';
import { imageBatch, imageSpec } from '../src/methods/make.test-util.js';
import type { Encoder, EncoderContext } from '../src/methods/method.js';
import { methods, parseMethodOptions } from '../src/methods/registry.js';
import { buildEncoder } from '../src/train/build.js';
import { saveEncoder } from '../src/train/encoder-file.js';
import { temporaryFolder } from './data-files.js';

const page = readFileSync(fileURLToPath(new URL('../docs/encoder.md', import.meta.url)), 'utf8');
const at = temporaryFolder();

const spec = imageSpec(64, 3, { mean: [0.2, 0.5, 0.6], std: [0.3, 0.2, 0.4] });
const { samples } = imageBatch(2, spec);

/** The page's `prepare`, pixel by pixel. */
function prepare(images: Tensor, { mean, std }: Preparation): number[] {
  const [, channels, height, width] = images.shape as [number, number, number, number];
  return images.toNumbers().map((pixel, i) => {
    const channel = Math.floor(i / (height * width)) % channels;
    return (pixel / 255 - mean![channel]!) / std![channel]!;
  });
}

/** The metadata of the file that the encoder is saved in. */
function saved(encoder: Encoder<ImageSpec>) {
  const path = at('encoder.safetensors');
  saveEncoder(path, encoder as unknown as Encoder);
  const { metadata, tensors } = readSafetensors(path);
  const names = [...tensors.keys()];
  for (const value of tensors.values()) value.dispose();
  return { metadata, names };
}

function furthest(encoder: Encoder<ImageSpec>, preparation: Preparation): number {
  const told = prepare(samples, preparation);
  const input = scope(() => noGrad(() => encoder.prepare(samples).to('float32').contiguous().toNumbers()));
  expect(told).toHaveLength(input.length);
  return told.reduce((most, value, i) => Math.max(most, Math.abs(value - input[i]!)), 0);
}

const context: EncoderContext = {
  ...{ options: {}, spec, architecture: 'resnet18' },
  makeBackbone: () => createBackbone('resnet18', { inputChannels: 3, imageSize: 64, width: 4 }),
};

describe('the preparation that the file tells', () => {
  it('is on the page as it is tested here', () => {
    expect(page).toContain('return (images.float() / 255 - mean) / std');
  });

  it.each([
    ['standardized', standardizedImages()],
    ['plain', plainImages()],
    ['symmetric', symmetricImages()],
  ])('gives the input of the network for %s images', (_, make) => {
    const encoder = make(context);
    const preparation = JSON.parse(saved(encoder).metadata.preparation!) as Preparation;
    expect(furthest(encoder, preparation)).toBeLessThan(1e-6);
    // The control: another preparation is far off.
    expect(furthest(encoder, { mean: [0.1, 0.1, 0.1], std: [0.7, 0.7, 0.7] })).toBeGreaterThan(0.1);
  });

  it('gives the input of every method of images that names numbers and no more, and a sentence for the others', () => {
    const checked: string[] = [];
    for (const definition of methods.filter(({ modalities }) => modalities?.includes('image'))) {
      const options = parseMethodOptions(definition, {}, true);
      const { backbone, width = null } = definition.recipes.small;
      const encoder = buildEncoder(definition, options, { backbone, width }, spec, { seed: 0, device: 'cpu' });
      const { preparation } = encoder;
      const { mean, std, note } = preparation;
      if (note === undefined) expect([mean?.length, std?.length], definition.name).toEqual([3, 3]);
      else expect(note, definition.name).toMatch(/\w+ \w+/);
      if (note === undefined) expect(furthest(encoder as never, preparation), definition.name).toBeLessThan(1e-6);
      checked.push(definition.name);
      encoder.backbone.dispose();
    }
    expect(checked).toEqual(expect.arrayContaining(['rotation', 'moco']));
  });
});

describe('the page', () => {
  it('names all that the file tells, and nothing else', () => {
    const { metadata, names } = saved(standardizedImages()(context));
    const table = [...page.matchAll(/^\| `(\w+)` +\|/gm)].map(([, name]) => name!);
    expect(table.filter((name) => name in metadata).sort()).toEqual(Object.keys(metadata).sort());
    expect(JSON.parse(metadata.samples!)).toEqual(spec);
    expect(names).toContain('conv1.weight');
  });

  it('has the depths of the networks', () => {
    const resnets = [...page.matchAll(/"(resnet\d+)": \(\w+, \[([\d, ]+)\]\)/g)];
    for (const [, name, depths] of resnets) {
      const network = createBackbone(name!, { inputChannels: 3, imageSize: 32, width: 1 });
      const keys = [...network.stateDict().keys()];
      const found = [1, 2, 3, 4].map((i) => keys.filter((key) => RegExp(`^layer${i}\\.\\d+\\.conv1`).test(key)).length);
      expect(found.join(', '), name).toBe(depths);
      network.dispose();
    }
    const transformers = [...page.matchAll(/"(vit-\w+)": \((\d+), (\d+)\)/g)];
    for (const [, name, depth, heads] of transformers) {
      const network = createBackbone(name!, { inputChannels: 3, imageSize: 32, width: Number(heads) });
      expect(network.layers, name).toHaveLength(Number(depth));
      network.dispose();
    }
    expect([resnets.length, transformers.length]).toEqual([4, 4]);
  });
});
