/**
 * SRResNet must come nearer to held-out images than bicubic interpolation does. SRGAN must be farther from them and have more of
 * their gradients: images as sharp as the true ones, not as near. Controls: on noise, whose fine detail nothing tells, the same network
 * must gain next to nothing; and SRResNet with as many steps as SRGAN must not have the true images' gradients.
 */
import { afterAll, beforeAll, it } from 'vitest';
import { resize } from '../../src/augment/index.js';
import { noGrad, ops, scope, type Tensor } from '../../src/engine/index.js';
import type { SuperResolution } from '../../src/methods/image/generative/super-resolution.js';
import { luma, lumaQuality } from '../../src/methods/losses/image-quality.js';
import { claim, keepResult, type Learned, learn, openSets, type Sets } from './support.js';

const FACTOR = 4;
const SIDE = 48;
const TRAINING = { width: 16, epochs: 20, batchSize: 16, learningRate: 2e-3 };
const OBJECTS = `synthetic:objects?count=1000&test=300&size=${SIDE}`;

/** Bins of the histogram of gradient magnitudes, and the magnitude that the last one begins at. */
const BINS = 32;
const MOST = 0.4;

/** The least gain over bicubic that counts, in dB. */
const GAIN = 0.5;

let objects: Sets;
let noise: Sets;
let srresnet: Learned;
let srgan: Learned;
let onNoise: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  objects = await openSets(OBJECTS);
  noise = await openSets(`${OBJECTS}&shapes=noise&grain=0`);
  srresnet = await learn('super-resolution', objects.train, TRAINING, { factor: FACTOR, ganShare: 0 });
  srgan = await learn('super-resolution', objects.train, TRAINING, {
    factor: FACTOR,
    ganShare: 0.3,
    adversarialWeight: 0.1,
  });
  onNoise = await learn('super-resolution', noise.train, { ...TRAINING, epochs: 6 }, { factor: FACTOR, ganShare: 0 });
});

afterAll(() => keepResult('super-resolution', figures));

/** An enlargement: float [0, 1] (N, 3, s, s) to (N, 3, S, S). */
type Enlarge = (small: Tensor) => Tensor;

const bicubic: Enlarge = (small) => resize({ size: SIDE })(small);
const by =
  ({ run }: Learned): Enlarge =>
  (small) =>
    (run.method as SuperResolution).generate(small);

interface Measured {
  psnr: number;
  ssim: number;
  /** Half the sum of the differences between the histograms of gradient magnitudes, 0 to 1. */
  distance: number;
}

function measure({ test }: Sets, enlarge: Enlarge): Measured {
  return scope(() =>
    noGrad(() => {
      const indices = Array.from({ length: test.count }, (_, i) => i);
      const truth = test.batch(indices).to('float32').div(255);
      const made = enlarge(resize({ size: SIDE / FACTOR })(truth));
      const { psnr, ssim } = lumaQuality(made, truth, FACTOR);
      const distance = gradients(made).sub(gradients(truth)).abs().sum().div(2);
      return { psnr: psnr.mean().item(), ssim: ssim.mean().item(), distance: distance.item() };
    }),
  );
}

/** Shares of the pixels by the magnitude of the gradient of Y, [BINS]. */
function gradients(images: Tensor): Tensor {
  const y = luma(images.to({ memoryFormat: 'contiguous' }));
  const part = (top: number, left: number): Tensor => y.narrow(2, top, SIDE - 1).narrow(3, left, SIDE - 1);
  const [across, down] = [part(0, 1).sub(part(0, 0)), part(1, 0).sub(part(0, 0))];
  const magnitude = across.square().add(down.square()).sqrt();
  const bins = magnitude
    .mul(BINS / MOST)
    .clamp(0, BINS - 1)
    .to('int64')
    .flatten();
  return ops.zeros([BINS]).scatterAdd_(0, bins, ops.ones(bins.shape)).div(bins.numel);
}

it('comes nearer to held-out images than bicubic interpolation', () => {
  const [ours, theirs] = [measure(objects, by(srresnet)), measure(objects, bicubic)];
  figures['PSNR in dB, SRResNet'] = ours.psnr;
  figures['PSNR in dB, bicubic'] = theirs.psnr;
  figures['SSIM, SRResNet'] = ours.ssim;
  figures['SSIM, bicubic'] = theirs.ssim;
  claim(ours.psnr).isAbove(theirs.psnr + GAIN);
  claim(ours.ssim).isAbove(theirs.ssim);
});

it('control: gains next to nothing on noise', () => {
  const [ours, theirs] = [measure(noise, by(onNoise)), measure(noise, bicubic)];
  figures['control: gain over bicubic on noise in dB'] = ours.psnr - theirs.psnr;
  claim(ours.psnr - theirs.psnr).isBelow(GAIN);
});

it('control: SRResNet does not have the gradients of the true images; SRGAN has more of them and less PSNR', () => {
  const [mean, sharp] = [measure(objects, by(srresnet)), measure(objects, by(srgan))];
  figures['PSNR in dB, SRGAN'] = sharp.psnr;
  figures['distance of gradient histograms, SRGAN'] = sharp.distance;
  figures['control: the same, SRResNet with as many steps'] = mean.distance;
  figures['the same, bicubic'] = measure(objects, bicubic).distance;
  claim(sharp.psnr).isBelow(mean.psnr);
  claim(sharp.distance).isBelow(0.75 * mean.distance);
});
