import { createBackbone } from '../backbones/registry.js';
import type { SampleSpec, Samples } from '../data/index.js';
import { samplesTo } from '../data/index.js';
import { type Device, manualSeed, noGrad, scope, type Tensor } from '../engine/index.js';
import { AutodidactError, expected } from '../errors.js';
import type { Encoder, Method, MethodDefinition } from '../methods/method.js';
import { modalityNamed, modalityOf } from '../modalities/registry.js';
import type { TrainingOptions } from './config.js';
import { type Initialization, initialize, looksAtData } from './initialization.js';
import { applyWeights, inOwnNames, matchWeights } from './start-weights.js';

/** The data that a method is built for. */
export interface BuildData {
  spec: SampleSpec;
  /** Number of samples. */
  count: number;
}

export interface BuildOptions {
  seed: number;
  device: Device;
  /** Files of the data, and of a saved run that belong to the model. */
  assets?: ReadonlyMap<string, Uint8Array>;
  /** Another initialization of the backbone than its architecture's own, and some raw samples of the encoder's kind for it to look at. */
  initialization?: { name: Initialization; samples(spec: SampleSpec): Samples };
  /** Weights that the backbone starts from, see `matchWeights`. */
  weights?: ReadonlyMap<string, Tensor>;
}

type BackboneChoice = Pick<TrainingOptions, 'backbone' | 'width'>;

/**
 * Makes a method's networks with the initialization of this seed, in channels-last memory on the device.
 *
 * @throws AutodidactError `USAGE` when the batch or the samples are too small for the method, `DATA` for samples that it cannot use
 */
export function buildMethod(
  definition: MethodDefinition,
  options: Record<string, unknown>,
  training: BackboneChoice & Pick<TrainingOptions, 'batchSize' | 'accumulate'>,
  { spec, count }: BuildData,
  { seed, device, assets, initialization, weights }: BuildOptions,
): Method {
  const smallest = definition.smallestBatch ?? 1;
  // The micro-batches of a step differ by one sample where they do not divide it.
  const mean = training.batchSize / training.accumulate;
  const [fewest, most] = [Math.floor(mean), Math.ceil(mean)];
  if (fewest < smallest)
    throw new AutodidactError(
      'USAGE',
      `${definition.title} needs at least ${smallest} samples in a batch, received ${fewest}`,
      { remedy: 'Raise --batch-size, or lower --accumulate.' },
    );
  const encoder = buildEncoder(definition, options, training, spec, { seed, device, assets });
  if (initialization !== undefined && initialization.name !== 'default') {
    const { name, samples } = initialization;
    const prepared = looksAtData(name)
      ? scope(() => noGrad(() => encoder.prepare(samplesTo(samples(encoder.spec), device))))
      : null;
    initialize(encoder.backbone, name, prepared, seed);
    prepared?.dispose();
  }
  // Before the method is made, which may copy the backbone.
  if (weights !== undefined)
    scope(() => {
      const named = inOwnNames(encoder.backbone, weights);
      applyWeights(encoder.backbone, named, matchWeights(encoder.backbone, named));
    });
  return definition
    .create({
      ...{ options, encoder, spec, count, batchSize: most, samplesPerStep: training.batchSize },
      ...(assets?.size ? { assets } : {}),
    })
    .to({ device, memoryFormat: 'channelsLast' }) as unknown as Method;
}

/**
 * Makes the encoder of a method alone, with the initialization of this seed.
 *
 * @param isOrdinary whether the backbone starts as its architecture does, without what the method asks of its initialization
 * @throws AutodidactError as `buildMethod`
 */
export function buildEncoder(
  definition: MethodDefinition,
  options: Record<string, unknown>,
  { backbone: architecture, width }: BackboneChoice,
  spec: SampleSpec,
  {
    seed,
    device,
    assets,
    isOrdinary = false,
  }: Omit<BuildOptions, 'initialization' | 'weights'> & { isOrdinary?: boolean },
): Encoder {
  checkData(definition, options, spec);
  if (definition.architectures?.includes(architecture) === false)
    throw expected(`one of ${definition.architectures.join(', ')}`, 'backbone', architecture, {
      remedy: `${definition.title} works on these only.`,
    });
  const encoder = definition.encoder({
    ...{ options, spec, architecture },
    ...(assets?.size ? { assets } : {}),
    makeBackbone(overrides = {}, form = architecture) {
      manualSeed(seed);
      return createBackbone(form, {
        ...modalityOf(spec).input(spec),
        ...(width === null ? {} : { width }),
        ...overrides,
        ...(isOrdinary ? { zeroInitResidual: false } : {}),
      });
    },
  });
  encoder.backbone.to({ device, memoryFormat: 'channelsLast' });
  return encoder;
}

/** @throws AutodidactError `DATA` or `USAGE` in one sentence for samples that the method cannot learn from */
export function checkData(
  definition: Pick<MethodDefinition, 'modalities' | 'title' | 'needs'>,
  options: Record<string, unknown>,
  spec: SampleSpec,
): void {
  const { modalities, title, needs } = definition;
  if (!modalities.includes(spec.modality)) {
    const known = modalities.map((name) => modalityNamed(name).plural).join(' or ');
    throw new AutodidactError('DATA', `${title} learns from ${known}, received ${modalityOf(spec).plural}`, {
      remedy: `\`autodidact methods\` lists the methods for ${modalityOf(spec).plural}.`,
    });
  }
  modalityOf(spec).check(spec, needs?.(options) ?? {}, title);
}
