/**
 * Semi-supervised training must get more out of few labels than the labels alone give, in the same number of images. The control: labels of
 * other images, with which it learns nothing of the classes.
 */
import { afterAll, beforeAll, it } from 'vitest';
import { normalize, toFloat } from '../../src/augment/index.js';
import { createBackbone } from '../../src/backbones/registry.js';
import { type ClassTargets, type ImageDataset, labelSubset, Prng } from '../../src/data/index.js';
import { manualSeed, type Tensor } from '../../src/engine/index.js';
import { threeSigma } from '../../src/evaluate/gates.js';
import { PEERS, type PeerName } from '../../src/evaluate/peers/names.js';
import { plain } from '../../src/evaluate/peers/peers.js';
import { PeerTrainer, trainPeer } from '../../src/evaluate/peers/train-peer.js';
import { scoreOf } from '../../src/evaluate/task.js';
import { classification } from '../../src/evaluate/tasks/classification.js';
import type { Encoder } from '../../src/methods/method.js';
import { claim, keepResult, openSets, SEED, type Sets } from './support.js';

const PER_CLASS = 10;
/** Images that each may look at. */
const IMAGES = 12_000;

let sets: Sets;
let chosen: Int32Array;
const figures: Record<string, number> = {};

beforeAll(async () => {
  sets = await openSets('synthetic:objects?count=600&test=400&size=16');
  chosen = labelSubset(sets.train.labels!, { perClass: PER_CLASS, seed: SEED });
});

afterAll(() => keepResult('peers', figures));

const labeled = (data: ImageDataset) => ({ data, targets: data.target<ClassTargets>('classes')! });

function makeFresh(seed: number): Encoder {
  const { spec } = sets.train;
  const normalized = normalize(spec.mean, spec.std);
  manualSeed(seed);
  return {
    ...{ spec, preparation: {} },
    backbone: createBackbone('resnet18', { inputChannels: spec.channels, imageSize: spec.height, width: 8 }),
    prepare: (samples) => normalized(toFloat(samples as Tensor)),
  };
}

const request = (train = sets.train) => ({
  ...{ task: classification, makeFresh, seed: SEED, chosen, images: IMAGES },
  ...{ train: labeled(train), test: labeled(sets.test) },
});

async function accuracyOf(name: PeerName, train?: ImageDataset): Promise<number> {
  const { answers } = await trainPeer(name, request(train));
  return scoreOf(classification, answers);
}

it('beats training on the labels alone with as many images', async () => {
  const trainer = new PeerTrainer(request(), plain, chosen, request().train.targets, 32);
  try {
    await trainer.run(trainer.stepsIn(IMAGES));
    figures['labels alone'] = scoreOf(classification, await trainer.answers());
  } finally {
    trainer.dispose();
  }
  for (const name of PEERS) {
    figures[name] = await accuracyOf(name);
    process.stdout.write(`  ${name}: ${figures[name].toFixed(3)}\n`);
  }
  // Which peer gains is a matter of the data; rotation tells the objects here, and one of the others must gain too.
  claim(figures['s4l-rotation']).isAbove(figures['labels alone']!);
  claim(Math.max(figures.vat!, figures.uda!, figures.moam!)).isAbove(figures['labels alone']!);
});

it('control: labels of other images teach nothing', async () => {
  const { targets } = labeled(sets.train);
  const labels = targets.labels.slice();
  const order = new Prng(SEED + 5).permutation(chosen.length);
  chosen.forEach((position, i) => {
    labels[position] = targets.labels[chosen[order[i]!]!]!;
  });
  const shuffled = sets.train.withLabels(targets.classes, labels) as ImageDataset;
  figures['control: s4l-rotation, labels of other images'] = await accuracyOf('s4l-rotation', shuffled);
  figures['three sigma above chance'] = threeSigma(1 / targets.classes.length, sets.test.count);
  claim(figures['control: s4l-rotation, labels of other images']).isBelow(
    0.5 * (figures['three sigma above chance']! + figures['s4l-rotation']!),
  );
});
