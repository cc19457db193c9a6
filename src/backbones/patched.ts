import type { Tensor } from '../engine/index.js';
import { expected } from '../errors.js';
import { Backbone, type BackboneOptions, checkImages, wholeNumber } from './backbone.js';

/** `patched-resnet18` is a ResNet-18 that is applied to an image patch by patch. */
export const PATCHED_PREFIX = 'patched-';

/** Square patches of `side` pixels, one every `stride`. */
export interface Patches {
  side: number;
  stride: number;
}

/**
 * Applies a network to each patch of an image separately, as CPC's encoder does: a layer's map (N, C, G, G) holds, for each
 * patch, the mean of the layer over the patch, and features are the mean over all patches.
 */
export class PatchedBackbone extends Backbone {
  override readonly architecture: string;
  override readonly options: BackboneOptions & { patches: Patches };

  /** @param inner the network that is applied to each patch */
  constructor(
    readonly inner: Backbone,
    { side, stride }: Patches,
  ) {
    super();
    this.architecture = `${PATCHED_PREFIX}${inner.architecture}`;
    const patches = { side: wholeNumber(side, 'patches.side'), stride: wholeNumber(stride, 'patches.stride') };
    this.options = { ...inner.options, patches };
  }

  get layers(): readonly string[] {
    return this.inner.layers;
  }

  get featureSize(): number {
    return this.inner.featureSize;
  }

  override layerSize(layer: string): number {
    return this.inner.layerSize(layer);
  }

  override maps(x: Tensor, layer?: string): Tensor {
    const { side, stride } = this.options.patches;
    const [height, width] = checkImages(x, this.options.inputChannels);
    if (Math.min(height, width) < side)
      throw expected(`images of at least one patch, ${side} pixels a side,`, 'x', x, { code: 'SHAPE' });
    return this.ofPatches(
      cutPatchGrid(x, { side, stride }),
      [places(height, side, stride), places(width, side, stride)],
      layer,
    );
  }

  /** As `maps`, from patches that are already cut: (N rows columns, C, side, side) to (N, D, rows, columns). */
  ofPatches(patches: Tensor, [rows, columns]: readonly [rows: number, columns: number], layer?: string): Tensor {
    const vectors = this.inner.features(patches, layer);
    return vectors
      .view([-1, rows, columns, vectors.size(1)])
      .permute([0, 3, 1, 2])
      .contiguous();
  }
}

/** Number of patches along a side. */
export function places(length: number, side: number, stride: number): number {
  return Math.floor((length - side) / stride) + 1;
}

/** The patches of every image, row by row: (N, C, H, W) to (N rows columns, C, side, side). */
export function cutPatchGrid(images: Tensor, { side, stride }: Patches): Tensor {
  const channels = images.size(1);
  return images
    .unfold(2, side, stride)
    .unfold(3, side, stride) // (N, C, rows, columns, side, side)
    .permute([0, 2, 3, 1, 4, 5])
    .reshape([-1, channels, side, side]);
}
