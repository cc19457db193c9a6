import { closest } from 'fastest-levenshtein';
import { scope } from '../engine/index.js';
import { AutodidactError, expected } from '../errors.js';
import type { Backbone, BackboneOptions } from './backbone.js';
import { clipBackbones } from './clip-definitions.js';
import type { BackboneDefinition } from './definition.js';
import { FRAMES_PREFIX, FramesBackbone } from './frames.js';
import { imageBackbones } from './image-definitions.js';
import { PATCHED_PREFIX, PatchedBackbone } from './patched.js';
import { RECURRENT_PREFIX, RecurrentBackbone } from './recurrent.js';
import { SPLIT_PREFIX, SplitBackbone } from './split.js';
import { textBackbones } from './text-definitions.js';

/** Every architecture by name, in the order of lists. */
export const backbones: Readonly<Record<string, BackboneDefinition>> = {
  ...imageBackbones,
  ...clipBackbones,
  ...textBackbones,
};

/** Options that every architecture accepts; `zeroInitResidual` has no effect without residual batch norm. */
const COMMON: readonly string[] = ['inputChannels', 'imageSize', 'width', 'zeroInitResidual'];

/** Whether an architecture has this option; false for unknown architectures. */
export function hasOption(architecture: string, option: keyof BackboneOptions): boolean {
  return Object.hasOwn(backbones, architecture) && backbones[architecture]!.takes.includes(option);
}

/** The architecture as one of clips: itself, or a network of images that is applied to each frame. */
export function clipArchitecture(architecture: string): string {
  const isOfClips = Object.hasOwn(backbones, architecture) && backbones[architecture]!.reads === 'clips';
  return isOfClips || architecture.startsWith(FRAMES_PREFIX) ? architecture : `${FRAMES_PREFIX}${architecture}`;
}

/**
 * Builds a network with random weights from the default generator and convolutions in channels-last memory. The prefix
 * `split-` gives a network in two halves (see `SplitBackbone`), `patched-` one that is applied patch by patch
 * (`PatchedBackbone`), `frames-` one of images that is applied to each frame of a clip (`FramesBackbone`), `recurrent-` one of
 * clips with a GRU over blocks of frames (`RecurrentBackbone`).
 *
 * @throws AutodidactError `USAGE` for an unknown architecture, an option that it does not take, or an invalid value
 */
export function createBackbone(architecture: string, options: BackboneOptions): Backbone {
  if (architecture.startsWith(SPLIT_PREFIX))
    return createSplitBackbone(architecture.slice(SPLIT_PREFIX.length), options);
  if (architecture.startsWith(PATCHED_PREFIX))
    return createPatchedBackbone(architecture.slice(PATCHED_PREFIX.length), options);
  if (architecture.startsWith(FRAMES_PREFIX)) {
    const { frames, ...own } = options;
    return new FramesBackbone(createBackbone(architecture.slice(FRAMES_PREFIX.length), own), frames);
  }
  if (architecture.startsWith(RECURRENT_PREFIX))
    return createRecurrentBackbone(architecture.slice(RECURRENT_PREFIX.length), options);
  return createWhole(architecture, options);
}

function createPatchedBackbone(inner: string, { patches, ...own }: BackboneOptions): PatchedBackbone {
  if (patches === undefined) throw expected('the side and the stride of the patches', 'patches', patches);
  checkSeesImages(inner);
  return new PatchedBackbone(createWhole(inner, own), patches);
}

function createRecurrentBackbone(inner: string, { recurrent, ...own }: BackboneOptions): RecurrentBackbone {
  if (recurrent === undefined) throw expected('the size of blocks and contexts', 'recurrent', recurrent);
  return new RecurrentBackbone(createBackbone(clipArchitecture(inner), own), recurrent);
}

/** Builds a network in two halves of this architecture; otherwise as `createBackbone`. */
export function createSplitBackbone(half: string, options: BackboneOptions): SplitBackbone {
  checkSeesImages(half);
  return new SplitBackbone(half, options, (own) => createWhole(half, own), definitionOf(half).width);
}

/** Halves and patches are of images. @throws AutodidactError `USAGE` for a network that reads anything else */
function checkSeesImages(architecture: string): void {
  if (definitionOf(architecture).reads !== undefined)
    throw expected('a network of images to divide', 'backbone', architecture);
}

/** @throws AutodidactError `USAGE` for an unknown architecture, with the nearest one */
function definitionOf(architecture: string): BackboneDefinition {
  const definition = Object.hasOwn(backbones, architecture) ? backbones[architecture] : undefined;
  if (definition !== undefined) return definition;
  const names = Object.keys(backbones);
  throw expected(`one of ${names.join(', ')}`, 'backbone', architecture, {
    remedy: `Did you mean \`${closest(architecture, names)}\`?`,
  });
}

function createWhole(architecture: string, options: BackboneOptions): Backbone {
  const definition = definitionOf(architecture);
  const taken = [...COMMON, ...definition.takes];
  for (const [name, value] of Object.entries(options)) {
    const isLeftOpen = value === undefined || (name === 'stem' && value === 'auto');
    if (isLeftOpen || taken.includes(name)) continue;
    throw new AutodidactError('USAGE', `The backbone ${architecture} has no option \`${name}\``, {
      remedy: `Its options are ${[...new Set(taken)].join(', ')}.`,
    });
  }
  return scope(() => definition.create(options).to({ memoryFormat: 'channelsLast' }));
}
