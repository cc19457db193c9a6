import { noGrad, scope, type Tensor } from '../../engine/index.js';
import { type Trace, trace } from '../../engine/trace.js';
import { AutodidactError } from '../../errors.js';
import { size as shownSize } from '../../format.js';
import { packageVersion } from '../../version.js';
import { CallReader, elementOf, GraphBuilder } from './graph.js';
import { lowerings } from './lowerings/index.js';
import { FreeSize, type MergedTrace, mergeTraces, type Value } from './merge.js';
import { encodeModel, type ModelValue } from './messages.js';

/** What is written beside the network itself. */
export interface OnnxNames {
  /** Of the graph. */
  name: string;
  inputs: readonly string[];
  outputs: readonly string[];
  metadata?: Readonly<Record<string, string>>;
}

/** A function of tensors whose sizes are fixed but for the first, the number of samples, and perhaps the second, their length. */
export interface TracedFunction {
  /** Inputs with random values: (N, ...), or (N, T, ...) where the length is free. */
  sample(count: number, length: number): readonly Tensor[];
  run(inputs: readonly Tensor[]): readonly Tensor[];
  /** What the graph must give, where `run` computes it in another way than the network does. */
  reference?(inputs: readonly Tensor[]): readonly Tensor[];
  /** Tensors that the graph names. */
  weights: ReadonlyMap<string, Tensor>;
  /** The largest length, where it is free. */
  mostLength?: number;
}

/** A function of one tensor with one result. */
export function ofOneTensor(
  sample: (count: number) => Tensor,
  run: (x: Tensor) => Tensor,
  weights: ReadonlyMap<string, Tensor> = new Map(),
): TracedFunction {
  return { sample: (count) => [sample(count)], run: ([x]) => [run(x!)], weights };
}

/** The operator set of ONNX that the lowerings are written in. */
const OPSET = 17;
/** Two batches of different sizes: what differs between their traces is the batch. */
const BATCHES = [2, 3] as const;
/** Files of 2 GB and more need their weights beside them, which browsers do not load; some room is left for the graph. */
const MOST_BYTES = 1.8e9;

/**
 * Writes a function as an ONNX model, by tracing the operators that it calls. The first dimension of inputs and outputs is free, and the
 * second where the function says so.
 *
 * @throws AutodidactError `ENGINE` for an operator without a lowering, by its name, for one in training mode, for what depends on the
 *   batch or on random numbers, and for weights of more than 1.8 GB
 */
export function toOnnx({ sample, run, weights, mostLength = 1 }: TracedFunction, names: OnnxNames): Uint8Array {
  checkSize(weights);
  // Half the length grows by another factor than the batch, alone and together with it.
  const lengths = [mostLength, Math.max(1, Math.floor(mostLength / 2))];
  return scope(() =>
    noGrad(() => {
      const [first, second] = BATCHES.map((count, i) => {
        const inputs = sample(count, lengths[i]!);
        const traced = trace(inputs, () => run(inputs), weights);
        refuseTraining(traced);
        return traced;
      });
      return encode(mergeTraces(first!, second!), names);
    }),
  );
}

/** Arguments by which operators drop out numbers; without them, or at 0, they do the same in training as otherwise. */
const RATES = ['p', 'dropout', 'dropout_p'];

/** @throws AutodidactError `ENGINE` for an operator that does what only training does */
function refuseTraining({ calls }: Trace): void {
  for (const { operator, args } of calls) {
    const rates = RATES.filter((name) => name in args);
    const isOn = args.training === true || args.train === true || 'dropout_p' in args;
    if (!isOn || (rates.length > 0 && rates.every((name) => args[name] === 0))) continue;
    throw new AutodidactError('ENGINE', `\`${operator}\` is in training mode, which an exported network never is`, {
      remedy: 'Call `eval()` on the network first.',
    });
  }
}

function checkSize(weights: ReadonlyMap<string, Tensor>): void {
  const bytes = [...weights.values()].reduce((sum, value) => sum + 4 * value.numel, 0);
  if (bytes > MOST_BYTES)
    throw new AutodidactError(
      'ENGINE',
      `The network has ${shownSize(bytes)} of weights, more than one ONNX file holds`,
      {
        remedy: 'Export it as safetensors alone.',
      },
    );
}

function encode({ inputs, calls, outputs }: MergedTrace, names: OnnxNames): Uint8Array {
  const graph = new GraphBuilder(names.inputs[0]!);
  for (const [i, input] of inputs.entries()) graph.define(input, names.inputs[i]!);
  for (const call of calls) {
    const lower = Object.hasOwn(lowerings, call.operator) ? lowerings[call.operator] : undefined;
    if (lower === undefined)
      throw new AutodidactError('ENGINE', `The network calls \`${call.operator}\`, which has no lowering to ONNX`, {
        remedy: 'Export it as safetensors, or add the lowering in src/export/onnx/lowerings.',
      });
    const results = [lower(graph, new CallReader(call))].flat();
    for (const [i, name] of results.entries()) graph.define(call.results[i]!, name);
  }
  const results = outputs.map((output) => graph.use(output));
  const nodes = [
    ...graph.nodes,
    ...results.map((result, i) => ({
      ...{ name: `result_${i}`, opType: 'Identity', input: [result], output: [names.outputs[i]!], attributes: {} },
    })),
  ];
  const read = new Set(nodes.flatMap((node) => node.input));
  const described = (values: readonly Value[], own: readonly string[]): ModelValue[] =>
    values.map(({ dtype, shape }, i) => ({
      ...{ name: own[i]!, dataType: elementOf(dtype) },
      shape: shape.map((size) => (size instanceof FreeSize ? size.dimensions.join('_') : size)),
    }));
  return encodeModel({
    name: names.name,
    producer: { name: 'autodidact', version: packageVersion() },
    metadata: names.metadata ?? {},
    opset: OPSET,
    nodes,
    initializers: [...graph.initializers.values()].filter(({ name }) => read.has(name)),
    inputs: described(inputs, names.inputs),
    outputs: described(outputs, names.outputs),
  });
}
