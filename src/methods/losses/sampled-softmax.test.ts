import { describe, expect, it } from 'vitest';
import { Prng } from '../../data/index.js';
import { Generator, ops, scope, type Tensor, tensor } from '../../engine/index.js';
import { drawRanks, logExpectedCounts, logUniformShares } from '../text/log-uniform.js';
import { sampledSoftmaxLoss } from './sampled-softmax.js';
import { tokenLoss } from './token-loss.js';

const [V, D, M] = [12, 5, 7];
const random = new Generator(2);
const normal = (...shape: number[]): Tensor => ops.randn(shape, { generator: random });
const ids = (values: readonly number[]): Tensor => tensor(BigInt64Array.from(values, BigInt));
const weight = normal(V, D);
const bias = normal(V);
const vectors = normal(M, D);
const labels = [3, 0, 11, 3, 7, 5, 1];

/** As TensorFlow computes it, one number at a time. */
function literal(sampled: readonly number[], logCounts: readonly number[]): { loss: number; right: number } {
  const [w, b, x] = [weight, bias, vectors].map((values) => values.toNumbers());
  const score = (row: number, id: number): number => {
    let sum = b![id]!;
    for (let d = 0; d < D; d++) sum += x![row * D + d]! * w![id * D + d]!;
    return sum - logCounts[id]!;
  };
  let [loss, right] = [0, 0];
  for (const [row, label] of labels.entries()) {
    const others = sampled.filter((id) => id !== label).map((id) => score(row, id));
    const truth = score(row, label);
    const all = [truth, ...others].reduce((sum, value) => sum + Math.exp(value), 0);
    loss += Math.log(all) - truth;
    right += Number(others.every((value) => value < truth));
  }
  return { loss: loss / labels.length, right: right / labels.length };
}

const answers = (sampled: readonly number[], logCounts: readonly number[]) => ({
  ...{ weight, bias, sampled: ids(sampled), logCounts: tensor(Float32Array.from(logCounts)) },
});

describe('sampled softmax', () => {
  it('is the formula, drawn labels left out', () => {
    // 3 and 7 are labels of some rows.
    const sampled = [3, 9, 7, 2];
    const logCounts = Array.from({ length: V }, (_, id) => Math.log(0.9 / (id + 1)));
    const { loss, accuracy } = sampledSoftmaxLoss(vectors, ids(labels), answers(sampled, logCounts));
    const wanted = literal(sampled, logCounts);
    expect(loss.item()).toBeCloseTo(wanted.loss, 5);
    expect(accuracy.item()).toBeCloseTo(wanted.right, 6);
  });

  it('of two tokens by hand', () => {
    // Scores ln 6 and ln 2, expected counts 3 and 1/2: 2 against 4.
    const own = { weight: tensor([[Math.log(6)], [Math.log(2)]]), bias: tensor([0, 0]) };
    const drawn = { sampled: ids([1]), logCounts: tensor([Math.log(3), Math.log(0.5)]) };
    const { loss, accuracy } = sampledSoftmaxLoss(tensor([[1]]), ids([0]), { ...own, ...drawn });
    expect(loss.item()).toBeCloseTo(Math.log(3), 6);
    expect(accuracy.item()).toBe(0);
  });

  it('is the full softmax, with its gradients, where all tokens are drawn and each is expected once', () => {
    scope(() => {
      const gradients = (loss: (x: Tensor, w: Tensor, b: Tensor) => Tensor): number[] => {
        const inputs = [vectors, weight, bias].map((value) => value.detach().clone());
        for (const input of inputs) input.requiresGrad = true;
        const value = loss(inputs[0]!, inputs[1]!, inputs[2]!);
        value.backward();
        return [value.item(), ...inputs.flatMap((input) => [...input.grad!.toNumbers()])];
      };
      const all = ids(Array.from({ length: V }, (_, i) => (5 * i) % V));
      const none = ops.zeros([V]);
      const sampled = gradients(
        (x, w, b) => sampledSoftmaxLoss(x, ids(labels), { weight: w, bias: b, sampled: all, logCounts: none }).loss,
      );
      const full = gradients((x, w, b) => tokenLoss(ops.linear(x, w, b), ids(labels)).loss);
      for (const [i, value] of full.entries()) expect(sampled[i]).toBeCloseTo(value, 5);
    });
  });

  it('is at rest where the scores are those of the true distribution, which takes the correction', () => {
    const [count, size, draws] = [20, 6, 300];
    const logMisses = tensor(Float32Array.from(logUniformShares(count), (share) => Math.log1p(-share)));
    const all = ids([...Array(count).keys()]);
    // Every token is as often the right one: all scores are 0. Tokens are drawn far from evenly.
    const pull = (isCorrected: boolean): number =>
      scope(() => {
        const own = ops.zeros([count]);
        own.requiresGrad = true;
        for (let seed = 0; seed < draws; seed++)
          scope(() => {
            const { ranks, tries } = drawRanks(count, size, new Prng(seed));
            const counts = logExpectedCounts(logMisses, size, ops.full([], tries, { dtype: 'int64' }));
            const drawn = { sampled: ids(ranks), logCounts: isCorrected ? counts : ops.zeros([count]) };
            sampledSoftmaxLoss(ops.zeros([count, 1]), all, {
              ...{ weight: ops.zeros([count, 1]), bias: own },
              ...drawn,
            }).loss.backward();
          });
        return own.grad!.abs().max().item() / draws;
      });
    expect(pull(true)).toBeLessThan(0.35 * pull(false));
  });

  it('is 0 without rows', () => {
    const { loss, accuracy } = sampledSoftmaxLoss(ops.zeros([0, D]), ids([]), answers([1, 2], new Array(V).fill(0)));
    expect([loss.item(), accuracy.item()]).toEqual([0, 0]);
  });
});
