import { describe, expect, it } from 'vitest';
import { Generator, ops, scope, type Tensor } from '../../engine/index.js';
import { l2Normalize } from './nt-xent.js';
import { returning, roundTrips, transitions } from './round-trips.js';

const random = new Generator(1);
/** Nodes of unit length, (2, T, 5, 8). */
const nodes = (frames: number): Tensor =>
  l2Normalize(ops.randn([2 * frames * 5, 8], { generator: random })).view([2, frames, 5, 8]);
const edges = (share: number) => ops.rand([2, 3, 5, 5], { generator: random }).lt(share);

type Matrix = number[][];
const product = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => b[0]!.map((_, k) => row.reduce((sum, value, j) => sum + value * b[j]![k]!, 0)));

describe('walks', () => {
  it('take steps with probabilities', () => {
    scope(() => {
      const { forth, back } = transitions(nodes(4), 0.1, { forth: edges(0.3), back: edges(0.3) });
      for (const steps of [forth, back]) {
        expect(steps.shape).toEqual([2, 3, 5, 5]);
        expect(steps.sum([3]).sub(1).abs().amax().item()).toBeLessThan(1e-5);
      }
      for (const trip of roundTrips({ forth, back }))
        expect(trip.sum([2]).sub(1).abs().amax().item()).toBeLessThan(1e-5);
    });
  });

  it('go two frames and more, and come back by the same frames', () => {
    scope(() => {
      const steps = transitions(nodes(4), 0.2);
      const matrix = (which: 'forth' | 'back', t: number) => steps[which].select(0, 1).select(0, t).toList() as Matrix;
      const trips = roundTrips(steps);
      expect(trips).toHaveLength(2);
      const walks = [
        ['forth', 0, 'forth', 1, 'back', 1, 'back', 0],
        ['forth', 0, 'forth', 1, 'forth', 2, 'back', 2, 'back', 1, 'back', 0],
      ] as const;
      for (const [k, walk] of walks.entries()) {
        const matrices = Array.from({ length: walk.length / 2 }, (_, i) =>
          matrix(walk[2 * i] as 'forth' | 'back', walk[2 * i + 1] as number),
        );
        const literal = matrices.reduce(product);
        const made = trips[k]!.select(0, 1).toList() as Matrix;
        for (const [i, row] of literal.entries())
          for (const [j, value] of row.entries()) expect(made[i]![j]).toBeCloseTo(value, 5);
      }
    });
  });

  it('leave out edges, on the way back those of the way forth too', () => {
    scope(() => {
      const [forth, back] = [edges(0.3), edges(0.3)];
      const steps = transitions(nodes(4), 1, { forth, back });
      const gone = (mask: Tensor) => mask.logicalAnd(mask.to('float32').mean([3], true).lt(1));
      expect(steps.forth.eq(0).equal(gone(forth))).toBe(true);
      expect(steps.back.eq(0).equal(gone(back.logicalOr(forth.transpose(2, 3))))).toBe(true);
      // A node without any edge left goes anywhere.
      const all = ops.ones([2, 3, 5, 5], { dtype: 'bool' });
      expect(transitions(nodes(4), 1, { forth: all, back: all }).forth.sub(0.2).abs().amax().item()).toBeLessThan(1e-6);
    });
  });

  it('cost nothing where every node is like itself alone, and ln P where all are alike', () => {
    scope(() => {
      const own = ops.eye(5).expand([2, 4, 5, 5]);
      const sure = returning(roundTrips(transitions(own, 0.01)));
      expect([sure.loss.item(), sure.accuracy.item()]).toEqual([0, 1]);
      const same = ops.ones([2, 4, 5, 8]).div(Math.sqrt(8));
      expect(returning(roundTrips(transitions(same, 0.05))).loss.item()).toBeCloseTo(Math.log(5), 5);
    });
  });

  it('are scored by the share of nodes that are most likely reached again', () => {
    scope(() => {
      const trip = ops.eye(4).roll([1], [1]).unsqueeze(0).mul(0.6).add(0.1);
      expect(returning([trip, ops.eye(4).unsqueeze(0)]).accuracy.item()).toBe(0.5);
      const mean = -(Math.log(0.1) + Math.log(1)) / 2;
      expect(returning([trip, ops.eye(4).unsqueeze(0)]).loss.item()).toBeCloseTo(mean, 5);
    });
  });
});
