/**
 * Where a thing's color follows from its shape, colorization must find it; where it follows from nothing, the control, it
 * cannot. And the paper's argument: of objects that are gray two times in three, a squared error makes dull ones, as does the
 * classification without rebalancing, the controls; the rebalanced classification dares the color.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, it } from 'vitest';
import { labOf, labToRgb, rgbToLab, splitLab, subsample } from '../../src/augment/index.js';
import { type ImageDataset, openImages } from '../../src/data/index.js';
import { Generator, noGrad, ops, scope, type Tensor } from '../../src/engine/index.js';
import type { Colorization } from '../../src/methods/image/generative/colorization.js';
import { AB_BINS, nearestBins } from '../../src/methods/targets/color-bins.js';
import { npy } from '../data-files.js';
import { claim, keepResult, type Learned, learn, openSets, type Sets } from './support.js';

const TRAINING = { backbone: 'alexnet', width: 16, epochs: 8, batchSize: 50, learningRate: 2e-3 };
const OPTIONS = { decoderWidth: 32 };
/** Pixels of objects, which are far more colorful than the background. */
const COLORFUL = 25;
/** Share of the images whose objects keep their color, where the others are grayed. */
const KEPT = 1 / 3;

let fixed: Sets;
let free: Sets;
let onFixed: Learned;
let onFree: Learned;
let rebalanced: Learned;
let plain: Learned;
let squared: Learned;
let vivid: number;
const figures: Record<string, number> = {};

beforeAll(async () => {
  fixed = await openSets('synthetic:objects?count=1500&test=500&size=32');
  free = await openSets('synthetic:objects?count=1500&test=500&size=32&hue=random');
  const faded = await fade(fixed.train);
  onFixed = await learn('colorization', fixed.train, TRAINING, OPTIONS);
  onFree = await learn('colorization', free.train, TRAINING, OPTIONS);
  rebalanced = await learn('colorization', faded, TRAINING, OPTIONS);
  plain = await learn('colorization', faded, TRAINING, { ...OPTIONS, uniformShare: 1 });
  squared = await learn('colorization', faded, TRAINING, { ...OPTIONS, loss: 'l2' });
});

afterAll(() => keepResult('colorization', figures));

const chroma = (ab: Tensor): Tensor => ab.square().sum(1, true).sqrt(); // (N, 1, h, w)

/** The same images, but the objects of two thirds of them, drawn at random, are gray; the lightness tells nothing of it. */
async function fade(dataset: ImageDataset): Promise<ImageDataset> {
  const random = new Generator(1);
  const pixels = scope(() => {
    const { lightness, ab } = splitLab(labOf(dataset.pixels()));
    const isFaded = ops.rand([dataset.count, 1, 1, 1], { generator: random }).gt(KEPT);
    const isGray = chroma(ab).gt(COLORFUL).logicalAnd(isFaded); // (N, 1, H, W)
    const rgb = labToRgb(ops.cat([lightness, ab.maskedFill(isGray, 0)], 1));
    return rgb.mul(255).round().to('uint8').permute([0, 2, 3, 1]).toBytes();
  });
  const folder = mkdtempSync(join(tmpdir(), 'autodidact-acid-'));
  const { height, width } = dataset.size;
  try {
    const path = join(folder, 'faded.npy');
    writeFileSync(path, npy('|u1', `${dataset.count}, ${height}, ${width}, 3`, pixels));
    return await openImages(path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Mean chroma of the predicted colors of the objects, as a share of the true. */
function chromaShare({ run }: Learned, test: ImageDataset): number {
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
        const answers = method.decoder.forward(method.backbone.maps(method.encoder.prepare(samples))).argmax(1);
        const isObject = chroma(ab).gt(COLORFUL).select(1, 0);
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

it('finds the colors of held-out objects where they follow from the shape', () => {
  const { accuracy, mode } = topBin(onFixed, fixed);
  figures['top bin of objects, hue by class'] = accuracy;
  figures['the most frequent bin of objects, hue by class'] = mode;
  claim(accuracy).isAbove(1.5 * mode);
});

it('control: cannot find them where they do not follow from anything', () => {
  const { accuracy, mode } = topBin(onFree, free);
  figures['control: top bin of objects, random hue'] = accuracy;
  figures['control: the most frequent bin of objects, random hue'] = mode;
  claim(accuracy).isBelow(1.5 * mode);
});

it('dares the color of objects that are mostly gray', () => {
  vivid = chromaShare(rebalanced, fixed.test);
  figures['chroma of objects that are gray 2 times in 3, as a share of the true'] = vivid;
  // More than the mean of the color and twice gray.
  claim(vivid).isAbove(KEPT);
});

it('control: with a squared error, and without rebalancing, they become dull', () => {
  figures['control: the same with l2'] = chromaShare(squared, fixed.test);
  figures['control: the same without rebalancing'] = chromaShare(plain, fixed.test);
  claim(vivid).isAbove(2 * figures['control: the same with l2']!);
  claim(vivid).isAbove(2 * figures['control: the same without rebalancing']!);
});
