/**
 * The ten kinds of objects of the generated image set, as parts in the order in which they are painted. Coordinates run from
 * -1 to 1, x to the right and y downwards. Every kind has an "up" and differs from its mirror image, so that rotations, tile
 * orders and flips are defined; the discs are the exception on purpose.
 */
export interface Part {
  /** An ellipse by center and radii, or a convex polygon by its corners, clockwise on the screen. */
  ellipse?: readonly [x: number, y: number, rx: number, ry: number];
  polygon?: readonly (readonly [x: number, y: number])[];
  /** Brightness relative to the object's own color. */
  value: number;
  /** Turn of the hue relative to the object's, as a share of the color circle. */
  hue: number;
}

const ellipse = (x: number, y: number, rx: number, ry: number, value = 1, hue = 0): Part => ({
  ellipse: [x, y, rx, ry],
  value,
  hue,
});

const polygon = (points: readonly (readonly [number, number])[], value = 1, hue = 0): Part => ({
  polygon: points,
  value,
  hue,
});

const box = (left: number, top: number, right: number, bottom: number, value = 1, hue = 0): Part =>
  polygon(
    [
      [left, top],
      [right, top],
      [right, bottom],
      [left, bottom],
    ],
    value,
    hue,
  );

const triangle = (
  a: readonly [number, number],
  b: readonly [number, number],
  c: readonly [number, number],
  value = 1,
  hue = 0,
): Part => polygon([a, b, c], value, hue);

export interface Kind {
  name: string;
  /** Center of the hues of this kind, as a share of the color circle. */
  hue: number;
  parts: readonly Part[];
}

export const KINDS: readonly Kind[] = [
  {
    name: 'house',
    hue: 0.02,
    parts: [
      box(0.35, -0.95, 0.6, -0.2, 0.5),
      triangle([0, -0.9], [0.95, -0.05], [-0.95, -0.05], 0.65, 0.05),
      box(-0.75, -0.05, 0.75, 0.95),
      box(-0.55, 0.3, -0.1, 0.95, 0.4, 0.1),
      box(0.2, 0.15, 0.55, 0.5, 1.4, 0.5),
    ],
  },
  {
    name: 'tree',
    hue: 0.33,
    parts: [
      box(-0.15, 0.1, 0.15, 0.95, 0.5, -0.22),
      polygon(
        [
          [0.1, 0.35],
          [0.6, 0.05],
          [0.65, 0.15],
          [0.12, 0.5],
        ],
        0.5,
        -0.22,
      ),
      ellipse(-0.1, -0.3, 0.7, 0.62),
      ellipse(0.5, -0.02, 0.3, 0.26, 1.2),
    ],
  },
  {
    name: 'car',
    hue: 0.6,
    parts: [
      polygon(
        [
          [-0.65, -0.5],
          [0.1, -0.5],
          [0.4, 0],
          [-0.75, 0],
        ],
        0.8,
      ),
      box(-0.55, -0.4, 0.05, 0, 1.4, 0.4),
      box(-0.95, 0, 0.95, 0.45),
      ellipse(-0.5, 0.5, 0.26, 0.26, 0.35, 0.3),
      ellipse(0.5, 0.5, 0.26, 0.26, 0.35, 0.3),
      ellipse(0.85, 0.15, 0.12, 0.12, 1.5, 0.55),
    ],
  },
  {
    name: 'face',
    hue: 0.1,
    parts: [
      ellipse(0, 0.05, 0.78, 0.88),
      polygon(
        [
          [-0.75, -0.45],
          [-0.3, -0.95],
          [0.45, -0.9],
          [0.1, -0.5],
        ],
        0.45,
        0.04,
      ),
      ellipse(-0.3, -0.15, 0.13, 0.13, 0.3, 0.5),
      ellipse(0.3, -0.15, 0.13, 0.13, 0.3, 0.5),
      box(-0.4, 0.42, 0.3, 0.58, 0.55, -0.1),
      ellipse(0.4, 0.4, 0.1, 0.1, 0.6, -0.1),
    ],
  },
  {
    name: 'lamp',
    hue: 0.15,
    parts: [
      box(-0.45, 0.75, 0.45, 0.95, 0.5),
      box(-0.08, -0.2, 0.08, 0.8, 0.6),
      polygon(
        [
          [-0.4, -0.9],
          [0.4, -0.9],
          [0.75, -0.15],
          [-0.75, -0.15],
        ],
        1.25,
      ),
      box(0.35, -0.15, 0.43, 0.35, 0.4, 0.4),
      ellipse(0.39, 0.4, 0.1, 0.1, 0.4, 0.4),
    ],
  },
  {
    name: 'boat',
    hue: 0.5,
    parts: [
      box(-0.08, -0.9, 0.04, 0.4, 0.45, 0.4),
      triangle([0.08, -0.85], [0.8, 0.25], [0.08, 0.25], 1.3, 0.1),
      polygon(
        [
          [-0.95, 0.35],
          [0.95, 0.35],
          [0.6, 0.85],
          [-0.6, 0.85],
        ],
        0.9,
      ),
      box(-0.6, 0.1, -0.25, 0.35, 1.2, 0.3),
    ],
  },
  {
    name: 'cup',
    hue: 0.85,
    parts: [
      ellipse(0.55, 0.1, 0.4, 0.4, 0.8),
      ellipse(0.55, 0.1, 0.2, 0.22, 0.3, 0.5),
      polygon([
        [-0.7, -0.5],
        [0.5, -0.5],
        [0.35, 0.85],
        [-0.55, 0.85],
      ]),
      ellipse(-0.1, -0.5, 0.6, 0.16, 0.45, 0.1),
    ],
  },
  {
    name: 'duck',
    hue: 0.75,
    parts: [
      box(0.05, 0.55, 0.17, 0.95, 0.5, 0.4),
      ellipse(0.15, 0.25, 0.75, 0.45),
      triangle([0.75, 0.15], [1, -0.35], [0.95, 0.35], 0.8),
      ellipse(-0.5, -0.4, 0.33, 0.33, 1.1),
      triangle([-0.75, -0.5], [-0.75, -0.22], [-1, -0.33], 0.7, 0.35),
      ellipse(-0.55, -0.48, 0.08, 0.08, 0.2),
      ellipse(0.25, 0.2, 0.38, 0.2, 0.7),
    ],
  },
  {
    name: 'flower',
    hue: 0.93,
    parts: [
      box(-0.06, -0.3, 0.06, 0.5, 0.6, 0.4),
      ellipse(0.33, 0.15, 0.3, 0.13, 0.7, 0.4),
      ellipse(0, -0.5, 0.48, 0.44),
      ellipse(0, -0.5, 0.2, 0.18, 1.4, 0.2),
      polygon(
        [
          [-0.5, 0.45],
          [0.5, 0.45],
          [0.32, 0.95],
          [-0.32, 0.95],
        ],
        0.7,
        0.1,
      ),
    ],
  },
  {
    name: 'mushroom',
    hue: 0.42,
    parts: [
      polygon(
        [
          [-0.25, 0],
          [0.25, 0],
          [0.4, 0.9],
          [-0.3, 0.9],
        ],
        1.3,
        0.15,
      ),
      ellipse(0, -0.2, 0.85, 0.55),
      box(-0.95, 0.02, 0.95, 0.25, 0.5, 0.05),
      ellipse(-0.35, -0.3, 0.16, 0.13, 1.5, 0.3),
      ellipse(0.25, -0.42, 0.12, 0.1, 1.5, 0.3),
    ],
  },
];

/** Concentric circles: the same seen from every side, so no method can tell how they are turned. */
export const DISCS: readonly Kind[] = [0.1, 0.35, 0.6, 0.85].map((hue, i) => ({
  name: `disc ${i + 1}`,
  hue,
  parts: [
    ellipse(0, 0, 0.9, 0.9),
    ellipse(0, 0, 0.6 - 0.1 * i, 0.6 - 0.1 * i, 0.5, 0.3),
    ellipse(0, 0, 0.25, 0.25, 1.4, 0.6),
  ],
}));
