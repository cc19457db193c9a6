import { ops, type Tensor } from '../../engine/index.js';

/** In place of the similarity of an edge that is left out; its probability is 0 unless all edges of a node are. */
const LEFT_OUT = -1e20;

/** Walks over the nodes of T frames: matrices (N, T - 1, P, P), row i with the probabilities of the steps from node i. */
export interface Transitions {
  /** From each frame to the next. */
  forth: Tensor;
  /** From the next frame back to it. */
  back: Tensor;
}

/** Edges that a step leaves out, bool (N, T - 1, P, P): rows are where it comes from. */
export type LeftOut = { forth: Tensor; back: Tensor };

/**
 * Probabilities of the steps between the nodes of neighboring frames: a softmax of their cosines. As in the code of CRW, what is left out
 * on the way forth is missing on the way back too, where more is left out.
 *
 * @param nodes of unit length, (N, T, P, d)
 */
export function transitions(nodes: Tensor, temperature: number, leftOut?: LeftOut): Transitions {
  const steps = nodes.size(1) - 1;
  const cosines = nodes.narrow(1, 0, steps).matmul(nodes.narrow(1, 1, steps).transpose(2, 3)); // (N, T - 1, P, P)
  const without = (edges: Tensor, mask?: Tensor) => (mask === undefined ? edges : edges.maskedFill(mask, LEFT_OUT));
  const forth = without(cosines, leftOut?.forth);
  const back = without(forth.transpose(2, 3), leftOut?.back);
  return { forth: forth.div(temperature).softmax(-1), back: back.div(temperature).softmax(-1) };
}

/** Where walks end that go 2, 3, ..., T - 1 frames forth and as many back: one (N, P, P) each. */
export function roundTrips({ forth, back }: Transitions): Tensor[] {
  const steps = forth.size(1);
  const trips: Tensor[] = [];
  let [there, home] = [forth.select(1, 0), back.select(1, 0)];
  for (let k = 1; k < steps; k++) {
    there = there.bmm(forth.select(1, k));
    home = back.select(1, k).bmm(home);
    trips.push(there.bmm(home));
  }
  return trips;
}

/** Keeps the logarithm of a probability of 0 finite. */
const EPS = 1e-20;

/** The mean over round trips of - log of the probability to end where they began, and the share that ends there most likely. */
export function returning(trips: readonly Tensor[]): { loss: Tensor; accuracy: Tensor } {
  const mean = (values: readonly Tensor[]) => ops.stack(values, 0).mean();
  const own = ops.arange(0, trips[0]!.size(1), 1, { dtype: 'int64', device: trips[0]!.device });
  return {
    loss: mean(trips.map((trip) => trip.diagonal(0, 1, 2).add(EPS).log().mean().neg())),
    accuracy: mean(trips.map((trip) => trip.argmax(2).eq(own).mean(null, false, { dtype: 'float32' }))),
  };
}
