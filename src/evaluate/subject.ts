import { AutodidactError, expected } from '../errors.js';
import type { Encoder } from '../methods/method.js';
import type { MakeFresh } from './baselines.js';
import { fingerprint } from './features.js';

/** What evaluation needs of a run that was loaded. */
export interface EvaluatedRun {
  encoder: Encoder;
  makeFresh: MakeFresh;
  /** Training steps behind the encoder. */
  step?: number;
}

/** What every evaluation measures. */
export interface Subject {
  /** The run in question. Give either this or `encoder`. */
  run?: EvaluatedRun;
  /** An encoder without a run. */
  encoder?: Encoder;
  /** The same networks with a random initialization; a run brings its own. Without it there are no networks to compare with. */
  makeFresh?: MakeFresh;
}

/**
 * The encoder in question, and what makes its network anew.
 * @throws AutodidactError `USAGE` for neither a run nor an encoder, or both
 */
export function subjectOf(
  { run, encoder, makeFresh = run?.makeFresh.bind(run) }: Subject,
  caller: string,
): { encoder: Encoder; makeFresh: MakeFresh | undefined } {
  const found = encoder ?? run?.encoder;
  if (found === undefined || (run !== undefined && encoder !== undefined))
    throw expected('either a run or an encoder', caller, run === undefined ? 'neither' : 'both');
  return { encoder: found, makeFresh };
}

/** @throws AutodidactError `USAGE` for no seeds, or what is no seed, or one twice: its answers would count as those of two */
export function checkSeeds(seeds: readonly number[]): void {
  if (seeds.length === 0 || !seeds.every((seed) => Number.isSafeInteger(seed) && seed >= 0))
    throw expected('at least one whole number from 0', 'seeds', seeds);
  if (new Set(seeds).size < seeds.length) throw expected('different seeds', 'seeds', seeds);
}

/** Does some work with an encoder. @throws AutodidactError `ENGINE` when the encoder is another one after it */
export async function withUnchanged({ backbone }: Encoder, work: () => Promise<void>): Promise<void> {
  const before = fingerprint(backbone);
  await work();
  if (fingerprint(backbone) !== before)
    throw new AutodidactError(
      'ENGINE',
      'The evaluated backbone changed during the evaluation, its scores are not valid',
    );
}
