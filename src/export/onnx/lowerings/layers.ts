import type { CallReader, GraphBuilder, Lowering } from '../graph.js';
import type { Size, Value } from '../merge.js';
import { ELEMENT } from '../messages.js';
import { unsupported } from './elementwise.js';

const twice = (values: readonly number[]): number[] => [...values, ...values];

const convolution =
  (dims: number): Lowering =>
  (graph, call) => {
    if (typeof call.call.args.padding === 'string') throw unsupported(call, 'padding by name');
    const bias = call.optional('bias');
    const input = [call.value('input'), call.value('weight'), ...(bias === null ? [] : [bias])];
    return graph.node(
      'Conv',
      input.map((value) => graph.use(value)),
      {
        kernel_shape: { ints: call.value('weight').shape.slice(2) as number[] },
        strides: { ints: call.numbers('stride', dims, 1) },
        pads: { ints: twice(call.numbers('padding', dims, 0)) },
        dilations: { ints: call.numbers('dilation', dims, 1) },
        group: { int: call.number('groups', 1) },
      },
    );
  };

/** The sizes of windows; without strides they are side by side. */
function windows(call: CallReader, dims: number) {
  const kernel = call.numbers('kernel_size', dims);
  const given = call.call.args.stride;
  const isGiven = given !== undefined && !(Array.isArray(given) && given.length === 0);
  return {
    kernel_shape: { ints: kernel },
    strides: { ints: isGiven ? call.numbers('stride', dims) : kernel },
    pads: { ints: twice(call.numbers('padding', dims, 0)) },
    ceil_mode: { int: call.flag('ceil_mode') ? 1 : 0 },
  };
}

const maxPool =
  (dims: number): Lowering =>
  (graph, call) =>
    graph.node('MaxPool', [graph.use(call.value('self'))], {
      ...windows(call, dims),
      dilations: { ints: call.numbers('dilation', dims, 1) },
    });

const avgPool =
  (dims: number): Lowering =>
  (graph, call) => {
    if (call.call.args.divisor_override != null) throw unsupported(call, 'a divisor');
    return graph.node('AveragePool', [graph.use(call.value('self'))], {
      ...windows(call, dims),
      count_include_pad: { int: call.flag('count_include_pad', true) ? 1 : 0 },
    });
  };

/** Window i of n over a length l covers positions floor(i l / n) to before ceil((i + 1) l / n). */
const adaptivePool2d: Lowering = (graph, call) => {
  const x = call.value('self');
  const sizes = x.shape.slice(2) as number[];
  const wanted = call.shape.slice(2) as number[];
  if (sizes.every((size, i) => size % wanted[i]! === 0)) {
    const kernel = { ints: sizes.map((size, i) => size / wanted[i]!) };
    return graph.node('AveragePool', [graph.use(x)], { kernel_shape: kernel, strides: kernel });
  }
  const [rows, columns] = sizes.map((size, i) => averages(size, wanted[i]!));
  const down = graph.node('MatMul', [graph.floats(rows!, [wanted[0]!, sizes[0]!]), graph.use(x)]);
  const across = graph.node('Transpose', [graph.floats(columns!, [wanted[1]!, sizes[1]!])], { perm: { ints: [1, 0] } });
  return graph.node('MatMul', [down, across]);
};

/** The matrix (count, length) that averages windows. */
function averages(length: number, count: number): Float32Array {
  const matrix = new Float32Array(count * length);
  for (let i = 0; i < count; i++) {
    const [from, to] = [Math.floor((i * length) / count), Math.ceil(((i + 1) * length) / count)];
    matrix.fill(1 / (to - from), i * length + from, i * length + to);
  }
  return matrix;
}

const filled = (graph: GraphBuilder, value: number, count: number): string =>
  graph.floats(new Float32Array(count).fill(value), [count], `vector_${value}_${count}`);

const batchNorm: Lowering = (graph, call) => {
  const features = call.value('running_mean').shape[0] as number;
  const [weight, bias] = [call.optional('weight'), call.optional('bias')];
  return graph.node(
    'BatchNormalization',
    [
      graph.use(call.value('input')),
      weight === null ? filled(graph, 1, features) : graph.use(weight),
      bias === null ? filled(graph, 0, features) : graph.use(bias),
      graph.use(call.value('running_mean')),
      graph.use(call.value('running_var')),
    ],
    { epsilon: { float: call.number('eps') } },
  );
};

const layerNorm: Lowering = (graph, call) => {
  const shape = call.numbers('normalized_shape', 1);
  const [weight, bias] = [call.optional('weight'), call.optional('bias')];
  const count = shape.reduce((product, size) => product * size, 1);
  const plain = graph.floats(new Float32Array(count).fill(1), shape, `ones_${shape.join('_')}`);
  const input = [graph.use(call.value('input')), weight === null ? plain : graph.use(weight)];
  if (bias !== null) input.push(graph.use(bias));
  return graph.node('LayerNormalization', input, {
    axis: { int: -shape.length },
    epsilon: { float: call.number('eps', 1e-5) },
  });
};

/** Groups of channels normalized over their elements, then scaled and shifted by channel. */
const groupNorm: Lowering = (graph, call) => {
  const x = call.value('input');
  const groups = call.number('num_groups');
  const channels = x.shape[1] as number;
  const grouped = graph.node('Reshape', [graph.use(x), graph.integers([0, groups, -1])]);
  const normed = graph.node('InstanceNormalization', [grouped, filled(graph, 1, groups), filled(graph, 0, groups)], {
    epsilon: { float: call.number('eps', 1e-5) },
  });
  let out = graph.node('Reshape', [normed, graph.reshapeTarget(x.shape, [])]);
  const perChannel = (value: Value) =>
    graph.node('Reshape', [graph.use(value), graph.integers([channels, ...x.shape.slice(2).map(() => 1)])]);
  for (const [name, opType] of [
    ['weight', 'Mul'],
    ['bias', 'Add'],
  ] as const) {
    const value = call.optional(name);
    if (value !== null) out = graph.node(opType, [out, perChannel(value)]);
  }
  return out;
};

const prelu: Lowering = (graph, call) => {
  const [x, slope] = [call.value('self'), call.value('weight')];
  const shape = [slope.shape[0] as number, ...x.shape.slice(2).map(() => 1)];
  return graph.node('PRelu', [graph.use(x), graph.node('Reshape', [graph.use(slope), graph.integers(shape)])]);
};

const linear: Lowering = (graph, call) => {
  const weight = turned(graph, call.value('weight'));
  const product = graph.node('MatMul', [graph.use(call.value('input')), weight]);
  const bias = call.optional('bias');
  return bias === null ? product : graph.node('Add', [product, graph.use(bias)]);
};

/** A matrix with rows and columns exchanged; a constant one is stored so, which saves the runtime the work at each load. */
function turned(graph: GraphBuilder, matrix: Value): string {
  const { bytes, name, dtype, shape } = matrix;
  if (bytes === undefined || dtype !== 'float32' || !shape.every((size) => typeof size === 'number'))
    return graph.node('Transpose', [graph.use(matrix)], { perm: { ints: [1, 0] } });
  const made = name === undefined ? undefined : `${name}.transposed`;
  if (made !== undefined && graph.initializers.has(made)) return made;
  const [rows, columns] = shape as [number, number];
  const values = new Float32Array(bytes().slice().buffer);
  const flipped = new Float32Array(values.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) flipped[column * rows + row] = values[row * columns + column]!;
  return graph.floats(flipped, [columns, rows], made);
}

const matmul =
  (second: string): Lowering =>
  (graph, call) =>
    graph.node('MatMul', [graph.use(call.value('self')), graph.use(call.value(second))]);

/** Far below every score, and finite: a row that sees nothing keeps finite numbers. */
const UNSEEN = -1e30;

/** softmax(q kᵀ scale) v, over (..., T, D). */
const attention: Lowering = (graph, call) => {
  const query = call.value('query');
  const size = query.shape.at(-1) as number;
  const order = [...query.shape.keys()];
  const last = order.length - 1;
  const swapped = [...order.slice(0, last - 1), last, last - 1];
  const scale = call.call.args.scale == null ? 1 / Math.sqrt(size) : call.number('scale');
  const key = graph.node('Transpose', [graph.use(call.value('key'))], { perm: { ints: swapped } });
  const products = graph.node('MatMul', [graph.use(query), key]);
  let scores = graph.node('Mul', [products, graph.number(scale)]);
  const mask = call.optional('attn_mask');
  const seen = call.flag('is_causal')
    ? triangle(graph, [query.shape.at(-2)!, call.value('key').shape.at(-2)!])
    : mask?.dtype === 'bool'
      ? graph.use(mask)
      : null;
  if (seen !== null) scores = graph.node('Where', [seen, scores, graph.number(UNSEEN)]);
  else if (mask !== null) scores = graph.node('Add', [scores, graph.use(mask)]);
  const weights = graph.node('Softmax', [scores], { axis: { int: -1 } });
  return graph.node('MatMul', [weights, graph.use(call.value('value'))]);
};

/** Booleans, true where the column is not behind the row. */
function triangle(graph: GraphBuilder, shape: readonly [Size, Size]): string {
  const all = graph.node('Expand', [graph.number(1, 'bool'), graph.fullShape(shape)]);
  return graph.node('Trilu', [all], { upper: { int: 0 } });
}

/** The dimensions over which an operator reduces, counted from the front; all of them where none are named. */
function reduced(call: CallReader, x: Value): { axes: number[]; keepdims: { int: number } } {
  const given = call.call.args.dim;
  const isAll = given == null || (Array.isArray(given) && given.length === 0);
  const dims = isAll ? [...x.shape.keys()] : call.numbers('dim', 1);
  return {
    axes: dims.map((dim) => (dim < 0 ? dim + x.shape.length : dim)),
    keepdims: { int: call.flag('keepdim') ? 1 : 0 },
  };
}

const reduction =
  (opType: string): Lowering =>
  (graph, call) => {
    const x = call.value('self');
    const { axes, keepdims } = reduced(call, x);
    return graph.node(opType, [graph.use(x)], { axes: { ints: axes }, keepdims });
  };

/** The place of the largest number along a dimension, the first of equal ones. */
const argmax: Lowering = (graph, call) => {
  if (call.call.args.dim == null) throw unsupported(call, 'no dimension');
  const x = call.value('self');
  // The operator takes no int64.
  const numbers = x.dtype.startsWith('float')
    ? graph.use(x)
    : graph.node('Cast', [graph.use(x)], { to: { int: ELEMENT.int32 } });
  return graph.node('ArgMax', [numbers], {
    axis: { int: call.dim('dim', x) },
    keepdims: { int: call.flag('keepdim') ? 1 : 0 },
  });
};

const summed: Lowering = (graph, call) => {
  const x = call.value('self');
  return graph.node('CumSum', [graph.as(x, call.call.results[0]!.dtype), graph.integers([call.dim('dim', x)], true)]);
};

const sum: Lowering = (graph, call) => {
  const x = call.value('self');
  const { axes, keepdims } = reduced(call, x);
  return graph.node('ReduceSum', [graph.as(x, call.call.results[0]!.dtype), graph.integers(axes)], { keepdims });
};

const pixelShuffle: Lowering = (graph, call) =>
  graph.node('DepthToSpace', [graph.use(call.value('self'))], {
    blocksize: { int: call.number('upscale_factor') },
    mode: { string: 'CRD' },
  });

const dropout: Lowering = (graph, call) => graph.use(call.value('input'));

/** Networks' layers. */
export const layers: Readonly<Record<string, Lowering>> = {
  'aten::conv1d': convolution(1),
  'aten::conv2d': convolution(2),
  'aten::conv3d': convolution(3),
  'aten::max_pool1d': maxPool(1),
  'aten::max_pool2d': maxPool(2),
  'aten::max_pool3d': maxPool(3),
  'aten::avg_pool1d': avgPool(1),
  'aten::avg_pool2d': avgPool(2),
  'aten::avg_pool3d': avgPool(3),
  'aten::adaptive_avg_pool2d': adaptivePool2d,
  'aten::batch_norm': batchNorm,
  'aten::layer_norm': layerNorm,
  'aten::group_norm': groupNorm,
  'aten::prelu': prelu,
  'aten::linear': linear,
  'aten::matmul': matmul('other'),
  'aten::mm': matmul('mat2'),
  'aten::bmm': matmul('mat2'),
  'aten::scaled_dot_product_attention': attention,
  'aten::mean.dim': reduction('ReduceMean'),
  'aten::amax': reduction('ReduceMax'),
  'aten::amin': reduction('ReduceMin'),
  'aten::sum.dim_IntList': sum,
  'aten::argmax': argmax,
  'aten::cumsum': summed,
  'aten::pixel_shuffle': pixelShuffle,
  'aten::dropout': dropout,
};
