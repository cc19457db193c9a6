import { Generator, ops, scope } from '../../engine/index.js';
import { AutodidactError } from '../../errors.js';
import type { Encoder } from '../../methods/method.js';
import type { ExportedInput } from '../../modalities/modality.js';
import { modalityOf } from '../../modalities/registry.js';
import type { TracedFunction } from './to-onnx.js';

/** Name of the output, under which transformers.js finds features. */
export const OUTPUT = 'image_embeds';

/** An encoder as a function that can be exported, and what its input is. */
export interface EncoderGraph extends TracedFunction {
  input: ExportedInput;
  /** What the numbers of the input are, in words. */
  unit: string;
  /** What is done to the input before the graph; null when the graph does it all. */
  normalization: { mean: readonly number[]; std: readonly number[] } | null;
}

/**
 * An encoder as a graph of float32 samples. Where its preparation is a mean and a deviation per channel, the graph begins after it, as
 * image processors of other libraries do that; any other preparation is a part of the graph.
 *
 * @throws AutodidactError `DATA` for samples that no other program has
 */
export function encoderGraph(encoder: Encoder): EncoderGraph {
  const { backbone, spec, preparation } = encoder;
  const modality = modalityOf(spec);
  const input = modality.exported?.(spec);
  if (input === undefined)
    throw new AutodidactError('DATA', `An encoder of ${modality.plural} has no input that ONNX can say`, {
      remedy: 'Export it as safetensors.',
    });
  const { mean, std, note } = preparation;
  const normalization = note === undefined && mean !== undefined && std !== undefined ? { mean, std } : null;
  const random = new Generator(0);
  const device = backbone.stateDict().values().next().value?.device ?? 'cpu';
  return {
    input,
    unit: normalization === null ? input.unit : `${input.unit}, minus the mean, divided by the deviation`,
    normalization,
    weights: backbone.stateDict(),
    sample: (count) => ops.rand([count, ...input.shape], { generator: random }).to(device),
    run: (x) =>
      scope(() => {
        const samples = input.toSamples(x);
        return backbone.features(normalization === null ? encoder.prepare(samples as never) : samples);
      }),
  };
}
