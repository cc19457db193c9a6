/**
 * Video colorization: color a gray frame by copying colors from earlier frames.
 *
 * Vondrick, Shrivastava, Fathi, Guadarrama, Murphy, "Tracking Emerges by Colorizing Videos", ECCV 2018,
 * https://arxiv.org/abs/1806.09594. The authors have published no code.
 *
 * Every cell of the target points at the cells of the references by a softmax of dot products, and gets the mean of their colors. It sees
 * no color of its own, so it must find where it was: the pointers carry masks and poses along as well, though no label was used.
 *
 * Colors are the nearest of 16 clusters of a, b of Lab, found by k-means on clips of the training data, since the mean of several
 * possible colors would be a wrong one. The last frame of a clip is the target, those before it are the references.
 *
 * The layout of the network over space and time is not published in code; see `SpaceTimeHead`. Nothing is normalized, so the
 * embeddings begin small: the softmax would be one-hot at once and pass no gradient.
 */
import { z } from 'zod';
import { colorize, labOf, resize, splitLab, toFloat } from '../../augment/index.js';
import type { ClipSpec, ImageSpec } from '../../data/index.js';
import { drawPart, firstSamples } from '../../data/index.js';
import { fullPrecision, noGrad, ops, scope, type Tensor, withoutGraph } from '../../engine/index.js';
import { lastMap } from '../../networks/decoder.js';
import { LabelPropagation } from '../../networks/propagation/propagate.js';
import { PROPAGATION_RULES } from '../../networks/propagation/rule.js';
import { kMeans, nearestCentroids } from '../clusters/k-means.js';
import { lightnessImages, requireColor } from '../encoders.js';
import { SpaceTimeHead } from '../heads/space-time-head.js';
import { copiedClasses, pointers } from '../losses/pointers.js';
import type { Batch, EpochContext, EpochPlan, MethodContext, Outcome, Preview } from '../method.js';
import { defineMethod, Method } from '../method.js';
import * as option from '../options.js';
import { tileRows } from '../previews/tile-rows.js';
import { frameSpec, knownOptions } from './frames.js';
import { usableClips } from './motion.js';
import { card } from './video-colorization.card.js';

const options = z.object({
  outputStride: option.outputStride(8),
  colors: option.whole(16, 'Clusters of colors', { min: 2 }),
  embeddingSize: option.whole(64, 'Dimensions of the embedding of a cell'),
  headBlocks: option.count(5, 'Convolutions over space and time behind the network of single frames'),
  headWidth: option.whole(256, 'Channels of these'),
  temperature: option.positive(1, 'Divides the dot products of embeddings in training'),
});

type Options = z.output<typeof options>;
/** Scaled lightness (N, T, 1, S, S), and the cluster of each cell's color, int64 (N, T, h w). */
type ColorViews = { lightness: Tensor; colors: Tensor };

/** Colors, at least, on which the clusters are found. */
const CLUSTERED = 100_000;
/** Distance from gray of the clusters before the first epoch, which stand at even hues. */
const FIRST_CHROMA = 50;

export class VideoColorization extends Method<Options, ColorViews, unknown, ClipSpec, ImageSpec> {
  readonly head: SpaceTimeHead;
  /** The clusters' a and b, (colors, 2). */
  readonly palette: Tensor;
  /** Cells a side. */
  readonly grid: number;

  constructor(context: MethodContext<Options, ClipSpec, ImageSpec>) {
    super(context);
    const { colors, embeddingSize: outputSize, headBlocks: blocks, headWidth: width } = this.options;
    const { size: inputSize, side } = lastMap(this.backbone, this.spec.height);
    this.grid = side;
    this.head = new SpaceTimeHead({ inputSize, blocks, width, outputSize });
    const hues = ops.arange(0, colors, 1, { dtype: 'float32' }).mul((2 * Math.PI) / colors);
    this.palette = this.buffer('palette', ops.stack([hues.cos(), hues.sin()], 1).mul(FIRST_CHROMA));
  }

  override views({ samples }: Batch<ClipSpec>): ColorViews {
    const [count, frames] = samples.shape as [number, number];
    const lightness = this.prepare(samples.flatten(0, 1)).unflatten(0, [count, frames]);
    const { assignments } = nearestCentroids(this.colorsOf(samples), this.palette);
    return { lightness, colors: assignments.view([count, frames, -1]) };
  }

  /** a and b of every cell of all frames, float (N T h w, 2). */
  private colorsOf(clips: Tensor): Tensor {
    return scope(() => this.abMaps(clips).permute([0, 2, 3, 1]).reshape([-1, 2]));
  }

  /** a and b of each cell's mean color, float (N T, 2, h, w). */
  private abMaps(clips: Tensor): Tensor {
    const cells = resize({ size: this.grid, interpolation: 'bilinear' })(toFloat(clips.flatten(0, 1)));
    return splitLab(labOf(cells)).ab;
  }

  /** Embeddings (N, d, T, h, w) of scaled lightness (N, T, 1, S, S). */
  private embed(lightness: Tensor): { embedded: Tensor; features: Tensor } {
    const [count, frames] = lightness.shape as [number, number];
    const maps = this.backbone.maps(lightness.flatten(0, 1)); // (N T, D, h, w)
    const inTime = maps.unflatten(0, [count, frames]).transpose(1, 2);
    return { embedded: this.head.forward(inTime).to('float32'), features: maps.mean([2, 3]) };
  }

  /** Where the cells of the last frame point among those of the frames before it: (N, h w, (T - 1) h w). */
  private point(embedded: Tensor, temperature: number): Tensor {
    const before = embedded.size(2) - 1;
    return pointers(embedded.select(2, before).flatten(2), embedded.narrow(2, 0, before).flatten(2), temperature);
  }

  override loss({ lightness, colors }: ColorViews): Outcome {
    const { embedded, features } = this.embed(lightness);
    return fullPrecision(embedded.device, () => {
      const before = colors.size(1) - 1;
      const [known, truth] = [colors.narrow(1, 0, before), colors.select(1, before)];
      const weights = this.point(embedded, this.options.temperature);
      const { losses, shares } = copiedClasses(weights, known.flatten(1), truth, this.options.colors);
      const metrics = noGrad(() => {
        const isRight = shares.argmax(2).eq(truth).to('float32');
        const isChanged = truth.ne(known.select(1, before - 1)).to('float32');
        const changed = isRight.mul(isChanged).sum().div(isChanged.sum().clampMin(1));
        return { accuracy: isRight.mean(), changed };
      });
      return { loss: losses.mean(), metrics, features };
    });
  }

  /** Finds the clusters of the colors before training begins. */
  override onEpochStart({ progress, count, batchSize, random, samples }: EpochContext<ClipSpec>): EpochPlan {
    if (progress.epoch > 0) return {};
    withoutGraph(() => {
      const chosen = Array.from(drawPart(count, Math.ceil(CLUSTERED / (this.spec.frames * this.grid ** 2))));
      const parts: Tensor[] = [];
      for (let start = 0; start < chosen.length; start += batchSize)
        parts.push(scope(() => this.colorsOf(samples(chosen.slice(start, start + batchSize)))));
      const { centroids } = kMeans(ops.cat(parts), { clusters: this.options.colors, random });
      this.palette.copy_(centroids);
    });
    return {};
  }

  /** Embeddings of the cells of each frame, as labels are propagated by them: uint8 (T, 3, S, S) to float (T, d, h, w). */
  cells(frames: Tensor): Tensor {
    return withoutGraph(() => this.embed(this.prepare(frames).unsqueeze(0)).embedded.squeeze(0).transpose(0, 1));
  }

  /**
   * Colors clips from their first frames: uint8 (N, T, 3, S, S), where only the first frame need have colors, to float in [0, 1]. What one
   * frame gets is passed on to the next ones.
   */
  override generate(clips: Tensor): Tensor {
    return withoutGraph(() => {
      const colored = clips.unbind(0).map((frames) => {
        const cells = this.cells(frames);
        const first = this.abMaps(frames.narrow(0, 0, 1).unsqueeze(0)).select(0, 0);
        const passing = new LabelPropagation(
          { features: cells.select(0, 0), labels: first },
          PROPAGATION_RULES.colorization,
        );
        const later = cells
          .unbind(0)
          .slice(1)
          .map((map) => passing.next(map));
        passing.dispose();
        const { lightness } = splitLab(labOf(frames));
        const copied = colorize(lightness.narrow(0, 1, later.length), ops.stack(later, 0));
        return ops.cat([toFloat(frames.narrow(0, 0, 1)), copied]);
      });
      return ops.stack(colored, 0);
    });
  }

  override preview({ samples }: Batch<ClipSpec>): Preview[] {
    const shown = firstSamples(samples, 8);
    const [count, frames] = shown.shape as [number, number];
    const { lightness } = this.views({ samples: shown, indices: [] });
    const weights = this.point(this.embed(lightness).embedded, PROPAGATION_RULES.colorization.temperature);
    const ab = this.abMaps(shown).unflatten(0, [count, frames]).transpose(1, 2); // (N, 2, T, h, w)
    const known = ab
      .narrow(2, 0, frames - 1)
      .flatten(2)
      .transpose(1, 2); // (N, K, 2)
    const copied = weights.bmm(known).transpose(1, 2).unflatten(2, [this.grid, this.grid]);
    const [reference, target] = [frames - 2, frames - 1].map((t) => toFloat(shown.select(1, t))) as [Tensor, Tensor];
    const { lightness: gray } = splitLab(labOf(target));
    const rows = tileRows([
      { images: reference, caption: 'a frame before' },
      { images: colorize(gray, ops.zerosLike(copied)), caption: 'what it must color' },
      { images: colorize(gray, copied), caption: 'colors it copies' },
      { images: target, caption: 'true colors' },
    ]);
    const explanation =
      'The last frame of each clip is shown without its colors. Every cell takes the colors of the places in the frames before it that the network points at.';
    return [{ title: 'Where was this before?', explanation, rows }];
  }
}

export const videoColorization = defineMethod<typeof options, ClipSpec, ImageSpec>({
  ...card,
  modalities: ['clip'],
  options,
  smallOptions: { outputStride: 4, embeddingSize: 32, headBlocks: 0 },
  needs: () => ({ frames: 4, fps: 6, leastFrames: 2, channels: [3] }),
  encoder(context) {
    const { spec, options, architecture } = context;
    requireColor(spec, card.title);
    const { outputStride } = options;
    return lightnessImages(() => knownOptions(architecture, { outputStride }))({ ...context, spec: frameSpec(spec) });
  },
  usable: (clips) => usableClips(clips),
  create: (context) => new VideoColorization(context),
});
