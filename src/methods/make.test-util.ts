/** Methods for tests, made from their definitions. */

import type { Backbone } from '../backbones/backbone.js';
import { createBackbone } from '../backbones/registry.js';
import type { ImageSpec, SampleSpec } from '../data/index.js';
import { Generator, manualSeed, ops, type Tensor } from '../engine/index.js';
import type { Module } from '../engine/nn/index.js';
import { modalityOf } from '../modalities/registry.js';
import { checkData } from '../train/build.js';
import type { MethodDefinition } from './method.js';
import { parseMethodOptions } from './registry.js';

/** The spec of images with a mean of 0.5 and a deviation of 0.25. */
export function imageSpec(side: number, channels = 3, changes: Partial<ImageSpec> = {}): ImageSpec {
  const fill = (value: number) => Array<number>(channels).fill(value);
  return { modality: 'image', channels, height: side, width: side, mean: fill(0.5), std: fill(0.25), ...changes };
}

export interface MakeOptions {
  spec: SampleSpec;
  /** Samples of the data set. Default 10. */
  count?: number;
  /** Default 8. */
  batchSize?: number;
  architecture?: string;
  width?: number;
  /** A backbone to use instead of one that is made. */
  backbone?: Backbone;
  /** Whether the options start from those for small samples. Default true. */
  isSmall?: boolean;
  seed?: number;
  assets?: ReadonlyMap<string, Uint8Array>;
}

/** A method with these options, on the CPU. */
export function makeMethod<M>(
  definition: Pick<MethodDefinition, 'name'>,
  options: Readonly<Record<string, unknown>>,
  { spec, count = 10, batchSize = 8, architecture, width = 4, backbone, isSmall = true, seed = 0, assets }: MakeOptions,
): M {
  const known = definition as MethodDefinition;
  const parsed = parseMethodOptions(known, options, isSmall);
  const name = architecture ?? known.architectures?.[0] ?? 'resnet18';
  checkData(known, parsed, spec);
  manualSeed(seed);
  const encoder = known.encoder({
    options: parsed,
    spec,
    architecture: name,
    makeBackbone: (overrides = {}, form = name) =>
      backbone ?? createBackbone(form, { ...modalityOf(spec).input(spec), width, ...overrides }),
  });
  const sizes = { count, batchSize, samplesPerStep: batchSize };
  const context = { options: parsed, encoder, spec, ...sizes, ...(assets ? { assets } : {}) };
  return known.create(context) as unknown as M;
}

/** Random bytes as a batch of images, (N, C, S, S). */
export function imageBatch(count: number, { channels, height }: ImageSpec, seed = 1) {
  const samples: Tensor = ops.randint(0, 256, [count, channels, height, height], {
    dtype: 'uint8',
    generator: new Generator(seed),
  });
  return { samples, indices: [...Array(count).keys()] };
}

/** How often the batch norms of a network took statistics, each number once. */
export function statisticsTaken(network: Pick<Module, 'stateDict'>): Set<number> {
  return new Set(
    [...network.stateDict()].flatMap(([key, value]) => (key.endsWith('num_batches_tracked') ? value.item() : [])),
  );
}
