import { type DType, isFloating } from '../../../engine/index.js';
import { AutodidactError } from '../../../errors.js';
import type { CallReader, GraphBuilder, Lowering } from '../graph.js';
import { isValue } from '../merge.js';

/** An operator of ONNX with the same meaning, and no arguments. */
const same =
  (opType: string): Lowering =>
  (graph, call) =>
    graph.node(opType, [graph.use(call.value('self'))]);

/** An operand, a tensor or a number, as numbers of a type. */
function operand(graph: GraphBuilder, call: CallReader, name: string, dtype: DType): string {
  const given = call.call.args[name];
  return isValue(given) ? graph.as(given, dtype) : graph.number(call.number(name), dtype);
}

/** Two operands, in the type of the result; `alpha` scales the second one. */
const binary =
  (opType: string): Lowering =>
  (graph, call) => {
    const { dtype } = call.call.results[0]!;
    const alpha = call.number('alpha', 1);
    const second = operand(graph, call, 'other', dtype);
    const scaled = alpha === 1 ? second : graph.node('Mul', [second, graph.number(alpha, dtype)]);
    return graph.node(opType, [operand(graph, call, 'self', dtype), scaled]);
  };

/** Two operands in the type that holds both. */
const compared =
  (opType: string): Lowering =>
  (graph, call) => {
    const other = call.call.args.other;
    const types = [call.value('self').dtype, ...(isValue(other) ? [other.dtype] : [])];
    const isWhole = !types.some(isFloating) && (isValue(other) || Number.isInteger(other));
    const dtype: DType = isWhole ? 'int64' : 'float32';
    return graph.node(opType, [operand(graph, call, 'self', dtype), operand(graph, call, 'other', dtype)]);
  };

const divided: Lowering = (graph, call) => {
  if (call.call.args.rounding_mode != null) throw unsupported(call, 'rounding_mode');
  return binary('Div')(graph, call);
};

const negated =
  (opType: string): Lowering =>
  (graph, call) =>
    graph.node('Not', [compared(opType)(graph, call) as string]);

const clamped: Lowering = (graph, call) => {
  const self = call.value('self');
  const bound = (name: string) =>
    call.call.args[name] == null ? '' : graph.number(call.number(name), call.call.results[0]!.dtype);
  return graph.node('Clip', [graph.as(self, call.call.results[0]!.dtype), bound('min'), bound('max')]);
};

const gelu: Lowering = (graph, call) => {
  const x = graph.use(call.value('self'));
  const times = (a: string, b: string) => graph.node('Mul', [a, b]);
  const half = times(x, graph.number(0.5));
  if (call.text('approximate', 'none') === 'tanh') {
    const cube = times(times(x, x), times(x, graph.number(0.044715)));
    const inner = times(graph.node('Add', [x, cube]), graph.number(Math.sqrt(2 / Math.PI)));
    return times(half, graph.node('Add', [graph.node('Tanh', [inner]), graph.number(1)]));
  }
  const erf = graph.node('Erf', [times(x, graph.number(Math.SQRT1_2))]);
  return times(half, graph.node('Add', [erf, graph.number(1)]));
};

const converted: Lowering = (graph, call) => graph.as(call.value('self'), call.call.results[0]!.dtype);

const logical =
  (opType: string): Lowering =>
  (graph, call) =>
    graph.node(opType, [graph.as(call.value('self'), 'bool'), graph.as(call.value('other'), 'bool')]);

/** One number in the shape of the result. */
const filledLike =
  (value: number): Lowering =>
  (graph, call) => {
    const { dtype, shape } = call.call.results[0]!;
    return graph.node('Expand', [graph.number(value, dtype), graph.fullShape(shape)]);
  };

const masked: Lowering = (graph, call) => {
  const self = call.value('self');
  const mask = graph.use(call.value('mask'));
  return graph.node('Where', [mask, operand(graph, call, 'value', self.dtype), graph.use(self)]);
};

/** The operator of a call knows more than its lowering. */
export function unsupported(call: CallReader, what: string): AutodidactError {
  return new AutodidactError('ENGINE', `${call.operator} with ${what} has no lowering to ONNX`);
}

const inPlaceToo = (name: string, overloads: readonly string[], lowering: Lowering): [string, Lowering][] =>
  overloads.flatMap((overload) => [
    [`aten::${name}${overload}`, lowering] as [string, Lowering],
    [`aten::${name}_${overload}`, lowering] as [string, Lowering],
  ]);

const EITHER = ['.Tensor', '.Scalar'];

const ofEither = (name: string, lowering: Lowering): [string, Lowering][] =>
  EITHER.map((overload) => [`aten::${name}${overload}`, lowering]);

/** Operators that treat every element by itself. */
export const elementwise: Readonly<Record<string, Lowering>> = Object.fromEntries([
  ...inPlaceToo('add', EITHER, binary('Add')),
  ...inPlaceToo('sub', EITHER, binary('Sub')),
  ...inPlaceToo('mul', EITHER, binary('Mul')),
  ...inPlaceToo('div', EITHER, divided),
  ...ofEither('gt', compared('Greater')),
  ...ofEither('ge', compared('GreaterOrEqual')),
  ...ofEither('lt', compared('Less')),
  ...ofEither('le', compared('LessOrEqual')),
  ...ofEither('eq', compared('Equal')),
  ...ofEither('ne', negated('Equal')),
  ...inPlaceToo('relu', [''], same('Relu')),
  ...inPlaceToo('sigmoid', [''], same('Sigmoid')),
  ...inPlaceToo('tanh', [''], same('Tanh')),
  ...inPlaceToo('exp', [''], same('Exp')),
  ...inPlaceToo('log', [''], same('Log')),
  ...inPlaceToo('sqrt', [''], same('Sqrt')),
  ...inPlaceToo('leaky_relu', [''], (graph, call) =>
    graph.node('LeakyRelu', [graph.use(call.value('self'))], { alpha: { float: call.number('negative_slope', 0.01) } }),
  ),
  ...inPlaceToo('clamp', [''], clamped),
  ...inPlaceToo('clamp_min', [''], clamped),
  ...inPlaceToo('clamp_max', [''], clamped),
  ['aten::neg', same('Neg')],
  ['aten::abs', same('Abs')],
  ['aten::sign', same('Sign')],
  ['aten::erf', same('Erf')],
  ['aten::sin', same('Sin')],
  ['aten::cos', same('Cos')],
  ['aten::floor', same('Floor')],
  ['aten::ceil', same('Ceil')],
  ['aten::round', same('Round')],
  ['aten::reciprocal', same('Reciprocal')],
  ['aten::logical_not', same('Not')],
  ['aten::logical_and', logical('And')],
  ['aten::zeros_like', filledLike(0)],
  ['aten::ones_like', filledLike(1)],
  ['aten::masked_fill.Scalar', masked],
  ['aten::masked_fill_.Scalar', masked],
  ['aten::rsqrt', (graph, call) => graph.node('Reciprocal', [same('Sqrt')(graph, call) as string])],
  [
    'aten::square',
    (graph, call) => {
      const x = graph.use(call.value('self'));
      return graph.node('Mul', [x, x]);
    },
  ],
  [
    'aten::silu',
    (graph, call) => graph.node('Mul', [graph.use(call.value('self')), same('Sigmoid')(graph, call) as string]),
  ],
  ['aten::gelu', gelu],
  ['aten::maximum', binary('Max')],
  ['aten::minimum', binary('Min')],
  [
    'aten::pow.Tensor_Scalar',
    (graph, call) => graph.node('Pow', [graph.use(call.value('self')), graph.number(call.number('exponent'))]),
  ],
  [
    'aten::where.self',
    (graph, call) =>
      graph.node('Where', [
        graph.use(call.value('condition')),
        graph.as(call.value('self'), call.call.results[0]!.dtype),
        graph.as(call.value('other'), call.call.results[0]!.dtype),
      ]),
  ],
  [
    'aten::softmax.int',
    (graph, call) =>
      graph.node('Softmax', [graph.use(call.value('self'))], { axis: { int: call.dim('dim', call.value('self')) } }),
  ],
  ['aten::_to_copy', converted],
] satisfies [string, Lowering][]);
