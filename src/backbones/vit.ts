/**
 * Vision transformers.
 *
 * Dosovitskiy et al., "An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale", ICLR 2021,
 * https://arxiv.org/abs/2010.11929; the sizes tiny and small are those of Touvron et al., "Training data-efficient image
 * transformers", ICML 2021. State-dict keys are timm's, without `head`.
 */
import { ops, scope, type Tensor } from '../engine/index.js';
import { Conv2d, init, LayerNorm, Linear, Module } from '../engine/nn/index.js';
import { expected } from '../errors.js';
import {
  Backbone,
  type BackboneOptions,
  checkImages,
  commonOptions,
  oneOf,
  resolveStem,
  wholeNumber,
} from './backbone.js';
import { TransformerBlock } from './transformer-block.js';

/** Embedding size, number of blocks and attention heads; `vit-micro` is not from a paper: it is for small images on a CPU. */
export const VARIANTS = {
  'vit-micro': { width: 128, depth: 6, heads: 4 },
  'vit-tiny': { width: 192, depth: 12, heads: 3 },
  'vit-small': { width: 384, depth: 12, heads: 6 },
  'vit-base': { width: 768, depth: 12, heads: 12 },
} as const;

export type ViTName = keyof typeof VARIANTS;

export const NORM = { eps: 1e-6 };

/** Initializes all linear layers: truncated normal weights (deviation 0.02, cut at two deviations), biases 0. */
export function initializeLinears(module: Module): void {
  for (const [, part] of module.modules()) {
    if (!(part instanceof Linear)) continue;
    scope(() => void init.truncatedNormal_(part.weight, 0, 0.02));
    if (part.bias !== null) init.constant_(part.bias, 0);
  }
}

/** Weights of linear layers uniform with variance 2 / (fan in + fan out), as in the code of MAE; biases stay as they are. */
export function initializeByXavier(module: Module): void {
  for (const [, part] of module.modules()) if (part instanceof Linear) init.xavierUniform_(part.weight);
}

/** Gathers tokens of each sequence: (N, T, D) and int64 (N, K) to (N, K, D). */
export function takeTokens(tokens: Tensor, places: Tensor): Tensor {
  return tokens.gather(1, places.unsqueeze(2).expand([-1, -1, tokens.size(2)]));
}

class PatchEmbed extends Module {
  readonly proj: Conv2d;

  constructor(inputChannels: number, width: number, patchSize: number) {
    super();
    this.proj = new Conv2d(inputChannels, width, patchSize, { stride: patchSize });
  }
}

/**
 * A vision transformer; `width` is the embedding size, a multiple of the number of heads.
 *
 * Readable layers: `block1`, `block2`, ...; the last one is read after the final layer norm. A map consists of the patch
 * tokens, (N, D, h, w). Features are the class token or, with `pooling: 'average'`, the mean of the patch tokens.
 *
 * Patches have 16x16 pixels with the `imagenet` stem and 4x4 with the `small` one, unless `patchSize` is given. Image sizes
 * other than `imageSize` must be multiples of the patch size; position embeddings are then interpolated (bicubic with
 * antialiasing, as in timm).
 */
export class VisionTransformer extends Backbone {
  override readonly options: BackboneOptions & { patchSize: number };
  override readonly featureSize: number;
  override readonly layers: readonly string[];
  readonly cls_token: Tensor;
  readonly pos_embed: Tensor;
  readonly patch_embed: PatchEmbed;
  readonly blocks: readonly TransformerBlock[];
  readonly norm: LayerNorm;
  /** Side of the grid of `pos_embed`, in patches. */
  readonly grid: number;

  constructor(
    override readonly architecture: ViTName,
    options: BackboneOptions,
  ) {
    super();
    const { width: publishedWidth, depth, heads } = VARIANTS[architecture];
    const { inputChannels, imageSize, width } = commonOptions(options, publishedWidth);
    if (width % heads !== 0) throw expected(`a multiple of the ${heads} heads of ${architecture}`, 'width', width);
    const patchSize = wholeNumber(options.patchSize ?? (resolveStem(options) === 'small' ? 4 : 16), 'patchSize');
    if (imageSize % patchSize !== 0) {
      const below = imageSize - (imageSize % patchSize);
      const remedy = `Take --size ${below === 0 ? '' : `${below} or --size `}${below + patchSize}.`;
      throw expected(`a multiple of the patch size ${patchSize}`, 'imageSize', imageSize, { remedy });
    }
    const pooling = oneOf(options.pooling ?? 'class', 'pooling', ['class', 'average']);
    this.options = { inputChannels, imageSize, width, pooling, patchSize };
    this.featureSize = width;
    this.layers = Array.from({ length: depth }, (_, i) => `block${i + 1}`);
    this.grid = imageSize / patchSize;

    this.cls_token = this.parameter('cls_token', ops.zeros([1, 1, width]));
    this.pos_embed = this.parameter('pos_embed', ops.zeros([1, 1 + this.grid ** 2, width]));
    this.patch_embed = new PatchEmbed(inputChannels, width, patchSize);
    this.blocks = this.layers.map(() => new TransformerBlock(width, heads));
    this.norm = new LayerNorm(width, NORM);
    this.initialize();
  }

  /** As in timm: linear weights and positions truncated normal (deviation 0.02, cut at two deviations), biases 0. */
  private initialize(): void {
    const normal = (weight: Tensor): void => scope(() => void init.truncatedNormal_(weight, 0, 0.02));
    init.normal_(this.cls_token, 0, 1e-6);
    normal(this.pos_embed);
    initializeLinears(this);
  }

  override layerSize(layer: string): number {
    this.layerIndex(layer);
    return this.featureSize;
  }

  override maps(x: Tensor, layer?: string): Tensor {
    const tokens = this.tokens(x, layer);
    const { patchSize } = this.options;
    const [height, width] = [x.size(2) / patchSize, x.size(3) / patchSize];
    const patches = tokens.narrow(1, 1, height * width); // (N, h w, D)
    return patches.transpose(1, 2).reshape([x.size(0), this.featureSize, height, width]);
  }

  override features(x: Tensor, layer?: string): Tensor {
    return this.options.pooling === 'class' ? this.tokens(x, layer).select(1, 0) : super.features(x, layer);
  }

  /**
   * The class token and the patch tokens in row-major order after a layer, by default the last: (N, 1 + h w, D).
   *
   * @throws AutodidactError `USAGE` for an unknown layer, `SHAPE` for images of another shape or whose sides are not multiples of
   *   the patch size
   */
  tokens(x: Tensor, layer?: string): Tensor {
    const last = this.layerIndex(layer);
    const embedded = scope(() => this.embed(x));
    const out = this.blocks.slice(0, last + 1).reduce((tokens, block) => scope(() => block.forward(tokens)), embedded);
    return last === this.blocks.length - 1 ? this.norm.forward(out) : out;
  }

  /**
   * The class token and some of the patch tokens, as if the image had no other patches: (N, 1 + K, D), after the last layer.
   *
   * @param keep int64 (N, K): indices of the visible patches, in row-major order
   */
  visibleTokens(x: Tensor, keep: Tensor): Tensor {
    const embedded = scope(() => {
      const all = this.embed(x);
      const ofClass = ops.zeros([keep.size(0), 1], { dtype: 'int64', device: keep.device });
      return takeTokens(all, ops.cat([ofClass, keep.add(1)], 1));
    });
    return this.norm.forward(this.blocks.reduce((tokens, block) => scope(() => block.forward(tokens)), embedded));
  }

  /** Class token and patches with their positions added, (N, 1 + h w, D). */
  private embed(x: Tensor): Tensor {
    const [height, width] = checkImages(x, this.options.inputChannels);
    const { patchSize } = this.options;
    if (height === 0 || width === 0 || height % patchSize !== 0 || width % patchSize !== 0)
      throw expected(`images whose sides are multiples of the patch size ${patchSize}`, 'x', x, { code: 'SHAPE' });
    const patches = this.patch_embed.proj.forward(x).flatten(2).transpose(1, 2); // (N, h w, D)
    const classToken = this.cls_token.expand([x.size(0), -1, -1]);
    return ops.cat([classToken, patches], 1).add(this.positions(height / patchSize, width / patchSize));
  }

  /** Position embeddings for a grid of patches, (1, 1 + height width, D). */
  private positions(height: number, width: number): Tensor {
    const { grid } = this;
    if (height === grid && width === grid) return this.pos_embed;
    return resample(this.pos_embed, grid, [height, width]);
  }

  /** Whether position embeddings of another network, (1, 1 + g^2, D) or (1, g^2, D), can become those of this one. */
  canFitPositions(given: Tensor): boolean {
    const [count, length, size] = given.shape;
    return given.ndim === 3 && count === 1 && size === this.featureSize && gridOfPositions(length!) !== null;
  }

  /**
   * Position embeddings that `canFitPositions` as this network has them, (1, 1 + grid^2, D): resampled to its grid, with zeros for the
   * class token where only patches have positions (timm's `no_embed_class`).
   */
  fitPositions(given: Tensor): Tensor {
    const { grid, hasClass } = gridOfPositions(given.size(1))!;
    const ofClass = ops.zeros([1, 1, this.featureSize], { device: given.device });
    const positions = hasClass ? given.to('float32') : ops.cat([ofClass, given.to('float32')], 1);
    return grid === this.grid ? positions : resample(positions, grid, [this.grid, this.grid]);
  }
}

/** The square grid that so many position embeddings are of, with one for the class token or without; null for none. */
export function gridOfPositions(length: number): { grid: number; hasClass: boolean } | null {
  const [without, grid] = [Math.sqrt(length), Math.sqrt(length - 1)];
  if (length > 1 && Number.isInteger(grid)) return { grid, hasClass: true };
  return length > 0 && Number.isInteger(without) ? { grid: without, hasClass: false } : null;
}

/** Position embeddings (1, 1 + grid^2, D) for another grid, (1, 1 + h w, D): bicubic with antialiasing, the class token's as it is. */
function resample(positions: Tensor, grid: number, to: [height: number, width: number]): Tensor {
  const ofClass = positions.narrow(1, 0, 1);
  const ofPatches = positions.narrow(1, 1, grid ** 2).reshape([1, grid, grid, -1]);
  const resized = ops.upsampleBicubic2dAa(ofPatches.permute([0, 3, 1, 2]), to, false); // (1, D, h, w)
  return ops.cat([ofClass, resized.flatten(2).transpose(1, 2)], 1);
}
