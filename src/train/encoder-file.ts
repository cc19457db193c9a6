import type { SampleSpec } from '../data/index.js';
import { writeSealed } from '../engine/sealed-safetensors.js';
import type { Encoder } from '../methods/method.js';

/** How a method made an encoder: what makes it again, with its preparation of samples. */
export interface EncoderOrigin {
  method: string;
  options: Readonly<Record<string, unknown>>;
  backbone: string;
  width: number | null;
  /** Of the data that it was trained on. */
  samples: SampleSpec;
}

/**
 * Writes an encoder alone, under PyTorch's keys. The metadata say which backbone it is, what samples it takes and how they are
 * prepared, so that it can be used without this library.
 */
export function saveEncoder(path: string, encoder: Encoder, origin?: EncoderOrigin): void {
  writeSealed(path, encoder.backbone.stateDict(), encoderMetadata(encoder, origin));
}

/** What `saveEncoder` says of an encoder. */
export function encoderMetadata(
  { backbone, spec, preparation }: Encoder,
  origin?: EncoderOrigin,
): Record<string, string> {
  return {
    format: 'pt',
    architecture: backbone.architecture,
    options: JSON.stringify(backbone.options),
    samples: JSON.stringify(spec),
    preparation: JSON.stringify(preparation),
    ...(origin === undefined ? {} : { origin: JSON.stringify(origin) }),
  };
}

/** The origin of the encoder of a run. */
export function originOf({ method, options, training, data }: RunParts): EncoderOrigin {
  return { method, options, backbone: training.backbone, width: training.width, samples: data.samples };
}

interface RunParts {
  method: string;
  options: Record<string, unknown>;
  training: { backbone: string; width: number | null };
  data: { samples: SampleSpec };
}
