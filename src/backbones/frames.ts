import type { Tensor } from '../engine/index.js';
import { Backbone, type BackboneOptions } from './backbone.js';
import { checkClips, usualFrames } from './clip-input.js';

/** `frames-resnet18` is a ResNet-18 that is applied to each frame of a clip. */
export const FRAMES_PREFIX = 'frames-';

/**
 * Applies a network of images to each frame of a clip (N, T, C, H, W): a layer's map is (N, D, T, h, w), and features are the mean
 * over the frames.
 */
export class FramesBackbone extends Backbone {
  override readonly architecture: string;
  override readonly options: BackboneOptions;

  /**
   * @param inner the network that is applied to each frame
   * @param frames of the usual clip; others are as good
   */
  constructor(
    readonly inner: Backbone,
    frames?: number,
  ) {
    super();
    this.architecture = `${FRAMES_PREFIX}${inner.architecture}`;
    this.options = { ...inner.options, ...usualFrames({ frames }) };
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
    return this.pyramid(x, [layer ?? this.layers.at(-1)!])[0]!;
  }

  override pyramid(x: Tensor, layers: readonly string[]): Tensor[] {
    const { frames, count } = this.framesOf(x);
    return this.inner.pyramid(frames, layers).map((map) => map.unflatten(0, [-1, count]).transpose(1, 2));
  }

  override features(x: Tensor, layer?: string): Tensor {
    const { frames, count } = this.framesOf(x);
    return this.inner.features(frames, layer).unflatten(0, [-1, count]).mean([1]);
  }

  /** All frames as images (N T, C, H, W), and their number T in each clip. */
  private framesOf(x: Tensor): { frames: Tensor; count: number } {
    const [count] = checkClips(x, this.options.inputChannels);
    return { frames: x.flatten(0, 1), count };
  }
}
