import { describe, expect, it } from 'vitest';
import { Generator, ops, type Tensor } from '../../../engine/index.js';
import { imageSpec, makeMethod } from '../../make.test-util.js';
import { type Rotation, rotation } from './rotation.js';

const make = (options: Record<string, unknown> = {}): Rotation =>
  makeMethod(rotation, options, {
    spec: imageSpec(16, 3, { mean: [0, 0, 0], std: [1, 1, 1] }),
    architecture: 'nin',
    width: 12,
    batchSize: 5,
  });

const batch = (samples: Tensor) => ({ samples, indices: [...Array(samples.size(0)).keys()] });
const random = () => new Generator(3);
const images = (): Tensor => ops.randint(0, 256, [5, 3, 16, 16], { dtype: 'uint8', generator: random() });

/** RotNet's definition, pixel by pixel: 90 = flipud(transpose), 180 = fliplr(flipud), 270 = transpose(flipud). */
function turnedPixel(pixels: number[][], angle: number, row: number, column: number): number {
  const last = pixels.length - 1;
  if (angle === 0) return pixels[row]![column]!;
  if (angle === 90) return pixels[column]![last - row]!;
  if (angle === 180) return pixels[last - row]![last - column]!;
  return pixels[last - column]![row]!;
}

describe('views', () => {
  it('hold every rotation of every image, equally often, moved and not interpolated', () => {
    const method = make({ padding: 0, useFlip: false });
    const samples = images();
    const { images: turned, labels } = method.views(batch(samples), random());
    expect(turned.shape).toEqual([20, 3, 16, 16]);
    expect(labels.toNumbers()).toEqual([0, 1, 2, 3].flatMap((label) => Array<number>(5).fill(label)));
    const upright = samples.select(0, 2).select(0, 1).to('float32').div(255).toList() as number[][];
    for (const [label, angle] of [0, 90, 180, 270].entries()) {
      const given = turned
        .select(0, label * 5 + 2)
        .select(0, 1)
        .toList() as number[][];
      for (let row = 0; row < 16; row++)
        for (let column = 0; column < 16; column++)
          expect(given[row]![column]).toBeCloseTo(turnedPixel(upright, angle, row, column), 6);
    }
  });

  it('are padded with black, not with the mean color', () => {
    const spec = imageSpec(16, 3, { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] });
    const method = makeMethod<Rotation>(rotation, {}, { spec, architecture: 'nin', width: 12 });
    const white = ops.full([16, 3, 16, 16], 255, { dtype: 'uint8' });
    const values = new Set(method.views(batch(white), random()).images.toNumbers());
    expect([...values].sort((a, b) => a - b)).toEqual([-2, 2]);
  });

  it('share crop and flip between the copies of an image', () => {
    const { images: turned } = make().views(batch(images()), random());
    const [upright, quarter] = turned.split(5, 0) as [Tensor, Tensor];
    expect(ops.cat([upright], 0).rot90(1, [2, 3]).sub(quarter).abs().amax().item()).toBe(0);
  });

  it('take the angles that are asked for', () => {
    const { images: turned, labels } = make({ angles: [0, 180] }).views(batch(images()), random());
    expect(turned.size(0)).toBe(10);
    expect(labels.toNumbers()).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1]);
  });
});

it('loses ln 4 while its head says nothing', () => {
  const method = make();
  method.head.weight.detach().zero_();
  method.head.bias!.detach().zero_();
  const { loss } = method.loss(method.views(batch(images()), random()));
  expect(loss!.item()).toBeCloseTo(Math.log(4), 6);
});
