import { expect, it } from 'vitest';
import { native } from './bridge.js';
import { noGrad, ops, scope, type Tensor, tensor } from './index.js';
import { trace } from './trace.js';

const x = tensor([
  [1, -2],
  [3, 4],
]);
const w = tensor([
  [1, 2],
  [0, 1],
]);

const traced = (body: () => Tensor, weights = new Map<string, Tensor>()) =>
  noGrad(() =>
    scope(() => {
      const { inputs, calls, outputs } = trace([x], () => [body()], weights);
      return { input: inputs[0]!, calls, output: outputs[0]! };
    }),
  );

it('records what depends on the input, with arguments by name and constants as they were', () => {
  const { calls, input, output } = traced(
    () => {
      const two = ops.full([2], 2, { dtype: 'float32' });
      const product = ops.linear(x, w, two);
      return product.mul(3).sum([1], true);
    },
    new Map([['fc.weight', w]]),
  );
  expect(calls.map(({ operator }) => operator)).toEqual(['aten::linear', 'aten::mul.Scalar', 'aten::sum.dim_IntList']);
  const [linear, mul, sum] = calls;
  expect(linear!.args.input).toBe(input);
  expect(linear!.args.weight).toMatchObject({ name: 'fc.weight', shape: [2, 2], dtype: 'float32' });
  const bias = linear!.args.bias as { name?: string; bytes(): Uint8Array };
  expect(bias.name).toBeUndefined();
  expect([...new Float32Array(bias.bytes().slice().buffer)]).toEqual([2, 2]);
  expect(mul!.args).toMatchObject({ self: linear!.results[0], other: 3 });
  expect(sum!.args).toMatchObject({ dim: [1], keepdim: true });
  expect(output).toBe(sum!.results[0]);
  expect(output.shape).toEqual([2, 1]);
});

it('takes a tensor that is changed in place for a new value from then on', () => {
  const { calls, output } = traced(() => {
    const y = x.mul(2);
    y.relu_();
    return y.add(1);
  });
  expect(calls.map(({ operator }) => operator)).toEqual(['aten::mul.Scalar', 'aten::relu_', 'aten::add.Scalar']);
  expect(calls[1]!.args.self).toBe(calls[0]!.results[0]);
  expect(calls[2]!.args.self).toBe(calls[1]!.results[0]);
  expect(output).toBe(calls[2]!.results[0]);
});

it('knows lists of tensors on both sides of a call', () => {
  const { calls } = traced(() => {
    const [a, b] = x.unbind(1);
    return ops.stack([b!, a!], 1);
  });
  expect(calls[1]!.args.tensors).toEqual([calls[0]!.results[1], calls[0]!.results[0]]);
});

it('refuses a result that has nothing to do with the input, and leaves the engine as it was', () => {
  const before = native().call;
  traced(() => x.add(1));
  expect(native().call).toBe(before);
  expect(() => traced(() => w.mul(2))).toThrow('does not depend on the input');
  expect(() =>
    traced(() => {
      throw new Error('inside');
    }),
  ).toThrow('inside');
  expect(native().call).toBe(before);
});

it('follows several inputs to several results', () => {
  const { inputs, calls, outputs } = noGrad(() => scope(() => trace([x, w], () => [x.add(w), w.mul(2)], new Map())));
  expect(calls.map(({ operator }) => operator)).toEqual(['aten::add.Tensor', 'aten::mul.Scalar']);
  expect([calls[0]!.args.self, calls[0]!.args.other, calls[1]!.args.self]).toEqual([...inputs, inputs[1]]);
  expect(outputs).toEqual(calls.map(({ results }) => results[0]));
  expect(() => noGrad(() => trace([x], () => [x.add(1), w.add(1)], new Map()))).toThrow('does not depend');
});
