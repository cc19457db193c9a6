/**
 * Where a thing's colour follows from its shape, colorization must find it. Where it does not, a squared error must end in grey
 * and the rebalanced classification must still dare a colour: the paper's argument against l2, which is the control.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { noGrad, scope, type Tensor } from '../../src/engine/index.js';
import type { Colorization } from '../../src/methods/image/generative/colorization.js';
import { AB_BINS, nearestBins } from '../../src/methods/parts/color-bins.js';
import { labOf, rgbToLab, splitLab, subsample } from '../../src/methods/parts/lab.js';
import { keepResult, type Learned, learn, openSets, type Sets } from './support.js';

const TRAINING = { backbone: 'alexnet', width: 16, epochs: 8, batchSize: 50, learningRate: 2e-3 };
const OPTIONS = { decoderWidth: 32 };
/** Pixels of objects, which are far more colourful than the background. */
const COLORFUL = 25;

let fixed: Sets;
let free: Sets;
let onFixed: Learned;
let onFree: Learned;
let squared: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  fixed = await openSets('synthetic:objects?count=1500&test=500&size=32');
  free = await openSets('synthetic:objects?count=1500&test=500&size=32&hue=random');
  onFixed = await learn('colorization', fixed.train, TRAINING, OPTIONS);
  onFree = await learn('colorization', free.train, TRAINING, OPTIONS);
  squared = await learn('colorization', free.train, TRAINING, { ...OPTIONS, loss: 'l2' });
});

afterAll(() => keepResult('colorization', figures));

const chroma = (ab: Tensor): Tensor => ab.square().sum(1).sqrt(); // (N, h, w)

/** Mean chroma of the predicted colours of the objects, as a share of the true. */
function chromaShare({ run }: Learned, { test }: Sets): number {
  const parts = batches(test.count).map((indices) =>
    scope(() => {
      const samples = test.batch(indices);
      const truth = chroma(splitLab(labOf(samples)).ab);
      const predicted = chroma(splitLab(rgbToLab((run.method as Colorization).generate(samples))).ab);
      const isObject = truth.gt(COLORFUL);
      return [predicted.mul(isObject).sum().item(), truth.mul(isObject).sum().item()] as const;
    }),
  );
  return parts.reduce((sum, [predicted]) => sum + predicted, 0) / parts.reduce((sum, [, truth]) => sum + truth, 0);
}

/** How often the top bin of an object's pixel is the true one, and how often the most frequent of these bins would be. */
function topBin({ run }: Learned, { test }: Sets): { accuracy: number; mode: number } {
  const method = run.method as Colorization;
  const counts = new Float64Array(AB_BINS.length);
  let right = 0;
  let total = 0;
  for (const indices of batches(test.count))
    scope(() =>
      noGrad(() => {
        const samples = test.batch(indices);
        const ab = subsample(splitLab(labOf(samples)).ab, method.options.targetStride);
        const bins = nearestBins(ab);
        const answers = method.decoder.forward(method.backbone.maps(method.prepare(samples))).argmax(1);
        const isObject = chroma(ab).gt(COLORFUL);
        const truth = bins.maskedSelect(isObject);
        right += answers.maskedSelect(isObject).eq(truth).to('float32').sum().item();
        truth
          .bincount(null, AB_BINS.length)
          .toNumbers()
          .forEach((count, bin) => {
            counts[bin]! += count;
            total += count;
          });
      }),
    );
  return { accuracy: right / total, mode: Math.max(...counts) / total };
}

function batches(count: number): number[][] {
  return Array.from({ length: Math.floor(count / 100) }, (_, i) => Array.from({ length: 100 }, (_, k) => 100 * i + k));
}

it('finds the colours of held-out objects where they follow from the shape', () => {
  const { accuracy, mode } = topBin(onFixed, fixed);
  figures['top bin of objects, hue by class'] = accuracy;
  figures['the most frequent bin of objects, hue by class'] = mode;
  expect(accuracy).toBeGreaterThan(2 * mode);
});

it('control: cannot find them where they do not follow from anything', () => {
  const { accuracy, mode } = topBin(onFree, free);
  figures['control: top bin of objects, random hue'] = accuracy;
  figures['control: the most frequent bin of objects, random hue'] = mode;
  expect(accuracy).toBeLessThan(2 * mode);
});

it('control: with a squared error ambiguous colours become grey, with rebalanced bins they do not', () => {
  figures['chroma of objects as a share of the true, random hue'] = chromaShare(onFree, free);
  figures['control: the same with l2'] = chromaShare(squared, free);
  expect(figures['control: the same with l2']).toBeLessThan(0.3);
  expect(figures['chroma of objects as a share of the true, random hue']).toBeGreaterThanOrEqual(
    2 * figures['control: the same with l2']!,
  );
});
