import type { Dataset } from '../data/index.js';
import { AutodidactError } from '../errors.js';
import type { Encoder } from '../methods/method.js';
import { asSeenBy } from '../modalities/registry.js';

/**
 * The samples of a data set as an encoder takes them: the set itself, or one side of a pair.
 * @throws AutodidactError `DATA` when they are not what the encoder was trained on
 */
export function seenBy({ spec }: Pick<Encoder, 'spec'>, data: Dataset): Dataset {
  return asSeenBy(spec, data);
}

/** @throws AutodidactError `INTERRUPTED` when the signal was given */
export function checkStopped(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AutodidactError('INTERRUPTED', 'The evaluation was stopped');
}
