import { describe, expect, it } from 'vitest';
import { MOTION_CLASSES, type SpriteOptions, spriteClasses, spriteOptions } from './sprite-options.js';
import { SpriteVideo } from './sprites.js';

const options = (given: Record<string, unknown> = {}): SpriteOptions =>
  spriteOptions.parse({ size: 32, frames: 12, scale: 0.4, ...given });
const video = (given: Record<string, unknown> = {}, index = 0): SpriteVideo =>
  new SpriteVideo(options(given), 1, index);

/** Middle of a mask's pixels. */
function middle(mask: Uint8Array, size: number, sprite = 1): [x: number, y: number] {
  let [sx, sy, count] = [0, 0, 0];
  for (const [i, value] of mask.entries())
    if (value === sprite) {
      sx += (i % size) + 0.5;
      sy += Math.floor(i / size) + 0.5;
      count++;
    }
  return [sx / count, sy / count];
}

/** Mean difference, from 0 to 255, of pixels and of where the flow says that they went; over those that stay in view on one part. */
function flowError(made: SpriteVideo, from: number, to: number, isWrapped = false): number {
  const { size } = made.options;
  const [one, two, flow] = [made.frame(from).slice(), made.frame(to), made.flow(from, to)];
  const [mask, maskAfter] = [made.masks(from), made.masks(to)];
  let [sum, count] = [0, 0];
  for (let i = 0; i < size * size; i++) {
    let [x, y] = [(i % size) + flow[i]!, Math.floor(i / size) + flow[size * size + i]!];
    if (isWrapped) [x, y] = [((x % size) + size) % size, ((y % size) + size) % size];
    const [left, top] = [Math.floor(x), Math.floor(y)];
    if (left < 0 || top < 0 || left + 1 >= size || top + 1 >= size) continue;
    const corners = [0, 1, size, size + 1].map((step) => top * size + left + step);
    if (corners.some((place) => maskAfter[place] !== mask[i])) continue;
    const [ax, ay] = [x - left, y - top];
    const weights = [(1 - ax) * (1 - ay), ax * (1 - ay), (1 - ax) * ay, ax * ay];
    for (let k = 0; k < 3; k++) {
      const after = corners.reduce((total, place, c) => total + weights[c]! * two[3 * place + k]!, 0);
      sum += Math.abs(after - one[3 * i + k]!);
      count++;
    }
  }
  return sum / count;
}

describe('sprites', () => {
  it('are the same for the same seed and index, whatever was asked before', () => {
    const [one, two] = [video(), video()];
    two.frame(7);
    two.flow(2, 9);
    expect(one.frame(3)).toEqual(two.frame(3));
    expect(one.frame(3)).not.toEqual(video({}, 1).frame(3));
    expect(one.frame(3)).not.toEqual(new SpriteVideo(options(), 2, 0).frame(3));
  });

  it.each([
    ['linear motion', {}],
    ['spin', { spin: 0.5 }],
    ['a figure', { shape: 'figure', scale: 0.7 }],
    ['growth', { motion: 'classes', labels: 'motion' }],
    ['a panning camera', { camera: 'pan' }],
    ['a zooming camera', { camera: 'zoom' }],
    ['a turning camera', { camera: 'rotate' }],
    ['bounces', { motion: 'elastic', speed: 1 }],
    ['gravity', { motion: 'gravity' }],
  ])('have the exact flow of %s', (_name, given) => {
    for (const index of [0, 1, 2, 3]) {
      const made = video({ look: 'quadrants', sprites: 2, size: 64, ...given }, index);
      const error = flowError(made, 2, 4);
      // Without its flow a pixel differs by much more.
      expect(error, `video ${index}`).toBeLessThan(6);
    }
  });

  it('have the exact flow on a torus, where they go on beyond the edge', () => {
    for (const index of [0, 1, 2, 3]) {
      const made = video({ edges: 'torus', speed: 1.5, scale: 0.3, size: 64, spin: 0.5 }, index);
      expect(flowError(made, 2, 4, true)).toBeLessThan(6);
      expect(Math.max(...made.flow(2, 4).map(Math.abs))).toBeLessThan(34);
      // What leaves on one side is seen on the other.
      const areas = [...Array(12).keys()].map((t) => made.masks(t).filter((value) => value > 0).length);
      expect(Math.min(...areas) / Math.max(...areas)).toBeGreaterThan(0.85);
    }
  });

  it('are where their masks, boxes, tracks and joints say', () => {
    for (const shape of ['any', 'figure'])
      for (const index of [0, 1, 2, 3]) {
        const made = video({ shape, sprites: 2, scale: 0.6 }, index);
        for (const t of [0, 5, 11]) {
          const [mask, boxes] = [made.masks(t), made.boxes(t)];
          for (const points of [made.tracks(t), made.joints(t)])
            for (let i = 0; i < points.length; i += 3) {
              const sprite = 1 + Math.floor(i / (points.length / 2));
              const [x, y, isSeen] = points.subarray(i, i + 3);
              if (isSeen) expect(mask[Math.floor(y!) * 32 + Math.floor(x!)]).toBe(sprite);
            }
          for (const sprite of [1, 2]) {
            const [left, top, right, bottom] = boxes.subarray(4 * (sprite - 1));
            const [x, y] = middle(mask, 32, sprite);
            expect(x > left! && x < right! && y > top! && y < bottom!).toBe(true);
          }
        }
      }
  });

  it('carry their points along the flow', () => {
    const made = video({ spin: 0.3, camera: 'rotate', size: 64 }, 1);
    const flow = made.flow(3, 6);
    const [before, after] = [made.tracks(3), made.tracks(6)];
    let seen = 0;
    for (let i = 0; i < before.length; i += 3) {
      if (before[i + 2] !== 1) continue;
      seen++;
      const place = Math.floor(before[i + 1]!) * 64 + Math.floor(before[i]!);
      // The pixel's middle is up to 0.7 pixels from the point, and turns a little differently.
      expect(Math.abs(before[i]! + flow[place]! - after[i]!)).toBeLessThan(0.5);
      expect(Math.abs(before[i + 1]! + flow[64 * 64 + place]! - after[i + 1]!)).toBeLessThan(0.5);
    }
    expect(seen).toBeGreaterThan(3);
  });

  it('move as their class says', () => {
    const size = 32;
    const of = (index: number) => {
      const made = video({ motion: 'classes', frames: 11, speed: 0.3, spread: 1 }, index);
      const [first, last] = [made.masks(0).slice(), made.masks(10)];
      const area = (mask: Uint8Array): number => mask.filter((value) => value > 0).length;
      return {
        label: made.label,
        dx: middle(last, size)[0] - middle(first, size)[0],
        growth: area(last) / area(first),
      };
    };
    for (let index = 0; index < 16; index++) {
      const { label, dx, growth } = of(index);
      expect(label).toBe(index % 4);
      const kind = MOTION_CLASSES[label];
      if (kind === 'left') expect(dx).toBeLessThan(-4);
      if (kind === 'right') expect(dx).toBeGreaterThan(4);
      if (kind === 'rotate') expect(Math.abs(dx)).toBeLessThan(2);
      if (kind === 'expand') expect(growth).toBeGreaterThan(1.8);
      else expect(growth).toBeLessThan(1.5);
    }
  });

  it('are anywhere at any time on a torus, and in the middle half way inside', () => {
    const away = (edges: string, t: number): number => {
      let sum = 0;
      for (let index = 0; index < 200; index++) {
        const [x] = video({ edges, motion: 'accelerating', scale: 0.2, speed: 0.5, size: 16 }, index).joints(t);
        sum += Math.abs(x! - 8);
      }
      return sum / 200;
    };
    // A uniform place is a quarter of the side from the middle: 4, with a deviation of 2.3 / sqrt(200).
    for (const t of [0, 6, 11]) expect(Math.abs(away('torus', t) - 4)).toBeLessThan(0.5);
    expect(away('inside', 0) - away('inside', 6)).toBeGreaterThan(0.5);
  });

  it('never move in static videos, and lose speed by gravity alone', () => {
    for (const shape of ['any', 'figure']) {
      const still = video({ motion: 'static', shape });
      expect(still.frame(11)).toEqual(still.frame(0).slice());
      expect(Math.max(...still.flow(0, 11).map(Math.abs))).toBeLessThan(1e-5);
    }
    expect(video({ motion: 'static', spin: 0.5 }).frame(11)).not.toEqual(
      video({ motion: 'static', spin: 0.5 }).frame(0),
    );
    const energy = (motion: string, t: number): number => {
      let sum = 0;
      for (let index = 0; index < 40; index++) {
        const made = video({ motion, frames: 40, fps: 20, speed: 0.6, size: 16, scale: 0.2 }, index);
        const [one, two] = [made.joints(t), made.joints(t + 1)];
        sum += Math.hypot(two[0]! - one[0]!, two[1]! - one[1]!);
      }
      return sum;
    };
    expect(energy('elastic', 36) / energy('elastic', 2)).toBeGreaterThan(0.8);
    const sideways = (t: number): number => {
      let sum = 0;
      for (let index = 0; index < 40; index++) {
        const made = video({ motion: 'gravity', frames: 40, fps: 20, speed: 0.6, size: 16, scale: 0.2 }, index);
        sum += Math.abs(made.joints(t + 1)[0]! - made.joints(t)[0]!);
      }
      return sum;
    };
    expect(sideways(36) / sideways(2)).toBeLessThan(0.4);
  });

  it('are as bright as the ground where they look like it', () => {
    const made = video({ look: 'background', size: 64 }, 1);
    const [frame, mask] = [made.frame(0), made.masks(0)];
    const mean = (sprite: number): number => {
      const values = [...mask.keys()]
        .filter((i) => mask[i] === sprite)
        .flatMap((i) => [...frame.subarray(3 * i, 3 * i + 3)]);
      return values.reduce((a, b) => a + b) / values.length;
    };
    expect(Math.abs(mean(1) - mean(0))).toBeLessThan(20);
    const own = video({ size: 64 }, 1);
    expect(own.masks(0)).toEqual(mask);
  });

  it('name their classes', () => {
    expect(spriteClasses(options({ motion: 'classes' }))).toEqual(MOTION_CLASSES);
    expect(spriteClasses(options({ motion: 'classes', labels: 'shape' }))).toEqual([
      'disc',
      'square',
      'triangle',
      'cross',
    ]);
    expect(spriteClasses(options({ labels: 'motion' }))).toEqual(['linear']);
    expect(spriteClasses(options({ shape: 'figure' }))).toEqual(['figure']);
    expect(
      new Set(Array.from({ length: 8 }, (_, i) => video({ motion: 'classes', labels: 'shape' }, i).label)).size,
    ).toBe(4);
  });
});
