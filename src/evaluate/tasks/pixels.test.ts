import { expect, test } from 'vitest';
import { Generator, ops } from '../../engine/index.js';
import { MASK_CLASSES, masksOf, VOID } from './masks.test-util.js';
import { balanced, samplePixels } from './pixels.js';

test('weighs classes inversely to their pixels, with mean 1', () => {
  expect([...balanced([900, 100])]).toEqual([expect.closeTo(1 / 1.8, 12), expect.closeTo(5, 12)]);
  expect([...balanced([5, 0])]).toEqual([1, 0]);
  const [many, few] = balanced([1_000_000, 10]);
  expect(few! / many!).toBe(10);
});

test('pixels are sampled with the features of bilinear upsampling', () => {
  const maps = ops.randn([3, 5, 4, 2], { generator: new Generator(2), dtype: 'float64' });
  const lists = Array.from({ length: 3 }, (_, n) =>
    Array.from({ length: 7 }, (_, y) => Array.from({ length: 6 }, (_, x) => (x === 0 ? VOID : (n + y * x) % 3))),
  );
  const { x, labels, weights } = samplePixels(maps, masksOf(lists, MASK_CLASSES), VOID);
  const up = ops.upsampleBilinear2d(maps, [7, 6], false).toList() as number[][][][];
  const expected = lists.flatMap((image, n) =>
    image.flatMap((line, y) =>
      line.flatMap((label, column) =>
        label === VOID ? [] : [JSON.stringify([label, ...up[n]!.map((channel) => channel[y]![column]!.toFixed(9))])],
      ),
    ),
  );
  const rows = (x.toList() as number[][]).map((row, i) =>
    JSON.stringify([labels[i], ...row.map((value) => value.toFixed(9))]),
  );
  expect(rows.sort()).toEqual(expected.sort());
  const totals = [0, 1, 2].map((c) =>
    weights.filter((_, i) => labels[i] === c).reduce((sum, weight) => sum + weight, 0),
  );
  for (const total of totals) expect(total).toBeCloseTo(rows.length / 3, 9);
});
