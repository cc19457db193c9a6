import { z } from 'zod';
import type { SampleSpec } from '../data/index.js';
import { writeSealed } from '../engine/sealed-safetensors.js';
import { parseJson } from '../json.js';
import type { Encoder } from '../methods/method.js';

/** How a method made an encoder: what makes it again, with its preparation of samples. */
export interface EncoderOrigin {
  method: string;
  options: Readonly<Record<string, unknown>>;
  backbone: string;
  width: number | null;
  /** Of the data that it was trained on. */
  samples: SampleSpec;
  /** Files that samples are read with, such as `tokenizer.json`, by name. */
  assets?: ReadonlyMap<string, Uint8Array>;
}

/**
 * Writes an encoder alone, under PyTorch's keys. The metadata say which backbone it is, what samples it takes and how they are
 * prepared, so that it can be used without this library; the files that samples are read with are among them.
 */
export function saveEncoder(path: string, encoder: Encoder, origin?: EncoderOrigin): void {
  writeSealed(path, encoder.backbone.stateDict(), encoderMetadata(encoder, origin));
}

/** What `saveEncoder` says of an encoder. */
export function encoderMetadata(
  { backbone, spec, preparation }: Encoder,
  origin?: EncoderOrigin,
): Record<string, string> {
  const { assets = new Map<string, Uint8Array>(), ...made } = origin ?? {};
  const texts = Object.fromEntries([...assets].map(([name, bytes]) => [name, new TextDecoder().decode(bytes)]));
  return {
    format: 'pt',
    architecture: backbone.architecture,
    options: JSON.stringify(backbone.options),
    samples: JSON.stringify(spec),
    preparation: JSON.stringify(preparation),
    ...(origin === undefined ? {} : { origin: JSON.stringify(made) }),
    ...(assets.size > 0 ? { assets: JSON.stringify(texts) } : {}),
  };
}

/** The files that `encoderMetadata` keeps, by name. */
export function assetsIn(metadata: Readonly<Record<string, string>>): Map<string, Uint8Array> {
  const texts = z.record(z.string(), z.string()).parse(parseJson(metadata.assets ?? '{}'));
  return new Map(Object.entries(texts).map(([name, text]) => [name, new TextEncoder().encode(text)]));
}

/** The origin of the encoder of a run. */
export function originOf(
  { method, options, training, data }: RunParts,
  assets: ReadonlyMap<string, Uint8Array>,
): EncoderOrigin {
  return { method, options, backbone: training.backbone, width: training.width, samples: data.samples, assets };
}

interface RunParts {
  method: string;
  options: Record<string, unknown>;
  training: { backbone: string; width: number | null };
  data: { samples: SampleSpec };
}
