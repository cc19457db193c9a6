/**
 * How a camera panned between two frames of held-out videos must be told from their comparison: generated videos, whose pairs and motions
 * are mined from the flow as those of real videos. Nothing is left of it when the second frame is of another video, and from such pairs a
 * network learns nothing: no frame by itself tells which way its video goes.
 */
import { afterAll, beforeAll, it } from 'vitest';
import type { CameraDataset, CameraSpec } from '../../src/data/index.js';
import { Generator, noGrad, scope } from '../../src/engine/index.js';
import { threeSigma } from '../../src/evaluate/gates.js';
import { Egomotion, egomotion } from '../../src/methods/image/geometric/egomotion.js';
import type { Batch, Method, MethodDefinition } from '../../src/methods/method.js';
import { openCamera, visionPool } from '../../src/motion/index.js';
import { claim, freshMethod, keepResult, type Learned, learn, RANDOM_SEED, SEED } from './support.js';

const TEST_VIDEOS = 200;
/** Pans by about three pixels between the frames of a pair; three pairs of each video. */
const VIDEOS = `camera:synthetic:sprites?count=1000&test=${TEST_VIDEOS}&size=32&frames=10&sprites=0&camera=pan&cameraSpeed=0.3&seed=${SEED}`;
const DEGREES = ['x', 'y'] as const;
const BINS = 5;
const CHANCE = 1 / BINS;
/** The pairs of a video have its ground and its direction in common: what is independent of each other are the videos. */
const MOST_BY_CHANCE = threeSigma(CHANCE, TEST_VIDEOS);
const OPTIONS = { motions: [...DEGREES], bins: BINS };
const TRAINING = { backbone: 'dcgan', width: 16, epochs: 10, batchSize: 100, learningRate: 0.002 };
const BATCH = 100;

type Second = 'own' | 'of another video';

/** Views of pairs; the second frame may be that of another video, far enough away in the order of the pairs. */
function pairs(method: Egomotion, batch: Batch<CameraSpec>, random: Generator, second: Second) {
  const own = Egomotion.prototype.views.call(method, batch, random);
  return second === 'own' ? own : { ...own, second: own.second.roll([own.second.size(0) >> 1], [0]) };
}

class OfOthers extends Egomotion {
  override views(batch: Batch<CameraSpec>, random: Generator) {
    return pairs(this, batch, random, 'of another video');
  }
}

const ofOthers = { ...egomotion, create: (context: never) => new OfOthers(context) } as unknown as MethodDefinition;

/** Share of right classes of each degree of freedom over held-out pairs. */
function shares(network: Method, dataset: CameraDataset, second: Second): Record<string, number> {
  const method = network as unknown as Egomotion;
  const right = DEGREES.map(() => 0);
  const random = new Generator(11 + SEED);
  method.eval();
  for (let from = 0; from < dataset.count; from += BATCH)
    noGrad(() =>
      scope(() => {
        const indices = Array.from({ length: Math.min(BATCH, dataset.count - from) }, (_, i) => from + i);
        const seen = pairs(method, { samples: dataset.collate(indices), indices }, random, second);
        const labels = seen.labels.flatten().toNumbers();
        for (const [i, guess] of method.guesses(seen).entries()) if (guess === labels[i]) right[i % DEGREES.length]!++;
      }),
    );
  return Object.fromEntries(DEGREES.map((degree, d) => [degree, right[d]! / dataset.count]));
}

let train: CameraDataset;
let test: CameraDataset;
let learned: Learned;
const figures: Record<string, number> = {};

function keep(what: string, accuracies: Record<string, number>): void {
  for (const [degree, accuracy] of Object.entries(accuracies)) figures[`${what}, ${degree}`] = accuracy;
}

beforeAll(async () => {
  train = await openCamera(VIDEOS, { split: 'train' });
  test = await openCamera(VIDEOS, { split: 'test' });
  learned = await learn('egomotion', train, TRAINING, OPTIONS);
});

afterAll(async () => {
  await visionPool().close();
  keepResult('camera', figures);
});

it('tells how the camera panned between frames of held-out videos', () => {
  const accuracies = shares(learned.run.method, test, 'own');
  keep('held-out accuracy', accuracies);
  keep('random initialization', shares(freshMethod(learned, RANDOM_SEED), test, 'own'));
  for (const degree of DEGREES) claim(accuracies[degree]).isAbove(3 * CHANCE);
});

it('control: says nothing of the motion when the second frame is of another video', () => {
  const accuracies = shares(learned.run.method, test, 'of another video');
  keep('control: second frame of another video', accuracies);
  for (const degree of DEGREES) claim(accuracies[degree]).isBelow(MOST_BY_CHANCE);
});

it('control: learns nothing from frames of different videos', async () => {
  const blind = await learn(ofOthers, train, TRAINING, OPTIONS);
  const accuracies = shares(blind.run.method, test, 'of another video');
  keep('control: trained on frames of different videos', accuracies);
  for (const degree of DEGREES) claim(accuracies[degree]).isBelow(MOST_BY_CHANCE);
});
