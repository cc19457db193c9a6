/**
 * Tracking patches: the first and the last patch of a tracked thing should look alike to the network, and unlike patches of other videos.
 *
 * Wang, Gupta, "Unsupervised Learning of Visual Representations using Videos", ICCV 2015, https://arxiv.org/abs/1505.00687; code:
 * github.com/xiaolonw/caffe-video_triplet.
 *
 * With the distance D = 1 - cos of the head's outputs after ReLU, pairs (q, p) and negatives n of the same batch:
 *   L = mean over pairs and negatives of (max(0, D(q, p) - D(q, n) + M) + max(0, D(q, p) - D(p, n) + M)) / 2
 * At first negatives are drawn at random; then half of them are drawn from the four nearest. All come from other videos.
 *
 * Loss and choice of negatives follow the code, whose margin is 1 where ours is 0.5 by default, and whose README says only to begin with
 * random negatives: the share of the run with them is ours. The code's layers begin at Gaussians of 0.005; ours begin as PyTorch's
 * do, which fit any width, with the code's biases of 1.
 */
import { z } from 'zod';
import { horizontalFlip, type Transform, toFloat } from '../../augment/index.js';
import type { ImageSpec, PatchesSpec } from '../../data/index.js';
import { fullPrecision, type Generator, noGrad, ops, type Tensor, withoutGraph } from '../../engine/index.js';
import { init, Linear, ReLU, Sequential } from '../../engine/nn/index.js';
import { standardizedImages } from '../encoders.js';
import { accuracy } from '../losses/accuracy.js';
import { chooseNegatives, cosinesOf, firstWithLast, rankedHinge } from '../losses/ranked-hinge.js';
import {
  type Batch,
  defineMethod,
  Method,
  type MethodContext,
  type Outcome,
  type Preview,
  type Progress,
} from '../method.js';
import * as option from '../options.js';
import { chosen, tileRows } from '../previews/tile-rows.js';
import { card } from './tracking-patches.card.js';

const options = z.object({
  margin: option.positive(0.5, "Margin M of the hinges, in cosines; the code's is 1"),
  negatives: option.whole(4, 'Negatives of each pair', { max: 1000 }),
  hardShare: option.share(0.5, 'Share of the negatives that are drawn from the nearest, rounded down'),
  randomShare: option.share(0.25, 'Share of the run, from its start, in which all negatives are drawn at random'),
  hiddenSize: option.hiddenSize(4096, 'the head (fc6)'),
  projectionSize: option.projectionSize(1024, 'the outputs that are compared (fc7)'),
  useFlip: option.useFlip('each patch'),
});

type Options = z.output<typeof options>;
/** Prepared patches (2N, C, S, S), both of a pair next to each other, the videos that they are of (2N), and draws (2, N, 2N). */
type PatchViews = Record<'patches' | 'videos' | 'draws', Tensor>;

export class TrackingPatches extends Method<Options, PatchViews, unknown, PatchesSpec, ImageSpec> {
  readonly head: Sequential;
  private readonly flip: Transform | null;

  constructor(context: MethodContext<Options, PatchesSpec, ImageSpec>) {
    super(context);
    const { hiddenSize, projectionSize, useFlip } = this.options;
    const layers = [new Linear(this.backbone.featureSize, hiddenSize), new Linear(hiddenSize, projectionSize)] as const;
    for (const { bias } of layers) init.constant_(bias!, 1);
    this.head = new Sequential(layers[0], new ReLU(), layers[1], new ReLU());
    this.flip = useFlip ? horizontalFlip(0.5) : null;
  }

  override views({ samples }: Batch<PatchesSpec>, random: Generator): PatchViews {
    const { patches, video } = samples;
    const count = patches.size(0);
    const items = patches.flatten(0, 1);
    const seen = this.flip === null ? items : this.flip(items, random);
    return {
      patches: this.prepare(seen),
      videos: video.unsqueeze(1).expand([count, 2]).flatten().clone(),
      draws: ops.rand([2, count, 2 * count], { generator: random, device: random.device }).to(items.device),
    };
  }

  override loss({ patches, videos, draws }: PatchViews, _group: string, progress: Progress): Outcome {
    const features = this.backbone.features(patches); // (2N, D)
    const outputs = this.head.forward(features).to('float32');
    return fullPrecision(outputs.device, () => {
      const { margin, negatives, hardShare, randomShare } = this.options;
      const isRandom = progress.step < randomShare * progress.totalSteps;
      const hard = isRandom ? 0 : Math.floor(negatives * hardShare);
      const cosines = cosinesOf(outputs);
      const negativesOf = chooseNegatives(cosines, videos, draws, { margin, negatives, hard });
      const loss = rankedHinge(cosines, negativesOf, { margin, negatives });
      return { loss, metrics: { accuracy: endsFound(cosines, videos) }, features };
    });
  }

  /** Cosines (2N, 2N) of the patches (N, 2, C, S, S) of N pairs, as the loss compares them. */
  cosines(patches: Tensor): Tensor {
    return withoutGraph(() => {
      const outputs = this.head.forward(this.backbone.features(this.prepare(patches.flatten(0, 1))));
      return cosinesOf(outputs.to('float32'));
    });
  }

  override readonly previewSamples = 24;

  override preview({ samples }: Batch<PatchesSpec>): Preview[] {
    const { patches, video } = samples;
    const videos = video
      .unsqueeze(1)
      .expand([patches.size(0), 2])
      .flatten();
    const answers = amongOthers(this.cosines(patches), videos).argmax(1).toNumbers();
    const [first, last] = toFloat(patches.flatten(0, 1)).unflatten(0, [-1, 2]).unbind(1) as [Tensor, Tensor];
    const rows = tileRows(
      [
        { images: first, caption: 'a track begins' },
        { images: last, caption: 'and ends' },
        chosen(last, answers, 'the nearest end'),
      ],
      Math.min(SHOWN, answers.length),
    );
    const explanation = `A tracker has followed what moves in videos. The network compares the first patch with the last patches of all ${answers.length} tracks here but others of the same video.`;
    return [{ title: 'Where does the track end?', explanation, rows, chance: 1 / answers.length }];
  }
}

const SHOWN = 8;

/** The cosines of first patches with last ones (N, N), without others of the same video. */
export function amongOthers(cosines: Tensor, videos: Tensor): Tensor {
  const numbers = videos.unflatten(0, [-1, 2]).select(1, 0);
  const isOwn = ops.eye(numbers.size(0), { dtype: 'bool', device: cosines.device });
  const isLeftOut = numbers.unsqueeze(0).eq(numbers.unsqueeze(1)).logicalAnd(isOwn.logicalNot());
  return firstWithLast(cosines).maskedFill(isLeftOut, Number.NEGATIVE_INFINITY);
}

/** Share of first patches whose own last patch is nearer than that of every track of other videos. */
function endsFound(cosines: Tensor, videos: Tensor): Tensor {
  return noGrad(() => {
    const places = ops.arange(0, cosines.size(0) / 2, 1, { dtype: 'int64', device: cosines.device });
    return accuracy(amongOthers(cosines, videos), places);
  });
}

export const trackingPatches = defineMethod<typeof options, PatchesSpec, ImageSpec>({
  ...card,
  modalities: ['patches'],
  options,
  smallOptions: { hiddenSize: 512, projectionSize: 128 },
  // A pair alone has no negatives, and no gradient.
  smallestBatch: 2,
  encoder: (context) => {
    const { channels, height, width, mean, std } = context.spec;
    const spec: ImageSpec = { modality: 'image', channels, height, width, mean, std };
    return standardizedImages()({ ...context, spec });
  },
  create: (context) => new TrackingPatches(context),
});
