/**
 * Motion segmentation: segment in a single frame what moves in the video.
 *
 * Pathak, Girshick, Dollár, Darrell, Hariharan, "Learning Features by Watching Objects Move", CVPR 2017,
 * https://arxiv.org/abs/1612.06370; code: github.com/pathak22/unsupervised-video.
 *
 * Things move as wholes: masks of what moves, found without labels, are noisy pictures of where things are. A network that has to predict
 * them from a still frame cannot see the motion, and has to learn what things look like. Samples are pairs of a mask and its frame,
 * `moving:<videos>`. A mask holds votes; pixels whose votes disagree take no part in the loss.
 *
 * The code answers with one fully connected layer on the whole map (`head: 'linear'`), which learns a mask for each place; on few and
 * small frames a convolutional decoder does better.
 */
import { z } from 'zod';
import { compose, halfFlipped, randomResizedCrop, type Transform, toFloat } from '../../augment/index.js';
import { firstSamples, type ImageSpec, type PairSpec } from '../../data/index.js';
import {
  fullPrecision,
  type Generator,
  noGrad,
  ops,
  REDUCTION,
  type Tensor,
  withoutGraph,
} from '../../engine/index.js';
import { Conv2d, init, Layer, Linear } from '../../engine/nn/index.js';
import { expected } from '../../errors.js';
import { Decoder, lastMap } from '../../networks/decoder.js';
import { standardizedImages } from '../encoders.js';
import {
  type Batch,
  defineMethod,
  type Encoder,
  type EncoderContext,
  Method,
  type MethodContext,
  type Outcome,
  type Preview,
} from '../method.js';
import * as option from '../options.js';
import { tileRows } from '../previews/tile-rows.js';
import { card } from './motion-segmentation.card.js';

const options = z.object({
  still: option.share(0.4, 'Votes for motion up to which a pixel counts as still'),
  moving: option.share(0.7, 'Votes for motion from which on a pixel counts as moving; those between are left out'),
  targetStride: option.whole(4, "Pixels of the frame along a side of the mask's pixels"),
  head: option.choice(['linear', 'decoder'], 'What answers: a linear layer on the whole map, or up-convolutions'),
  headSize: option.whole(128, 'Channels before the answers'),
  minimumScale: option.minimumScale(0.5, 'Smallest share of a frame that the crop covers'),
  useFlip: option.useFlip('each frame'),
});

type Options = z.output<typeof options>;
/** What moves, one channel, and the frames. */
type MovingSpec = PairSpec<ImageSpec, ImageSpec>;
/** Prepared frames (N, C, S, S) and the share of votes for motion, float32 (N, 1, h, h). */
type Views = Record<'frames' | 'votes', Tensor>;

export class MotionSegmentation extends Method<Options, Views, unknown, MovingSpec, ImageSpec> {
  readonly head: Layer;
  private readonly side: number;
  private readonly augment: Transform;

  constructor(context: MethodContext<Options, MovingSpec, ImageSpec>) {
    super(context);
    const { still, moving, targetStride, head, headSize, minimumScale, useFlip } = this.options;
    if (!(still < moving)) throw expected('less than `moving`', 'still', still);
    const { height } = this.encoder.spec;
    this.side = Math.ceil(height / targetStride);
    const map = lastMap(this.backbone, height);
    this.head = head === 'linear' ? new WholeMap(map, headSize, this.side) : decoder(map, headSize, this.side);
    const crop = randomResizedCrop({ size: height, scale: [minimumScale, 1], ratio: [1, 1] });
    this.augment = compose(...(minimumScale < 1 ? [crop] : []), halfFlipped(useFlip));
  }

  override views({ samples: { first, second } }: Batch<MovingSpec>, random: Generator): Views {
    // Cut as the channels of one picture.
    const both = this.augment(toFloat(ops.cat([first, second], 1)), random);
    const frames = both.narrow(1, 1, both.size(1) - 1);
    return { frames: this.prepare(frames), votes: this.shrunk(both.narrow(1, 0, 1)) };
  }

  private shrunk(votes: Tensor): Tensor {
    return ops.adaptiveAvgPool2d(votes, this.side).to('float32');
  }

  override loss({ frames, votes }: Views): Outcome {
    const maps = this.backbone.maps(frames);
    const logits = this.head.forward(maps).to('float32'); // (N, 1, h, h)
    return fullPrecision(logits.device, () => {
      const isMoving = votes.ge(this.options.moving);
      const isKnown = isMoving.logicalOr(votes.le(this.options.still));
      const known = isKnown.to('float32');
      const costs = ops.binaryCrossEntropyWithLogits(logits, isMoving.to('float32'), null, null, REDUCTION.none);
      const loss = costs.mul(known).sum().div(known.sum().clampMin(1));
      const iou = noGrad(() => {
        const answers = logits.gt(0).logicalAnd(isKnown);
        const shared = answers.logicalAnd(isMoving).sum().to('float32');
        return shared.div(answers.logicalOr(isMoving).sum().clampMin(1));
      });
      return { loss, metrics: { iou }, features: maps.mean([2, 3]) };
    });
  }

  /** How likely what each pixel shows would move: frames, uint8 or float [0, 1] (N, C, S, S), to float32 (N, 1, h, h). */
  segment(frames: Tensor): Tensor {
    return withoutGraph(() =>
      this.head
        .forward(this.backbone.maps(this.prepare(frames)))
        .to('float32')
        .sigmoid(),
    );
  }

  override preview({ samples }: Batch<MovingSpec>): Preview[] {
    const { first, second } = firstSamples(samples, 6);
    const answers = this.segment(second);
    const votes = this.shrunk(toFloat(first));
    const large = (masks: Tensor): Tensor => ops.upsampleNearest2d(masks, [second.size(2), second.size(3)]);
    const rows = tileRows([
      { images: toFloat(second), caption: 'the frame' },
      { images: large(votes), caption: 'what moves, found from the flow' },
      { images: large(answers), caption: 'what the network expects to move' },
    ]);
    const explanation =
      'The masks in the middle come from the motion in the video, without labels. The network sees the single frame on the left.';
    return [{ title: 'What would move?', explanation, rows }];
  }
}

/** As the mask branch of the code: a 1x1 convolution, then one linear layer on the whole map. (N, D, h, w) to (N, 1, side, side). */
class WholeMap extends Layer {
  readonly narrow: Conv2d;
  readonly answers: Linear;

  constructor(
    map: { size: number; side: number },
    width: number,
    private readonly outputSide: number,
  ) {
    super();
    this.narrow = new Conv2d(map.size, width, 1);
    this.answers = new Linear(width * map.side ** 2, outputSide ** 2);
    startBlind(this.answers);
  }

  override forward(maps: Tensor): Tensor {
    const { outputSide: side } = this;
    return this.answers.forward(this.narrow.forward(maps).relu().flatten(1)).view([-1, 1, side, side]);
  }
}

function decoder({ size, side }: { size: number; side: number }, width: number, outputSide: number): Decoder {
  const made = new Decoder({ inputSize: size, inputSide: side, outputSize: 1, outputSide, width });
  startBlind(made.output);
  return made;
}

/** Every pixel is as likely to move as not. */
function startBlind({ weight, bias }: Linear | Conv2d): void {
  init.normal_(weight, 0, 0.005);
  init.constant_(bias!, 0);
}

function encoder(context: EncoderContext<Options, MovingSpec>): Encoder<ImageSpec> {
  return standardizedImages<Options>()({ ...context, spec: context.spec.second });
}

export const motionSegmentation = defineMethod({
  ...card,
  modalities: ['pair'],
  options,
  smallOptions: { head: 'decoder', headSize: 32 },
  needs: () => ({ side: 16, pairs: { first: [1], second: [1, 3] }, isAligned: true }),
  encoder,
  create: (context: MethodContext<Options, MovingSpec, ImageSpec>) => new MotionSegmentation(context),
});
