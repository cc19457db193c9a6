import { describe, expect, it } from 'vitest';
import { overlap } from '../../data/box.js';
import type { ImageObject } from '../../data/index.js';
import { Generator, ops, scope, tensor } from '../../engine/index.js';
import { cornerRadius, decodePoints, encodePoints, type PointTargetMaps, pointLoss } from './center-points.js';

const GRID = { rows: 8, columns: 16, height: 64, width: 128 };
const object = (label: number, left: number, top: number, width: number, height: number, more = {}): ImageObject => ({
  ...{ class: label, box: { left, top, width, height } },
  ...more,
});
const OBJECTS = [
  [object(0, 3, 5, 21, 13), object(1, 64.25, 30, 60, 20.5), object(0, 90, 2, 11, 9)],
  [],
  [object(2, 100, 40, 28, 24)],
];

/** The output of a network that is right. */
function perfect({ heat, beside }: PointTargetMaps, certainty = 30) {
  return ops.cat([heat.eq(1).to('float32').mul(2).sub(1).mul(certainty), beside], 1);
}

describe('cornerRadius', () => {
  it('is as far as corners may be off, and no further', () => {
    for (const [width, height] of [
      [16, 16],
      [3, 40],
      [25, 7.5],
    ] as const) {
      const box = { left: 0, top: 0, width, height };
      const least = (radius: number) => {
        const offs = [-radius, 0, radius];
        const all = offs.flatMap((left) =>
          offs.flatMap((top) =>
            offs.flatMap((right) =>
              offs.map((bottom) =>
                overlap(box, { left, top, width: width + right - left, height: height + bottom - top }),
              ),
            ),
          ),
        );
        return Math.min(...all);
      };
      const radius = cornerRadius(width, height);
      expect(least(radius)).toBeCloseTo(0.7, 9);
      expect(least(1.1 * radius)).toBeLessThan(0.7);
    }
  });

  it('is 1.307 for 16 x 16, where the official code has 4.373', () => {
    expect(cornerRadius(16, 16)).toBeCloseTo(1.307, 3);
    const official = (32 + Math.sqrt(32 ** 2 - 4 * ((256 * 0.3) / 1.7))) / 2;
    const [b2, b3] = [2 * 32, 2 * 0.7 * 32];
    const others = [
      (b2 + Math.sqrt(b2 ** 2 - 16 * 0.3 * 256)) / 2,
      (-b3 + Math.sqrt(b3 ** 2 + 16 * 0.7 * 0.3 * 256)) / 2,
    ];
    expect(Math.min(official, ...others)).toBeCloseTo(4.373, 3);
  });
});

describe('maps of points', () => {
  it('decode to the boxes they were made of', () => {
    const maps = encodePoints(OBJECTS, 3, GRID);
    const found = decodePoints(perfect(maps), GRID).map((peaks) => peaks.filter(({ score }) => score > 0.5));
    expect(found.map(({ length }) => length)).toEqual([3, 0, 1]);
    OBJECTS.forEach((objects, i) => {
      for (const { class: label, box } of objects) {
        const same = found[i]!.filter((peak) => peak.class === label && overlap(peak.box, box) > 0.99999);
        expect(same).toHaveLength(1);
      }
    });
  });

  it('have a peak where no neighbor, sideways or across a corner, is higher', () => {
    const output = ops.full([1, 5, 4, 6], -9, { dtype: 'float32' });
    const heat = output.narrow(1, 0, 1);
    const put = (row: number, column: number, logit: number) =>
      heat
        .narrow(2, row, 1)
        .narrow(3, column, 1)
        .copy_(tensor([[[[logit]]]]));
    put(1, 1, 2);
    put(1, 2, 1.5);
    put(2, 2, 1);
    put(0, 4, 0.5);
    const scores = decodePoints(output, GRID)[0]!.map(({ score }) => score);
    const likely = scores.filter((score) => score > 0.5).map((score) => Math.log(score / (1 - score)).toFixed(3));
    expect(likely).toEqual(['2.000', '0.500']);
  });

  it('are 1 at middles and below 1 elsewhere, wider for larger objects', () => {
    const large = encodePoints([[object(0, 8, 4, 100, 56)]], 1, GRID);
    expect(large.objects).toBe(1);
    const values = large.heat.toNumbers();
    expect(values.filter((value) => value === 1)).toHaveLength(1);
    expect(values.filter((value) => value > 0 && value < 1)).toHaveLength(0); // 12.5 x 7 cells: a radius below 1
    const finer = encodePoints([[object(0, 8, 4, 100, 56)]], 1, { ...GRID, rows: 64, columns: 128 });
    const around = finer.heat.toNumbers().filter((value) => value > 0);
    const radius = Math.floor(cornerRadius(100, 56));
    expect(around).toHaveLength((2 * radius + 1) ** 2);
    expect(Math.max(...around.filter((value) => value < 1))).toBeCloseTo(
      Math.exp(-1 / (2 * ((2 * radius + 1) / 6) ** 2)),
      6,
    );
  });

  it('leave out difficult objects and crowds', () => {
    const maps = encodePoints(
      [[object(0, 0, 0, 9, 9, { isDifficult: true }), object(0, 9, 9, 9, 9, { isCrowd: true })]],
      1,
      GRID,
    );
    expect([maps.objects, maps.heat.sum().item()]).toEqual([0, 0]);
  });

  it('keep to the map at its edges', () => {
    const maps = encodePoints([[object(0, 120, 60, 16, 8)]], 1, GRID); // its middle is the right lower corner
    expect(maps.heat.toNumbers().at(-1)).toBe(1);
  });
});

describe('pointLoss', () => {
  it('agrees with the formula, term by term', () => {
    const [rows, columns] = [16, 20];
    const maps = encodePoints([[object(0, 2, 0, 16, 16), object(1, 10, 5, 4, 6)], [object(1, 0, 0, 20, 16)]], 2, {
      rows,
      columns,
      height: rows,
      width: columns,
    });
    // Large objects have places around their middle that cost less.
    expect(maps.heat.toNumbers().some((value) => value > 0 && value < 1)).toBe(true);
    const output = ops.randn([2, 6, rows, columns], { generator: new Generator(3) });
    const [x, t] = [output.narrow(1, 0, 2).reshape([-1]).toNumbers(), maps.heat.reshape([-1]).toNumbers()];
    let slow = 0;
    x.forEach((logit, i) => {
      const p = 1 / (1 + Math.exp(-logit));
      slow -= t[i] === 1 ? (1 - p) ** 2 * Math.log(p) : (1 - t[i]!) ** 4 * p ** 2 * Math.log(1 - p);
    });
    const [given, wanted] = [output.narrow(1, 2, 4).toList(), maps.beside.toList()] as number[][][][][];
    const middle = maps.isMiddle.toList() as number[][][][];
    for (let b = 0; b < 2; b++)
      for (let k = 0; k < 4; k++)
        for (let y = 0; y < rows; y++)
          for (let column = 0; column < columns; column++) {
            const error = Math.abs(given![b]![k]![y]![column]! - wanted![b]![k]![y]![column]!);
            slow += middle[b]![0]![y]![column]! * error * (k < 2 ? 1 : 0.1);
          }
    expect(pointLoss(output, maps).item() / (slow / 3)).toBeCloseTo(1, 5);
  });

  it('is 0 and has no gradient where all is right, and is finite without objects', () => {
    const maps = encodePoints(OBJECTS, 3, GRID);
    scope(() => {
      const output = perfect(maps, 60).detach();
      output.requiresGrad = true;
      const loss = pointLoss(output, maps);
      loss.backward();
      expect(loss.item()).toBeLessThan(1e-6);
      expect(output.grad!.narrow(1, 0, 3).abs().max().item()).toBeLessThan(1e-6);
    });
    const none = encodePoints([[]], 3, GRID);
    const start = tensor(new Float32Array(7 * 128).fill(0), { shape: [1, 7, 8, 16] });
    expect(pointLoss(start, none).item()).toBeCloseTo(3 * 128 * 0.25 * Math.log(2), 3);
  });
});
