import type { Prng } from '../prng.js';
import type { MotionClass, SpriteOptions } from './sprite-options.js';

/**
 * Where something is: a point u of it lies at (x, y) + scale R(angle) u. Pixels; x to the right, y down, the upper left corner of the
 * picture is (0, 0) and its first pixel's center (0.5, 0.5). Angles in radians, from x towards y.
 */
export interface Pose {
  x: number;
  y: number;
  angle: number;
  scale: number;
}

/** The pose of `inner`, given in the coordinates of `outer`. */
export function placed(outer: Pose, inner: Pose): Pose {
  const [x, y] = toPicture(outer, inner.x, inner.y);
  return { x, y, angle: outer.angle + inner.angle, scale: outer.scale * inner.scale };
}

/** A point of something at a pose, in the picture. */
export function toPicture({ x, y, angle, scale }: Pose, u: number, v: number): [x: number, y: number] {
  const [cos, sin] = [scale * Math.cos(angle), scale * Math.sin(angle)];
  return [x + cos * u - sin * v, y + sin * u + cos * v];
}

/** A point of the picture, in the coordinates of something at a pose. */
export function fromPicture({ x, y, angle, scale }: Pose, px: number, py: number): [u: number, v: number] {
  const [cos, sin] = [Math.cos(angle) / scale, Math.sin(angle) / scale];
  const [dx, dy] = [px - x, py - y];
  return [cos * dx + sin * dy, -sin * dx + cos * dy];
}

/** A number between -1 and 1. */
const signed = (random: Prng): number => 2 * random.uniform() - 1;

/** Speed in pixels per second: log-uniform within the spread. */
function drawSpeed({ speed, spread, size }: SpriteOptions, random: Prng): number {
  return speed * size * spread ** signed(random);
}

/** Sizes of a sprite differ by this factor in either direction. */
const SIZE_SPREAD = 1.25;
/** By how much `expand` grows over a video. */
const GROWTH = 1.8;
/** Turns per second of the class `rotate`. */
const CLASS_TURNS = 0.3;
/** Largest slope of the ways of `left` and `right`. */
const CLASS_SLOPE = 0.3;
/** Range of the ratio between the speed that is gained on the way and the speed at the start. */
const GAINS = [1, 3] as const;

/**
 * The poses of one sprite in every frame; coordinates of its points are in pixels at scale 1. On a torus positions are not wrapped.
 *
 * @param kind of motion for `motion: 'classes'`
 * @param isUpright figures keep their heads up
 */
export function spritePath(options: SpriteOptions, kind: MotionClass, isUpright: boolean, random: Prng): Pose[] {
  const { frames, fps, motion, size, scale, spin } = options;
  const seconds = (frames - 1) / fps;
  const grown = SIZE_SPREAD ** signed(random);
  const turned = isUpright ? 0 : 2 * Math.PI * random.uniform();
  const turns = (random.uniform() < 0.5 ? -1 : 1) * (motion === 'classes' ? CLASS_TURNS : spin);
  const isTurning = motion !== 'classes' || kind === 'rotate';
  const isGrowing = motion === 'classes' && kind === 'expand';
  // A single size tells nothing of the class: all of them are drawn from the sizes that growing sprites have on their way.
  const stage = motion === 'classes' ? random.uniform() - 0.5 : 0;
  const margin = (scale * size) / 2;
  const places = sprite(options, kind, margin, seconds, random);
  return places.map(([x, y], t) => {
    const share = frames === 1 ? 0 : t / (frames - 1) - 0.5;
    const angle = turned + (isTurning ? 2 * Math.PI * turns * (t / fps) : 0);
    return { x, y, angle, scale: grown * GROWTH ** (isGrowing ? share : stage) };
  });
}

type Place = readonly [x: number, y: number];

function sprite(options: SpriteOptions, kind: MotionClass, margin: number, seconds: number, random: Prng): Place[] {
  const { frames, fps, motion, size, edges } = options;
  const times = Array.from({ length: frames }, (_, t) => t / fps);
  const speed = drawSpeed(options, random);
  const direction = 2 * Math.PI * random.uniform();
  const [vx, vy] = [speed * Math.cos(direction), speed * Math.sin(direction)];
  const [low, high] = [margin, Math.max(margin, size - margin)];
  const anywhere = (): number => low + (high - low) * random.uniform();
  if (motion === 'gravity') return falling(times, low, high, vx, random);
  if (motion === 'elastic') {
    const [x, y] = [anywhere(), anywhere()];
    return times.map((t) => [folded(x + vx * t, low, high), folded(y + vy * t, low, high)]);
  }
  const [dx, dy] = displacement(options, kind, [vx * seconds, vy * seconds], speed * seconds, random);
  const gain = GAINS[0] + (GAINS[1] - GAINS[0]) * random.uniform();
  const progress = (t: number): number => {
    const share = seconds === 0 ? 0 : t / seconds;
    return motion === 'accelerating' ? (share + (gain / 2) * share ** 2) / (1 + gain / 2) : share;
  };
  if (edges === 'torus') {
    const [x, y] = [size * random.uniform(), size * random.uniform()];
    return times.map((t) => [x + dx * progress(t), y + dy * progress(t)]);
  }
  const [x, wx] = within(dx, low, high, random);
  const [y, wy] = within(dy, low, high, random);
  return times.map((t) => [x + wx * progress(t), y + wy * progress(t)]);
}

/** The way over the whole video. */
function displacement(
  { motion }: SpriteOptions,
  kind: MotionClass,
  way: readonly [number, number],
  length: number,
  random: Prng,
): readonly [number, number] {
  if (motion === 'static') return [0, 0];
  if (motion !== 'classes') return way;
  if (kind !== 'left' && kind !== 'right') return [0, 0];
  return [(kind === 'left' ? -1 : 1) * length, CLASS_SLOPE * signed(random) * length];
}

/** A start from which a way of this length stays between the edges, and the way, cut to the room there is. */
function within(way: number, low: number, high: number, random: Prng): [start: number, way: number] {
  const room = high - low;
  const kept = Math.sign(way) * Math.min(Math.abs(way), room);
  const start = low + (room - Math.abs(kept)) * random.uniform();
  return [kept < 0 ? start - kept : start, kept];
}

/** A position mirrored at both edges. */
function folded(position: number, low: number, high: number): number {
  const room = high - low;
  if (room <= 0) return low;
  const place = (((position - low) % (2 * room)) + 2 * room) % (2 * room);
  return low + (place <= room ? place : 2 * room - place);
}

/** Heights per second squared of the fall, share of the speed kept by a bounce, share of the sideways speed kept by one. */
const GRAVITY = 3;
const RESTITUTION = 0.7;
const FRICTION = 0.75;
/** Share of the speed that air takes in a second. */
const DRAG = 0.25;
const STEP_SECONDS = 1 / 2000;

/** Semi-implicit Euler in small steps from a random height. */
function falling(times: readonly number[], low: number, high: number, speed: number, random: Prng): Place[] {
  const room = high - low;
  let [x, y] = [low + room * random.uniform(), low + 0.5 * room * random.uniform()];
  let [vx, vy] = [speed, 0];
  let now = 0;
  return times.map((time): Place => {
    for (; now < time; now += STEP_SECONDS) {
      vy += GRAVITY * room * STEP_SECONDS;
      vx *= 1 - DRAG * STEP_SECONDS;
      vy *= 1 - DRAG * STEP_SECONDS;
      x += vx * STEP_SECONDS;
      y += vy * STEP_SECONDS;
      if (y > high) {
        y = high;
        vy *= -RESTITUTION;
        vx *= FRICTION;
      }
      if (x < low || x > high) {
        x = Math.min(high, Math.max(low, x));
        vx *= -RESTITUTION;
      }
    }
    return [x, y];
  });
}

/** Where the world is in every frame, about the middle of the picture: the camera's motion. */
export function cameraPath({ frames, fps, camera, cameraSpeed, size }: SpriteOptions, random: Prng): Pose[] {
  const direction = 2 * Math.PI * random.uniform();
  const sense = random.uniform() < 0.5 ? -1 : 1;
  return Array.from({ length: frames }, (_, t) => {
    const way = cameraSpeed * (t / fps);
    const pan = camera === 'pan' ? way * size : 0;
    const middle: Pose = {
      x: size / 2 + pan * Math.cos(direction),
      y: size / 2 + pan * Math.sin(direction),
      // Half a side from the middle, an angle of 2 `way` moves a point by `way` sides; so does a growth by e^(2 way), at first.
      angle: camera === 'rotate' ? 2 * sense * way : 0,
      scale: camera === 'zoom' ? Math.exp(2 * sense * way) : 1,
    };
    const [x, y] = toPicture(middle, -size / 2, -size / 2);
    return { ...middle, x, y };
  });
}
