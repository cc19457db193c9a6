import { z } from 'zod';

/** Looks of a sprite that stays the same over a video, by label. */
export const SPRITE_SHAPES = ['disc', 'square', 'triangle', 'cross'] as const;
export type SpriteShape = (typeof SPRITE_SHAPES)[number] | 'figure';

/** Kinds of motion that only several frames tell apart, by label. */
export const MOTION_CLASSES = ['left', 'right', 'rotate', 'expand'] as const;
export type MotionClass = (typeof MOTION_CLASSES)[number];

const number = (least: number, most: number) => z.coerce.number().min(least).max(most);
const whole = (least: number, most: number) => number(least, most).int();

/** How moving sprites look and move; one data set has one setting of them. */
export const spriteOptions = z.object({
  size: whole(16, 512).default(64).describe('Side in pixels'),
  frames: whole(1, 10_000).default(32).describe('Frames of each video'),
  fps: number(0.1, 240).default(10).describe('Frames per second'),
  sprites: whole(0, 8).default(1).describe('Sprites in each video; 0 for the background alone'),
  motion: z
    .enum(['linear', 'accelerating', 'gravity', 'elastic', 'static', 'classes'])
    .default('linear')
    .describe(
      'How sprites move: evenly, ever faster, by gravity with losses at each bounce (never backwards in time), evenly with bounces ' +
        'that lose nothing (the same backwards), not at all, or by one of the classes left, right, rotate, expand',
    ),
  edges: z
    .enum(['inside', 'torus'])
    .default('inside')
    .describe(
      'Paths that stay in the picture, or paths that leave on one side and return on the other, so that a single frame tells nothing ' +
        'of the time at which it was taken',
    ),
  speed: number(0, 100)
    .default(0.2)
    .describe('Sides of the picture that a sprite covers in a second, on average over its video'),
  spread: number(1, 100)
    .default(1.3)
    .describe('Speeds are drawn between speed / spread and speed x spread, the same for each octave'),
  spin: number(0, 100).default(0).describe('Turns of a sprite in a second, in either direction'),
  camera: z.enum(['static', 'pan', 'zoom', 'rotate']).default('static').describe('How the whole picture moves'),
  cameraSpeed: number(0, 100)
    .default(0.15)
    .describe("Sides of the picture in a second by which the camera moves the middle of the picture's edge"),
  look: z
    .enum(['own', 'background', 'quadrants'])
    .default('own')
    .describe(
      'Sprites with bright patterns of their own, with the pattern of the background, so that one frame does not show them, or sprites of ' +
        'two by two colors on a background of four by four, with a texture of gray that tells nothing of the color',
    ),
  ground: z
    .enum(['textured', 'plain'])
    .default('textured')
    .describe('Background with coarse and fine structure, or of one color; not for the look quadrants'),
  shape: z
    .enum(['any', ...SPRITE_SHAPES, 'figure'])
    .default('any')
    .describe('One shape, any of disc, square, triangle and cross by class, or a figure with swinging arms and legs'),
  scale: number(0.05, 1).default(0.28).describe('Diameter of a sprite as a share of the side, on average'),
  labels: z
    .enum(['auto', 'motion', 'shape'])
    .default('auto')
    .describe('What the class is; auto takes the motion where it has classes, otherwise the shape'),
});

/** Options of `SpriteVideo`. */
export type SpriteOptions = z.output<typeof spriteOptions>;

/** Whether the classes are those of motion. */
export function labelsMotion({ labels, motion }: Pick<SpriteOptions, 'labels' | 'motion'>): boolean {
  return labels === 'motion' || (labels === 'auto' && motion === 'classes');
}

/** The classes of a data set of these options. */
export function spriteClasses(options: SpriteOptions): readonly string[] {
  if (labelsMotion(options)) return options.motion === 'classes' ? MOTION_CLASSES : [options.motion];
  return options.shape === 'any' ? SPRITE_SHAPES : [options.shape];
}

/** The class of a video by its index: classes take turns. */
export function spriteLabel(options: SpriteOptions, index: number): number {
  return index % spriteClasses(options).length;
}
