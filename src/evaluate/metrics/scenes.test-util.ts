import type { Box } from '../../data/box.js';
import type { Detection, TrueObject } from './objects.js';

/** A linear congruential generator, the same as in tests/golden/make_average_precision.py. */
export class Draws {
  constructor(private state: number) {}

  below(limit: number): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return (this.state >>> 16) % limit;
  }
}

export const boxOf = ([left, top, width, height]: readonly number[]): Box => ({
  left: left!,
  top: top!,
  width: width!,
  height: height!,
});

export interface SceneSet {
  classes: number;
  truth: TrueObject[];
  found: Detection[];
}

/** Objects and detections of a few images, as make_average_precision.py draws them from the same seed. */
export function sceneSet(seed: number): SceneSet {
  const draws = new Draws(seed);
  const classes = 1 + draws.below(4);
  const truth: TrueObject[] = [];
  const found: Detection[] = [];
  const images = 1 + draws.below(6);
  for (let image = 0; image < images; image++) {
    const objects = draws.below(8);
    for (let i = 0; i < objects; i++) {
      const side = [16, 64, 200][draws.below(3)]!;
      const place = [draws.below(800) / 4, draws.below(800) / 4];
      const box = [...place, side / 2 + draws.below(4 * side) / 4, side / 2 + draws.below(4 * side) / 4];
      const label = draws.below(classes);
      const area = (box[2]! * box[3]! * (4 + draws.below(5))) / 8;
      truth.push({ image, class: label, box: boxOf(box), area, isCrowd: draws.below(8) === 0 });
      const quarter = Math.floor(side / 4);
      const copies = draws.below(4);
      for (let k = 0; k < copies; k++) {
        const moved = box.map((value) => value + (draws.below(Math.floor((2 * side) / 4) + 1) - quarter) / 4);
        const guess = draws.below(6) > 0 ? label : draws.below(classes);
        found.push({ image, class: guess, box: boxOf(moved), score: draws.below(16) / 16 });
      }
    }
    const strays = draws.below(40) === 0 ? 120 : draws.below(6);
    for (let i = 0; i < strays; i++) {
      const place = [draws.below(800) / 4, draws.below(800) / 4];
      const box = boxOf([...place, 4 + draws.below(400) / 4, 4 + draws.below(400) / 4]);
      found.push({ image, class: draws.below(classes), box, score: draws.below(16) / 16 });
    }
  }
  return { classes, truth, found };
}

/** Scores of samples and whether each is a positive, as make_average_precision.py draws them from the same seed. */
export function scoredSamples(seed: number): { truth: number[]; scores: number[] } {
  const draws = new Draws(seed);
  const count = 2 + draws.below(60);
  const scores = Array.from({ length: count }, () => draws.below(32) / 32);
  const truth = Array.from({ length: count }, () => (draws.below(3) === 0 ? 1 : 0));
  truth[draws.below(count)] = 1;
  return { truth, scores };
}
