import { AutodidactError } from '../../../errors.js';
import type { CallReader, GraphBuilder, Lowering } from '../graph.js';
import { isValue } from '../merge.js';
import { ELEMENT } from '../messages.js';

/** An operator of ONNX with the same meaning, and no arguments. */
const same =
  (opType: string): Lowering =>
  (graph, call) =>
    graph.node(opType, [graph.use(call.value('self'))]);

/** The second operand of `x.Tensor` or `x.Scalar`. */
function other(graph: GraphBuilder, call: CallReader, name = 'other'): string {
  const given = call.call.args[name];
  return isValue(given) ? graph.use(given) : graph.number(call.number(name));
}

/** Two operands; `alpha` scales the second one. */
const binary =
  (opType: string): Lowering =>
  (graph, call) => {
    const alpha = call.number('alpha', 1);
    const second = other(graph, call);
    const scaled = alpha === 1 ? second : graph.node('Mul', [second, graph.number(alpha)]);
    return graph.node(opType, [graph.use(call.value('self')), scaled]);
  };

const divided: Lowering = (graph, call) => {
  if (call.call.args.rounding_mode != null) throw unsupported(call, 'rounding_mode');
  return binary('Div')(graph, call);
};

const negated =
  (opType: string): Lowering =>
  (graph, call) =>
    graph.node('Not', [binary(opType)(graph, call) as string]);

const clamped: Lowering = (graph, call) => {
  const bound = (name: string) => (call.call.args[name] == null ? '' : graph.number(call.number(name)));
  return graph.node('Clip', [graph.use(call.value('self')), bound('min'), bound('max')]);
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

/** Numbers are float32 in the graph; only booleans need a conversion. */
const converted: Lowering = (graph, call) => {
  const self = call.value('self');
  const [from, to] = [self.dtype, call.call.results[0]!.dtype];
  if (!to.startsWith('float')) throw unsupported(call, `a conversion to ${to}`);
  if (from === 'bool') return graph.node('Cast', [graph.use(self)], { to: { int: ELEMENT.float32 } });
  return graph.use(self);
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
  ...ofEither('gt', binary('Greater')),
  ...ofEither('ge', binary('GreaterOrEqual')),
  ...ofEither('lt', binary('Less')),
  ...ofEither('le', binary('LessOrEqual')),
  ...ofEither('eq', binary('Equal')),
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
  ['aten::maximum', (graph, call) => graph.node('Max', [graph.use(call.value('self')), other(graph, call)])],
  ['aten::minimum', (graph, call) => graph.node('Min', [graph.use(call.value('self')), other(graph, call)])],
  [
    'aten::pow.Tensor_Scalar',
    (graph, call) => graph.node('Pow', [graph.use(call.value('self')), graph.number(call.number('exponent'))]),
  ],
  [
    'aten::where.self',
    (graph, call) =>
      graph.node('Where', [
        graph.use(call.value('condition')),
        graph.use(call.value('self')),
        graph.use(call.value('other')),
      ]),
  ],
  [
    'aten::softmax.int',
    (graph, call) =>
      graph.node('Softmax', [graph.use(call.value('self'))], { axis: { int: call.dim('dim', call.value('self')) } }),
  ],
  ['aten::_to_copy', converted],
] satisfies [string, Lowering][]);
