/**
 * VideoMAE: hide nine tenths of a clip, the same places in all frames, encode the rest only, and paint what is hidden.
 *
 * Tong, Song, Wang, Wang, "VideoMAE: Masked Autoencoders are Data-Efficient Learners for Self-Supervised Video Pre-Training", NeurIPS 2022,
 * https://arxiv.org/abs/2203.12602; code: github.com/MCG-NJU/VideoMAE.
 *
 * As MAE, with tubes of two frames in place of patches. Frames repeat each other: what is hidden in one frame alone could be copied from
 * the next. A place is therefore hidden in all frames, and nearly all places are.
 *
 * Each channel of a tube is brought to mean 0 and deviation 1 by itself, as in the code. The 1e-6 stands under the root, as in MAE's.
 */
import { z } from 'zod';
import {
  type ClipTransform,
  fromStandardized,
  fromTubes,
  overFrames,
  randomResizedCrop,
  toFloat,
  toTubes,
} from '../../augment/index.js';
import { sineCosineSequence, TUBE_FRAMES, type VideoTransformer } from '../../backbones/video-vit.js';
import { initializeByXavier, takeTokens } from '../../backbones/vit.js';
import { type ClipSpec, firstSamples } from '../../data/index.js';
import { fullPrecision, type Generator, ops, type Tensor } from '../../engine/index.js';
import { expected } from '../../errors.js';
import { filmStrip } from '../../modalities/clip.js';
import { requireVideoTransformer, TokenPredictor } from '../../networks/token-predictor.js';
import { standardizedClips } from '../encoders.js';
import { painting } from '../losses/painting.js';
import { drawPlaces, inEverySlot, type Places } from '../masks/places.js';
import { type Batch, defineMethod, Method, type MethodContext, type Outcome, type Preview } from '../method.js';
import * as option from '../options.js';
import { tileRows } from '../previews/tile-rows.js';
import { standardized } from '../targets/standardized.js';
import { card } from './video-mae.card.js';

const options = z.object({
  maskRatio: z.number().gt(0).lt(1).default(0.9).describe('Share of the tubes that is hidden'),
  masking: option.choice(['tube', 'random'], 'The same places in all frames, or others in each: these can be copied'),
  patchSize: option.wholeOrNull('Side of a tube in pixels; null takes 16, or 8 in small frames', { min: 2 }),
  useNormalizedTargets: option.flag(true, 'Whether each channel of a tube is brought to mean 0 and deviation 1'),
  decoderWidth: option.whole(384, 'Width of the decoder', { min: 4 }),
  decoderDepth: option.whole(4, 'Blocks of the decoder'),
  decoderHeads: option.whole(6, 'Attention heads of the decoder'),
  minimumScale: option.minimumScale(0.4356, 'Smallest share of a frame that the crop covers; the same in all frames'),
});

type Options = z.output<typeof options>;
/** Prepared clips (N, T, C, S, S), and which of their tubes are seen and which are hidden. */
type VideoMAEViews = Places & { clips: Tensor };

/** Width over height of crops: neighbors among the code's five scales. */
const RATIO = [0.875, 1 / 0.875] as const;

export class VideoMAE extends Method<Options, VideoMAEViews, unknown, ClipSpec> {
  declare readonly backbone: VideoTransformer;
  readonly decoder: TokenPredictor;
  private readonly augment: ClipTransform;
  /** Tubes that are hidden and tubes that are seen. */
  readonly hidden: number;
  readonly visible: number;

  constructor(context: MethodContext<Options, ClipSpec>) {
    super(context);
    const { options, spec } = this;
    const { grid, slots, featureSize: inputSize, options: own } = requireVideoTransformer(this.backbone);
    // As in the code, a part of a place is not hidden.
    const places = Math.floor(options.maskRatio * grid ** 2 + 1e-9);
    if (places === 0 || places === grid ** 2)
      throw expected(`a share that hides some of the ${grid ** 2} places and not all`, 'maskRatio', options.maskRatio);
    this.hidden = slots * places;
    this.visible = slots * grid ** 2 - this.hidden;
    const { decoderWidth: width, decoderDepth: depth, decoderHeads: heads } = options;
    const outputSize = TUBE_FRAMES * own.patchSize ** 2 * spec.channels;
    const positions = (size: number) => sineCosineSequence(slots * grid ** 2, size);
    this.decoder = new TokenPredictor({ inputSize, width, depth, heads, positions, outputSize });
    initializeByXavier(this.decoder);
    const crop = { size: spec.height, scale: [options.minimumScale, 1], ratio: RATIO } as const;
    this.augment = overFrames(randomResizedCrop({ ...crop, interpolation: 'bilinear' }), 'channels');
  }

  override views({ samples }: Batch<ClipSpec>, random: Generator): VideoMAEViews {
    return { clips: this.prepare(this.augment(samples, random)), ...this.mask(samples, random) };
  }

  private mask(samples: Tensor, random: Generator): Places {
    const { grid, slots } = this.backbone;
    if (this.options.masking === 'random') return drawPlaces(samples, slots * grid ** 2, this.visible, random);
    const { seen, hidden } = drawPlaces(samples, grid ** 2, this.visible / slots, random);
    return { seen: inEverySlot(seen, grid ** 2, slots), hidden: inEverySlot(hidden, grid ** 2, slots) };
  }

  /** What the decoder paints in the hidden tubes, float32 (N, M, P C), with the encoder's tokens (N, K, D). */
  private paint({ clips, seen, hidden }: VideoMAEViews): { painted: Tensor; tokens: Tensor } {
    const tokens = this.backbone.visibleTokens(clips, seen);
    return { painted: this.decoder.forward(tokens, seen, hidden).to('float32'), tokens };
  }

  override loss(views: VideoMAEViews): Outcome {
    const { painted, tokens } = this.paint(views);
    return fullPrecision(painted.device, () => {
      const tubes = this.tubes(views.clips); // (N, tubes, P, C)
      const targets = this.options.useNormalizedTargets ? standardized(tubes).values : tubes;
      const { loss, explained } = painting(painted, takeTokens(targets.flatten(2), views.hidden));
      return { loss, metrics: { explained }, features: tokens.mean([1]) };
    });
  }

  private tubes(clips: Tensor): Tensor {
    return toTubes(clips, TUBE_FRAMES, this.backbone.options.patchSize);
  }

  /** Adam with the paper's short memory of squares (beta2 0.95). */
  override optimizerGroups() {
    return [{ name: 'main', modules: [this.backbone, this.decoder], betas: [0.9, 0.95] as const }];
  }

  override preview({ samples }: Batch<ClipSpec>, random: Generator): Preview[] {
    const shown = firstSamples(samples, 4);
    const views = { clips: this.prepare(shown), ...this.mask(shown, random) };
    const { painted } = this.paint(views);
    const tubes = this.tubes(views.clips); // (N, tubes, P, C)
    const { mean, deviation } = standardized(tubes);
    const inTubes = painted.unflatten(2, [tubes.size(2), tubes.size(3)]);
    const at = (values: Tensor) => takeTokens(values.flatten(2), views.hidden).unflatten(2, [1, tubes.size(3)]);
    const inColors = this.options.useNormalizedTargets ? inTubes.mul(at(deviation)).add(at(mean)) : inTubes;
    const places = views.hidden.unsqueeze(2).expand([-1, -1, tubes.size(2) * tubes.size(3)]);
    const strips = (values: Tensor) => {
      const filled = tubes
        .flatten(2)
        .scatter(1, places, values.flatten(2))
        .unflatten(2, [tubes.size(2), -1]);
      const { grid, options } = this.backbone;
      const clips = fromTubes(filled, TUBE_FRAMES, grid, options.patchSize);
      return (row: number): Tensor => filmStrip(fromStandardized(clips.select(0, row), this.spec));
    };
    const all = this.hidden + this.visible;
    const rows = tileRows(
      [
        // Zero is the mean color.
        { images: strips(ops.zerosLike(inColors)), caption: `seen: ${this.visible} of ${all} tubes` },
        { images: strips(inColors), caption: 'painted' },
        { images: (row) => filmStrip(toFloat(shown.select(0, row))), caption: 'the clip' },
      ],
      shown.size(0),
    );
    const help = ' Mean and contrast of each hidden tube are those of the clip.';
    const explanation = `The encoder sees only the tubes on the left, the same places in all frames; a small decoder paints the others.${this.options.useNormalizedTargets ? help : ''}`;
    return [{ title: 'Paint what is hidden', explanation, rows }];
  }
}

export const videoMae = defineMethod<typeof options, ClipSpec>({
  ...card,
  modalities: ['clip'],
  options,
  smallOptions: { decoderWidth: 64, decoderDepth: 2, decoderHeads: 4 },
  architectures: ['video-vit-micro', 'video-vit-small', 'video-vit-base'],
  needs: () => ({ frames: 16, fps: 7.5, leastFrames: TUBE_FRAMES }),
  encoder(context) {
    const { patchSize } = context.options;
    const made = standardizedClips<Options>(patchSize === null ? {} : { patchSize })(context);
    initializeByXavier(made.backbone);
    return made;
  },
  create: (context) => new VideoMAE(context),
});
