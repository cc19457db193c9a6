/** What methods share that learn a network of single frames from clips. */
import type { BackboneOptions } from '../../backbones/backbone.js';
import { hasOption } from '../../backbones/registry.js';
import type { ClipSpec, ImageSpec } from '../../data/index.js';

/** The frames of clips as images. */
export function frameSpec({ channels, height, width, mean, std }: ClipSpec): ImageSpec {
  return { modality: 'image', channels, height, width, mean, std };
}

/** Those of the options that the backbone of this name can be told. */
export function knownOptions(
  architecture: string,
  options: Pick<BackboneOptions, 'outputStride' | 'padding'>,
): Partial<BackboneOptions> {
  const names = (['outputStride', 'padding'] as const).filter((name) => hasOption(architecture, name));
  return Object.fromEntries(names.map((name) => [name, options[name]]));
}
