import { writeSealed } from '../engine/sealed-safetensors.js';
import type { Encoder } from '../methods/method.js';

/**
 * Writes an encoder alone, under PyTorch's keys. The metadata say which backbone it is, what samples it takes and how they are
 * prepared, so that it can be used without this library.
 */
export function saveEncoder(path: string, { backbone, spec, preparation }: Encoder): void {
  writeSealed(path, backbone.stateDict(), {
    format: 'pt',
    architecture: backbone.architecture,
    options: JSON.stringify(backbone.options),
    samples: JSON.stringify(spec),
    preparation: JSON.stringify(preparation),
  });
}
