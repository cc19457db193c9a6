import type { Prng } from '../prng.js';
import type { Pose } from './sprite-motion.js';
import type { SPRITE_SHAPES, SpriteOptions } from './sprite-options.js';

/** The form of a part of a sprite. The radius of the sprite is 1. */
export interface SpritePart {
  /** Distance to the edge, negative inside, at most the true one outside. */
  distance(u: number, v: number): number;
  /** Half of its width and height. */
  across: number;
  along: number;
  joints: readonly (readonly [u: number, v: number])[];
  /** Within the sprite, in each frame; left out for a part that rests at its middle. */
  poses?: readonly Pose[];
}

const box = (across: number, along: number) => (u: number, v: number) =>
  Math.max(Math.abs(u) - across, Math.abs(v) - along);

const ARM = 0.34;

/** About equally large. The joints are the middle and four points near the edge. */
export const SHAPES: Readonly<Record<(typeof SPRITE_SHAPES)[number], SpritePart>> = {
  disc: { distance: (u, v) => Math.hypot(u, v) - 0.9, across: 0.9, along: 0.9, joints: crossAt(0.75) },
  square: { distance: box(0.8, 0.8), across: 0.8, along: 0.8, joints: cornersAt(0.65) },
  triangle: {
    distance: (u, v) => Math.max(Math.abs(u) * Math.cos(Math.PI / 6) + v / 2 - 0.55, -v - 0.55),
    across: 1,
    along: 1.1,
    joints: [
      [0, 0],
      [0, 0.85],
      [0.7, -0.4],
      [-0.7, -0.4],
      [0, -0.4],
    ],
  },
  cross: {
    distance: (u, v) => Math.min(box(ARM, 1)(u, v), box(1, ARM)(u, v)),
    across: 1,
    along: 1,
    joints: crossAt(0.85),
  },
};

function crossAt(r: number): SpritePart['joints'] {
  return [
    [0, 0],
    [r, 0],
    [0, r],
    [-r, 0],
    [0, -r],
  ];
}

function cornersAt(r: number): SpritePart['joints'] {
  return [
    [0, 0],
    [r, r],
    [-r, r],
    [-r, -r],
    [r, -r],
  ];
}

/** Length of a limb from its joint, half of its width. */
const LIMB = { length: 0.62, width: 0.12 };
/** Where limbs hang on the body, and how far they swing, in radians. */
const LIMBS = [
  { at: [-0.26, -0.3], swing: 0.9, side: 1 },
  { at: [0.26, -0.3], swing: 0.9, side: -1 },
  { at: [-0.15, 0.32], swing: 0.6, side: -1 },
  { at: [0.15, 0.32], swing: 0.6, side: 1 },
] as const;
/** Swings per second. */
const PACES = [0.6, 1.4] as const;

/**
 * A figure: two legs and two arms that swing, a body, a head. Joints: the ends of arms and legs, shoulders' and hips' middles, the head;
 * seven in the order hands, feet, neck, hip, head.
 */
export function figureParts({ frames, fps, motion }: SpriteOptions, random: Prng): SpritePart[] {
  const drawn = PACES[0] + (PACES[1] - PACES[0]) * random.uniform();
  const pace = motion === 'static' ? 0 : drawn;
  const phase = 2 * Math.PI * random.uniform();
  const limbs = LIMBS.map(
    ({ at: [x, y], swing, side }): SpritePart => ({
      // Its joint is the middle of its coordinates.
      distance: (u, v) => Math.max(Math.abs(u) - LIMB.width, -v - LIMB.width, v - LIMB.length),
      across: LIMB.length,
      along: LIMB.length,
      joints: [[0, 0.9 * LIMB.length]],
      poses: Array.from({ length: frames }, (_, t) => {
        const angle = side * swing * Math.sin(2 * Math.PI * pace * (t / fps) + phase);
        return { x, y, angle, scale: 1 };
      }),
    }),
  );
  const still = (x: number, y: number): Pose[] => Array.from({ length: frames }, () => ({ x, y, angle: 0, scale: 1 }));
  const body: SpritePart = {
    distance: box(0.28, 0.42),
    across: 0.28,
    along: 0.42,
    joints: [
      [0, -0.34],
      [0, 0.34],
    ],
    poses: still(0, 0),
  };
  const head: SpritePart = {
    distance: (u, v) => Math.hypot(u, v) - 0.24,
    across: 0.24,
    along: 0.24,
    joints: [[0, 0]],
    poses: still(0, -0.66),
  };
  return [...limbs, body, head];
}
