import { byolView, type Transform } from '../../augment/index.js';
import { type Generator, ops, type Tensor } from '../../engine/index.js';

export type Pair = readonly [first: Tensor, second: Tensor];

/** Two views of each image, prepared: float (N, C, H, W) each. */
export type PairViews = { images: Pair };

/** Two views of each image (N, C, H, W) by one call on the doubled batch: every view draws its own parameters. */
export function twoViews(augment: Transform, samples: Tensor, random: Generator): Pair {
  return inHalves(augment(ops.cat([samples, samples], 0), random));
}

/** The two halves of a doubled batch (2N, ...). */
export function inHalves(both: Tensor): Pair {
  return both.chunk(2, 0) as [Tensor, Tensor];
}

/** The same for the first and then the second of a pair. */
export function both<X, Y>([first, second]: readonly [X, X], apply: (one: X) => Y): readonly [Y, Y] {
  return [apply(first), apply(second)];
}

/** A pair of two draws, one after the other. */
export function twice<X>(draw: () => X): readonly [X, X] {
  return [draw(), draw()];
}

/** BYOL's two views, which differ in blur and solarization; as Barlow Twins and VICReg have them. */
export function byolViews(options: Omit<Parameters<typeof byolView>[0], 'view'>): readonly [Transform, Transform] {
  return [byolView({ ...options, view: 1 }), byolView({ ...options, view: 2 })];
}
