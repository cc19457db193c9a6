import type { Dataset } from '../data/index.js';
import { AutodidactError } from '../errors.js';
import type { Encoder } from '../methods/method.js';
import { modalityOf } from '../modalities/registry.js';

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

/** @throws AutodidactError `INTERRUPTED` when the signal was given */
export function checkStopped(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AutodidactError('INTERRUPTED', 'The evaluation was stopped');
}
