import { writeSealed } from '../engine/sealed-safetensors.js';
import type { Encoder } from '../methods/method.js';

/**
 * Writes an encoder alone, under PyTorch's keys. The metadata say which backbone it is, what samples it takes and how they are
 * prepared, so that it can be used without this library; `assets` has the text of the files that samples are read with, such as
 * `tokenizer.json`, by name.
 */
export function saveEncoder(
  path: string,
  { backbone, spec, preparation }: Encoder,
  assets: ReadonlyMap<string, Uint8Array> = new Map(),
): void {
  const texts = Object.fromEntries([...assets].map(([name, bytes]) => [name, new TextDecoder().decode(bytes)]));
  writeSealed(path, backbone.stateDict(), {
    format: 'pt',
    architecture: backbone.architecture,
    options: JSON.stringify(backbone.options),
    samples: JSON.stringify(spec),
    preparation: JSON.stringify(preparation),
    ...(assets.size > 0 ? { assets: JSON.stringify(texts) } : {}),
  });
}
