/** A round of successive halving. */
export interface Rung {
  /** Share of the budget that every method gets. */
  share: number;
  /** Whether all blocks are run; otherwise only the first. */
  isLast: boolean;
}

/** Less than this share of the budget says little: some methods start late (SwAV, MoCo, DINO). */
const LEAST = 1 / 4;

/**
 * The rounds of a comparison: one without halving. Each trains with a whole schedule of its own, since a schedule that was cut short says
 * nothing of the whole one; the first gives every method at least a quarter of the budget.
 *
 * Source: Jamieson and Talwalkar 2016 (successive halving), but for training anew in each round.
 */
export function rungsOf(eta: number | null): Rung[] {
  const rungs: Rung[] = [{ share: 1, isLast: true }];
  if (eta === null) return rungs;
  for (let share = 1 / eta; share >= LEAST - 1e-9; share /= eta) rungs.unshift({ share, isLast: false });
  if (rungs.length === 1) rungs.unshift({ share: LEAST, isLast: false });
  return rungs;
}

/**
 * The names that go on: the best 1 / eta, rounded up; at least two where there are as many, so that something is compared.
 * Equal scores are taken in the order of their names.
 */
export function survivors(
  scores: readonly { name: string; score: number }[],
  eta: number,
  better: 'higher' | 'lower',
): Set<string> {
  const sign = better === 'higher' ? 1 : -1;
  const sorted = [...scores].sort((a, b) => sign * (b.score - a.score) || (a.name < b.name ? -1 : 1));
  return new Set(sorted.slice(0, Math.max(2, Math.ceil(scores.length / eta))).map(({ name }) => name));
}
