import type { DType } from '../../engine/index.js';
import { Generator, ops, scope, type Tensor } from '../../engine/index.js';
import { AutodidactError } from '../../errors.js';
import { deviceOf } from '../../evaluate/features.js';
import type { Encoder, TokenRows } from '../../methods/method.js';
import type { ExportedInput } from '../../modalities/modality.js';
import { modalityOf } from '../../modalities/registry.js';
import type { FreeShape } from './messages.js';
import type { TracedFunction } from './to-onnx.js';

/** Name of the features of images, clips and sounds, under which transformers.js finds them. */
const EMBEDS = 'image_embeds';
/** Names of the outputs for texts: the vectors of the tokens, which pipelines take, and that of the text, as Sentence Transformers call it. */
const TEXT_OUTPUTS = ['last_hidden_state', 'sentence_embedding'] as const;
const TEXT_INPUTS = ['input_ids', 'attention_mask'] as const;

/** Half of a free length is traced too, and must have room for padding. */
const LEAST_FREE = 4;

/** An input of a graph, as programs of other languages give it. */
export interface GraphInput {
  name: string;
  dtype: DType;
  /** Of one sample; `length` where it is free. */
  shape: FreeShape;
}

/** An encoder as a function that can be exported, and what its inputs and outputs are. */
export interface EncoderGraph extends TracedFunction {
  inputs: readonly GraphInput[];
  /** Names of the outputs; the last is that of the features. */
  outputs: readonly string[];
  /** What the numbers of the input are, in words. */
  unit: string;
  /** Of anything but text: how files become the input; null where image processors make no such samples. */
  processor: object | null;
  /** Of text: how ids become the input. */
  rows: TokenRows | null;
}

/**
 * An encoder as a graph: of float32 samples, or of the ids of texts.
 * @throws AutodidactError `DATA` for samples that no other program has
 */
export function encoderGraph(encoder: Encoder): EncoderGraph {
  const { spec, tokenRows } = encoder;
  if (typeof tokenRows === 'object') return graphOfRows(encoder, tokenRows);
  const modality = modalityOf(spec);
  const input = modality.exported?.(spec);
  if (input !== undefined) return graphOfSamples(encoder, input);
  throw new AutodidactError(
    'DATA',
    tokenRows === undefined
      ? `An encoder of ${modality.plural} has no input that ONNX can say`
      : `This encoder of ${modality.plural} cannot be written as ONNX: ${tokenRows}`,
    { remedy: 'Export it as safetensors.' },
  );
}

/**
 * A graph of float32 samples. Where the preparation is a mean and a deviation per channel, the graph begins after it, as image processors of
 * other libraries do that; any other preparation is a part of the graph.
 */
function graphOfSamples(encoder: Encoder, input: ExportedInput): EncoderGraph {
  const { backbone, preparation } = encoder;
  const { mean, std, note } = preparation;
  const normalization = note === undefined && mean !== undefined && std !== undefined ? { mean, std } : null;
  const random = new Generator(0);
  const device = deviceOf(backbone);
  return {
    inputs: [{ name: input.name, dtype: 'float32', shape: input.shape }],
    outputs: [EMBEDS],
    unit: normalization === null ? input.unit : `${input.unit}, minus the mean, divided by the deviation`,
    processor: input.processor(normalization),
    rows: null,
    weights: backbone.stateDict(),
    sample: (count) => [ops.rand([count, ...input.shape], { generator: random }).to(device)],
    run: ([x]) =>
      scope(() => {
        const samples = input.toSamples(x!);
        return [backbone.features(normalization === null ? encoder.prepare(samples as never) : samples)];
      }),
  };
}

/**
 * A graph of ids and of a mask, int64 (N, T), which is 0 behind the end of a text. It gives the vectors of the tokens (N, T, D), 0 at padding,
 * and the features (N, D).
 */
function graphOfRows(encoder: Encoder, rows: TokenRows): EncoderGraph {
  const { backbone } = encoder;
  const { most, toInput } = rows;
  const isFixed = rows.isFixed === true || most < LEAST_FREE;
  const vocabulary = backbone.options.vocabulary!;
  const random = new Generator(0);
  const device = deviceOf(backbone);
  const run = ([ids, mask]: readonly Tensor[]): Tensor[] =>
    scope(() => {
      const isReal = mask!.ne(0);
      const input = toInput(ids!, isReal);
      const vectors = backbone.maps(input).squeeze(2).transpose(1, 2); // (N, D, 1, T) -> (N, T, D)
      return [vectors.maskedFill(isReal.logicalNot().unsqueeze(2), 0), backbone.features(input)];
    });
  return {
    inputs: TEXT_INPUTS.map((name) => ({ name, dtype: 'int64', shape: [isFixed ? most : 'length'] })),
    outputs: TEXT_OUTPUTS,
    unit: `ids of tokenizer.json, ${isFixed ? 'filled up to' : 'at most'} ${most}; the mask is 0 where a row is filled up`,
    processor: null,
    rows,
    weights: backbone.stateDict(),
    ...(isFixed ? {} : { mostLength: most }),
    sample: (count, length) => {
      const width = isFixed ? most : length;
      const ids = ops.randint(0, vocabulary, [count, width], { dtype: 'int64', generator: random });
      // Several rows are filled up to different lengths, so that a trace sees padding; a single one has none.
      const ends = Array.from({ length: count }, (_, i) => Math.max(1, Math.round((width * (i + 1)) / (count + 1))));
      if (count === 1) ends[0] = width;
      const places = ops.arange(0, width, 1, { dtype: 'int64' });
      const mask = ops
        .stack(
          ends.map((end) => places.lt(end)),
          0,
        )
        .to('int64');
      return [ids.to(device), mask.to(device)];
    },
    run: (inputs) => backbone.withTables(() => run(inputs)),
    reference: run,
  };
}
