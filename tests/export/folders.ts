/** Exported folders of several networks, with pictures and the features that they must give: for other programs to load. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import type { BackboneOptions } from '../../src/backbones/backbone.js';
import { createBackbone } from '../../src/backbones/registry.js';
import { openImages } from '../../src/data/index.js';
import { manualSeed, noGrad, scope, type Tensor, tensor } from '../../src/engine/index.js';
import { BatchNorm, LayerNorm, Linear } from '../../src/engine/nn/index.js';
import { writeSafetensors } from '../../src/engine/safetensors.js';
import { exportEncoder } from '../../src/export/export-encoder.js';
import { standardizedBy } from '../../src/methods/encoders.js';
import type { Encoder } from '../../src/methods/method.js';
import { findMethod, parseMethodOptions } from '../../src/methods/registry.js';
import { buildEncoder } from '../../src/train/build.js';

/** A network and who is to load it. */
interface Case {
  name: string;
  architecture: string;
  options: BackboneOptions;
  libraries: readonly ('timm' | 'torchvision' | 'transformers')[];
  /** A method whose preparation of pixels is more than a mean and a deviation. */
  method?: string;
}

const published = { stem: 'imagenet' } as const;
const color = (imageSize: number, rest: Partial<BackboneOptions> = {}): BackboneOptions => ({
  ...{ inputChannels: 3, imageSize },
  ...rest,
});
const TORCH = ['timm', 'torchvision', 'transformers'] as const;

export const CASES: readonly Case[] = [
  { name: 'resnet18', architecture: 'resnet18', options: color(64, published), libraries: TORCH },
  { name: 'resnet34', architecture: 'resnet34', options: color(64, published), libraries: TORCH },
  { name: 'resnet50', architecture: 'resnet50', options: color(64, published), libraries: TORCH },
  { name: 'vit-tiny', architecture: 'vit-tiny', options: color(64, published), libraries: ['timm', 'transformers'] },
  { name: 'vit-small', architecture: 'vit-small', options: color(96, published), libraries: ['timm', 'transformers'] },
  {
    name: 'vit-micro-average',
    architecture: 'vit-micro',
    options: color(32, { pooling: 'average' }),
    libraries: ['timm', 'transformers'],
  },
  { name: 'vgg16', architecture: 'vgg16', options: color(64, published), libraries: ['torchvision'] },
  {
    name: 'resnet18-gray',
    architecture: 'resnet18',
    options: { inputChannels: 1, imageSize: 64, ...published },
    libraries: ['timm'],
  },
  { name: 'resnet18-small', architecture: 'resnet18', options: color(32, { width: 16 }), libraries: [] },
  {
    name: 'alexnet-lightness',
    architecture: 'alexnet',
    options: color(32, { width: 16 }),
    libraries: [],
    method: 'colorization',
  },
];

export const QUICK: readonly string[] = ['resnet18-small', 'vit-micro-average', 'alexnet-lightness', 'resnet18-gray'];

export interface MadeCase {
  name: string;
  folder: string;
  /** PNG files of the size that the network takes. */
  images: readonly string[];
  /** A safetensors file with `features`, (N, D). */
  expected: string;
  channels: number;
  libraries: readonly string[];
}

/**
 * Moves numbers away from where they start, as training does: statistics of batch norms, and the weights of transformers, whose class
 * token hardly sees the image otherwise.
 */
function unsettle({ backbone }: Encoder): void {
  noGrad(() =>
    scope(() => {
      for (const [, module] of backbone.modules()) {
        if (module instanceof Linear) module.weight.mul_(4);
        if (module instanceof LayerNorm) module.weight?.uniform_(0.7, 1.3);
        if (!(module instanceof BatchNorm)) continue;
        module.running_mean.uniform_(-0.2, 0.2);
        module.running_var.uniform_(0.5, 1.5);
        module.weight?.uniform_(0.7, 1.3);
        module.bias?.uniform_(-0.3, 0.3);
      }
    }),
  );
}

function makeEncoder({ architecture, options, method }: Case): Encoder {
  const { inputChannels, imageSize, width } = options;
  const fill = (start: number) => Array.from({ length: inputChannels }, (_, i) => start + i / 20);
  const spec = { modality: 'image', channels: inputChannels, height: imageSize, width: imageSize };
  const statistics = { mean: fill(0.4), std: fill(0.2) };
  manualSeed(1);
  if (method === undefined)
    return standardizedBy(createBackbone(architecture, options), { ...spec, ...statistics } as never, statistics);
  const definition = findMethod(method);
  const training = { backbone: architecture, width: width ?? null };
  const samples = { ...spec, ...statistics } as never;
  return buildEncoder(definition, parseMethodOptions(definition, {}, true), training, samples, {
    seed: 1,
    device: 'cpu',
  });
}

/** Crops of real pictures as files, (N, 3 or 1, S, S) uint8 with their paths. */
async function pictures(folder: string, size: number, channels: number, data: string, count: number) {
  const source = await openImages(data, { size, channels: 3, limit: count });
  const images = source.collate([...Array(count).keys()]);
  const pixels = images.permute([0, 2, 3, 1]).contiguous().toBytes();
  mkdirSync(folder, { recursive: true });
  const paths: string[] = [];
  const read: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    const path = join(folder, `${i}.png`);
    const raw = pixels.subarray(i * size * size * 3, (i + 1) * size * size * 3);
    const picture = sharp(raw, { raw: { width: size, height: size, channels: 3 } });
    // A gray picture is stored as such, so that every reader gives the same gray.
    await (channels === 1 ? picture.grayscale() : picture).png().toFile(path);
    const stored = sharp(path).toColourspace(channels === 1 ? 'b-w' : 'srgb');
    read.push(new Uint8Array(await stored.removeAlpha().raw().toBuffer()));
    paths.push(path);
  }
  const all = Buffer.concat(read);
  const batch = tensor(all, { shape: [count, size, size, channels] })
    .permute([0, 3, 1, 2])
    .contiguous();
  return { paths, batch };
}

export interface MakeOptions {
  /** Real pictures. */
  data: string;
  /** Number of pictures. */
  count?: number;
  names?: readonly string[];
}

/** Writes the folders and `cases.json`, which lists them. */
export async function makeFolders(root: string, { data, count = 10, names }: MakeOptions): Promise<MadeCase[]> {
  const made: MadeCase[] = [];
  for (const asked of CASES) {
    if (names?.includes(asked.name) === false) continue;
    const encoder = makeEncoder(asked);
    unsettle(encoder);
    const { inputChannels, imageSize } = asked.options;
    const folder = join(root, asked.name);
    const { paths, batch } = await pictures(
      join(root, `images-${imageSize}-${inputChannels}`),
      imageSize,
      inputChannels,
      data,
      count,
    );
    encoder.backbone.eval();
    const features: Tensor = scope(() =>
      noGrad(() => encoder.backbone.features(encoder.prepare(batch as never)).to('float32')),
    );
    const expected = join(root, `${asked.name}.expected.safetensors`);
    writeSafetensors(expected, new Map([['features', features]]));
    await exportEncoder(encoder, 'folder', folder);
    encoder.backbone.dispose();
    const { name, libraries } = asked;
    made.push({ name, folder, images: paths, expected, channels: inputChannels, libraries });
  }
  writeFileSync(join(root, 'cases.json'), JSON.stringify(made, null, 1));
  return made;
}
