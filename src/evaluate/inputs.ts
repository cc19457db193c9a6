import type { Dataset } from '../data/index.js';
import { Prng } from '../data/prng.js';
import { AutodidactError } from '../errors.js';
import type { Encoder } from '../methods/method.js';
import { modalityOf } from '../modalities/registry.js';
import { allOf } from './task.js';

/**
 * The samples of a data set as an encoder takes them: the set itself, or one side of a pair.
 * @throws AutodidactError `DATA` when they are not what the encoder was trained on
 */
export function seenBy({ spec }: Pick<Encoder, 'spec'>, data: Dataset): Dataset {
  const modality = modalityOf(spec);
  const seen = data.seenBy(spec);
  if (seen === null)
    throw new AutodidactError('DATA', `The encoder takes ${modality.plural}, received ${data.plural} of ${data.name}`, {
      remedy: `Open data of ${modality.plural} as in pretraining: ${modality.describe(spec)}.`,
    });
  modality.checkSame(spec, seen);
  return seen;
}

const SEED = 5;

/**
 * At most `most` of the positions 0 .. count - 1, ascending: all of them, or a draw with a fixed seed. Evenly spaced ones would fall
 * together with the order of the data, such as classes that take turns.
 */
export function drawPart(count: number, most: number): Int32Array {
  if (count <= most) return allOf(count);
  return new Prng(SEED, count).permutation(count).subarray(0, most).sort();
}

/** All positions in a random order that depends on their number alone. */
export function shuffledPositions(count: number): Int32Array {
  return new Prng(SEED, count, 1).permutation(count);
}

/** @throws AutodidactError `INTERRUPTED` when the signal was given */
export function checkStopped(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AutodidactError('INTERRUPTED', 'The evaluation was stopped');
}
