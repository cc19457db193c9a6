/** Which frames of a clip make tuples in order and out of order, as shuffle and learn chooses them. */

/** Times are counted in frames. */
export interface TupleRule {
  /** Most frames from the first to the last frame of a tuple. */
  farthest: number;
  /** Fewest frames from these two to the frames outside that take the place of the middle one. */
  margin: number;
  /** Least mean squared difference, of pixels in [0, 1], between the middle frame and those that take its place. */
  leastDifference: number;
  /** Whether moving stretches are more likely. */
  usesMotion: boolean;
}

/** Frames a < b < c < d < e of a clip: b and d begin and end its tuples, c lies between them, a and e outside. */
export type Five = readonly [a: number, b: number, c: number, d: number, e: number];

/** Draws until the middle frame differs enough; then the best one is taken. */
const TRIES = 8;
/** Random numbers that `drawFive` takes. */
export const FIVE_DRAWS = 4 * TRIES;

/** Fewest frames of a clip that has room for a tuple. */
export const leastFrames = ({ margin }: Pick<TupleRule, 'margin'>): number => 2 * margin + 3;

/**
 * Draws five frames of a clip: b and d with a probability in proportion to the mean motion between them, c uniformly between them, a and e
 * uniformly at least `margin` away. The label of a tuple is no part of the draw, so that b and d tell nothing of it.
 *
 * @param pixels of `count` frames, one after the other
 * @param draws `FIVE_DRAWS` numbers in [0, 1)
 */
export function drawFive(pixels: Uint8Array, count: number, rule: TupleRule, draws: ArrayLike<number>): Five {
  const size = pixels.length / count;
  const windows = movingWindows(motionOf(pixels, count), rule);
  let best: Five | null = null;
  let largest = -1;
  for (let i = 0; i < FIVE_DRAWS; i += 4) {
    const [b, d] = windows(draws[i]!);
    const within = (from: number, to: number, draw: number): number => from + Math.floor(draw * (to - from + 1));
    const c = within(b + 1, d - 1, draws[i + 1]!);
    const a = within(0, b - rule.margin, draws[i + 2]!);
    const e = within(d + rule.margin, count - 1, draws[i + 3]!);
    const difference = Math.min(...[a, e].map((other) => squaredDifference(pixels, size, c, other)));
    if (difference > largest) [best, largest] = [[a, b, c, d, e], difference];
    if (difference >= rule.leastDifference) break;
  }
  return best!;
}

/** Mean absolute difference of the pixels from each frame to the next, `count - 1` numbers in units of pixels. */
export function motionOf(pixels: Uint8Array, count: number): Float64Array {
  const size = pixels.length / count;
  return Float64Array.from({ length: count - 1 }, (_, t) => {
    let sum = 0;
    for (let i = t * size; i < (t + 1) * size; i++) sum += Math.abs(pixels[i]! - pixels[i + size]!);
    return sum / size;
  });
}

/** Mean squared difference of two frames of `size` numbers each; pixels 0 to 1. */
export function squaredDifference(pixels: Uint8Array, size: number, one: number, other: number): number {
  let sum = 0;
  for (let i = 0; i < size; i++) sum += (pixels[one * size + i]! - pixels[other * size + i]!) ** 2;
  return sum / size / 255 ** 2;
}

/** From a number in [0, 1) to the first and last frame of a tuple. */
function movingWindows(motion: Float64Array, { farthest, margin, usesMotion }: TupleRule) {
  const pairs: [b: number, d: number][] = [];
  const sums: number[] = [];
  const last = motion.length;
  const isMoving = usesMotion && motion.some((value) => value > 0);
  let total = 0;
  for (let b = margin; b + 2 <= last - margin; b++) {
    let moved = motion[b]!;
    for (let d = b + 2; d <= Math.min(b + farthest, last - margin); d++) {
      moved += motion[d - 1]!;
      total += isMoving ? moved / (d - b) : 1;
      pairs.push([b, d]);
      sums.push(total);
    }
  }
  return (draw: number): [b: number, d: number] => {
    const found = sums.findIndex((sum) => draw * total < sum);
    return pairs[found < 0 ? pairs.length - 1 : found]!;
  };
}

/** Positions of three of the five frames, in the order in which they are shown. */
export interface Tuple {
  places: readonly [first: number, middle: number, last: number];
  isInOrder: boolean;
}

/** Random numbers that `tuplesOf` takes. */
export const tupleDraws = (negatives: number): number => negatives + 2;

/**
 * One tuple in order, (b, c, d), and `negatives` out of order, (b, a, d) and (b, e, d) in turn; each runs forwards or backwards by a draw of
 * its own. All begin and end with the same two frames.
 */
export function tuplesOf(negatives: number, draws: ArrayLike<number>): Tuple[] {
  const [A, B, C, D, E] = [0, 1, 2, 3, 4] as const;
  const outside = draws[0]! < 0.5 ? [A, E] : [E, A];
  return Array.from({ length: 1 + negatives }, (_, i) => {
    const middle = i === 0 ? C : outside[(i - 1) % 2]!;
    return { places: draws[i + 1]! < 0.5 ? [B, middle, D] : [D, middle, B], isInOrder: i === 0 };
  });
}
