/**
 * Egomotion: given two frames that a moving camera has taken, classify how it moved.
 *
 * Agrawal, Carreira, Malik, "Learning to See by Moving", ICCV 2015, https://arxiv.org/abs/1505.01596;
 * code: github.com/pulkitag/learning-to-see-by-moving and its network files in github.com/pulkitag/egomotion.
 *
 * A shared base network sees both frames, a top network their maps side by side; each degree of freedom is a classification of
 * its own, and the losses are summed. The code takes pairs of frames of a driving car, with its odometry as labels: right, ahead
 * and around. Here the camera moves over a still image, so that the motion is known exactly and any images do: right, down,
 * around its axis and nearer. What would give the motion away without comparing the frames is taken from them: no frame reaches
 * beyond the image, where black would show the shift, and the pair lies at any angle, so that no frame is upright.
 */
import { z } from 'zod';
import { firstSamples } from '../../../data/index.js';
import { type Generator, ops, type Tensor } from '../../../engine/index.js';
import { BatchNorm, Conv2d, Dropout, init, Layer, Linear, ReLU, Sequential } from '../../../engine/nn/index.js';
import { lastMap } from '../../../networks/decoder.js';
import { standardizedImages } from '../../encoders.js';
import { indexTensor } from '../../index-tensor.js';
import { accuracy } from '../../losses/accuracy.js';
import { type Batch, defineMethod, Method, type MethodContext, type Outcome, type Preview } from '../../method.js';
import * as option from '../../options.js';
import { tileRows } from '../../previews/tile-rows.js';
import {
  cutFrames,
  DEGREES,
  type Degree,
  drawJourney,
  type FrameRule,
  frameRule,
  type Motion,
  motionAt,
  moved,
} from './camera-motion.js';
import { card } from './egomotion.card.js';

const options = z.object({
  motions: z
    .array(z.enum(DEGREES))
    .min(1)
    .default(['x', 'y', 'rotation'])
    .describe('Degrees of freedom of the camera: x, y, rotation, zoom. Each is a classification'),
  bins: option.whole(20, 'Classes of each degree of freedom, equally wide; an odd number has one for no motion', {
    min: 2,
  }),
  shift: option.part(0.125, "Largest shift along each axis, as a share of the frame's side"),
  angle: option.positive(30, 'Largest rotation either way, in degrees'),
  zoom: z.number().min(1).default(1.25).describe('Largest factor by which things grow, and shrink'),
  jitter: option.share(0.0625, "Largest distance per axis from the image's middle, as a share of the frame's side"),
  borders: option.choice(['hidden', 'black'], 'Frames inside of the image, or all of it and black beyond: a shortcut'),
  topWidth: option.whole(256, 'Channels of the first convolution on both maps; the second has half of them', {
    min: 2,
  }),
  hiddenSize: option.hiddenSize(500, 'the layer before the answers'),
  useNorm: option.flag(false, 'Batch norm before each ReLU of the top network, which the code has not'),
  dropout: option.share(0.5, 'Share of that layer that is dropped', { max: 0.95 }),
});

type Options = z.output<typeof options>;

/** Both frames (N, C, c, c), and the class of each of the D degrees of freedom, int64 (N, D). */
type Seen = Record<'first' | 'second' | 'labels', Tensor>;

export class Egomotion extends Method<Options, Seen> {
  readonly top: Sequential;
  readonly answers: Linear;
  readonly frames: FrameRule;

  constructor(context: MethodContext<Options>) {
    super(context);
    const { hiddenSize, topWidth, useNorm, dropout, bins } = this.options;
    this.frames = frameRule(this.options, this.spec.height);
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

  override views({ samples }: Batch, random: Generator): Seen {
    const { first, second, labels } = drawJourney(samples.size(0), this.frames, random);
    return {
      first: this.prepare(cutFrames(samples, first, this.frames)),
      second: this.prepare(cutFrames(samples, second, this.frames)),
      labels: indexTensor(labels, samples).view([samples.size(0), this.frames.degrees.length]),
    };
  }

  override pipelines() {
    return { ...super.pipelines(), frames: { name: 'cameraMotion', ...this.frames } };
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

  override preview({ samples }: Batch, random: Generator): Preview[] {
    const shown = firstSamples(samples, 6);
    const { degrees, bins } = this.frames;
    const { first, second, motions, labels } = drawJourney(shown.size(0), this.frames, random);
    const frames = { first: cutFrames(shown, first, this.frames), second: cutFrames(shown, second, this.frames) };
    const guesses = this.guesses({ first: this.prepare(frames.first), second: this.prepare(frames.second) });
    const ofRow = (values: readonly number[], row: number) =>
      values.slice(row * degrees.length, (row + 1) * degrees.length);
    const answers = motions.map((_, row) =>
      motionAt(
        ofRow(guesses, row).map((bin) => (bin + 0.5) / bins),
        this.frames,
      ),
    );
    const expectedFrames = cutFrames(
      shown,
      first.map((pose, row) => moved(pose, answers[row]!)),
      this.frames,
    );
    const rows = tileRows([
      { images: frames.first, caption: 'first frame' },
      { images: frames.second, caption: (row) => phrase(motions[row]!, degrees) },
      {
        images: expectedFrames,
        caption: (row) => `says ${phrase(answers[row]!, degrees)}`,
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
function phrase({ x, y, rotation, zoom }: Motion, degrees: readonly Degree[]): string {
  const words: Record<Degree, string> = {
    x: `${x < 0 ? 'left' : 'right'} ${Math.abs(x).toFixed(1)}`,
    y: `${y < 0 ? 'up' : 'down'} ${Math.abs(y).toFixed(1)}`,
    rotation: `${Math.round((rotation * 180) / Math.PI) || 0}°`, // no -0
    zoom: `x${zoom.toFixed(2)}`,
  };
  return degrees.map((degree) => words[degree]).join(', ');
}

export const egomotion = defineMethod({
  ...card,
  options,
  smallOptions: { bins: 9, topWidth: 64, hiddenSize: 128, useNorm: true, dropout: 0 },
  // Batch norm over vectors needs two samples.
  smallestBatch: 2,
  needs: () => ({ side: 32 }),
  encoder: standardizedImages<Options>(({ options, spec }) => ({ imageSize: frameRule(options, spec.height).side })),
  create: (context) => new Egomotion(context),
});
