/** Pairs of frames of videos, with the classes of the motion of the camera between them. */
import { sampleChosen, toFloat } from '../../../augment/index.js';
import {
  type CameraSpec,
  DEGREES,
  type Degree,
  type Motion,
  quantileAt,
  reversed,
  type SamplesOf,
} from '../../../data/index.js';
import type { Generator, Tensor } from '../../../engine/index.js';
import { AutodidactError } from '../../../errors.js';
import { indexTensor } from '../../index-tensor.js';
import { cutFrames, moved } from './camera-motion.js';
import type { DrawnPairs, FramePairs } from './frame-pairs.js';

/** Between the 5 % smallest and largest motions: the fit is off by about a tenth of this. In pixels at the edge of the frame. */
const LEAST_RANGE = 0.5;
const REST = { x: 0, y: 0, angle: 0, scale: 1 };
const STILL: Motion = { x: 0, y: 0, rotation: 0, zoom: 1 };

/**
 * Classes are bounded by quantiles of the motions that were mined, so that all are equally likely whatever the cameras did. Each pair is
 * shown in either order: by itself no frame tells which way its video goes.
 */
export class RecordedPairs implements FramePairs<SamplesOf<CameraSpec>> {
  readonly side: number;
  readonly degrees: readonly Degree[];
  readonly bins: number;
  readonly decimals = 2;
  private readonly quantiles: CameraSpec['quantiles'];

  /** @throws AutodidactError `DATA` when a degree of freedom has no motions to tell apart */
  constructor({ motions, bins }: { motions: readonly Degree[]; bins: number }, { height, quantiles }: CameraSpec) {
    this.side = height;
    this.degrees = DEGREES.filter((degree) => motions.includes(degree));
    this.bins = bins;
    this.quantiles = quantiles;
    const moving = DEGREES.filter((degree) => this.rangeOf(degree) >= LEAST_RANGE);
    const still = this.degrees.filter((degree) => !moving.includes(degree));
    if (still.length > 0) throw tooStill(still, moving);
  }

  get description() {
    const { side, degrees, bins } = this;
    return { name: 'recordedMotion', side, degrees: [...degrees], bins };
  }

  draw({ frames, motion }: SamplesOf<CameraSpec>, random: Generator): DrawnPairs {
    const count = frames.size(0);
    const isBack = sampleChosen(count, 0.5, random);
    const forth = rowsOf(motion.toNumbers());
    const motions = forth.map((one, i) => (isBack[i] ? reversed(one) : one));
    const pictures = frames.flatten(0, 1);
    const chosen = (place: 0 | 1): Tensor => {
      const rows = isBack.map((isReversed, i) => 2 * i + (isReversed ? 1 - place : place));
      return toFloat(pictures.indexSelect(0, indexTensor(rows, frames)));
    };
    const [first, second] = [chosen(0), chosen(1)];
    return {
      ...{ first, second, motions },
      labels: motions.flatMap((one) => this.degrees.map((degree) => this.classOf(degree, one[degree]))),
      seenAfter: (answers) =>
        cutFrames(
          first,
          answers.map((answer) => moved(REST, answer)),
          { side: this.side, imageSize: this.side },
        ),
    };
  }

  motionOf(classes: readonly number[]): Motion {
    const middles = this.degrees.map((degree, d) => [degree, this.at(degree, (classes[d]! + 0.5) / this.bins)]);
    return { ...STILL, ...Object.fromEntries(middles) };
  }

  private classOf(degree: Degree, value: number): number {
    const bounds = Array.from({ length: this.bins - 1 }, (_, k) => this.at(degree, (k + 1) / this.bins));
    return bounds.filter((bound) => value >= bound).length;
  }

  private at(degree: Degree, share: number): number {
    return quantileAt(this.quantiles[degree], share);
  }

  /** From the 5 % smallest motions to the 5 % largest, in pixels at the edge of the frame. */
  private rangeOf(degree: Degree): number {
    const [low, high] = [this.at(degree, 0.05), this.at(degree, 0.95)];
    if (degree === 'zoom') return Math.log(high / low) * (this.side / 2);
    return (high - low) * (degree === 'rotation' ? this.side / 2 : 1);
  }
}

/** Motions from their numbers, in the order of `DEGREES`. */
function rowsOf(values: readonly number[]): Motion[] {
  const width = DEGREES.length;
  return Array.from({ length: values.length / width }, (_, i) => {
    const [x, y, rotation, zoom] = values.slice(i * width, (i + 1) * width) as [number, number, number, number];
    return { x, y, rotation, zoom };
  });
}

function tooStill(still: readonly Degree[], moving: readonly Degree[]): AutodidactError {
  const remedy =
    moving.length === 0
      ? 'Take videos by a camera that moves more, or frames farther apart (apart=10).'
      : `Ask for what differs: --motions ${moving.join(',')}. Or take frames farther apart (apart=10).`;
  return new AutodidactError(
    'DATA',
    `Between the frames of these pairs ${still.join(' and ')} of the camera differ${still.length === 1 ? 's' : ''} by less than ${LEAST_RANGE} pixels, too little for classes`,
    { remedy },
  );
}
