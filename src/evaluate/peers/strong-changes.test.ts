import { expect, it } from 'vitest';
import { Prng } from '../../data/prng.js';
import { Generator, ops, type Tensor, tensor } from '../../engine/index.js';
import { OPERATIONS, stronglyChanged } from './strong-changes.js';

/** Pixel (y, x) of channel c of a 6 x 6 image. */
const valueAt = (y: number, x: number, c: number) => (37 * (6 * y + x) + 11 * c + ((y * x) % 7) * 13) % 256;
const numbers = [0, 1, 2, 3, 4, 5];
const image = () =>
  tensor([0, 1, 2].map((c) => numbers.map((y) => numbers.map((x) => valueAt(y, x, c))))).to('float32');

/** Sum of the values, and sum weighted by their places in height x width x channels from 1 on. */
function sums(changed: Tensor): number[] {
  const values = changed.clamp(0, 255).permute([1, 2, 0]).reshape([-1]).toNumbers();
  return [values, values.map((value, i) => value * (i + 1))].map((all) => all.reduce((sum, value) => sum + value, 0));
}

// Pillow 13, magnitude 6: ImageOps.invert, ..., ImageEnhance.Sharpness(image).enhance(6 * 1.8 / 10 + 0.1).
it.each<[string, number, number, number]>([
  ['invert', 13523, 708437, 0],
  ['equalize', 14017, 792493, 0],
  ['posterize', 10496, 601216, 0],
  ['solarize', 7617, 421093, 0],
  ['autoContrast', 13952, 790590, 1],
  ['color', 14005, 792045, 1],
  ['contrast', 13995, 794866, 1],
  ['brightness', 16188, 916760, 1],
  ['sharpness', 13933, 788205, 1],
])('%s is that of Pillow, but for rounding', (name, sum, weighted, perPixel) => {
  const [own, ownWeighted] = sums(OPERATIONS[name]!(image(), 6, new Prng(0)));
  expect(Math.abs(own! - sum)).toBeLessThanOrEqual(108 * perPixel);
  expect(Math.abs(ownWeighted! - weighted)).toBeLessThanOrEqual(((108 * 109) / 2) * perPixel);
});

it('moves, turns and shears by whole pixels, gray outside', () => {
  const wide = ops.arange(0, 32, 1, { dtype: 'float32' }).view([1, 1, 32]).expand([1, 32, 32]).add(1).contiguous();
  const moved = OPERATIONS.translateX!(wide, 5, new Prng(1)).select(0, 0).select(0, 7).toNumbers();
  const outside = moved.filter((value) => value === 122);
  expect(outside).toHaveLength(5);
  const inner = moved.filter((value) => value !== 122);
  expect(inner.every((value, i) => i === 0 || value === inner[i - 1]! + 1)).toBe(true);
  for (const name of ['rotate', 'shearX', 'shearY', 'translateY']) {
    const changed = OPERATIONS[name]!(wide, 9, new Prng(2));
    expect(changed.equal(wide), name).toBe(false);
    // Nothing but pixels of the image and gray.
    const values = new Set(changed.toNumbers());
    expect(
      [...values].every((value) => value === 122 || (value >= 1 && value <= 32)),
      name,
    ).toBe(true);
  }
});

it('is the same for the same generator, differs from image to image, and always cuts a square out', () => {
  const images = ops.fullLike(ops.zeros([6, 3, 32, 32], { dtype: 'uint8' }), 200);
  const once = stronglyChanged(images, new Generator(4));
  expect(once.equal(stronglyChanged(images, new Generator(4)))).toBe(true);
  expect(once.equal(stronglyChanged(images, new Generator(5)))).toBe(false);
  expect(once.dtype).toBe('uint8');
  const erased = once.eq(122).select(1, 0).flatten(1).sum(1).toNumbers();
  for (const count of erased) expect(count).toBeGreaterThanOrEqual(8 * 8);
  expect(() => stronglyChanged(ops.zeros([2, 6, 8, 8], { dtype: 'uint8' }), new Generator(0))).toThrow(
    'UDA changes images in gray or color',
  );
});
