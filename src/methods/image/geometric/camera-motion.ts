/** Two frames of one image, as a camera sees them that moves over it: what `egomotion` draws, cuts and asks about. */
import { toFloat, uniforms } from '../../../augment/index.js';
import { DEGREES, type Degree, type Motion, turned } from '../../../data/index.js';
import { type Generator, GRID_OUTSIDE, GRID_READING, ops, type Tensor, tensor } from '../../../engine/index.js';
import { expected } from '../../../errors.js';
import type { DrawnPairs, FramePairs } from './frame-pairs.js';

/** Smallest frame in pixels. */
const SMALLEST_FRAME = 12;

export interface FrameOptions {
  motions: readonly Degree[];
  bins: number;
  shift: number;
  angle: number;
  zoom: number;
  jitter: number;
  borders: 'hidden' | 'black';
}

/** The frames for images of one size; lengths in pixels. */
export interface FrameRule {
  imageSize: number;
  /** Side of both frames. */
  side: number;
  degrees: readonly Degree[];
  bins: number;
  /** Largest motion: pixels per axis, radians, factor. */
  shift: number;
  angle: number;
  zoom: number;
  /** Largest distance per axis of the middle between both frames from the middle of the image. */
  jitter: number;
  /** Whether the frames lie at any angle, inside the image; if not, both are as large as the image, and black beyond it. */
  isInside: boolean;
}

/**
 * The largest frames whose pixels lie inside an image of this side whatever is drawn.
 *
 * @throws AutodidactError `USAGE` when they have fewer than 12 pixels a side
 */
export function frameRule(options: FrameOptions, imageSize: number): FrameRule {
  const degrees = DEGREES.filter((degree) => options.motions.includes(degree));
  const [isInside, angle] = [options.borders === 'hidden', (options.angle * Math.PI) / 180];
  const side = isInside ? innerSide(options, degrees, imageSize) : imageSize;
  if (side < SMALLEST_FRAME)
    throw expected(`motions that leave frames of at least ${SMALLEST_FRAME} pixels a side`, 'imageSize', imageSize, {
      remedy: `The frames would have ${side}. Take larger images, or lower \`shift\`, \`zoom\` or \`jitter\`.`,
    });
  const lengths = { shift: options.shift * side, jitter: isInside ? options.jitter * side : 0 };
  return { imageSize, side, degrees, bins: options.bins, ...lengths, angle, zoom: options.zoom, isInside };
}

/** The corners of a frame lie farthest out; bilinear interpolation reads nothing outside up to the outermost pixel centers. */
function innerSide({ shift, zoom, jitter }: FrameOptions, degrees: readonly Degree[], imageSize: number): number {
  const corner = Math.SQRT1_2 * (degrees.includes('zoom') ? Math.sqrt(zoom) : 1); // per pixel of the side
  const axes = degrees.filter((degree) => degree === 'x' || degree === 'y').length;
  const away = (Math.sqrt(axes) * shift) / 2 + Math.SQRT2 * jitter;
  return Math.floor(((imageSize - 1) / 2 + corner) / (corner + away));
}

/** Where a frame lies: its middle in pixels from that of the image, its angle, and pixels of the image per pixel. */
export interface Pose {
  x: number;
  y: number;
  angle: number;
  scale: number;
}

export interface Journey {
  first: Pose[];
  second: Pose[];
  motions: Motion[];
  /** The bin of each degree of freedom, image by image: [N D]. */
  labels: number[];
}

/** The motion at these places, each in [0, 1], of the ranges of the degrees of freedom; 0 where there is none. */
export function motionAt(places: readonly number[], { degrees, shift, angle, zoom }: FrameRule): Motion {
  const signed = (degree: Degree): number => {
    const index = degrees.indexOf(degree);
    return index < 0 ? 0 : 2 * places[index]! - 1;
  };
  return {
    x: shift * signed('x'),
    y: shift * signed('y'),
    rotation: angle * signed('rotation'),
    zoom: zoom ** signed('zoom'),
  };
}

/** Where a camera stands after a motion. */
export function moved({ x, y, angle, scale }: Pose, motion: Motion): Pose {
  const [right, down] = turned(motion.x, motion.y, angle);
  return { x: x + right, y: y + down, angle: angle + motion.rotation, scale: scale / motion.zoom };
}

/**
 * Draws a motion for each of `count` images, uniform in the range of each degree of freedom, and where its frames lie. The angle of
 * the first frame is uniform in the whole circle, so that a frame by itself says nothing of the rotation; both frames lie about
 * the same place, each as far from it as the other.
 */
export function drawJourney(count: number, rule: FrameRule, random: Generator): Journey {
  const { degrees, bins, jitter, isInside } = rule;
  const draws = uniforms(count, degrees.length + 3, random);
  const journey: Journey = { first: [], second: [], motions: [], labels: [] };
  for (let i = 0; i < count; i++) {
    const places = [...draws(i).subarray(0, degrees.length)];
    const [right = 0, down = 0, around = 0] = draws(i).subarray(degrees.length);
    const motion = motionAt(places, rule);
    const angle = isInside ? 2 * Math.PI * around : 0;
    const [x, y] = turned(motion.x / 2, motion.y / 2, angle);
    const inside = { x: jitter * (2 * right - 1) - x, y: jitter * (2 * down - 1) - y, angle };
    const first = isInside ? { ...inside, scale: Math.sqrt(motion.zoom) } : { x: 0, y: 0, angle, scale: 1 };
    journey.first.push(first);
    journey.second.push(moved(first, motion));
    journey.motions.push(motion);
    journey.labels.push(...places.map((place) => Math.floor(place * bins)));
  }
  return journey;
}

/**
 * Cuts a frame out of each image; black where it reaches beyond.
 *
 * @param images uint8 or float32 (N, C, S, S)
 * @returns float32 (N, C, side, side)
 */
export function cutFrames(
  images: Tensor,
  poses: readonly Pose[],
  { side, imageSize }: Pick<FrameRule, 'side' | 'imageSize'>,
): Tensor {
  const [count, channels] = images.shape as [number, number];
  // From the frame's square [-1, 1]^2 to that of the image.
  const matrices = poses.flatMap(({ x, y, angle, scale }) => {
    const [cos, sin] = turned((scale * side) / imageSize, 0, angle);
    return [cos, -sin, (2 * x) / imageSize, sin, cos, (2 * y) / imageSize];
  });
  const theta = tensor(Float32Array.from(matrices), { shape: [count, 2, 3], device: images.device });
  const grid = ops.affineGridGenerator(theta, [count, channels, side, side], false);
  return ops.gridSampler(toFloat(images).contiguous(), grid, GRID_READING.bilinear, GRID_OUTSIDE.zeros, false);
}

/** Pairs of frames of still images. */
export class StillPairs implements FramePairs<Tensor> {
  readonly decimals = 1;

  constructor(readonly rule: FrameRule) {}

  get side(): number {
    return this.rule.side;
  }

  get degrees(): readonly Degree[] {
    return this.rule.degrees;
  }

  get bins(): number {
    return this.rule.bins;
  }

  get description() {
    return { name: 'cameraMotion', ...this.rule };
  }

  draw(images: Tensor, random: Generator): DrawnPairs {
    const { first, second, motions, labels } = drawJourney(images.size(0), this.rule, random);
    const seen = (poses: readonly Pose[]): Tensor => cutFrames(images, poses, this.rule);
    return {
      ...{ first: seen(first), second: seen(second), motions, labels },
      seenAfter: (answers) => seen(first.map((pose, row) => moved(pose, answers[row]!))),
    };
  }

  motionOf(classes: readonly number[]): Motion {
    return motionAt(
      classes.map((bin) => (bin + 0.5) / this.bins),
      this.rule,
    );
  }
}
