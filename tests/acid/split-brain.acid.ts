/**
 * Each half must predict held-out channels better than anything that ignores the image can, and both halves together must tell
 * more about the class than one. The control sees what it predicts: its loss falls as no honest one can.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { scope, type Tensor } from '../../src/engine/index.js';
import type { LabelledFeatures } from '../../src/evaluate/features.js';
import { linearProbe } from '../../src/evaluate/linear.js';
import type { SplitBackbone } from '../../src/methods/image/generative/split-brain.js';
import { AB_BINS, L_BINS, lightnessBins, nearestBins } from '../../src/methods/parts/color-bins.js';
import { labOf, splitLab, subsample } from '../../src/methods/parts/lab.js';
import { featuresOf, heldOut, keepResult, type Learned, learn, openSets, type Sets } from './support.js';

const TRAINING = { backbone: 'alexnet', width: 16, epochs: 10, batchSize: 50, learningRate: 2e-3 };
const STRIDE = 2;
const OPTIONS = { decoderWidth: 32, targetStride: STRIDE };

let sets: Sets;
let split: Learned;
let leaking: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  sets = await openSets('synthetic:objects?count=2000&test=500&size=32');
  split = await learn('split-brain', sets.train, TRAINING, OPTIONS);
  leaking = await learn('split-brain', sets.train, TRAINING, { ...OPTIONS, useSplit: false });
});

afterAll(() => keepResult('split-brain', figures));

/** Entropy of the bins of all held-out pixels: the least loss of a prediction that does not look at the image. */
function entropy(bins: (lab: Tensor) => Tensor, count: number): number {
  const occurrences = scope(() => {
    const indices = Array.from({ length: sets.test.count }, (_, i) => i);
    const lab = subsample(labOf(sets.test.batch(indices)), STRIDE).contiguous();
    return bins(lab).reshape([-1]).bincount(null, count).toNumbers();
  });
  const total = occurrences.reduce((sum, n) => sum + n, 0);
  return -occurrences.reduce((sum, n) => (n === 0 ? sum : sum + (n / total) * Math.log(n / total)), 0);
}

it('predicts colours from light and light from colours better than their histograms do', () => {
  figures['held-out loss, colours from light'] = heldOut(split.run.method, sets.test, 'colorLoss');
  figures['entropy of the colours'] = entropy((lab) => nearestBins(splitLab(lab).ab), AB_BINS.length);
  figures['held-out loss, light from colours'] = heldOut(split.run.method, sets.test, 'lightnessLoss');
  figures['entropy of the light'] = entropy((lab) => lightnessBins(splitLab(lab).lightness), L_BINS);
  expect(figures['held-out loss, colours from light']).toBeLessThan(figures['entropy of the colours']!);
  expect(figures['held-out loss, light from colours']).toBeLessThan(figures['entropy of the light']!);
});

it('control: a network that sees both sides copies them', () => {
  const sum = ({ run }: Learned): number =>
    heldOut(run.method, sets.test, 'colorLoss') + heldOut(run.method, sets.test, 'lightnessLoss');
  figures['held-out loss, both'] = sum(split);
  figures['control: held-out loss of a network that sees everything'] = sum(leaking);
  expect(figures['control: held-out loss of a network that sees everything']).toBeLessThan(
    0.6 * figures['held-out loss, both']!,
  );
});

it('tells more about the class with both halves than with one', async () => {
  const [train, test] = [await featuresOf(split.run.method, sets.train), await featuresOf(split.run.method, sets.test)];
  const half = (split.run.method.backbone as SplitBackbone).first.featureSize;
  const probe = (start: number, length: number): number => {
    const part = ({ features, labels }: LabelledFeatures): LabelledFeatures => ({
      features: features.narrow(1, start, length),
      labels,
    });
    return linearProbe(part(train), part(test), { l2: [1e-2, 1e-3], tolerance: 1e-4 }).accuracy;
  };
  figures['linear probe, both halves'] = probe(0, 2 * half);
  figures['linear probe, half that sees light'] = probe(0, half);
  figures['linear probe, half that sees colours'] = probe(half, half);
  expect(figures['linear probe, both halves']).toBeGreaterThanOrEqual(
    Math.max(figures['linear probe, half that sees light']!, figures['linear probe, half that sees colours']!),
  );
});
