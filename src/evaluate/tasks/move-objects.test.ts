import { expect, it } from 'vitest';
import type { BoxTargets } from '../../data/index.js';
import { Generator, ops, type Tensor } from '../../engine/index.js';
import { image } from '../../modalities/image.js';
import type { Augment } from '../../modalities/modality.js';
import { SPEC } from '../images.test-util.js';
import { rectangles } from './boxes.test-util.js';
import { movedObjects } from './move-objects.js';

/** The rectangle around what is not black, as left, top, right, bottom. */
function around(image: Tensor): number[] {
  const rows = image.toList() as number[][];
  const ys = [...rows.keys()].filter((y) => rows[y]!.some((value) => value > 0));
  const xs = [...rows[0]!.keys()].filter((x) => rows.some((row) => row[x]! > 0));
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs) + 1, Math.max(...ys) + 1];
}

it.each([16, 300])('moves boxes with the pixels, flipped or not, at %i pixels', (side) => {
  const data = rectangles(60, 3);
  const targets = data.target<BoxTargets>('boxes')!;
  const positions = Array.from({ length: 60 }, (_, i) => i)
    .filter((i) => targets.at(i).objects.length === 1)
    .slice(0, side > 256 ? 6 : 60);
  expect(positions.length).toBeGreaterThan(4);
  const border = (side - 16) / 2;
  const images = ops.pad(data.collate(positions), [border, border, border, border]);
  const objects = positions.map((i) =>
    targets
      .at(i)
      .objects.map((one) => ({ ...one, box: { ...one.box, left: one.box.left + border, top: one.box.top + border } })),
  );
  const augment = image.preserve({ ...SPEC, height: side, width: side }, 'crop-flip') as Augment;
  const moved = movedObjects(images, objects, augment, new Generator(5));
  expect(moved.images.equal(images)).toBe(false);
  let checked = 0;
  moved.objects.forEach(([one], i) => {
    const pixels = moved.images.select(0, i).select(0, 0);
    // Where a border reflects a rectangle, it has a second part.
    const [left, top, right, bottom] = around(pixels) as [number, number, number, number];
    if (one === undefined || left === 0 || top === 0 || right === side || bottom === side) return;
    checked += 1;
    expect([one.box.left, one.box.top, one.box.left + one.box.width, one.box.top + one.box.height]).toEqual([
      ...[left, top, right, bottom],
    ]);
  });
  expect(checked).toBeGreaterThan(1);
});

it('leaves out what is moved out of the image', () => {
  const images = ops.zeros([1, 1, 16, 16], { dtype: 'uint8' });
  const objects = [
    [
      { class: 0, box: { left: 0, top: 2, width: 4, height: 4 } },
      { class: 1, box: { left: 2, top: 2, width: 9, height: 4 } },
    ],
  ];
  const moved = movedObjects(images, objects, (samples) => (samples as Tensor).roll([-3], [3]), new Generator(0));
  // The second is cut off at the edge.
  expect(moved.objects).toEqual([[{ class: 1, box: { left: 0, top: 2, width: 8, height: 4 } }]]);
});
