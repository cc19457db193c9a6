import { Backbone, type BackboneOptions } from '../../src/backbones/backbone.js';
import type { Tensor } from '../../src/engine/index.js';

/** Hands the image on as it is, so that a test sees what stands behind the backbone, and nothing else. */
export class PixelBackbone extends Backbone {
  override readonly architecture = 'pixels';
  override readonly options: BackboneOptions;
  override readonly featureSize: number;
  override readonly layers = ['pixels'];

  constructor(inputChannels: number, imageSize: number) {
    super();
    this.options = { inputChannels, imageSize };
    this.featureSize = inputChannels;
  }

  override maps(x: Tensor): Tensor {
    return x;
  }

  override layerSize(): number {
    return this.featureSize;
  }
}
