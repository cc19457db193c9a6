/**
 * Egomotion: given two frames that a moving camera has taken, classify how it moved.
 *
 * Agrawal, Carreira, Malik, "Learning to See by Moving", ICCV 2015, https://arxiv.org/abs/1505.01596;
 * code: github.com/pulkitag/learning-to-see-by-moving and its network files in github.com/pulkitag/egomotion.
 *
 * A shared base network sees both frames, a top network their maps side by side; each degree of freedom is a classification of
 * its own, and the losses are summed. The code takes pairs of frames of a driving car, with its odometry as labels: right, ahead
 * and around. Here the motion is right, down, around the camera's axis and nearer.
 *
 * Over still images a camera moves that is not there, so that the motion is known exactly and any images do. What would give it away
 * without comparing the frames is taken from them: no frame reaches beyond the image, where black would show the shift, and the pair
 * lies at any angle, so that no frame is upright. In videos, `camera:<videos>`, the motion is that of the camera that took them, fitted
 * to the flow; pairs are shown in either order.
 */
import { z } from 'zod';
import {
  type CameraSpec,
  DEGREES,
  type Degree,
  firstSamples,
  type ImageSpec,
  type Motion,
  type SamplesOf,
} from '../../../data/index.js';
import { type Generator, ops, type Tensor } from '../../../engine/index.js';
import { BatchNorm, Conv2d, Dropout, init, Layer, Linear, ReLU, Sequential } from '../../../engine/nn/index.js';
import { lastMap } from '../../../networks/decoder.js';
import { standardizedImages } from '../../encoders.js';
import { indexTensor } from '../../index-tensor.js';
import { accuracy } from '../../losses/accuracy.js';
import {
  type Batch,
  defineMethod,
  type Encoder,
  type EncoderContext,
  Method,
  type MethodContext,
  type Outcome,
  type Preview,
} from '../../method.js';
import * as option from '../../options.js';
import { tileRows } from '../../previews/tile-rows.js';
import { frameRule, StillPairs } from './camera-motion.js';
import { card } from './egomotion.card.js';
import type { FramePairs } from './frame-pairs.js';
import { RecordedPairs } from './recorded-pairs.js';

const options = z.object({
  motions: z
    .array(z.enum(DEGREES))
    .min(1)
    .default(['x', 'y', 'rotation'])
    .describe('Degrees of freedom of the camera: x, y, rotation, zoom. Each is a classification'),
  bins: option.whole(20, 'Classes of each degree of freedom, equally likely; an odd number has one for no motion', {
    min: 2,
  }),
  shift: option.part(0.125, "Over still images: largest shift along each axis, as a share of the frame's side"),
  angle: option.positive(30, 'Over still images: largest rotation either way, in degrees'),
  zoom: z.number().min(1).default(1.25).describe('Over still images: largest factor by which things grow, and shrink'),
  jitter: option.share(
    0.0625,
    "Over still images: largest distance per axis from the image's middle, as a share of the frame's side",
  ),
  borders: option.choice(
    ['hidden', 'black'],
    'Over still images: frames inside of the image, or all of it and black beyond: a shortcut',
  ),
  topWidth: option.whole(256, 'Channels of the first convolution on both maps; the second has half of them', {
    min: 2,
  }),
  hiddenSize: option.hiddenSize(500, 'the layer before the answers'),
  useNorm: option.flag(false, 'Batch norm before each ReLU of the top network, which the code has not'),
  dropout: option.share(0.5, 'Share of that layer that is dropped', { max: 0.95 }),
});

type Options = z.output<typeof options>;
type Spec = ImageSpec | CameraSpec;

/** Both frames (N, C, c, c), and the class of each of the D degrees of freedom, int64 (N, D). */
type Seen = Record<'first' | 'second' | 'labels', Tensor>;

export class Egomotion extends Method<Options, Seen, unknown, Spec, ImageSpec> {
  readonly top: Sequential;
  readonly answers: Linear;
  readonly frames: FramePairs<SamplesOf<Spec>>;

  constructor(context: MethodContext<Options, Spec, ImageSpec>) {
    super(context);
    const { hiddenSize, topWidth, useNorm, dropout, bins } = this.options;
    this.frames = pairsFor(this.options, this.spec);
    const map = lastMap(this.backbone, this.frames.side);
    const half = Math.floor(topWidth / 2);
    const wide = halving(2 * map.size, topWidth, map.side);
    const narrow = halving(topWidth, half, wide.side);
    const rectified = (size: number) => (useNorm ? [new BatchNorm(size), new ReLU()] : [new ReLU()]);
    this.top = new Sequential(
      wide.convolution,
      ...rectified(topWidth),
      narrow.convolution,
      ...rectified(half),
      new Flatten(),
      new Linear(half * narrow.side ** 2, hiddenSize),
      ...rectified(hiddenSize),
      new Dropout(dropout),
    );
    this.answers = new Linear(hiddenSize, this.frames.degrees.length * bins);
    init.normal_(this.answers.weight, 0, 0.005);
    init.constant_(this.answers.bias!, 0);
  }

  override views({ samples }: Batch<Spec>, random: Generator): Seen {
    const { first, second, labels } = this.frames.draw(samples, random);
    const classes = indexTensor(labels, first).view([first.size(0), this.frames.degrees.length]);
    return { first: this.prepare(first), second: this.prepare(second), labels: classes };
  }

  override pipelines() {
    return { ...super.pipelines(), frames: this.frames.description };
  }

  override loss({ first, second, labels }: Seen): Outcome {
    const { degrees } = this.frames;
    const { logits, maps } = this.compare(first, second);
    // The mean over images and degrees of freedom, times their number: the sum of the losses.
    const loss = ops.crossEntropy(logits.flatten(0, 1), labels.flatten()).mul(degrees.length);
    const own = degrees.map((degree, d) => [degree, accuracy(logits.select(1, d), labels.select(1, d))] as const);
    return {
      loss,
      metrics: { accuracy: accuracy(logits.flatten(0, 1), labels.flatten()), ...Object.fromEntries(own) },
      features: maps.mean([2, 3]),
    };
  }

  /** Logits (N, D, bins) of the motion from the first frames to the second ones, and the maps (2N, C, h, w) of both. */
  private compare(first: Tensor, second: Tensor): { logits: Tensor; maps: Tensor } {
    const { degrees, bins } = this.frames;
    const maps = this.backbone.maps(ops.cat([first, second], 0));
    const beside = ops.cat(maps.split(first.size(0), 0), 1); // (N, 2C, h, w)
    const logits = this.answers.forward(this.top.forward(beside));
    return { logits: logits.view([first.size(0), degrees.length, bins]), maps };
  }

  /** The class of each degree of freedom, image by image, that the networks see in these frames. */
  guesses({ first, second }: Pick<Seen, 'first' | 'second'>): number[] {
    return this.compare(first, second).logits.argmax(2).flatten().toNumbers();
  }

  override preview({ samples }: Batch<Spec>, random: Generator): Preview[] {
    const { degrees, bins, decimals } = this.frames;
    const { first, second, motions, labels, seenAfter } = this.frames.draw(firstSamples(samples, 6), random);
    const guesses = this.guesses({ first: this.prepare(first), second: this.prepare(second) });
    const ofRow = (values: readonly number[], row: number) =>
      values.slice(row * degrees.length, (row + 1) * degrees.length);
    const answers = motions.map((_, row) => this.frames.motionOf(ofRow(guesses, row)));
    const inWords = (motion: Motion) => phrase(motion, degrees, decimals);
    const rows = tileRows([
      { images: first, caption: 'first frame' },
      { images: second, caption: (row) => inWords(motions[row]!) },
      {
        images: seenAfter(answers),
        caption: (row) => `says ${inWords(answers[row]!)}`,
        isCorrect: (row) => ofRow(guesses, row).every((bin, d) => bin === ofRow(labels, row)[d]),
      },
    ]);
    const title = 'How did the camera move?';
    const explanation =
      'The camera moves from the first frame to the second. From both the network classifies each part of the motion; the last picture is what it would have seen there.';
    return [{ title, explanation, rows, chance: 1 / bins ** degrees.length }];
  }
}

class Flatten extends Layer {
  override forward(x: Tensor): Tensor {
    return x.flatten(1);
  }
}

/** A convolution that about halves a map without padding, as the code's do; one that keeps the side of a map that is too small. */
function halving(inputs: number, outputs: number, side: number): { convolution: Conv2d; side: number } {
  const isLarge = side >= 5;
  const convolution = new Conv2d(inputs, outputs, 3, isLarge ? { stride: 2 } : { padding: 1 });
  return { convolution, side: isLarge ? Math.floor((side - 3) / 2) + 1 : side };
}

/** A motion in words: "right 2.1, up 0.3, -12°". */
function phrase({ x, y, rotation, zoom }: Motion, degrees: readonly Degree[], decimals: number): string {
  const turn = Number(((rotation * 180) / Math.PI).toFixed(decimals - 1)) || 0; // no -0
  const words: Record<Degree, string> = {
    x: `${x < 0 ? 'left' : 'right'} ${Math.abs(x).toFixed(decimals)}`,
    y: `${y < 0 ? 'up' : 'down'} ${Math.abs(y).toFixed(decimals)}`,
    rotation: `${turn}°`,
    zoom: `x${zoom.toFixed(2)}`,
  };
  return degrees.map((degree) => words[degree]).join(', ');
}

function pairsFor(options: Options, spec: Spec): FramePairs<SamplesOf<Spec>> {
  return spec.modality === 'camera'
    ? new RecordedPairs(options, spec)
    : new StillPairs(frameRule(options, spec.height));
}

function encoder(context: EncoderContext<Options, Spec>): Encoder<ImageSpec> {
  const { channels, height, width, mean, std } = context.spec;
  const spec: ImageSpec = { modality: 'image', channels, height, width, mean, std };
  const { side } = pairsFor(context.options, context.spec);
  return standardizedImages<Options>(() => ({ imageSize: side }))({ ...context, spec });
}

export const egomotion = defineMethod({
  ...card,
  modalities: ['image', 'camera'],
  options,
  smallOptions: { bins: 9, topWidth: 64, hiddenSize: 128, useNorm: true, dropout: 0 },
  // Batch norm over vectors needs two samples.
  smallestBatch: 2,
  needs: () => ({ side: 32 }),
  encoder,
  create: (context: MethodContext<Options, Spec, ImageSpec>) => new Egomotion(context),
});
