import type { Dataset, Samples } from '../data/index.js';
import { noGrad, ops, type Tensor } from '../engine/index.js';
import { AutodidactError } from '../errors.js';
import type { Encoder } from '../methods/method.js';
import { modalityOf } from '../modalities/registry.js';
import { seenBy } from './inputs.js';
import { readMap, readPyramid, readVector } from './layers.js';
import type { Reads, Task } from './task.js';

/** What a task reads of samples by an encoder, with a graph where gradients are on. */
export type Reading = (encoder: Encoder, samples: Samples, layer?: string) => Tensor;

const READINGS: Readonly<Record<Reads, Reading>> = {
  vector: (encoder, samples, layer) => readVector(encoder.backbone, prepared(encoder, samples), layer),
  map: (encoder, samples, layer) => readMap(encoder, prepared(encoder, samples), layer),
  tokens: readTokens,
  sides: readSides,
};

export function readingOf({ reads }: Pick<Task, 'reads'>): Reading {
  return READINGS[reads];
}

const PLACES: Readonly<Record<Reads, boolean>> = { vector: false, map: true, tokens: true, sides: false };

/** Whether features have places: (N, D, h, w) in place of (N, D). */
export function hasPlaces({ reads }: Pick<Task, 'reads'>): boolean {
  return PLACES[reads];
}

/** Vectors of one kind that `joined` joins: of both samples, their distance and their product. */
const JOINED = 4;

/** Size of the features of a task that reads vectors or places of this size. */
export function joinedSize({ reads }: Pick<Task, 'reads'>, size: number): number {
  return reads === 'sides' ? JOINED * size : size;
}

/**
 * [u, v, |u - v|, u v] of two vectors each, (N, D) to (N, 4 D). Source: Conneau et al. 2017 (InferSent), figure 1; |u - v| and u v alone are
 * the features of skip-thoughts' code for pairs.
 */
export function joined(u: Tensor, v: Tensor): Tensor {
  return ops.cat([u, v, u.sub(v).abs(), u.mul(v)], 1);
}

/**
 * The samples of a task as an encoder takes them. For a task of pairs both sides are checked, and the pairs are returned.
 * @throws AutodidactError `DATA` for samples that the encoder was not trained on, or that are no pairs
 */
export function seenFor(task: Pick<Task, 'reads' | 'name'>, encoder: Pick<Encoder, 'spec'>, data: Dataset): Dataset {
  if (task.reads !== 'sides') return seenBy(encoder, data);
  const sides = data.sides();
  if (sides === null)
    throw new AutodidactError(
      'DATA',
      `The task ${task.name} asks of pairs, and ${data.name} has single ${data.plural}`,
      {
        remedy:
          'Give texts in pairs: text:./pairs.jsonl?column=first,second&label=label, or text:addresses?pairs=next.',
      },
    );
  for (const side of sides) seenBy(encoder, side);
  return data;
}

function prepared(encoder: Encoder, samples: Samples): Tensor {
  return noGrad(() => encoder.prepare(samples as never));
}

function readSides(encoder: Encoder, samples: Samples, layer?: string): Tensor {
  const { first, second } = samples as unknown as { first: Samples; second: Samples };
  return joined(READINGS.vector(encoder, first, layer), READINGS.vector(encoder, second, layer));
}

/** (N, D, 1, T): a vector for each token of a sample, 0 behind what the encoder read. */
function readTokens(encoder: Encoder, samples: Samples, layer?: string): Tensor {
  const { backbone, spec, firstToken } = encoder;
  const length = modalityOf(spec).input(spec).length;
  if (firstToken === undefined || length === undefined)
    throw new AutodidactError(
      'DATA',
      `The task asks of each token, and ${backbone.architecture} has no vector for each`,
      {
        remedy: 'Take an encoder that reads texts token by token, such as one of BERT, GPT or ELMo.',
      },
    );
  const map = readPyramid(encoder, prepared(encoder, samples), layer);
  const [count, size, , width] = map.shape as [number, number, number, number];
  const known = Math.min(length, width - firstToken);
  const vectors = map.narrow(3, firstToken, known);
  if (known === length) return vectors;
  return ops.cat([vectors, ops.zeros([count, size, 1, length - known], { dtype: map.dtype, device: map.device })], 3);
}
