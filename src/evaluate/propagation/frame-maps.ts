import { setImmediate } from 'node:timers/promises';
import type { Backbone } from '../../backbones/backbone.js';
import { checkWeights } from '../../backbones/check-weights.js';
import { noGrad, ops, scope, type Tensor, tensor } from '../../engine/index.js';
import { AutodidactError, expected } from '../../errors.js';
import type { Encoder } from '../../methods/method.js';
import type { FrameSamples } from '../../modalities/modality.js';
import { modalityOf } from '../../modalities/registry.js';
import type { Size } from '../../networks/propagation/grid.js';
import { deviceOf } from '../features.js';
import { checkStopped } from '../inputs.js';
import { checkLayer } from '../layers.js';

/** Frames per forward pass of an encoder of single frames. */
const BATCH = 8;
/** A grid of fewer cells along its shorter side says little about where things are. */
const LEAST_CELLS = 16;

/** Reads the maps that an encoder gives to the frames of a video. */
export class FrameReader {
  /** Frames of one sample of the encoder. */
  readonly group: number;
  private readonly kind: FrameSamples<Encoder['spec']>;

  /**
   * @param layer of the backbone; by default the last with at least 16 cells along the shorter side of its map, or that with the most
   * @throws AutodidactError `DATA` for an encoder that reads no frames, `USAGE` for an unknown layer, `CHECKPOINT` for weights that are
   *   not finite
   */
  constructor(
    private readonly encoder: Encoder,
    private readonly layer?: string,
  ) {
    const { frames, plural } = modalityOf(encoder.spec);
    if (frames === undefined)
      throw new AutodidactError('DATA', `Propagation reads frames of videos, and the encoder takes ${plural}`, {
        remedy: 'Take a run on images or videos.',
      });
    if (layer !== undefined) checkLayer(encoder.backbone, layer, 'layer');
    checkWeights(encoder.backbone);
    this.kind = frames;
    this.group = frames.count(encoder.spec);
  }

  /** The layer that is read of frames of this size. */
  layerFor(frame: Size): string {
    return this.layer ?? this.chooseLayer(frame);
  }

  /**
   * Maps of all frames, (L, D, h, w): eval mode, no graph. A backbone that shortens time gives neighboring frames the same map. The last
   * frame is repeated where the frames do not fill the last sample.
   *
   * @param frames uint8 (L, C, H, W)
   */
  async maps(frames: Tensor, layer: string, signal?: AbortSignal): Promise<Tensor> {
    const count = frames.size(0);
    const step = this.group === 1 ? BATCH : this.group;
    const parts: Tensor[] = [];
    try {
      for (let from = 0; from < count; from += step) {
        checkStopped(signal);
        parts.push(this.mapsOf(frames, from, Math.min(step, count - from), layer));
        await setImmediate();
      }
      return scope(() => ops.cat(parts));
    } finally {
      for (const part of parts) part.dispose();
    }
  }

  /** Maps of at most one sample's frames from `from` on: (n, D, h, w). */
  private mapsOf(frames: Tensor, from: number, count: number, layer: string): Tensor {
    return inEvalMode(this.encoder.backbone, () => {
      const map = this.read(this.filled(frames.narrow(0, from, count)), (backbone, x) => backbone.maps(x, layer));
      if (map.ndim === 4 && this.group === 1) return map;
      if (map.ndim !== 5)
        throw new AutodidactError('USAGE', `Layer ${layer} of ${this.encoder.backbone.architecture} gives no map`, {
          remedy: `Take another of ${this.encoder.backbone.layers.join(', ')}.`,
        });
      const times = map.size(2); // (1, D, t, h, w)
      const at = Int32Array.from({ length: count }, (_, frame) => Math.floor((frame * times) / this.group));
      return map
        .select(0, 0)
        .indexSelect(1, tensor(at, { device: map.device }))
        .transpose(0, 1)
        .contiguous();
    });
  }

  private filled(frames: Tensor): Tensor {
    const missing = this.group === 1 ? 0 : this.group - frames.size(0);
    if (missing === 0) return frames;
    return ops.cat([frames, frames.narrow(0, frames.size(0) - 1, 1).expand([missing, -1, -1, -1])]);
  }

  private read<Result>(frames: Tensor, body: (backbone: Backbone, x: Tensor) => Result): Result {
    const { backbone, spec } = this.encoder;
    const samples = this.kind.samples(frames.to(deviceOf(backbone)), spec);
    return body(backbone, this.encoder.prepare(samples));
  }

  /** What the backbone takes of these frames, for statistics. The caller frees it. */
  input(frames: Tensor): Tensor {
    return scope(() => noGrad(() => this.read(this.filled(frames), (_, x) => x)));
  }

  private chooseLayer({ height, width }: Size): string {
    const { backbone, spec } = this.encoder;
    const { layers } = backbone;
    const channels = (spec as { channels?: number }).channels ?? 3;
    const sides = inEvalMode(backbone, () => {
      const frames = ops.zeros([this.group, channels, height, width], { dtype: 'uint8' });
      const maps = this.read(frames, (_, x) => backbone.pyramid(x, layers));
      return maps.map(({ shape }) => (shape.length < 4 ? 0 : Math.min(...shape.slice(-2))));
    });
    const wanted = Math.min(LEAST_CELLS, Math.max(...sides));
    const index = sides.findLastIndex((side) => side >= wanted);
    if (wanted < 2)
      throw expected('frames in which some layer has several cells', 'size', `${width} x ${height}`, { code: 'USAGE' });
    return layers[index]!;
  }
}

function inEvalMode<Result>(backbone: Backbone, body: () => Result): Result {
  const modes = backbone.modules().map(([, module]) => [module, module.isTraining] as const);
  try {
    backbone.eval();
    return scope(() => noGrad(body));
  } finally {
    for (const [module, isTraining] of modes) module.isTraining = isTraining;
  }
}

/**
 * Frames as they are, on the grid of a map: each cell has the pixels of its patch, without the mean color of the video. What looks alike
 * pixel by pixel is similar.
 *
 * @param frames uint8 (L, C, H, W)
 * @returns float (L, D, h, w)
 */
export function pixelMaps(frames: Tensor, { height, width }: Size): Tensor {
  return noGrad(() =>
    scope(() => {
      const side = Math.max(1, Math.round(Math.sqrt((frames.size(2) * frames.size(3)) / (height * width))));
      const scaled = ops.upsampleBilinear2d(frames.to('float32'), [height * side, width * side], false);
      return ops.pixelUnshuffle(scaled.sub(scaled.mean([0, 2, 3], true)), side);
    }),
  );
}
