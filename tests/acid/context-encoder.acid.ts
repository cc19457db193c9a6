/**
 * What the context encoder paints must be nearer to the truth than the mean colour and than what the hole's border alone tells,
 * and it must come from the context: the filling made for another image is the control. A discriminator must make it sharper
 * and farther from the truth.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ops, scope, type Tensor, tensor } from '../../src/engine/index.js';
import type { ContextEncoder } from '../../src/methods/image/generative/context-encoder.js';
import { centralMask, centralSpan } from '../../src/methods/parts/masks.js';
import { keepResult, type Learned, learn, openSets, type Sets } from './support.js';

const SIDE = 32;
const TRAINING = { backbone: 'alexnet', width: 16, epochs: 12, batchSize: 50, learningRate: 2e-3 };
const OPTIONS = { mask: 'central', decoderWidth: 32 };
const [START, END] = centralSpan(SIDE);
const LENGTH = END - START;

let sets: Sets;
let plain: Learned;
let joint: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  sets = await openSets(`synthetic:objects?count=2000&test=500&size=${SIDE}`);
  plain = await learn('context-encoder', sets.train, TRAINING, OPTIONS);
  joint = await learn('context-encoder', sets.train, TRAINING, { ...OPTIONS, loss: 'joint', adversarialWeight: 0.05 });
});

afterAll(() => keepResult('context-encoder', figures));

const hole = (images: Tensor): Tensor => images.narrow(2, START, LENGTH).narrow(3, START, LENGTH);

/** A filling of each image: float [0, 1] (N, 3, S, S) to its holes (N, 3, L, L). */
type Filling = (images: Tensor) => Tensor;

const painted =
  ({ run }: Learned): Filling =>
  (images) =>
    hole((run.method as ContextEncoder).fill(images, centralMask(images.size(0), SIDE)));

/** What the same network paints for the image before this one, which shows something else. */
const forAnother =
  (learned: Learned): Filling =>
  (images) =>
    painted(learned)(images.roll([1], [0]));

const meanColor: Filling = (images) =>
  tensor(Float32Array.from(plain.run.data.mean), { shape: [1, 3, 1, 1] }).expand(hole(images).shape);

/** The mean of two straight lines, between the pixels left and right and between those above and below. */
const fromBorder: Filling = (images) => {
  const share = ops.arange(1, LENGTH + 1, 1, { dtype: 'float32' }).div(LENGTH + 1);
  const rows = images.narrow(2, START, LENGTH);
  const columns = images.narrow(3, START, LENGTH);
  const across = rows.narrow(3, START - 1, 1).lerp(rows.narrow(3, END, 1), share.view([1, 1, 1, LENGTH]));
  const down = columns.narrow(2, START - 1, 1).lerp(columns.narrow(2, END, 1), share.view([1, 1, LENGTH, 1]));
  return across.add(down).div(2);
};

/** Mean over the held-out images. */
function measure(value: (images: Tensor) => Tensor): number {
  const starts = Array.from({ length: sets.test.count / 100 }, (_, i) => 100 * i);
  const parts = starts.map((start) =>
    scope(() => {
      const indices = Array.from({ length: 100 }, (_, i) => start + i);
      return value(sets.test.batch(indices).to('float32').div(255)).item();
    }),
  );
  return parts.reduce((sum, part) => sum + part, 0) / parts.length;
}

/** Of the hole, in dB, from the mean squared error over all images. */
const psnr = (filling: Filling): number =>
  -10 * Math.log10(measure((images) => filling(images).sub(hole(images)).square().mean()));

/** Mean square of the discrete Laplacian: high-frequency energy. */
const sharpness = (filling: Filling): number =>
  measure((images) => {
    const x = filling(images);
    const part = (y: number, z: number): Tensor => x.narrow(2, y, LENGTH - 2).narrow(3, z, LENGTH - 2);
    const around = part(0, 1).add(part(2, 1)).add(part(1, 0)).add(part(1, 2));
    return around.sub(part(1, 1).mul(4)).square().mean();
  });

it('paints what is nearer to the truth than the mean colour and than the border', () => {
  figures['hole PSNR in dB'] = psnr(painted(plain));
  figures['hole PSNR of the mean colour'] = psnr(meanColor);
  figures['hole PSNR of the border, interpolated'] = psnr(fromBorder);
  expect(figures['hole PSNR in dB']).toBeGreaterThan(figures['hole PSNR of the mean colour']! + 1);
  expect(figures['hole PSNR in dB']).toBeGreaterThan(figures['hole PSNR of the border, interpolated']! + 1);
});

it('control: what it paints for another image is no better than the mean colour', () => {
  figures["control: hole PSNR with another image's context"] = psnr(forAnother(plain));
  expect(figures["control: hole PSNR with another image's context"]).toBeLessThan(
    figures['hole PSNR of the mean colour']!,
  );
});

it('paints sharper and less exactly with a discriminator', () => {
  figures['hole PSNR in dB, joint loss'] = psnr(painted(joint));
  figures['Laplacian energy of the holes, l2'] = sharpness(painted(plain));
  figures['Laplacian energy of the holes, joint loss'] = sharpness(painted(joint));
  figures['Laplacian energy of the holes, true'] = sharpness(hole);
  expect(figures['Laplacian energy of the holes, joint loss']).toBeGreaterThan(
    1.5 * figures['Laplacian energy of the holes, l2']!,
  );
  expect(figures['hole PSNR in dB, joint loss']).toBeLessThan(figures['hole PSNR in dB']!);
});
