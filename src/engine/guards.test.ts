import { describe, expect, it } from 'vitest';
import type { AutodidactError } from '../errors.js';
import { type Generator, gradientsOf, memory, ops, scope, setRandomState, type Tensor, tensor } from './index.js';

/** The error of a call whose result is freed; a result is a failure. */
function failureOf(body: () => unknown): AutodidactError {
  let failure: unknown;
  scope(() => {
    try {
      body();
    } catch (error) {
      failure = error;
    }
  });
  if (failure === undefined) throw new Error('Expected an error, none was thrown');
  return failure as AutodidactError;
}

/** States of 3 sequences of 4 vectors of size 8. */
const state = (...shape: number[]): Tensor => ops.zeros(shape.length > 0 ? shape : [1, 3, 8]);
const input = (...shape: number[]): Tensor => ops.zeros(shape.length > 0 ? shape : [3, 4, 8]);
const lstm = (hx: Tensor[], params: Tensor[], hasBiases: boolean, layers: number, x = input()) =>
  ops.lstm(x, hx, params, hasBiases, layers, 0, true, false, true);
const gru = (params: Tensor[], hasBiases: boolean, layers: number, hx = state()) =>
  ops.gru(input(), hx, params, hasBiases, layers, 0, true, false, true);
const both = (...shape: number[]): Tensor[] => [state(...shape), state(...shape)];
const weights = (count: number): Tensor[] => Array.from({ length: count }, () => ops.zeros([32, 8]));
const attention = (key: number[], value: number[]) =>
  ops.scaledDotProductAttention(ops.zeros([2, 3, 4, 8]), ops.zeros(key), ops.zeros(value), null, 0, false, {
    enableGqa: true,
  });
const SGD = {
  ...{ weightDecay: 0, momentum: 0.9, lr: 0.1, dampening: 0 },
  ...{ nesterov: false, maximize: false, isFirstStep: false },
};
const ADAM = {
  ...{ lr: 0.1, beta1: 0.9, beta2: 0.99, weightDecay: 0, eps: 1e-8 },
  ...{ amsgrad: false, maximize: false },
};
const many = (): Tensor[] => [ops.zeros([2 ** 21])];
const few = (): Tensor[] => [ops.zeros([2])];

describe('calls that would end the process in libtorch', () => {
  it.each<[string, () => unknown, RegExp]>([
    ['an LSTM without weights', () => lstm(both(), [], false, 2 ** 31), /`params` has 0 tensors, too few/],
    [
      'an LSTM with half of its weights',
      () => lstm(both(), weights(2), true, 1),
      /`params` must be 4 tensors, received 2/,
    ],
    ['an LSTM without layers', () => lstm(both(), [], false, 0), /`num_layers` must be at least 1, received 0/],
    ['an LSTM with one state', () => lstm([state()], weights(2), false, 1), /`hx` must be two tensors, received 1/],
    [
      'an LSTM with scalar states',
      () => lstm([tensor(1), tensor(1)], weights(2), false, 1),
      /`hx` must be of shape \[1, 3/,
    ],
    ['an LSTM with states of a smaller batch', () => lstm(both(1, 2, 8), weights(2), false, 1), /received \[1, 2, 8\]/],
    [
      'an LSTM with states of two batches',
      () => lstm([state(), state(1, 1, 8)], weights(2), false, 1),
      /received \[1, 1, 8\]/,
    ],
    ['an LSTM on narrower inputs', () => lstm(both(), weights(2), false, 1, input(3, 4, 2)), /of shape \[32, 2\] at 0/],
    [
      'an LSTM on one sequence',
      () => lstm(both(), weights(2), false, 1, input(4, 8)),
      /`input` must have 3 dimensions/,
    ],
    [
      'an LSTM with wider states',
      () => lstm(both(1, 3, 16), weights(2), false, 1),
      /of shape \[64, 8\] at 0, received \[32, 8\]/,
    ],
    [
      'an LSTM with short biases',
      () => lstm(both(), [...weights(2), ops.zeros([32]), ops.zeros([3])], true, 1),
      /of shape \[32\] at 3, received \[3\]/,
    ],
    [
      'an LSTM with weights of two types',
      () => lstm(both(), [weights(1)[0]!, ops.zeros([32, 8], { dtype: 'float64' })], false, 1),
      /of one dtype/,
    ],
    ['a GRU without weights', () => gru([], false, 2 ** 31), /`params` has 0 tensors, too few/],
    ['a GRU with a weight too many', () => gru(weights(3), false, 1), /`params` must be 2 tensors, received 3/],
    ['a GRU with negative layers', () => gru([], true, -3), /`num_layers` must be at least 1, received -3/],
    ['a GRU with a state of another batch', () => gru(weights(2), false, 1, state(1, 1, 8)), /received \[1, 1, 8\]/],
    [
      'attention of groups without keys',
      () => attention([2, 0, 4, 8], [2, 0, 4, 8]),
      /`key` must have at least one head/,
    ],
    [
      'attention of groups without values',
      () => attention([2, 3, 4, 8], [2, 0, 4, 8]),
      /`value` must have at least one/,
    ],
    [
      'SGD on gradients of another shape',
      () => ops.fusedSgd_(many(), few(), many(), SGD),
      /`grads` has Float\[2\] at 0/,
    ],
    ['SGD on momenta of another shape', () => ops.fusedSgd_(many(), many(), few(), SGD), /`momentum_buffer_list` has/],
    [
      'SGD on gradients of another type',
      () => ops.fusedSgd_(many(), [ops.zeros([2 ** 21], { dtype: 'bfloat16' })], many(), SGD),
      /`grads` has BFloat16\[2097152\] at 0, `self` has Float\[2097152\]/,
    ],
    ['SGD without gradients', () => ops.fusedSgd_(many(), [], many(), SGD), /`grads` has 0 tensors, `self` has 1/],
    [
      'Adam on averages of another shape',
      () => ops.fusedAdam_(many(), many(), few(), many(), [], [ops.ones([1])], ADAM),
      /`exp_avgs` has Float\[2\]/,
    ],
    [
      'AdamW with several steps of one parameter',
      () => ops.fusedAdamw_(many(), many(), many(), many(), [], [ops.ones([2])], ADAM),
      /`state_steps` has a tensor of shape \[2\] at 0/,
    ],
    [
      'Adagrad on sums of another shape',
      () =>
        ops.fusedAdagrad_(many(), many(), few(), [ops.ones([1])], {
          ...{ lr: 0.1, lrDecay: 0, weightDecay: 0, eps: 1e-8, maximize: false },
        }),
      /`state_sums` has Float\[2\]/,
    ],
    [
      'a pooling kernel beyond 32 bits',
      () => ops.maxPool1d(ops.zeros([1, 8]), 2 ** 40, 2 ** 40, 0, 1, true),
      /32 bits/,
    ],
  ])('are refused: %s', (_name, body, message) => {
    const before = memory().tensors;
    const error = failureOf(body);
    expect(error).toMatchObject({ code: 'ENGINE', message: expect.stringMatching(message) });
    expect(memory().tensors).toBe(before);
  });

  it('stand in the way of none that is right', () => {
    scope(() => {
      expect(lstm(both(), [...weights(2), ops.zeros([32]), ops.zeros([32])], true, 1)[0].shape).toEqual([3, 4, 8]);
      const projected = [ops.zeros([32, 8]), ops.zeros([32, 2]), ops.zeros([2, 8])];
      expect(lstm([state(1, 3, 2), state()], projected, false, 1)[0].shape).toEqual([3, 4, 2]);
      expect(gru([ops.zeros([24, 8]), ops.zeros([24, 8])], false, 1)[0].shape).toEqual([3, 4, 8]);
      const deep = [8, 16].flatMap((size) => [0, 1].flatMap(() => [ops.zeros([24, size]), ops.zeros([24, 8])]));
      const [out] = ops.gru(input(), state(4, 3, 8), deep, false, 2, 0, true, true, true);
      expect(out.shape).toEqual([3, 4, 16]);
      expect(attention([2, 3, 4, 8], [2, 3, 4, 8]).shape).toEqual([2, 3, 4, 8]);
      expect(() => ops.fusedSgd_(many(), many(), [], { ...SGD, momentum: 0 })).not.toThrow();
    });
  });
});

describe('something else in the place of a tensor', () => {
  const one = tensor([1]);
  const wrong = 3 as unknown as Tensor;

  it.each<[string, () => unknown, string]>([
    ['a number', () => one.maximum(wrong), 'Expected a tensor for `other`, received 3'],
    ['nothing', () => one.matmul(undefined as never), 'Expected a tensor for `other`, received undefined'],
    ['null', () => ops.mseLoss(null as never, one), 'Expected a tensor for `self`, received null'],
    ['a list', () => ops.linear(one, [1] as never), 'Expected a tensor for `weight`, received [1]'],
    ['an option', () => one.bincount(wrong), 'Expected a tensor for `weights`, received 3'],
    [
      'a tensor for a list',
      () => ops.stack(one as never),
      'Expected a list of tensors for `tensors`, received float32[1] on cpu',
    ],
    ['numbers in a list', () => ops.cat([one, wrong]), 'Expected a tensor for `tensors[1]`, received 3'],
    [
      'a number for a gradient',
      () => one.backward({ gradient: wrong }),
      'Expected a tensor for `gradient`, received 3',
    ],
    ['a number for an output', () => gradientsOf([wrong], [one]), 'Expected a tensor for `outputs`, received 3'],
    [
      'fewer gradients than outputs',
      () => gradientsOf([one], [one], { gradients: [] }),
      'Expected 1 gradients, one per output for `gradients`, received 0',
    ],
    ['a number for a state', () => setRandomState(wrong), 'Expected a tensor for `state`, received 3'],
    [
      'no dtype',
      () => one.to(undefined as never),
      'Expected a dtype, a device or an object of these for `to`, received undefined',
    ],
  ])('is named: %s', (_name, body, message) => {
    expect(failureOf(body)).toMatchObject({ code: 'SHAPE', message });
  });

  it('may be a generator that is gone', () => {
    for (const handle of [1e6, -1]) {
      const generator = { handle } as Generator;
      expect(failureOf(() => ops.rand([2], { generator }))).toMatchObject({
        code: 'FREED',
        message: expect.stringContaining('a generator that was already freed'),
      });
    }
  });
});

it('says what was wrong without stack frames, lists of backends or pleas to report it', () => {
  for (const body of [
    () => ops.zeros([1, 0, 4]).unflatten(1, [3, -2, 1, -2]),
    () => ops.cudnnRnnFlattenWeight([], -2, 1, 1, 1, 1, 1, true, true),
    () =>
      ops
        .zeros([2])
        .bernoulli()
        .add(tensor([1, 2, 3])),
  ]) {
    const { message } = failureOf(body);
    expect(message.length).toBeLessThan(450);
    expect(message).not.toMatch(/frame #|Exception raised|Available functions|enhancement request|\(\)$/);
  }
});
