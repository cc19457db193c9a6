/** Every lowering against the engine, in ONNX Runtime. */
import { describe, expect, it } from 'vitest';
import { Generator, noGrad, ops, scope, type Tensor } from '../../engine/index.js';
import { GRU } from '../../engine/nn/index.js';
import { trace } from '../../engine/trace.js';
import { checkOnnx } from './check.js';
import { lowerings } from './lowerings/index.js';
import { ofOneTensor, type TracedFunction, toOnnx } from './to-onnx.js';

const random = new Generator(3);
const weight = (...shape: number[]): Tensor => ops.randn(shape, { generator: random });
const positive = (...shape: number[]): Tensor => ops.rand(shape, { generator: random }).add(0.5);

const w4 = weight(6, 4);
const b6 = weight(6);
const stack = new GRU(4, 3, { layers: 2, bidirectional: true, batchFirst: true });
const plainGru = new GRU(4, 3);
const [gamma, beta, mean, variance] = [positive(4), weight(4), weight(4), positive(4)];
const filters1 = weight(6, 2, 3);
const filters2 = weight(6, 4, 3, 3);
const filters3 = weight(5, 4, 2, 3, 3);
const slope = positive(4);
const table = weight(5, 4);
const mask = weight(3, 3);

const VECTORS = [4];
const SEQUENCES = [3, 4];
const MAPS = [4, 6, 7];
const VOLUMES = [4, 4, 6, 7];

type Case = [name: string, shape: readonly number[], run: (x: Tensor) => Tensor];

/** Functions of batches; together they call every operator that has a lowering. */
const CASES: readonly Case[] = [
  [
    'sums',
    VECTORS,
    (x) =>
      x
        .add(x.mul(2))
        .add(1.5)
        .add(b6.narrow(0, 0, 4), { alpha: 0.5 })
        .sub(x.square())
        .sub(0.25),
  ],
  [
    'sums in place',
    VECTORS,
    (x) => x.mul(1).add_(beta).add_(1).sub_(gamma).sub_(2).mul_(x).mul_(0.5).div_(gamma).div_(3),
  ],
  ['quotients', VECTORS, (x) => x.div(x.square().add(1)).div(4).mul(gamma)],
  [
    'comparisons',
    VECTORS,
    (x) =>
      picked(x.gt(0.5), x)
        .add(picked(x.gt(gamma), x))
        .add(picked(x.ge(0.5), x))
        .add(picked(x.ge(gamma), x)),
  ],
  [
    'comparisons of the other side',
    VECTORS,
    (x) =>
      picked(x.lt(0.5), x)
        .add(picked(x.lt(gamma), x))
        .add(picked(x.le(0.5), x))
        .add(picked(x.le(gamma), x)),
  ],
  [
    'equality',
    VECTORS,
    (x) =>
      picked(x.floor().eq(0), x)
        .add(picked(x.floor().eq(x.ceil()), x))
        .add(picked(x.ne(0), x))
        .add(picked(x.ne(gamma), x)),
  ],
  ['masks as numbers', VECTORS, (x) => x.gt(0.5).to('float32').add(x.gt(0.5).logicalNot().to('float32').mul(2))],
  [
    'curves',
    VECTORS,
    (x) => x.sigmoid().add(x.tanh()).add(x.exp()).add(x.abs().add(1).log()).add(x.square().add(1).sqrt()),
  ],
  ['curves in place', VECTORS, (x) => x.mul(1).sigmoid_().add(1).exp_().log_().sqrt_().tanh_()],
  [
    'more curves',
    VECTORS,
    (x) => x.neg().erf().add(x.sin()).add(x.cos()).add(x.square().add(1).rsqrt()).add(x.add(2).reciprocal()),
  ],
  [
    'steps',
    VECTORS,
    (x) =>
      x.mul(7.3).floor().add(x.mul(3.1).ceil()).add(x.mul(5.2).round()).add(x.sub(0.5).sign()).add(x.sub(0.5).abs()),
  ],
  [
    'rectifiers',
    VECTORS,
    (x) =>
      x.sub(0.5).relu().add(x.sub(0.4).mul(1).relu_()).add(x.sub(0.5).leakyRelu(0.2)).add(x.sub(0.3).leakyRelu_(0.1)),
  ],
  [
    'smooth rectifiers',
    VECTORS,
    (x) =>
      x
        .gelu()
        .add(x.gelu({ approximate: 'tanh' }))
        .add(x.silu()),
  ],
  [
    'bounds',
    VECTORS,
    (x) =>
      x
        .clamp(0.2, 0.6)
        .add(x.clampMin(0.3))
        .add(x.clampMax(0.7))
        .add(x.mul(1).clamp_(0.1, 0.9))
        .add(x.mul(1).clampMin_(0.2))
        .add(x.mul(1).clampMax_(0.8)),
  ],
  ['extremes', VECTORS, (x) => x.maximum(gamma).add(x.minimum(beta))],
  ['powers and softmax', VECTORS, (x) => x.pow(3).add(x.softmax(-1))],
  ['products', SEQUENCES, (x) => ops.linear(x, w4, b6).add(ops.linear(x, w4)).matmul(w4).reshape([-1, 4])],
  ['products of rows', VECTORS, (x) => x.mm(w4.t()).add(x.unsqueeze(1).bmm(x.unsqueeze(2)).squeeze(2))],
  ['products with the input last', SEQUENCES, (x) => x.transpose(1, 2).matmul(ops.linear(x, w4))],
  ['the input transposed as a matrix', VECTORS, (x) => ops.linear(gamma.unsqueeze(0), x).t()],
  [
    'attention',
    [2, 3, 4],
    (x) => ops.scaledDotProductAttention(x, x.mul(2), x.add(1)).add(ops.scaledDotProductAttention(x, x, x, mask)),
  ],
  [
    'norm of batches',
    MAPS,
    (x) =>
      ops
        .batchNorm(x, gamma, beta, mean, variance, false, 0.1, 1e-5, true)
        .add(ops.batchNorm(x, null, null, mean, variance, false, 0.1, 1e-3, true)),
  ],
  ['norm of layers', SEQUENCES, (x) => ops.layerNorm(x, [4], gamma, beta, 1e-6).add(ops.layerNorm(x, [3, 4]))],
  ['norm of groups', MAPS, (x) => ops.groupNorm(x, 2, gamma, beta, 1e-5).add(ops.groupNorm(x, 4))],
  ['a convolution', MAPS, (x) => ops.conv2d(x, filters2, b6, [2, 1], [1, 2], 1, 1)],
  ['a dilated convolution in groups', [8, 9, 9], (x) => ops.conv2d(x, filters2, null, 1, 0, 2, 2)],
  ['a convolution of sequences', [2, 9], (x) => ops.conv1d(x, filters1, b6, 2, 1)],
  ['a convolution of volumes', VOLUMES, (x) => ops.conv3d(x, filters3, null, [1, 2, 2], [1, 1, 1])],
  ['pooling', MAPS, (x) => ops.maxPool2d(x, 3, 2, 1).add(ops.avgPool2d(x, 3, 2, 1))],
  [
    'pooling that rounds up',
    MAPS,
    (x) => ops.maxPool2d(x, 2, 2, 0, 1, true).add(ops.avgPool2d(x, 2, undefined, 0, true, false)),
  ],
  ['pooling of sequences', [4, 9], (x) => ops.maxPool1d(x, 3, 2).add(ops.avgPool1d(x, 3, 2))],
  ['pooling of volumes', VOLUMES, (x) => ops.maxPool3d(x, 2, 2).add(ops.avgPool3d(x, 2, 2))],
  ['pooling to a size that divides', MAPS, (x) => ops.adaptiveAvgPool2d(x, [3, 7])],
  ['pooling to a size that does not divide', MAPS, (x) => ops.adaptiveAvgPool2d(x, [4, 3])],
  [
    'means',
    MAPS,
    (x) =>
      x
        .mean([2, 3])
        .add(x.amax([2, 3]))
        .add(x.amin([-2, -1]))
        .add(x.sum([2, 3], false))
        .add(x.mean([1, 2, 3], true).flatten(1)),
  ],
  ['a learned slope', MAPS, (x) => x.sub(0.5).prelu(slope)],
  ['pixels out of channels', MAPS, (x) => ops.pixelShuffle(x, 2)],
  ['dropout, which is off', VECTORS, (x) => ops.dropout(x, 0.5, false)],
  [
    'forms',
    MAPS,
    (x) =>
      x
        .flatten(2)
        .unflatten(2, [7, 6])
        .view([-1, 2, 2, 42])
        .viewAs(x.reshape([-1, 2, 2, 42]))
        .contiguous()
        .clone()
        .detach(),
  ],
  ['orders', MAPS, (x) => x.permute([0, -1, 1, 2]).transpose(-2, -1).unsqueeze(-1).squeeze(4)],
  ['parts', MAPS, (x) => ops.cat([...x.chunk(2, 1)].reverse(), 1)],
  [
    'parts of given sizes',
    MAPS,
    (x) => ops.cat(x.splitWithSizes([1, 3], 1).reverse(), 1).add(ops.cat([...x.split(3, 1)].reverse(), 1)),
  ],
  ['one of several', MAPS, (x) => x.unbind(1)[2]!.add(x.select(1, -1)).add(x.select(1, 0))],
  ['joined along a new dimension', VECTORS, (x) => ops.stack([x, x.mul(2)], -1).add(ops.stack([x, x], 2))],
  ['stretches', MAPS, (x) => x.narrow(2, 1, 4).slice(-1, 1, -1, 2).slice(1, 1).slice(3, -2)],
  ['chosen rows', MAPS, (x) => x.indexSelect(1, ops.arange(0, 3, 2, { dtype: 'int64' })).flip([1, -1])],
  ['windows', MAPS, (x) => x.unfold(2, 3, 2).unfold(-2, 2, 1)],
  [
    'edges',
    MAPS,
    (x) =>
      ops
        .pad(x, [1, 2, 0, 1])
        .add(ops.pad(x, [1, 2, 0, 1], 'constant', 0.5))
        .add(ops.pad(x, [2, 1, 1, 0], 'reflect'))
        .add(ops.pad(x, [2, 1, 1, 0], 'replicate')),
  ],
  ['repetition', [1, 4], (x) => x.expand([-1, 3, 4]).add(x.expandAs(x.expand([-1, 3, 4])))],
  [
    'a constant for each of the batch',
    VECTORS,
    (x) => ops.cat([table.narrow(0, 1, 1).expand([x.size(0), -1]), x, ops.zeros([x.size(0), 2])], 1),
  ],
  [
    'attention to those before',
    [2, 3, 4],
    (x) => ops.scaledDotProductAttention(x, x.mul(2), x.add(1), null, 0, true).add(seeing(x, triangle)),
  ],
  ['attention where a row sees nothing', [2, 3, 4], (x) => seeing(x, x.select(3, 0).unsqueeze(2).gt(2))],
  [
    'whole numbers',
    VECTORS,
    (x) => {
      const places = x.mul(5).floor().to('int64');
      const changed = places.mul(2).add(1).sub(places.clamp(1, 3)).add(places, { alpha: 3 }).mul(places.ge(2));
      return changed.maskedFill(places.eq(1), -7).add(places.square().clampMin(2)).div(places.add(1)).add(x);
    },
  ],
  [
    'whole numbers that are compared with others',
    VECTORS,
    (x) => {
      const places = x.mul(5).floor().to('int64');
      return picked(places.gt(x.mul(4)), x)
        .add(picked(places.lt(2.5), x))
        .add(picked(x.gt(0.5).ne(places.gt(1)), x));
    },
  ],
  [
    'masks',
    VECTORS,
    (x) =>
      picked(x.gt(0.2).logicalAnd(x.lt(0.7)), x)
        .add(x.maskedFill(x.gt(0.5), -3))
        .add(x.mul(1).maskedFill_(x.lt(0.5), 2))
        .add(x.gt(0.5).sum([1], true))
        .add(ops.zerosLike(x))
        .add(ops.onesLike(x.gt(0.5)).to('float32')),
  ],
  ['vectors of a table', VECTORS, (x) => ops.embedding(table, x.mul(5).floor().to('int64'))],
  [
    'chosen elements',
    SEQUENCES,
    (x) => {
      const places = x.mul(3).floor().to('int64').clamp(0, 2);
      return x.gather(1, places).add(x.cumsum(1)).add(places.cumsum(-1));
    },
  ],
  [
    'places of the largest',
    SEQUENCES,
    (x) => {
      const whole = x.mul(3).floor().to('int64');
      const places = x
        .argmax(2, true)
        .add(whole.argmax(-1, true))
        .add(x.argmax(1).sum([1], true).unsqueeze(2));
      return places.mul(x.amax([2], true));
    },
  ],
  ['a gated recurrent unit', SEQUENCES, (x) => stack.forward(x).output],
  ['a gated recurrent unit, time first', SEQUENCES, (x) => plainGru.forward(x.transpose(0, 1)).output.transpose(0, 1)],
];

const triangle = ops.ones([3, 3], { dtype: 'bool' }).tril();

function seeing(x: Tensor, allowed: Tensor): Tensor {
  const seen = ops.scaledDotProductAttention(x, x, x, allowed);
  // What a row gets that sees nothing is left open, but it is a number.
  return allowed.ndim === 2 ? seen : ops.where(seen.eq(seen), x.mul(0), x);
}

function picked(condition: Tensor, x: Tensor): Tensor {
  return ops.where(condition, x, x.mul(-2));
}

const functionOf = (shape: readonly number[], run: (x: Tensor) => Tensor): TracedFunction =>
  ofOneTensor(
    (count) => ops.rand([count, ...shape], { generator: random }),
    (x) => scope(() => run(x)),
  );

const tracedOnce = ({ sample, run, mostLength = 1 }: TracedFunction) => {
  const inputs = sample(2, mostLength);
  return trace(inputs, () => run(inputs), new Map());
};

const called = new Set<string>();

describe('the ONNX of', () => {
  it.each(CASES)('%s gives what the engine gives', async (name, shape, run) => {
    const traced = functionOf(shape, run);
    const { calls } = scope(() => noGrad(() => tracedOnce(traced)));
    for (const { operator } of calls) called.add(operator);
    const bytes = toOnnx(traced, { name, inputs: ['x'], outputs: ['y'] });
    expect(await checkOnnx(bytes, traced, name)).toBeLessThan(2e-6);
  });

  it('every operator that has a lowering is among these', () => {
    expect(Object.keys(lowerings).filter((operator) => !called.has(operator))).toEqual([]);
  });
});
