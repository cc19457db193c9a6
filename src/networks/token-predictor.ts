import type { Backbone } from '../backbones/backbone.js';
import { TransformerBlock } from '../backbones/transformer-block.js';
import { VideoTransformer } from '../backbones/video-vit.js';
import { initializeLinears, takeTokens, VisionTransformer } from '../backbones/vit.js';
import { ops, scope, type Tensor, withoutGraph } from '../engine/index.js';
import { init, LayerNorm, Linear, Module } from '../engine/nn/index.js';
import { expected } from '../errors.js';

export interface TokenPredictorOptions {
  /** D of the tokens that come in. */
  inputSize: number;
  /** Width inside; a multiple of the heads and of 4. */
  width: number;
  depth: number;
  heads: number;
  /** What tells the places apart, for the width inside: (places, width). */
  positions(width: number): Tensor;
  /** Length of what is predicted for each patch. */
  outputSize: number;
}

/**
 * A small transformer that predicts what stands at places which the encoder did not see: the decoder of MAE and VideoMAE and the
 * predictor of I-JEPA. It reads the tokens of the visible patches and, for each place asked for, a learned token with its position.
 */
export class TokenPredictor extends Module {
  readonly embed: Linear;
  readonly mask_token: Tensor;
  /** Fixed, (1, 1 + places, width); the class token has none. */
  readonly positions: Tensor;
  readonly blocks: readonly TransformerBlock[];
  readonly norm: LayerNorm;
  readonly head: Linear;

  constructor({ inputSize, width, depth, heads, positions, outputSize }: TokenPredictorOptions) {
    super();
    if (width % heads !== 0 || width % 4 !== 0)
      throw expected(`a multiple of 4 and of the ${heads} heads`, 'predictor width', width);
    this.embed = new Linear(inputSize, width);
    this.mask_token = this.parameter('mask_token', ops.zeros([1, 1, width]));
    this.positions = this.buffer('positions', withoutClass(positions(width)));
    this.blocks = Array.from({ length: depth }, () => new TransformerBlock(width, heads));
    this.norm = new LayerNorm(width, { eps: 1e-6 });
    this.head = new Linear(width, outputSize);
    initializeLinears(this);
    init.normal_(this.mask_token, 0, 0.02);
  }

  /**
   * @param tokens (N, 1 + K, inputSize): the class token, where there is one, and the visible patches
   * @param seen int64 (N, K): where those patches lie, in row-major order
   * @param asked int64 (N, M): the places to predict
   * @returns (N, M, outputSize)
   */
  forward(tokens: Tensor, seen: Tensor, asked: Tensor): Tensor {
    const [count, places] = asked.shape as [number, number];
    const ofClass = ops.zeros([count, tokens.size(1) - seen.size(1)], { dtype: 'int64', device: seen.device });
    const read = this.embed.forward(tokens).add(this.positionsOf(ops.cat([ofClass, seen.add(1)], 1)));
    const wanted = this.positionsOf(asked.add(1)).add(this.mask_token);
    const all = ops.cat([read, wanted.to(read.dtype)], 1); // (N, 1 + K + M, width)
    const out = this.blocks.reduce((x, block) => scope(() => block.forward(x)), all);
    return this.head.forward(this.norm.forward(out.narrow(1, all.size(1) - places, places)));
  }

  private positionsOf(places: Tensor): Tensor {
    return takeTokens(this.positions.expand([places.size(0), -1, -1]), places);
  }
}

/** A row of zeros, for the class token, before (T, D): (1, 1 + T, D). */
function withoutClass(positions: Tensor): Tensor {
  return ops.cat([ops.zeros([1, positions.size(1)]), positions], 0).unsqueeze(0);
}

/**
 * Positions on a grid as sines and cosines: half of the dimensions encode the row, half the column, with wavelengths from 2 pi to
 * 20,000 pi (Vaswani et al. 2017; in two dimensions as in the code of MAE). (grid^2, size), row by row.
 */
export function sineCosinePositions(grid: number, size: number): Tensor {
  return withoutGraph(() => {
    const quarter = size / 4;
    const rates = ops.arange(0, quarter, 1, { dtype: 'float64' }).div(-quarter).mul(Math.log(10_000)).exp(); // (size / 4)
    const angles = ops.arange(0, grid, 1, { dtype: 'float64' }).unsqueeze(1).mul(rates); // (grid, size / 4)
    const along = ops.cat([angles.sin(), angles.cos()], 1); // (grid, size / 2)
    const rows = along.unsqueeze(1).expand([grid, grid, size / 2]);
    const columns = along.unsqueeze(0).expand([grid, grid, size / 2]);
    return ops
      .cat([columns, rows], 2)
      .reshape([grid * grid, size])
      .to('float32');
  });
}

/** Starts the learned positions of a transformer at the fixed ones, those of the class token at zero. */
export function startAtSineCosine(positions: Tensor, grid: number): void {
  withoutGraph(() => void positions.copy_(withoutClass(sineCosinePositions(grid, positions.size(2)))));
}

/** @throws AutodidactError `USAGE` for anything but a transformer of clips */
export function requireVideoTransformer(backbone: Backbone): VideoTransformer {
  if (backbone instanceof VideoTransformer) return backbone;
  throw expected('a vision transformer of clips', 'backbone', backbone.architecture, {
    remedy: 'Take --backbone video-vit-micro.',
  });
}

/** @throws AutodidactError `USAGE` for anything but a transformer */
export function requireTransformer(backbone: Backbone): VisionTransformer {
  if (backbone instanceof VisionTransformer) return backbone;
  throw expected('a vision transformer', 'backbone', backbone.architecture, { remedy: 'Take --backbone vit-micro.' });
}
