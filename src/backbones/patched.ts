import { cutPatchGrid, type Patches, patchesAlong } from '../augment/patch-grid.js';
import type { Tensor } from '../engine/index.js';
import { expected } from '../errors.js';
import { Backbone, type BackboneOptions, checkImages, wholeNumber } from './backbone.js';

/** `patched-resnet18` is a ResNet-18 that is applied to an image patch by patch. */
export const PATCHED_PREFIX = 'patched-';

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
      [patchesAlong(height, side, stride), patchesAlong(width, side, stride)],
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
