import { expected } from '../../errors.js';
import { checkRate } from './optimizer.js';

/**
 * Learning-rate factor as a function of training progress. Progress counts completed steps or (fractional) epochs from 0, in
 * the unit of the schedule's options. A schedule has no state, so a resumed run continues it.
 */
export type Schedule = (progress: number) => number;

interface Warmup {
  /** Length of the linear rise from 0, at the beginning. */
  warmup?: number;
}

interface Decay extends Warmup {
  /** End of the decay, counted from the start of training. */
  total: number;
  /** The factor at the end; 0 by default. */
  final?: number;
}

/** Always 1 after the warm-up. */
export function constant({ warmup = 0 }: Warmup = {}): Schedule {
  return warmUp(warmup, () => 1);
}

/** Half a cosine from 1, where the warm-up ends, to `final` (Loshchilov and Hutter 2017, without restarts). */
export function cosine(options: Decay): Schedule {
  return decay(options, (share) => 0.5 * (1 + Math.cos(Math.PI * share)));
}

/** A straight line from 1, where the warm-up ends, to `final`. */
export function linear(options: Decay): Schedule {
  return decay(options, (share) => 1 - share);
}

/** Multiplies by `gamma` (0.1 by default) at every milestone that is reached. */
export function step({
  milestones,
  gamma = 0.1,
  warmup = 0,
}: Warmup & { milestones: readonly number[]; gamma?: number }): Schedule {
  checkRate('gamma', gamma);
  for (const milestone of milestones) checkRate('milestones', milestone);
  return warmUp(warmup, (progress) => gamma ** milestones.filter((milestone) => progress >= milestone).length);
}

/** 1 until `plateau`, then sqrt(plateau / progress): T5 and PEGASUS have 0.01 of this with a plateau of 10,000 steps. */
export function inverseSqrt({ plateau, warmup = 0 }: Warmup & { plateau: number }): Schedule {
  if (!(plateau > 0)) throw expected('a number above 0', 'plateau', plateau);
  return warmUp(warmup, (progress) => Math.sqrt(plateau / Math.max(progress, plateau)));
}

function decay({ warmup = 0, total, final = 0 }: Decay, shape: (share: number) => number): Schedule {
  if (!(total > 0)) throw expected('a number above 0', 'total', total);
  checkRate('final', final);
  return warmUp(warmup, (progress) => {
    // When training is shorter than the warm-up, the factor only rises.
    const share = progress < total ? (progress - warmup) / (total - warmup) : 1;
    return final + (1 - final) * shape(share);
  });
}

function warmUp(warmup: number, after: Schedule): Schedule {
  if (!(warmup >= 0)) throw expected('a number of at least 0', 'warmup', warmup);
  return (progress) => {
    if (!(progress >= 0)) throw expected('a number of at least 0', 'progress', progress);
    return progress < warmup ? progress / warmup : after(progress);
  };
}
