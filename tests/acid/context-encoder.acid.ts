/**
 * What the context encoder paints must be nearer to the truth than the mean color and than what the hole's border alone tells,
 * and it must come from the context: the filling made for another image, and a network that learnt from images without any
 * structure, are the controls. A discriminator must make it sharper and farther from the truth; the painter without one is the
 * control. Learnt with holes of any shape, the features must tell the classes apart better than those of a random network, and
 * those of an autoencoder, from which nothing is hidden, must not: the control.
 */
import { afterAll, beforeAll, it } from 'vitest';
import { ops, scope, type Tensor, tensor } from '../../src/engine/index.js';
import { threeSigma } from '../../src/evaluate/gates.js';
import type { ContextEncoder } from '../../src/methods/image/generative/context-encoder.js';
import { centralMask, centralSpan } from '../../src/methods/masks/masks.js';
import {
  claim,
  heldOut,
  keepResult,
  knnBesideRandom,
  knnScore,
  type Learned,
  learn,
  openSets,
  type Sets,
} from './support.js';

const SIDE = 32;
/** The network for features; they take longer than pictures. */
const FEATURES = { backbone: 'alexnet', width: 16, epochs: 30, batchSize: 50, learningRate: 2e-3 };
/** The network for pictures. */
const INPAINTING = { ...FEATURES, backbone: 'dcgan', epochs: 12 };
const OPTIONS = { mask: 'central', bottleneck: 'dense', decoderWidth: 32 };
/** More than the published 0.001, so that so short a run shows what the discriminator does. */
const ADVERSARIAL_WEIGHT = 0.2;
const [START, END] = centralSpan(SIDE);
const LENGTH = END - START;

let sets: Sets;
let noise: Sets;
let plain: Learned;
let joint: Learned;
let onNoise: Learned;
let regions: Learned;
let nothingHidden: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  sets = await openSets(`synthetic:objects?count=2000&test=500&size=${SIDE}`);
  noise = await openSets(`synthetic:objects?count=2000&test=500&size=${SIDE}&shapes=noise&grain=0`);
  plain = await learn('context-encoder', sets.train, INPAINTING, OPTIONS);
  joint = await learn('context-encoder', sets.train, INPAINTING, {
    ...OPTIONS,
    loss: 'joint',
    adversarialWeight: ADVERSARIAL_WEIGHT,
  });
  onNoise = await learn('context-encoder', noise.train, INPAINTING, OPTIONS);
  regions = await learn('context-encoder', sets.train, FEATURES, { mask: 'region', decoderWidth: 32 });
  nothingHidden = await learn('autoencoder', sets.train, FEATURES, { decoderWidth: 32 });
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

/** The mean color of the images that the network learnt from. */
const meanColor =
  ({ run }: Learned): Filling =>
  (images) =>
    tensor(Float32Array.from(run.method.spec.mean), { shape: [1, 3, 1, 1] }).expand(hole(images).shape);

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
function measure({ test }: Sets, value: (images: Tensor) => Tensor): number {
  const starts = Array.from({ length: test.count / 100 }, (_, i) => 100 * i);
  const parts = starts.map((start) =>
    scope(() => {
      const indices = Array.from({ length: 100 }, (_, i) => start + i);
      return value(test.batch(indices).to('float32').div(255)).item();
    }),
  );
  return parts.reduce((sum, part) => sum + part, 0) / parts.length;
}

/** Of the hole, in dB, from the mean squared error over all images. */
const psnr = (of: Sets, filling: Filling): number =>
  -10 * Math.log10(measure(of, (images) => filling(images).sub(hole(images)).square().mean()));

/** Mean over the images of the variance of the discrete Laplacian: high-frequency energy. */
const sharpness = (filling: Filling): number =>
  measure(sets, (images) => {
    const x = filling(images);
    const part = (y: number, z: number): Tensor => x.narrow(2, y, LENGTH - 2).narrow(3, z, LENGTH - 2);
    const around = part(0, 1).add(part(2, 1)).add(part(1, 0)).add(part(1, 2));
    return around.sub(part(1, 1).mul(4)).var([1, 2, 3]).mean();
  });

it('paints what is nearer to the truth than the mean color and than the border', () => {
  figures['hole PSNR in dB'] = psnr(sets, painted(plain));
  figures['hole PSNR of the mean color'] = psnr(sets, meanColor(plain));
  figures['hole PSNR of the border, interpolated'] = psnr(sets, fromBorder);
  claim(figures['hole PSNR in dB']).isAbove(figures['hole PSNR of the mean color']! + 1);
  claim(figures['hole PSNR in dB']).isAbove(figures['hole PSNR of the border, interpolated']! + 1);
});

it('control: what it paints for another image is worse than the mean color', () => {
  figures["control: hole PSNR with another image's context"] = psnr(sets, forAnother(plain));
  claim(figures["control: hole PSNR with another image's context"]).isBelow(figures['hole PSNR of the mean color']!);
});

it('control: on images of nothing it learns no more than the mean color', () => {
  figures['control: hole PSNR on noise'] = psnr(noise, painted(onNoise));
  figures['control: hole PSNR of the mean color on noise'] = psnr(noise, meanColor(onNoise));
  claim(figures['control: hole PSNR on noise']).isBelow(
    figures['control: hole PSNR of the mean color on noise']! + 0.05,
  );
});

it('paints sharper and less exactly with a discriminator, but nothing arbitrary', () => {
  figures['hole PSNR in dB, joint loss'] = psnr(sets, painted(joint));
  figures['Laplacian variance of the holes, l2 (control)'] = sharpness(painted(plain));
  figures['Laplacian variance of the holes, joint loss'] = sharpness(painted(joint));
  figures['Laplacian variance of the holes, true'] = sharpness(hole);
  claim(figures['Laplacian variance of the holes, joint loss']).isAbove(
    2 * figures['Laplacian variance of the holes, l2 (control)']!,
  );
  claim(figures['hole PSNR in dB, joint loss']).isBelow(figures['hole PSNR in dB']!);
  claim(figures['hole PSNR in dB, joint loss']).isAbove(figures['hole PSNR of the border, interpolated']! + 1);
});

it('tells the classes apart better than a random network; control: an autoencoder does not', async () => {
  figures['hole PSNR in dB, regions'] = heldOut(regions.run.method, sets.test, 'psnr');
  const { pretrained, random } = await knnBesideRandom(regions, sets, 'conv5');
  figures['k-NN of conv5, regions'] = pretrained;
  figures['k-NN of conv5, random initialization'] = random;
  figures['control: k-NN of conv5, autoencoder'] = await knnScore(nothingHidden.run.encoder, sets, 'conv5');
  const gate = threeSigma(random, sets.test.count);
  claim(pretrained).isAbove(gate);
  claim(figures['control: k-NN of conv5, autoencoder']).isBelow(gate);
});
