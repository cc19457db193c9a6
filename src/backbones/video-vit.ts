/**
 * Vision transformers for clips.
 *
 * Tong, Song, Wang, Wang, "VideoMAE: Masked Autoencoders are Data-Efficient Learners for Self-Supervised Video Pre-Training", NeurIPS 2022,
 * https://arxiv.org/abs/2203.12602; code: github.com/MCG-NJU/VideoMAE, `modeling_finetune.py`. Tokens are tubes of two frames; there is no
 * class token, and positions are fixed sines and cosines of the number of the tube. State-dict keys are those of the code, but for the
 * positions, which are a buffer here, and the biases of attention, which are timm's: one of the keys, which the code lacks, changes nothing.
 */
import { ops, scope, type Tensor } from '../engine/index.js';
import { Conv3d, LayerNorm, Module } from '../engine/nn/index.js';
import { expected } from '../errors.js';
import { Backbone, type BackboneOptions, commonOptions, resolveStem, wholeNumber } from './backbone.js';
import { channelsBeforeFrames, checkClips } from './clip-input.js';
import { TransformerBlock } from './transformer-block.js';
import { initializeLinears, NORM, takeTokens, VARIANTS, type ViTName } from './vit.js';

export type VideoViTName = `video-${Extract<ViTName, 'vit-micro' | 'vit-small' | 'vit-base'>}`;

/** Frames of a tube. */
export const TUBE_FRAMES = 2;

class TubeEmbed extends Module {
  readonly proj: Conv3d;

  constructor(inputChannels: number, width: number, patchSize: number) {
    super();
    const size = [TUBE_FRAMES, patchSize, patchSize];
    this.proj = new Conv3d(inputChannels, width, size, { stride: size });
  }
}

/**
 * A vision transformer over clips (N, T, C, H, W); `width` is the embedding size, a multiple of the number of heads.
 *
 * Readable layers: `block1`, `block2`, ...; the last one is read after the final layer norm. A map consists of the tubes' tokens,
 * (N, D, T / 2, h, w); features are their mean. Tubes have 16 x 16 pixels with the `imagenet` stem and 8 x 8 with the `small` one, unless
 * `patchSize` is given. Clips of other lengths and sizes get positions of their own, which the network was not trained on.
 */
export class VideoTransformer extends Backbone {
  override readonly options: BackboneOptions & { patchSize: number; frames: number };
  override readonly featureSize: number;
  override readonly layers: readonly string[];
  readonly patch_embed: TubeEmbed;
  readonly blocks: readonly TransformerBlock[];
  readonly norm: LayerNorm;
  /** Tubes along a side. */
  readonly grid: number;
  /** Tubes in time. */
  readonly slots: number;
  /** Fixed, (slots grid^2, D). */
  readonly pos_embed: Tensor;

  constructor(
    override readonly architecture: VideoViTName,
    options: BackboneOptions,
  ) {
    super();
    const { width: publishedWidth, depth, heads } = VARIANTS[architecture.replace('video-', '') as ViTName];
    const { inputChannels, imageSize, width } = commonOptions(options, publishedWidth);
    if (width % heads !== 0) throw expected(`a multiple of the ${heads} heads of ${architecture}`, 'width', width);
    const patchSize = wholeNumber(options.patchSize ?? (resolveStem(options) === 'small' ? 8 : 16), 'patchSize');
    if (imageSize % patchSize !== 0)
      throw expected(`a multiple of the patch size ${patchSize}`, 'imageSize', imageSize, {
        remedy: 'Choose another size, or another `patchSize`.',
      });
    const frames = wholeNumber(options.frames ?? PUBLISHED_FRAMES, 'frames');
    if (frames % TUBE_FRAMES !== 0)
      throw expected('an even number', 'frames', frames, { remedy: 'Tubes have two frames: choose another --frames.' });
    this.options = { inputChannels, imageSize, width, patchSize, frames };
    this.featureSize = width;
    this.layers = Array.from({ length: depth }, (_, i) => `block${i + 1}`);
    this.grid = imageSize / patchSize;
    this.slots = frames / TUBE_FRAMES;
    this.pos_embed = this.buffer('pos_embed', sineCosineSequence(this.slots * this.grid ** 2, width));
    this.patch_embed = new TubeEmbed(inputChannels, width, patchSize);
    this.blocks = this.layers.map(() => new TransformerBlock(width, heads));
    this.norm = new LayerNorm(width, NORM);
    initializeLinears(this);
  }

  override layerSize(layer: string): number {
    this.layerIndex(layer);
    return this.featureSize;
  }

  override maps(x: Tensor, layer?: string): Tensor {
    const last = this.layerIndex(layer);
    const { tokens, shape } = scope(() => this.embed(x));
    const out = this.blocks.slice(0, last + 1).reduce((all, block) => scope(() => block.forward(all)), tokens);
    const normed = last === this.blocks.length - 1 ? this.norm.forward(out) : out;
    return normed.transpose(1, 2).unflatten(2, shape);
  }

  /**
   * Some of the tubes' tokens, as if the clip had no others: (N, K, D), after the last layer.
   *
   * @param keep int64 (N, K): numbers of the visible tubes, frame by frame and row by row
   */
  visibleTokens(x: Tensor, keep: Tensor): Tensor {
    const embedded = scope(() => takeTokens(this.embed(x).tokens, keep));
    return this.norm.forward(this.blocks.reduce((tokens, block) => scope(() => block.forward(tokens)), embedded));
  }

  /** Tubes with their positions added, (N, t h w, D), and the shape [t, h, w]. */
  private embed(x: Tensor): { tokens: Tensor; shape: [number, number, number] } {
    const [frames, height, width] = checkClips(x, this.options.inputChannels);
    const { patchSize } = this.options;
    if (frames % TUBE_FRAMES !== 0 || height % patchSize !== 0 || width % patchSize !== 0)
      throw expected(`clips of an even length, with sides that are multiples of ${patchSize},`, 'x', x, {
        code: 'SHAPE',
      });
    const map = this.patch_embed.proj.forward(channelsBeforeFrames(x)); // (N, D, t, h, w)
    const [, , slots, rows, columns] = map.shape as [number, number, number, number, number];
    const tokens = map.flatten(2).transpose(1, 2);
    const isUsual = slots === this.slots && rows === this.grid && columns === this.grid;
    const positions = isUsual ? this.pos_embed : sineCosineSequence(slots * rows * columns, this.featureSize);
    return { tokens: tokens.add(positions.to(tokens.device)), shape: [slots, rows, columns] };
  }
}

const PUBLISHED_FRAMES = 16;

/**
 * Positions in a sequence as sines (even dimensions) and cosines (odd ones) of rates from 1 to 1 / 10,000 (Vaswani et al. 2017):
 * (length, size).
 */
export function sineCosineSequence(length: number, size: number): Tensor {
  return scope(() => {
    const dimensions = ops.arange(0, size, 1, { dtype: 'float64' });
    const pairs = dimensions.div(2).floor().mul(2);
    const rates = pairs.div(-size).mul(Math.log(10_000)).exp();
    const angles = ops.arange(0, length, 1, { dtype: 'float64' }).unsqueeze(1).mul(rates); // (length, size)
    const isOdd = dimensions.remainder(2).eq(1);
    return ops.where(isOdd.expand(angles.shape), angles.cos(), angles.sin()).to('float32');
  });
}
