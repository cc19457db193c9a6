import { constantFloats, type GraphBuilder, type Lowering } from '../graph.js';
import type { Value } from '../merge.js';
import { unsupported } from './elementwise.js';

/** Gates in PyTorch's weights are (reset, update, new), in ONNX's (update, reset, new). */
const GRU_GATES = [1, 0, 2];

/** The rows of a weight in another order of its gates: (gates H, ...) of each direction, stacked. */
function inOrder(graph: GraphBuilder, weights: readonly Value[], gates: readonly number[], operator: string): string {
  const parts = weights.map((weight) => {
    const values = constantFloats(weight, operator);
    const part = values.length / gates.length;
    const ordered = new Float32Array(values.length);
    for (const [to, from] of gates.entries()) ordered.set(values.subarray(from * part, (from + 1) * part), to * part);
    return ordered;
  });
  const [rows, columns] = weights[0]!.shape as [number, number];
  return graph.floats(joined(parts), [weights.length, rows, columns]);
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** The biases of inputs and of the state, gates in another order, side by side for each direction: (directions, 2 gates H). */
function biases(
  graph: GraphBuilder,
  pairs: readonly (readonly [Value, Value])[],
  gates: readonly number[],
  operator: string,
): string {
  const rows = pairs.map((pair) =>
    joined(
      pair.flatMap((bias) => {
        const values = constantFloats(bias, operator);
        const part = values.length / gates.length;
        return gates.map((gate) => values.subarray(gate * part, (gate + 1) * part));
      }),
    ),
  );
  return graph.floats(joined(rows), [rows.length, rows[0]!.length]);
}

/** Gated recurrent units whose first state is zero. The last state is not part of the graph. */
const gru: Lowering = (graph, call) => {
  const { operator } = call;
  const first = call.value('hx');
  if (first.bytes === undefined || first.bytes().some((byte) => byte !== 0)) throw unsupported(call, 'a first state');
  const directions = call.flag('bidirectional') ? 2 : 1;
  const perDirection = call.flag('has_biases') ? 4 : 2;
  const params = call.values('params');
  const layerCount = call.number('num_layers');
  const isBatchFirst = call.flag('batch_first');
  const swap = { perm: { ints: [1, 0, 2] } };
  const x = graph.use(call.value('input'));
  let sequence = isBatchFirst ? graph.node('Transpose', [x], swap) : x; // (L, N, C)
  for (let layer = 0; layer < layerCount; layer++) {
    const own = Array.from({ length: directions }, (_, d) =>
      params.slice((layer * directions + d) * perDirection, (layer * directions + d + 1) * perDirection),
    );
    const weights = [0, 1].map((i) =>
      inOrder(
        graph,
        own.map((part) => part[i]!),
        GRU_GATES,
        operator,
      ),
    );
    const pairs = own.map((part) => [part[2]!, part[3]!] as const);
    const bias = perDirection === 4 ? [biases(graph, pairs, GRU_GATES, operator)] : [];
    const size = (own[0]![1]!.shape[1] as number) * directions;
    const output = graph.node('GRU', [sequence, ...weights, ...bias], {
      hidden_size: { int: size / directions },
      direction: { string: directions === 2 ? 'bidirectional' : 'forward' },
      linear_before_reset: { int: 1 },
    }); // (L, directions, N, H)
    const turned = graph.node('Transpose', [output], { perm: { ints: [0, 2, 1, 3] } });
    sequence = graph.node('Reshape', [turned, graph.integers([0, 0, size])]);
  }
  return [isBatchFirst ? graph.node('Transpose', [sequence], swap) : sequence, ''];
};

export const recurrent: Readonly<Record<string, Lowering>> = { 'aten::gru.input': gru };
