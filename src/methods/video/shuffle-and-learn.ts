/**
 * Shuffle and learn: given three frames of a video, say whether they are in the order of time.
 *
 * Misra, Zitnick, Hebert, "Shuffle and Learn: Unsupervised Learning using Temporal Order Verification", ECCV 2016,
 * https://arxiv.org/abs/1603.08561; code: github.com/imisra/shuffle-tuple.
 *
 * Five frames a < b < c < d < e come from where the video moves. (b, c, d) is in order, (b, a, d) and (b, e, d) are not; each may run
 * backwards, which keeps its label. All tuples of a clip share b and d, so that only the middle frame gives the answer, and c must differ
 * from a and e. The released code reads a list of tuples; how they were chosen stands in the paper alone. Its measure of motion is
 * optical flow; ours is the difference of neighboring frames.
 *
 * The released head is one linear layer over the vectors of the three frames. It adds up what each frame says by itself, and whether x lies
 * between b and d is no such sum: where a single frame tells nothing of its time, that head stays at chance. `head: 'mlp'` has a hidden
 * layer, which compares the frames.
 */
import { z } from 'zod';
import { type ClipTransform, compose, horizontalFlip, overFrames, randomCrop, uniforms } from '../../augment/index.js';
import { type ClipSpec, firstSamples, type ImageSpec } from '../../data/index.js';
import { type Generator, noGrad, ops, scope, type Tensor } from '../../engine/index.js';
import { BatchNorm, Dropout, init, Linear, ReLU, Sequential } from '../../engine/nn/index.js';
import { AutodidactError } from '../../errors.js';
import { filmStrip } from '../../modalities/clip.js';
import { Tower } from '../../networks/tower.js';
import { standardizedFrames } from '../encoders.js';
import { indexTensor } from '../index-tensor.js';
import { accuracy, balancedAccuracy } from '../losses/accuracy.js';
import { type Batch, defineMethod, Method, type MethodContext, type Outcome, type Preview } from '../method.js';
import * as option from '../options.js';
import { coarsePixels, usableClips } from './motion.js';
import { drawFive, FIVE_DRAWS, leastFrames, type TupleRule, tupleDraws, tuplesOf } from './order-tuples.js';
import { card } from './shuffle-and-learn.card.js';

const options = z.object({
  farthest: option.positive(2.4, 'Largest time from the first to the last frame of a tuple, in seconds'),
  margin: option.positive(0.6, 'Least time from these two to the frames outside of them, in seconds'),
  leastDifference: option.weight(
    5e-4,
    'Least mean squared difference of the middle frame to those outside; pixels 0 to 1',
  ),
  motion: option.choice(['difference', 'none'], 'What makes a stretch likely: how much its frames differ, or nothing'),
  negatives: option.whole(3, 'Tuples out of order for each one in order; the 3 are the 75 % of the paper'),
  cropShare: option.share(227 / 256, 'Side of the random crop, the same for all frames, as a share of the frame', {
    min: 0.25,
  }),
  useFlip: option.flag(false, 'Random horizontal flip of each clip'),
  frameSize: option.whole(4096, 'Length of the vectors of a frame (fc6, fc7)'),
  dropout: option.share(0.5, 'Dropout of these vectors', { max: 0.9 }),
  head: option.choice(
    ['linear', 'mlp'],
    "What compares three vectors: the paper's linear layer, or one with a hidden layer",
  ),
  headSize: option.whole(128, 'Hidden units of the head `mlp`'),
});

type Options = z.output<typeof options>;

/** Frames a, b, c, d, e of each clip, (5 N, C, s, s); positions in them of the tuples (M, 3); whether these are in order, int64 (M). */
type TupleViews = Record<'frames' | 'tuples' | 'labels', Tensor>;

/** Frames per second at which clips are looked at unless others are asked for. */
const RATE = 10;
/** Length of a clip in units of the longest stretch that a tuple and its margins may take: room to choose where it moves. */
const ROOM = 1.5;
const IN_ORDER = 1;

export class ShuffleAndLearn extends Method<Options, TupleViews, unknown, ClipSpec, ImageSpec> {
  readonly tower: Tower;
  readonly fc7: Sequential;
  readonly head: Sequential;
  /** Counted in frames of the clips at hand. */
  readonly rule: TupleRule;
  private readonly augment: ClipTransform;

  constructor(context: MethodContext<Options, ClipSpec, ImageSpec>) {
    super(context);
    const { frameSize, dropout, head, headSize } = this.options;
    this.rule = ruleOf(this.options, this.spec);
    const side = cropSide(this.options, this.spec);
    const flip = this.options.useFlip ? [horizontalFlip(0.5)] : [];
    this.augment = overFrames(compose(randomCrop({ size: side }), ...flip), 'channels');
    this.tower = new Tower(this.backbone, { side, outputSize: frameSize, useNorm: true });
    this.fc7 = new Sequential(
      new Dropout(dropout),
      new Linear(frameSize, frameSize, { bias: false }),
      new BatchNorm(frameSize, { affine: false }),
      new ReLU(),
      new Dropout(dropout),
    );
    const hidden = head === 'mlp' ? [new Linear(3 * frameSize, headSize), new ReLU()] : [];
    const last = new Linear(head === 'mlp' ? headSize : 3 * frameSize, 2);
    init.xavierUniform_(last.weight);
    init.constant_(last.bias!, 0);
    this.head = new Sequential(...hidden, last);
  }

  override views({ samples }: Batch<ClipSpec>, random: Generator): TupleViews {
    const { fives, tuples, labels } = this.choose(samples, random);
    const frames = this.augment(gather(samples, fives), random).flatten(0, 1);
    const index = indexTensor(tuples.flat(), samples).view([-1, 3]);
    return { frames: this.prepare(frames), tuples: index, labels: indexTensor(labels, samples) };
  }

  override pipelines() {
    return { ...super.pipelines(), tuples: { name: 'orderTuples', ...this.rule, negatives: this.options.negatives } };
  }

  /** Five frames of each clip, and tuples of them: positions among all chosen frames, and labels. */
  private choose(samples: Tensor, random: Generator) {
    const { negatives } = this.options;
    const [count, frames] = samples.shape as [number, number];
    const pixels = coarsePixels(samples);
    const size = pixels.length / count;
    const [ofFive, ofTuples] = [FIVE_DRAWS, tupleDraws(negatives)].map((draws) => uniforms(count, draws, random));
    const fives = Array.from({ length: count }, (_, i) =>
      drawFive(pixels.subarray(i * size, (i + 1) * size), frames, this.rule, ofFive!(i)),
    );
    const chosen = fives.flatMap((_, i) => tuplesOf(negatives, ofTuples!(i)).map((tuple) => ({ ...tuple, clip: i })));
    return {
      fives,
      tuples: chosen.map(({ places, clip }) => places.map((place) => 5 * clip + place)),
      labels: chosen.map(({ isInOrder }) => (isInOrder ? IN_ORDER : 0)),
    };
  }

  override loss({ frames, tuples, labels }: TupleViews): Outcome {
    const maps = this.backbone.maps(frames); // (5 N, D, h, w)
    const logits = this.verify(maps, tuples);
    const loss = ops.crossEntropy(logits, labels);
    const metrics = { accuracy: accuracy(logits, labels), balancedAccuracy: balancedAccuracy(logits, labels) };
    return { loss, metrics, features: maps.mean([2, 3]) };
  }

  /** Logits (M, 2) of tuples (M, 3): out of order, in order. */
  private verify(maps: Tensor, tuples: Tensor): Tensor {
    const vectors = this.fc7.forward(this.tower.forward(maps)); // (5 N, frameSize)
    return this.head.forward(vectors.indexSelect(0, tuples.flatten()).view([tuples.size(0), -1]));
  }

  override preview({ samples }: Batch<ClipSpec>, random: Generator): Preview[] {
    const shown = firstSamples(samples, 6);
    const { fives, tuples, labels } = this.choose(shown, random);
    const pictures = gather(shown, fives);
    const maps = this.backbone.maps(this.prepare(this.cropped(pictures.flatten(0, 1))));
    const answers = this.verify(maps, indexTensor(tuples.flat(), shown).view([-1, 3]))
      .argmax(1)
      .toNumbers();
    const perClip = 1 + this.options.negatives;
    const rows = fives.map((five, i) => {
      const tuple = i * perClip + (i % 2);
      const places = tuples[tuple]!.map((position) => position - 5 * i);
      const strip = (order: readonly number[]): Tensor =>
        filmStrip(pictures.select(0, i).indexSelect(0, indexTensor(order, shown)));
      const seconds = places.map((place) => (five[place]! / this.spec.fps).toFixed(1));
      const [truth, answer] = [labels[tuple]!, answers[tuple]!];
      return [
        { image: strip(places), caption: `at ${seconds.join(', ')} s: ${phrase(truth)}` },
        {
          image: strip(places.toSorted((one, other) => one - other)),
          caption: `by time; says: ${phrase(answer)}`,
          isCorrect: answer === truth,
        },
      ];
    });
    const explanation =
      'The network sees three frames of a video, on the left, and says whether they are in the order of time, forwards or backwards. On the right the same frames as time runs.';
    return [{ title: 'Are these frames in order?', explanation, rows, chance: 1 / 2 }];
  }

  /** The middle of frames, of the size that the network sees in training. */
  private cropped(images: Tensor): Tensor {
    const side = cropSide(this.options, this.spec);
    const [top, left] = [images.size(2), images.size(3)].map((length) => Math.floor((length - side) / 2));
    return images.narrow(2, top!, side).narrow(3, left!, side);
  }
}

const phrase = (label: number): string => (label === IN_ORDER ? 'in order' : 'out of order');

/** The frames of these numbers of each clip: (N, T, C, H, W) to (N, 5, C, H, W). */
function gather(clips: Tensor, fives: readonly (readonly number[])[]): Tensor {
  return noGrad(() =>
    scope(() => {
      const frames = clips.size(1);
      const index = indexTensor(
        fives.flatMap((five, i) => five.map((frame) => i * frames + frame)),
        clips,
      );
      return clips.flatten(0, 1).indexSelect(0, index).unflatten(0, [-1, 5]);
    }),
  );
}

/** The times of the options in frames of these clips. */
function ruleOf({ farthest, margin, leastDifference, motion }: Options, { frames, fps }: ClipSpec): TupleRule {
  const rule = {
    farthest: Math.max(2, Math.round(farthest * fps)),
    margin: Math.max(1, Math.round(margin * fps)),
    leastDifference,
    usesMotion: motion === 'difference',
  };
  if (frames < leastFrames(rule))
    throw new AutodidactError(
      'USAGE',
      `Expected clips of at least ${leastFrames(rule)} frames for a margin of ${margin} s at ${fps} frames a second, received ${frames}`,
      { remedy: 'Take a smaller --margin, or longer clips (--frames).' },
    );
  return rule;
}

function cropSide({ cropShare }: Options, { height, width }: ClipSpec): number {
  return Math.max(1, Math.round(cropShare * Math.min(height, width)));
}

export const shuffleAndLearn = defineMethod({
  ...card,
  modalities: ['clip'],
  options,
  smallOptions: { farthest: 1.2, margin: 0.3, cropShare: 1, frameSize: 128, dropout: 0, head: 'mlp' },
  needs: ({ farthest, margin }) => ({ frames: Math.ceil(ROOM * (farthest + 2 * margin) * RATE) + 1, fps: RATE }),
  usable: (clips: Tensor, { options }: { options: Options }) => usableClips(clips, options.leastDifference),
  encoder: standardizedFrames(({ options, spec }) => ({ imageSize: cropSide(options, spec) })),
  create: (context: MethodContext<Options, ClipSpec, ImageSpec>) => new ShuffleAndLearn(context),
});
