/** How a camera moves from one frame to another. */

/** Degrees of freedom, in the order of labels and heads. Right and down, clockwise and nearer count as positive. */
export const DEGREES = ['x', 'y', 'rotation', 'zoom'] as const;
export type Degree = (typeof DEGREES)[number];

/** A motion as seen from the first frame: pixels, radians, and the factor by which things grow. */
export type Motion = Readonly<Record<Degree, number>>;

/** A vector turned by an angle, from x towards y. */
export function turned(x: number, y: number, angle: number): [x: number, y: number] {
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
  return [cos * x - sin * y, sin * x + cos * y];
}

/** The motion back, from the second frame to the first. */
export function reversed({ x, y, rotation, zoom }: Motion): Motion {
  const [right, down] = turned(-zoom * x, -zoom * y, -rotation);
  return { x: right, y: down, rotation: -rotation, zoom: 1 / zoom };
}

/** Quantiles of a degree of freedom: evenly spaced, the smallest value first, the largest last. */
export type Quantiles = readonly number[];

/** Hundredths: finer classes than these are interpolated. */
const INTERVALS = 100;

/** The quantiles of each degree of freedom over these motions and the motions back, since pairs may be shown in either order. */
export function motionQuantiles(motions: readonly Motion[]): Record<Degree, Quantiles> {
  const both = motions.flatMap((motion) => [motion, reversed(motion)]);
  const of = (degree: Degree): Quantiles => {
    const sorted = both.map((motion) => motion[degree]).sort((a, b) => a - b);
    return Array.from({ length: INTERVALS + 1 }, (_, i) => quantileAt(sorted, i / INTERVALS));
  };
  return { x: of('x'), y: of('y'), rotation: of('rotation'), zoom: of('zoom') };
}

/** The value below which a share of all lies, from 0 to 1; linear between the given ones. */
export function quantileAt(values: Quantiles, share: number): number {
  const place = share * (values.length - 1);
  const below = Math.min(Math.floor(place), values.length - 2);
  return values[below]! + (place - below) * (values[below + 1]! - values[below]!);
}
