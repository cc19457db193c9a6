/**
 * Each half must predict held-out channels better than anything that ignores the image can, and both halves together must tell
 * more about the class than one; of rendered scenes, each half must predict the depth or the image. The controls: a network that
 * sees what it predicts, whose loss falls as no honest one can, and depth that belongs to another scene.
 */
import { afterAll, beforeAll, it } from 'vitest';
import { labOf, splitLab, subsample } from '../../src/augment/index.js';
import type { SplitBackbone } from '../../src/backbones/split.js';
import type { ImageDataset } from '../../src/data/index.js';
import { ops, scope, type Tensor } from '../../src/engine/index.js';
import type { LabeledFeatures } from '../../src/evaluate/features.js';
import { linearProbe } from '../../src/evaluate/linear.js';
import { HHA_BINS, LIGHTNESS_BINS } from '../../src/methods/image/generative/split-brain-pairs.js';
import { evenBinOf } from '../../src/methods/targets/channel-codings.js';
import { AB_BINS, nearestBins } from '../../src/methods/targets/color-bins.js';
import { claim, featuresOf, heldOut, keepResult, type Learned, learn, openSets, type Sets } from './support.js';

const TRAINING = { backbone: 'alexnet', width: 16, epochs: 10, batchSize: 50, learningRate: 2e-3 };
const STRIDE = 4;
const OPTIONS = { decoderWidth: 32, targetStride: STRIDE };

let sets: Sets;
let scenes: Sets;
let split: Learned;
let squared: Learned;
let leaking: Learned;
let withDepth: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  sets = await openSets('synthetic:objects?count=2000&test=500&size=32');
  scenes = await openSets('synthetic:scenes?count=2000&test=600&size=32&form=rgb-hha');
  split = await learn('split-brain', sets.train, TRAINING, OPTIONS);
  squared = await learn('split-brain', sets.train, TRAINING, { ...OPTIONS, loss: 'l2' });
  leaking = await learn('split-brain', sets.train, TRAINING, { ...OPTIONS, loss: 'l2', useSplit: false });
  withDepth = await learn('split-brain', scenes.train, TRAINING, { ...OPTIONS, pair: 'rgb-depth' });
});

afterAll(() => keepResult('split-brain', figures));

/** Training pixels that the histogram of all positions counts as, beside those of a position. */
const SMOOTHING = 10;

/**
 * The least loss on held-out images of predictions that do not look at them: the histogram of the bins of all training pixels, or
 * one for each position.
 */
function blindLoss({ train, test }: Sets, binsOf: (samples: Tensor) => Tensor, count: number): number {
  return scope(() => {
    const read = (dataset: ImageDataset): Tensor => {
      const samples = dataset.batch(Array.from({ length: dataset.count }, (_, i) => i));
      return binsOf(subsample(samples, STRIDE).contiguous()).flatten(1); // (N, P)
    };
    const [known, hidden] = [read(train), read(test)];
    const overall = known.reshape([-1]).bincount(null, count).add(1).to('float32');
    const prior = overall.div(overall.sum()); // (K)
    const atPosition = ops.zeros([known.size(1), count]); // (P, K)
    atPosition.scatterAdd_(1, known.t().contiguous(), ops.ones([known.size(1), known.size(0)]));
    const shares = atPosition.add(prior.mul(SMOOTHING)).div(train.count + SMOOTHING);
    const everywhere = prior
      .log()
      .indexSelect(0, hidden.reshape([-1]))
      .mean()
      .neg()
      .item();
    const byPosition = shares.log().gather(1, hidden.t().contiguous()).mean().neg().item();
    return Math.min(everywhere, byPosition);
  });
}

const colorsOf = (samples: Tensor): Tensor => nearestBins(splitLab(labOf(samples.narrow(1, 0, 3))).ab);
const lightnessOf = (samples: Tensor): Tensor =>
  evenBinOf(splitLab(labOf(samples.narrow(1, 0, 3))).lightness, {
    channels: 1,
    bins: LIGHTNESS_BINS,
    from: 0,
    to: 100,
  });
const depthOf =
  (channel: number) =>
  (samples: Tensor): Tensor =>
    evenBinOf(samples.narrow(1, 3 + channel, 1).to('float32'), { channels: 1, bins: HHA_BINS, from: 0, to: 256 });

it('predicts colors from light and light from colors better than any guess that does not look at the image', () => {
  figures['held-out loss, colors from light'] = heldOut(split.run.method, sets.test, 'colorLoss');
  figures['blind guess of the colors'] = blindLoss(sets, colorsOf, AB_BINS.length);
  figures['held-out loss, light from colors'] = heldOut(split.run.method, sets.test, 'lightnessLoss');
  figures['blind guess of the light'] = blindLoss(sets, lightnessOf, LIGHTNESS_BINS);
  claim(figures['held-out loss, colors from light']).isBelow(figures['blind guess of the colors']!);
  claim(figures['held-out loss, light from colors']).isBelow(figures['blind guess of the light']!);
});

it('control: a network that sees both sides copies them', () => {
  figures['held-out squared error, both halves'] = heldOut(squared.run.method, sets.test, 'loss');
  figures['control: the same of a network that sees everything'] = heldOut(leaking.run.method, sets.test, 'loss');
  claim(figures['control: the same of a network that sees everything']).isBelow(
    0.5 * figures['held-out squared error, both halves']!,
  );
});

it('tells more about the class with both halves than with one', async () => {
  const [train, test] = [
    await featuresOf(split.run.encoder, sets.train),
    await featuresOf(split.run.encoder, sets.test),
  ];
  const half = (split.run.encoder.backbone as SplitBackbone).first.featureSize;
  const probe = (start: number, length: number): number => {
    const part = ({ features, labels }: LabeledFeatures): LabeledFeatures => ({
      features: features.narrow(1, start, length),
      labels,
    });
    return linearProbe(part(train), part(test), { l2: [1e-2, 1e-3], tolerance: 1e-4 }).accuracy;
  };
  figures['linear probe, both halves'] = probe(0, 2 * half);
  figures['linear probe, half that sees light'] = probe(0, half);
  figures['linear probe, half that sees colors'] = probe(half, half);
  claim(figures['linear probe, both halves']).isAbove(
    Math.max(figures['linear probe, half that sees light']!, figures['linear probe, half that sees colors']!),
  );
});

it('predicts depth from the image and the image from depth better than any guess that does not look', () => {
  figures['held-out loss, depth from the image'] = heldOut(withDepth.run.method, scenes.test, 'depthLoss');
  figures['blind guess of the depth'] = [0, 1, 2].reduce((sum, c) => sum + blindLoss(scenes, depthOf(c), HHA_BINS), 0);
  figures['held-out loss, the image from depth'] = heldOut(withDepth.run.method, scenes.test, 'imageLoss');
  figures['blind guess of the image'] =
    blindLoss(scenes, colorsOf, AB_BINS.length) + blindLoss(scenes, lightnessOf, LIGHTNESS_BINS);
  claim(figures['held-out loss, depth from the image']).isBelow(figures['blind guess of the depth']!);
  claim(figures['held-out loss, the image from depth']).isBelow(figures['blind guess of the image']!);
});

it('control: depth and image that belong to other scenes are not predicted', () => {
  const mismatched = Object.assign(Object.create(scenes.test) as ImageDataset, {
    collate: (indices: readonly number[]) => {
      const samples = scenes.test.collate(indices);
      return scope(() => ops.cat([samples.narrow(1, 0, 3), samples.narrow(1, 3, 3).roll([1], [0])], 1));
    },
  });
  const { method } = withDepth.run;
  figures["control: loss of another scene's depth"] = heldOut(method, mismatched, 'depthLoss');
  figures["control: loss of another scene's image"] = heldOut(method, mismatched, 'imageLoss');
  claim(figures["control: loss of another scene's depth"]).isAbove(figures['blind guess of the depth']!);
  claim(figures["control: loss of another scene's image"]).isAbove(figures['blind guess of the image']!);
});
