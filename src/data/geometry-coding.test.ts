import { describe, expect, it } from 'vitest';
import { Generator, ops, type Tensor, tensor } from '../engine/index.js';
import { decodeGeometry, encodeGeometry, GEOMETRY_CHANNELS, type Geometry } from './geometry-coding.js';

const random = new Generator(1);

/** Two images of 4 x 4 pixels of anything. */
function geometry(): Geometry {
  const directions = ops.randn([2, 3, 4, 4], { generator: random });
  return {
    images: ops.randint(0, 256, [2, 3, 4, 4], { dtype: 'uint8', generator: random }),
    depth: ops.rand([2, 1, 4, 4], { generator: random }).mul(60).add(0.01),
    normals: directions.div(directions.square().sum([1], true).sqrt()),
    contours: ops.rand([2, 1, 4, 4], { generator: random }).gt(0.5).to('uint8'),
  };
}

const largest = (values: Tensor): number => values.abs().amax().item();

describe('bytes and back', () => {
  const before = geometry();
  const samples = encodeGeometry(before);
  const after = decodeGeometry(samples);

  it('keeps images and contours exactly', () => {
    expect([samples.dtype, samples.shape]).toEqual(['uint8', [2, GEOMETRY_CHANNELS, 4, 4]]);
    expect(after.images.equal(before.images)).toBe(true);
    expect(after.contours.equal(before.contours)).toBe(true);
  });

  it('keeps depth to half a millimeter', () => {
    expect(largest(after.depth.sub(before.depth))).toBeLessThan(5.05e-4);
    expect(largest(after.depth.sub(before.depth))).toBeGreaterThan(1e-4);
  });

  it('keeps normals of length 1 to half a degree', () => {
    expect(largest(after.normals.square().sum([1]).sub(1))).toBeLessThan(1e-5);
    const cosine = after.normals.mul(before.normals).sum([1]).clamp(-1, 1);
    expect(largest(cosine.acos()) * (180 / Math.PI)).toBeLessThan(0.5);
  });

  it('is stable: decoded bytes are encoded as they were', () => {
    const again = encodeGeometry({ ...after, normals: samples.narrow(1, 5, 3).to('float32').div(127.5).sub(1) });
    expect(again.equal(samples)).toBe(true);
  });
});

it('puts each part in its channels: depth as a high and a low byte', () => {
  const pixel = (values: number[]): Tensor => tensor(values, { shape: [1, values.length, 1, 1] });
  const samples = encodeGeometry({
    images: pixel([1, 2, 3]).to('uint8'),
    depth: pixel([1.234]), // 1234 = 4 x 256 + 210
    normals: pixel([-1, 0.6, 1]),
    contours: pixel([1]).to('uint8'),
  });
  expect(samples.flatten().toNumbers()).toEqual([1, 2, 3, 4, 210, 0, 204, 255, 255]);
});

it('clips depth to what two bytes hold, and away from 0', () => {
  const depth = tensor([0, 65.535, 70], { shape: [1, 1, 1, 3] });
  const flat = ops.zeros([1, 3, 1, 3]);
  const samples = encodeGeometry({ images: flat.to('uint8'), depth, normals: flat, contours: flat.narrow(1, 0, 1) });
  const decoded = decodeGeometry(samples).depth.toNumbers();
  for (const [i, meters] of [0.001, 65.535, 65.535].entries()) expect(decoded[i]).toBeCloseTo(meters, 4);
});

it.each([[[2, 6, 4, 4]], [[9, 4, 4]]])('refuses samples of shape %j', (shape) => {
  expect(() => decodeGeometry(ops.zeros(shape, { dtype: 'uint8' }))).toThrow(
    'Expected images with their geometry, 9 channels, for `samples`',
  );
});
