import type { Backbone } from '../backbones/backbone.js';
import { createBackbone } from '../backbones/registry.js';
import { type Device, manualSeed, noGrad, scope, type Tensor } from '../engine/index.js';
import { AutodidactError, expected } from '../errors.js';
import type { DataDescription, Method, MethodDefinition } from '../methods/method.js';
import type { TrainingOptions } from './config.js';
import { type Initialization, initialize, looksAtData } from './initialization.js';

export interface BuildOptions {
  seed: number;
  device: Device;
  /** Files of a saved run that belong to the model. */
  assets?: ReadonlyMap<string, Uint8Array>;
  /** Another initialization of the backbone than its architecture's own, and some raw samples for it to look at. */
  initialization?: { name: Initialization; samples(): Tensor };
}

/**
 * Makes a method's networks with the initialization of this seed, in channels-last memory on the device.
 *
 * @throws AutodidactError `USAGE` when the batch or the images are too small for the method, `DATA` for channels that it cannot use
 */
export function buildMethod(
  definition: MethodDefinition,
  options: Record<string, unknown>,
  training: Pick<TrainingOptions, 'backbone' | 'width' | 'batchSize' | 'accumulate'>,
  data: DataDescription,
  { seed, device, assets, initialization }: BuildOptions,
): Method {
  const smallest = definition.smallestBatch ?? 1;
  const batchSize = Math.floor(training.batchSize / training.accumulate);
  if (batchSize < smallest)
    throw new AutodidactError(
      'USAGE',
      `${definition.title} needs at least ${smallest} samples in a batch, received ${batchSize}`,
      { remedy: 'Raise --batch-size, or lower --accumulate.' },
    );
  if (data.imageSize < (definition.smallestImage ?? 1))
    throw new AutodidactError(
      'USAGE',
      `${definition.title} needs images of at least ${definition.smallestImage} pixels a side, received ${data.imageSize}`,
      { remedy: 'Raise --size.' },
    );
  checkChannels(definition, options, data);
  if (definition.architectures?.includes(training.backbone) === false)
    throw expected(`one of ${definition.architectures.join(', ')}`, 'backbone', training.backbone, {
      remedy: `${definition.title} works on these only.`,
    });
  const makeBackbone = (): Backbone => {
    manualSeed(seed);
    return createBackbone(training.backbone, {
      inputChannels: data.channels,
      imageSize: data.imageSize,
      ...(training.width === null ? {} : { width: training.width }),
      ...definition.backboneOptions?.(options, data, training.backbone),
    });
  };
  const create = (backbone: Backbone): Method =>
    definition
      .create({ options, backbone, data, batchSize, ...(assets?.size ? { assets } : {}) })
      .to({ device, memoryFormat: 'channelsLast' });
  if (initialization === undefined || initialization.name === 'default') return create(makeBackbone());

  const { name, samples } = initialization;
  const { images, isGivenUsed } = ask(makeBackbone(), create, looksAtData(name) ? samples : null);
  try {
    const backbone = makeBackbone().to({ device });
    // Before the method is made, which may copy it; a method may also make a network of its own after it, in two halves for example.
    if (isGivenUsed) initialize(backbone, name, images, seed);
    const method = create(backbone);
    if (!isGivenUsed) initialize(method.backbone, name, images, seed);
    return method;
  } finally {
    images?.dispose();
  }
}

/** Asks a method, which is then freed, what its backbone takes for the samples, and whether that is the backbone it was given. */
function ask(
  given: Backbone,
  create: (backbone: Backbone) => Method,
  samples: (() => Tensor) | null,
): { images: Tensor | null; isGivenUsed: boolean } {
  const method = create(given);
  try {
    const images = samples === null ? null : scope(() => noGrad(() => method.prepare(samples())));
    return { images, isGivenUsed: method.backbone === given };
  } finally {
    method.dispose();
  }
}

const CHANNELS: Record<number, string> = { 1: 'gray', 3: 'color', 6: 'color with depth (RGB and HHA)' };
const named = (channels: number): string => CHANNELS[channels] ?? `${channels} channels`;

function checkChannels(definition: MethodDefinition, options: Record<string, unknown>, data: DataDescription): void {
  if (definition.modality === 'text') return;
  const known = definition.channels?.(options) ?? [1, 3];
  if (known.includes(data.channels)) return;
  const remedy = known.includes(6)
    ? 'Such are synthetic:scenes?form=rgb-hha, and your own images with depth by rgbd:<manifest>?focal=<pixels>.'
    : 'From images with depth learns `split-brain --pair rgb-depth`.';
  throw new AutodidactError(
    'DATA',
    `${definition.title} learns from images in ${known.map(named).join(' or ')}, received images in ${named(data.channels)}`,
    { remedy },
  );
}
