import { expect, it } from 'vitest';
import { ops, scope, tensor } from '../../engine/index.js';
import { NOT_ASKED, tokenLoss } from './token-loss.js';

const labelsOf = (labels: readonly number[]) => tensor(BigInt64Array.from(labels, BigInt));

it('is the mean over the places that are asked', () => {
  scope(() => {
    const logits = ops.randn([4, 5]);
    logits.requiresGrad = true;
    const { loss, accuracy } = tokenLoss(logits, labelsOf([2, NOT_ASKED, 0, NOT_ASKED]));
    const values = logits.logSoftmax(1).toNumbers();
    expect(loss.item()).toBeCloseTo(-(values[2]! + values[10]!) / 2, 5);
    loss.backward();
    const sizes = logits.grad!.abs().sum([1]).toNumbers();
    expect([sizes[1], sizes[3]]).toEqual([0, 0]);
    expect(Math.min(sizes[0]!, sizes[2]!)).toBeGreaterThan(0);
    const answers = logits.argmax(1).toNumbers();
    expect(accuracy.item()).toBe((Number(answers[0] === 2) + Number(answers[2] === 0)) / 2);
  });
});

it.each([
  ['a batch in which nothing is asked', 3],
  ['an empty batch', 0],
])('is 0, with a gradient of 0, for %s', (_name, count) => {
  scope(() => {
    const logits = ops.randn([count, 5]);
    logits.requiresGrad = true;
    const { loss, accuracy } = tokenLoss(logits, labelsOf(new Array(count).fill(NOT_ASKED)));
    expect([loss.item(), accuracy.item()]).toEqual([0, 0]);
    loss.backward();
    expect(logits.grad!.abs().sum().item()).toBe(0);
  });
});
