import type { CallReader, GraphBuilder, Lowering } from '../graph.js';
import { FreeSize, type Size, type Value } from '../merge.js';
import { unsupported } from './elementwise.js';

const identity: Lowering = (graph, call) => graph.use(call.value('self'));

/** Row-major order is all that ONNX knows, so any change of the shape alone is one operator. */
const reshaped: Lowering = (graph, call) => {
  const x = call.value('self');
  return graph.node('Reshape', [graph.use(x), graph.reshapeTarget(call.shape, x.shape)]);
};

const expanded: Lowering = (graph, call) =>
  graph.node('Expand', [graph.use(call.value('self')), graph.fullShape(call.shape)]);

const permuted = (graph: GraphBuilder, x: Value, order: readonly number[]): string =>
  graph.node('Transpose', [graph.use(x)], { perm: { ints: order } });

const swapped: Lowering = (graph, call) => {
  const x = call.value('self');
  const order = [...x.shape.keys()];
  const [first, second] = [call.dim('dim0', x, 0), call.dim('dim1', x, 1)];
  [order[first], order[second]] = [order[second]!, order[first]!];
  return permuted(graph, x, order);
};

/** A size that is written into the graph. */
function fixed(size: Size | undefined, call: CallReader): number {
  if (typeof size === 'number') return size;
  throw unsupported(call, 'a size that is free');
}

/** Splits along a dimension into parts of these sizes. */
function split(graph: GraphBuilder, call: CallReader, dim: number): string[] {
  const sizes = call.call.results.map(({ shape }) => fixed(shape[dim], call));
  const x = graph.use(call.value('self'));
  if (sizes.length === 1) return [x];
  return graph.several('Split', [x, graph.integers(sizes)], { axis: { int: dim } }, sizes.length);
}

const inParts: Lowering = (graph, call) => split(graph, call, call.dim('dim', call.value('self'), 0));

const unbound: Lowering = (graph, call) => {
  const x = call.value('self');
  const dim = call.dim('dim', x, 0);
  return call.call.results.map((_, place) =>
    graph.node('Gather', [graph.use(x), graph.integers([place], true)], { axis: { int: dim } }),
  );
};

/** Elements from `start` to before `end`, every `step`, along one dimension. */
function sliced(
  graph: GraphBuilder,
  x: Value,
  dim: number,
  [start, end, step]: readonly [number, number, number],
): string {
  const list = (value: number) => graph.integers([value]);
  return graph.node('Slice', [graph.use(x), list(start), list(end), list(dim), list(step)]);
}

const LAST = Number.MAX_SAFE_INTEGER;

const slice: Lowering = (graph, call) => {
  const x = call.value('self');
  const dim = call.dim('dim', x, 0);
  const end = call.call.args.end == null ? LAST : call.call.args.end;
  const isFromStart = call.number('start', 0) === 0 && call.number('step', 1) === 1;
  if (end instanceof FreeSize && isFromStart && end.equals(x.shape[dim]!)) return graph.use(x);
  if (typeof end !== 'number') throw unsupported(call, 'an end that is free');
  return sliced(graph, x, dim, [call.number('start', 0), end, call.number('step', 1)]);
};

const narrow: Lowering = (graph, call) => {
  const x = call.value('self');
  const dim = call.dim('dim', x);
  const start = call.number('start');
  const { length } = call.call.args;
  if (start === 0 && length instanceof FreeSize && length.equals(x.shape[dim]!)) return graph.use(x);
  return sliced(graph, x, dim, [start, start + call.number('length'), 1]);
};

/** Windows of `size` elements, one every `step`: they follow the dimension, and their elements become the last one. */
const unfolded: Lowering = (graph, call) => {
  const x = call.value('self');
  const dim = call.dim('dimension', x);
  const [size, step] = [call.number('size'), call.number('step')];
  const count = fixed(call.shape[dim], call);
  const places = Array.from({ length: count * size }, (_, i) => Math.floor(i / size) * step + (i % size));
  const windows = graph.node('Gather', [graph.use(x), graph.places(places, [count, size])], { axis: { int: dim } });
  const order = [...x.shape.keys(), x.shape.length].filter((own) => own !== dim + 1);
  return graph.node('Transpose', [windows], { perm: { ints: [...order, dim + 1] } });
};

const flipped: Lowering = (graph, call) => {
  const x = call.value('self');
  const dims = call.numbers('dims', 1).map((dim) => (dim < 0 ? dim + x.shape.length : dim));
  const list = (value: number) => graph.integers(dims.map(() => value));
  return graph.node('Slice', [graph.use(x), list(-1), list(-LAST), graph.integers(dims), list(-1)]);
};

const padded: Lowering = (graph, call) => {
  const x = call.value('self');
  const given = call.numbers('pad', 1);
  const before = Array<number>(x.shape.length).fill(0);
  const after = [...before];
  for (let i = 0; i < given.length / 2; i++) {
    const dim = x.shape.length - 1 - i;
    before[dim] = given[2 * i]!;
    after[dim] = given[2 * i + 1]!;
  }
  const mode = call.text('mode', 'constant');
  const names: Record<string, string> = { constant: 'constant', reflect: 'reflect', replicate: 'edge' };
  if (names[mode] === undefined) throw unsupported(call, `the mode ${mode}`);
  const pads = graph.integers([...before, ...after]);
  const value = mode === 'constant' ? [graph.number(call.number('value', 0))] : [];
  return graph.node('Pad', [graph.use(x), pads, ...value], { mode: { string: names[mode] } });
};

/** Operators that move, repeat or select elements. */
export const shapes: Readonly<Record<string, Lowering>> = {
  'aten::contiguous': identity,
  'aten::clone': identity,
  'aten::detach': identity,
  'aten::reshape': reshaped,
  'aten::view': reshaped,
  'aten::view_as': reshaped,
  'aten::flatten.using_ints': reshaped,
  'aten::unflatten.int': reshaped,
  'aten::unsqueeze': reshaped,
  'aten::squeeze.dim': reshaped,
  'aten::expand': expanded,
  'aten::expand_as': expanded,
  'aten::permute': (graph, call) => {
    const x = call.value('self');
    return permuted(
      graph,
      x,
      call.numbers('dims', 1).map((dim) => (dim < 0 ? dim + x.shape.length : dim)),
    );
  },
  'aten::transpose.int': swapped,
  'aten::t': swapped,
  'aten::cat': (graph, call) => {
    const parts = call.values('tensors');
    return graph.node(
      'Concat',
      parts.map((part) => graph.use(part)),
      { axis: { int: call.dim('dim', parts[0]!, 0) } },
    );
  },
  'aten::stack': (graph, call) => {
    const parts = call.values('tensors');
    const dim = call.number('dim', 0);
    const at = graph.integers([dim < 0 ? dim + parts[0]!.shape.length + 1 : dim]);
    const raised = parts.map((part) => graph.node('Unsqueeze', [graph.use(part), at]));
    return graph.node('Concat', raised, { axis: { int: dim < 0 ? dim + parts[0]!.shape.length + 1 : dim } });
  },
  'aten::chunk': inParts,
  'aten::split.Tensor': inParts,
  'aten::split_with_sizes': inParts,
  'aten::unbind.int': unbound,
  'aten::select.int': (graph, call) => {
    const x = call.value('self');
    const place = graph.integers([call.number('index')], true);
    return graph.node('Gather', [graph.use(x), place], { axis: { int: call.dim('dim', x) } });
  },
  'aten::index_select': (graph, call) => {
    const x = call.value('self');
    return graph.node('Gather', [graph.use(x), graph.use(call.value('index'))], { axis: { int: call.dim('dim', x) } });
  },
  'aten::embedding': (graph, call) =>
    graph.node('Gather', [graph.use(call.value('weight')), graph.use(call.value('indices'))], { axis: { int: 0 } }),
  'aten::gather': (graph, call) => {
    const x = call.value('self');
    return graph.node('GatherElements', [graph.use(x), graph.use(call.value('index'))], {
      axis: { int: call.dim('dim', x) },
    });
  },
  'aten::narrow': narrow,
  'aten::slice.Tensor': slice,
  'aten::unfold': unfolded,
  'aten::flip': flipped,
  'aten::pad': padded,
};
