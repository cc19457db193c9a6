import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { BackboneOptions } from '../backbones/backbone.js';
import { readPreparation } from '../backbones/preparation.js';
import { createBackbone } from '../backbones/registry.js';
import type { Dataset, SampleSpec } from '../data/index.js';
import { type Device, manualSeed, selectDevice, type Tensor } from '../engine/index.js';
import { readSealed } from '../engine/sealed-safetensors.js';
import { AutodidactError, show } from '../errors.js';
import { readIfThere } from '../files.js';
import { parseJson } from '../json.js';
import { standardizedBy } from '../methods/encoders.js';
import type { Encoder } from '../methods/method.js';
import { findMethod, parseMethodOptions } from '../methods/registry.js';
import { modalityNamed } from '../modalities/registry.js';
import { buildEncoder } from './build.js';
import { presentOptions } from './earlier-options.js';
import { assetsIn, type EncoderOrigin, originOf } from './encoder-file.js';
import {
  checkWhole,
  type ForeignEncoder,
  guessArchitecture,
  partOfNetwork,
  readForeignConfig,
  unknownNetwork,
} from './foreign-encoder.js';
import { foldLayerScale } from './layer-scale.js';
import { type LoadedRun, loadRun } from './load.js';
import { type OtherData, openAs, openRunData } from './run-data.js';
import { applyWeights, describeMatch, inOwnNames, matchWeights } from './start-weights.js';
import { fromTransformers } from './transformers-names.js';

/** What to assume of weights of other programs that say nothing of themselves. */
export interface LoadEncoderOptions {
  device?: string;
  /** Architecture, as in the registry. */
  backbone?: string;
  /** Side of the images in pixels; by default what the files say, else 224. */
  imageSize?: number;
  /** Of pixels in [0, 1], per channel; by default what the files say, else those of ImageNet. */
  mean?: readonly number[];
  std?: readonly number[];
}

/** An encoder that is ready for use, with or without the run that it comes from. */
export interface LoadedEncoder {
  encoder: Encoder;
  /** What was read, in sentences. */
  notes: readonly string[];
  /** Training steps behind it, where they are known. */
  step?: number;
  /** How it was made, for files that are made of it. */
  origin?: EncoderOrigin;
  /** The run that it comes from. */
  run?: LoadedRun;
  /** Opens data in the form that it was trained on. */
  open(given: OtherData & { spec: string }): Promise<Dataset>;
  /** The same networks with the initialization of this seed. */
  makeFresh(seed: number, isOrdinary?: boolean): Encoder;
}

/** The usual statistics of photographs, on which networks of other programs were trained. */
const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;
const USUAL_SIZE = 224;

/** Whether there is a run, damaged or not, and no folder of another program, at this path. */
export function isRun(path: string): boolean {
  const file = join(path, 'config.json');
  if (!existsSync(file)) return false;
  const config = readJson(file);
  return (isRecord(config) && typeof config.method === 'string') || existsSync(join(path, 'checkpoints'));
}

/**
 * Opens an encoder: a run, a folder that `export` wrote, `encoder.safetensors`, a folder of timm or transformers with
 * `model.safetensors`, or a safetensors file of torchvision, timm or transformers.
 *
 * @throws AutodidactError `NOT_FOUND` without weights, `CHECKPOINT` when they are damaged, `DATA` when they are of no network that
 *   we have, or do not fit it
 */
export function loadEncoder(path: string, options: LoadEncoderOptions = {}): LoadedEncoder {
  const device = selectDevice(options.device ?? 'auto');
  if (!existsSync(path)) throw new AutodidactError('NOT_FOUND', `There is no run and no file of weights at ${path}`);
  if (statSync(path).isDirectory() && isRun(path)) {
    refuseAssumed(path, options);
    const run = loadRun(path, { device });
    const { config, encoder, step, warnings, makeFresh } = run;
    return {
      ...{ encoder, run, step, origin: originOf(config, run.assets), notes: warnings, makeFresh },
      open: (given) => openRunData(config, { assets: run.assets, ...given }),
    };
  }
  const file = weightsIn(path);
  const { tensors, metadata } = readSealed(file);
  const weights = foldLayerScale(fromTransformers(tensors));
  try {
    const own = ofOurs(file, metadata, device);
    if (own !== null) refuseAssumed(path, options);
    const made = own ?? ofOthers(file, path, weights, options, device);
    const { encoder } = made;
    const named = inOwnNames(encoder.backbone, weights);
    const match = matchWeights(encoder.backbone, named);
    if (own !== null && match.missing.length > 0) throw incomplete(file, match.missing);
    if (own === null) {
      checkWhole(file, encoder.backbone.architecture, weights.keys(), match.inside);
      if (match.missing.length > 0) throw partOfNetwork(file, encoder.backbone.architecture, match);
    }
    applyWeights(encoder.backbone, named, match);
    if (named !== weights) for (const value of named.values()) value.dispose();
    encoder.backbone.eval();
    const samples = made.origin?.samples ?? encoder.spec;
    return {
      ...made,
      notes: [describeMatch(match, file, 'are from')],
      open: ({ spec, ...rest }) => openAs(samples, spec, { assets: assetsIn(metadata), ...rest }),
    };
  } finally {
    for (const value of weights.values()) value.dispose();
  }
}

/** @throws AutodidactError `USAGE` for what only weights of other programs leave open */
function refuseAssumed(path: string, { backbone, imageSize, mean, std }: LoadEncoderOptions): void {
  const given = Object.entries({ backbone, imageSize, mean, std }).find(([, value]) => value !== undefined);
  if (given === undefined) return;
  const [name, value] = given;
  throw new AutodidactError('USAGE', `${path} says its own ${name}; received ${show(value)}`, {
    remedy: 'Leave it out: it is for weights of other programs.',
  });
}

function incomplete(file: string, missing: readonly string[]): AutodidactError {
  return new AutodidactError(
    'CHECKPOINT',
    `${file} lacks ${missing.length} tensors of its network, ${missing[0]} among them`,
    {
      remedy: 'Export the encoder again.',
    },
  );
}

function weightsIn(path: string): string {
  if (!statSync(path).isDirectory()) {
    if (path.endsWith('.safetensors')) return path;
    throw new AutodidactError(
      'DATA',
      `Expected a run, a folder with weights or a .safetensors file, received ${path}`,
      {
        remedy:
          "PyTorch files convert with `safetensors.torch.save_file(torch.load('x.pt', weights_only=True), 'x.safetensors')`.",
      },
    );
  }
  const found = ['encoder.safetensors', 'model.safetensors']
    .map((name) => join(path, name))
    .find((file) => existsSync(file));
  if (found !== undefined) return found;
  throw new AutodidactError(
    'NOT_FOUND',
    `Expected a run, encoder.safetensors or model.safetensors in ${path}, found none`,
  );
}

type Made = Omit<LoadedEncoder, 'notes' | 'open'>;

const originSchema = z.object({
  method: z.string(),
  options: z.record(z.string(), z.unknown()),
  backbone: z.string(),
  width: z.number().nullable(),
  samples: z.looseObject({ modality: z.string() }),
});
const described = z.looseObject({ modality: z.string() });

/** An encoder that this library wrote; null for other files. */
function ofOurs(file: string, metadata: Readonly<Record<string, string>>, device: Device): Made | null {
  const { architecture, preparation } = metadata;
  if (architecture === undefined || preparation === undefined) return null;
  try {
    if (metadata.origin !== undefined) {
      const assets = assetsIn(metadata);
      const { options, ...rest } = originSchema.parse(parseJson(metadata.origin));
      const origin = { ...rest, options: presentOptions(rest.method, options), assets };
      const definition = findMethod(origin.method);
      const methodOptions = parseMethodOptions(definition, origin.options, false);
      modalityNamed(origin.samples.modality).checkAssets?.(origin.samples, assets);
      const makeFresh = (seed: number, isOrdinary?: boolean) =>
        buildEncoder(definition, methodOptions, origin, origin.samples, { seed, device, assets, isOrdinary });
      return { encoder: makeFresh(0), origin, makeFresh };
    }
    const { note, mean, std } = readPreparation(preparation, file);
    if (note !== undefined || mean === undefined || std === undefined)
      throw new AutodidactError('DATA', `${file} describes its preparation of samples in words: ${note}`, {
        remedy: 'Give the run folder that it comes from, or export it again with this version.',
      });
    const samples = described.parse(parseJson(metadata.samples ?? '')) as SampleSpec;
    const spec = modalityNamed(samples.modality).schema.parse(samples) as SampleSpec;
    const options = parseJson(metadata.options ?? '') as BackboneOptions;
    return made((seed) => standardizedBy(build(architecture, options, seed, device), spec, { mean, std }));
  } catch (error) {
    if (error instanceof AutodidactError) throw error;
    throw new AutodidactError('CHECKPOINT', `${file} has metadata that describe no encoder`, { cause: error });
  }
}

function made(makeFresh: (seed: number) => Encoder): Made {
  return { encoder: makeFresh(0), makeFresh };
}

function build(architecture: string, options: BackboneOptions, seed: number, device: Device) {
  manualSeed(seed);
  return createBackbone(architecture, options).to({ device, memoryFormat: 'channelsLast' });
}

/** An encoder of images from weights of another program. */
function ofOthers(
  file: string,
  path: string,
  weights: ReadonlyMap<string, Tensor>,
  asked: LoadEncoderOptions,
  device: Device,
): Made {
  const folder = statSync(path).isDirectory() ? path : dirname(path);
  const said =
    asked.backbone === undefined || folder === path
      ? readForeignConfig(readJson(join(folder, 'config.json')), readJson(join(folder, 'preprocessor_config.json')))
      : null;
  const guessed = guessArchitecture(weights);
  const known: ForeignEncoder | null =
    asked.backbone === undefined ? (said ?? guessed) : { ...guessed, ...said, architecture: asked.backbone };
  if (known === null) throw unknownNetwork(file);
  const imageSize = asked.imageSize ?? known.imageSize ?? USUAL_SIZE;
  const inputChannels = known.inputChannels ?? 3;
  const isTransformer = known.architecture.startsWith('vit');
  const options: BackboneOptions = {
    ...{ inputChannels, imageSize },
    ...(isTransformer && known.patchSize !== undefined ? { patchSize: known.patchSize } : {}),
    ...(isTransformer && known.pooling !== undefined ? { pooling: known.pooling } : {}),
    // The networks of other programs keep their published first layers, whatever the size.
    ...(isTransformer ? {} : { stem: 'imagenet' as const }),
  };
  const usual =
    inputChannels === 3 ? IMAGENET : { mean: Array(inputChannels).fill(0.5), std: Array(inputChannels).fill(0.25) };
  const mean = asked.mean ?? known.mean ?? usual.mean;
  const std = asked.std ?? known.std ?? usual.std;
  if (mean.length !== inputChannels || std.length !== inputChannels)
    throw new AutodidactError('USAGE', `Expected ${inputChannels} numbers in mean and std, one per channel`);
  const spec = { modality: 'image', channels: inputChannels, height: imageSize, width: imageSize, mean, std };
  return made((seed) => standardizedBy(build(known.architecture, options, seed, device), spec, { mean, std }));
}

/** The content of a JSON file; undefined when there is none or it is damaged. */
function readJson(path: string): unknown {
  try {
    const text = readIfThere(path)?.toString();
    return text === undefined ? undefined : parseJson(text);
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
