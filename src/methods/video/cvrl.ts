/**
 * CVRL: two clips of a video must find each other among the clips of all videos of the batch.
 *
 * Qian, Meng, Gong, Yang, Wang, Belongie, Cui, "Spatiotemporal Contrastive Video Representation Learning", CVPR 2021,
 * https://arxiv.org/abs/2008.03800; code: github.com/tensorflow/models, `official/projects/video_ssl`.
 *
 * SimCLR with clips in place of images. The clips are a random interval apart, the longer the rarer; each is changed in one way in all
 * its frames: what changes from frame to frame by itself would drown the motion.
 *
 * A sample is a stretch of a video, of which the two clips are taken; the encoder sees clips. The head has three hidden layers, as in the
 * code. The loss there is the sum of both directions, here their mean.
 */
import { z } from 'zod';
import {
  type ClipTransform,
  composeClips,
  distortion,
  gaussianBlur,
  overFrames,
  randomResizedCrop,
  STRONG_JITTER,
  solarize,
} from '../../augment/index.js';
import { type ClipSpec, firstSamples } from '../../data/index.js';
import { type Generator, ops, type Tensor } from '../../engine/index.js';
import { expected } from '../../errors.js';
import { filmStrip } from '../../modalities/clip.js';
import { plainClips } from '../encoders.js';
import { type ProjectionHead, projectionHead } from '../heads/projection-head.js';
import { cosineMatrix } from '../losses/cosine.js';
import { ntXent } from '../losses/nt-xent.js';
import { type Batch, defineMethod, Method, type MethodContext, type Outcome, type Preview } from '../method.js';
import * as option from '../options.js';
import { pairPreview } from '../previews/pair-preview.js';
import { clipStarts, twoClips } from '../views/two-clips.js';
import { both, inHalves } from '../views/two-views.js';
import { card } from './cvrl.card.js';

const options = z.object({
  clipFrames: option.whole(16, 'Frames of a clip; a sample has more, of which two clips are taken'),
  interval: option.choice(
    ['falling', 'uniform'],
    'How likely intervals between the clips are: the longer the rarer, or all alike',
  ),
  temperature: option.positive(0.1, 'Divides the cosine similarities'),
  projectionSize: option.projectionSize(128),
  projectionLayers: option.whole(4, 'Linear layers of the head'),
  hiddenSize: option.wholeOrNull('Width of the hidden layers of the head; null takes that of the representation'),
  minimumScale: option.minimumScale(0.3),
  colorStrength: option.colorStrength(1, '0.8s, 0.8s, 0.8s, 0.2s'),
  grayProbability: option.grayProbability(0.2),
  useBlur: option.useByolBlur(),
  useFlip: option.useFlip(),
  isConsistent: option.flag(
    true,
    'Whether all frames of a clip are changed alike; if not, each by itself (an ablation)',
  ),
});

type Options = z.output<typeof options>;
/** The first clips of all videos, then the second ones: (2N, T, C, H, W). */
type ClipPairs = { clips: Tensor };

const RATIO = [0.5, 2] as const;
/** Length of a sample in clips: 9 of the 10 seconds of a video of Kinetics. */
const SPAN = 7;

export class CVRL extends Method<Options, ClipPairs, unknown, ClipSpec> {
  readonly projection: ProjectionHead;
  private readonly augments: readonly [ClipTransform, ClipTransform];

  constructor(context: MethodContext<Options, ClipSpec>) {
    super(context);
    const { clipFrames } = this.options;
    if (clipFrames > this.spec.frames)
      throw expected(`at most ${this.spec.frames}, the frames of a sample,`, 'clipFrames', clipFrames, {
        remedy: 'Raise --frames.',
      });
    this.projection = projectionHead(this.backbone, this.options, 'bias');
    this.augments = [this.augment(1), this.augment(2)];
  }

  /** The changes of the first or the second clip, which differ in blur and solarization. */
  private augment(view: 1 | 2): ClipTransform {
    const { minimumScale, useFlip, useBlur, isConsistent, ...rest } = this.options;
    const crop = { size: this.spec.height, scale: [minimumScale, 1], ratio: RATIO, flip: useFlip ? 0.5 : 0 } as const;
    const [moving, coloring] = isConsistent ? (['channels', 'rows'] as const) : (['apart', 'apart'] as const);
    return composeClips(
      overFrames(randomResizedCrop({ ...crop, interpolation: 'bilinear' }), moving),
      overFrames(distortion(STRONG_JITTER, { ...rest, blurProbability: 0 }), coloring),
      ...(useBlur ? [overFrames(gaussianBlur({ p: view === 1 ? 1 : 0.1 }), moving)] : []),
      ...(useBlur && view === 2 ? [overFrames(solarize({ p: 0.2 }), coloring)] : []),
    );
  }

  override views({ samples }: Batch<ClipSpec>, random: Generator): ClipPairs {
    const { clipFrames, interval } = this.options;
    const starts = clipStarts(samples.size(0), samples.size(1) - clipFrames + 1, interval, random);
    const clips = twoClips(samples, starts, clipFrames);
    return { clips: ops.cat(clips.map((clip, i) => this.augments[i]!(clip, random))) };
  }

  override loss({ clips }: ClipPairs): Outcome {
    const features = this.backbone.features(clips); // (2N, D)
    const { loss, accuracy } = ntXent(...inHalves(this.projection.forward(features)), this.options.temperature);
    return { loss, metrics: { accuracy }, features };
  }

  override preview(batch: Batch<ClipSpec>, random: Generator): Preview[] {
    const samples = firstSamples(batch.samples, 6);
    const { clips } = this.views({ ...batch, samples }, random);
    const strips = (videos: Tensor) =>
      ops.stack(
        videos.unbind(0).map((video) => filmStrip(video, 4)),
        0,
      );
    const [z1, z2] = inHalves(this.projection.forward(this.backbone.features(clips)));
    const [first, second] = both(inHalves(clips), strips);
    return pairPreview({
      title: 'Which two belong together?',
      explanation:
        'Two clips of each video are cropped and recolored. For clip 1 the network looks for clip 2 among those of all videos shown.',
      captions: { sample: 'video', first: 'clip 1', second: () => 'clip 2', nearest: 'most similar to clip 1' },
      ...{ samples: strips(samples), first, second, similarity: cosineMatrix(z1, z2) },
    });
  }
}

export const cvrl = defineMethod<typeof options, ClipSpec>({
  ...card,
  modalities: ['clip'],
  options,
  smallOptions: { clipFrames: 8, useBlur: false },
  architectures: [
    'r3d18',
    'r2plus1d18',
    'c3d',
    'frames-resnet18',
    'frames-resnet50',
    'video-vit-micro',
    'video-vit-base',
  ],
  smallestBatch: 2,
  needs: ({ clipFrames }) => ({ frames: SPAN * clipFrames, fps: 12.5, leastFrames: clipFrames }),
  encoder: (context) => plainClips<Options>(context.options.clipFrames)(context),
  create: (context) => new CVRL(context),
});
