/**
 * How a camera has moved over held-out images, to the side, down and around, must be told from two frames, and from their comparison
 * alone: nothing is left of it when the second frame shows another image, and the same frame twice is no motion. With black borders a
 * network learns the motion from frames of different images, too; with frames inside of the images it learns nothing from them.
 *
 * As in the paper's experiments on small images the motions are those three, and a class is about a pixel wide. Zoom is left to a
 * control: these clouds have one size of grain, which shows in each frame by itself how near the camera is.
 */
import { afterAll, beforeAll, it } from 'vitest';
import type { ImageDataset } from '../../src/data/index.js';
import { Generator, noGrad, ops, scope } from '../../src/engine/index.js';
import { threeSigma } from '../../src/evaluate/gates.js';
import { Egomotion, egomotion } from '../../src/methods/image/geometric/egomotion.js';
import type { Batch, Method, MethodDefinition } from '../../src/methods/method.js';
import {
  claim,
  freshMethod,
  keepResult,
  type Learned,
  learn,
  openSets,
  RANDOM_SEED,
  SEED,
  type Sets,
} from './support.js';

const DEGREES = ['x', 'y', 'rotation'] as const;
const BINS = 9;
const CHANCE = 1 / BINS;
const OPTIONS = { motions: [...DEGREES], bins: BINS, shift: 0.2, topWidth: 128, hiddenSize: 256 };
const TRAINING = { backbone: 'dcgan', width: 32, epochs: 40, batchSize: 100, learningRate: 0.002 };
/** The shortcuts are found within the first steps. */
const SHORT = { ...TRAINING, epochs: 8 };

type Second = 'own' | 'of another image' | 'the first again';

/** Both frames and labels, where the second frame may be one that it should not be: of the next image after the same motion. */
function pairs(method: Egomotion, { samples, indices }: Batch, random: Generator, second: Second) {
  const seed = ops.randint(0, 2 ** 31, [1], { generator: random, dtype: 'int64' }).item();
  const views = Egomotion.prototype.views;
  const own = views.call(method, { samples, indices }, new Generator(seed));
  if (second === 'own') return own;
  if (second === 'the first again') return { ...own, second: own.first };
  const others = views.call(method, { samples: samples.roll([1], [0]), indices }, new Generator(seed));
  return { ...own, second: others.second };
}

class OfOthers extends Egomotion {
  override views(batch: Batch, random: Generator) {
    return pairs(this, batch, random, 'of another image');
  }
}

const ofOthers = { ...egomotion, create: (context: never) => new OfOthers(context) } as unknown as MethodDefinition;

/** Share of right classes of each degree of freedom over held-out images; with `answer`, the share of that class. */
function shares(network: Method, dataset: ImageDataset, second: Second, answer?: number): Record<string, number> {
  const method = network as unknown as Egomotion;
  const { degrees } = method.frames;
  const right = degrees.map(() => 0);
  const random = new Generator(11 + SEED);
  method.eval();
  for (let from = 0; from < dataset.count; from += 100)
    noGrad(() =>
      scope(() => {
        const indices = Array.from({ length: Math.min(100, dataset.count - from) }, (_, i) => from + i);
        const seen = pairs(method, { samples: dataset.collate(indices), indices }, random, second);
        const labels = seen.labels.flatten().toNumbers();
        for (const [i, guess] of method.guesses(seen).entries())
          if (guess === (answer ?? labels[i])) right[i % degrees.length]!++;
      }),
    );
  return Object.fromEntries(degrees.map((degree, d) => [degree, right[d]! / dataset.count]));
}

let images: Sets;
let learned: Learned;
const figures: Record<string, number> = {};

function keep(what: string, accuracies: Record<string, number>): void {
  for (const [degree, accuracy] of Object.entries(accuracies)) figures[`${what}, ${degree}`] = accuracy;
}

beforeAll(async () => {
  images = await openSets('synthetic:objects?shapes=noise&count=4000&test=1000&size=40&grain=2');
  learned = await learn('egomotion', images.train, TRAINING, OPTIONS);
});

afterAll(() => keepResult('egomotion', figures));

it('tells how the camera has moved over held-out images', () => {
  const accuracies = shares(learned.run.method, images.test, 'own');
  keep('held-out accuracy', accuracies);
  keep('random initialization', shares(freshMethod(learned, RANDOM_SEED), images.test, 'own'));
  for (const degree of DEGREES) claim(accuracies[degree]).isAbove(5 * CHANCE);
});

it('control: says nothing of the motion when the second frame shows another image', () => {
  const accuracies = shares(learned.run.method, images.test, 'of another image');
  keep('control: second frame of another image', accuracies);
  for (const degree of DEGREES) claim(accuracies[degree]).isBelow(threeSigma(CHANCE, images.test.count));
});

it('control: sees no motion in the same frame twice', () => {
  const still = shares(learned.run.method, images.test, 'the first again', (BINS - 1) / 2);
  keep('control: no motion seen in the same frame twice', still);
  for (const degree of DEGREES) claim(still[degree]).isAbove(0.9);
});

it('control: learns nothing from frames of different images that lie inside of them', async () => {
  const blind = await learn(ofOthers, images.train, TRAINING, OPTIONS);
  const accuracies = shares(blind.run.method, images.test, 'of another image');
  keep('control: trained on frames of different images', accuracies);
  for (const degree of DEGREES) claim(accuracies[degree]).isBelow(threeSigma(CHANCE, images.test.count));
});

it('control: black borders give the motion away in frames of different images', async () => {
  const cheating = await learn(ofOthers, images.train, SHORT, { ...OPTIONS, borders: 'black' });
  const accuracies = shares(cheating.run.method, images.test, 'of another image');
  keep('control: trained on frames of different images with black borders', accuracies);
  for (const degree of DEGREES) claim(accuracies[degree]).isAbove(threeSigma(CHANCE, images.test.count));
});

it('control: the size of the grain gives the zoom away in frames of different images', async () => {
  const cheating = await learn(ofOthers, images.train, SHORT, { ...OPTIONS, motions: ['zoom'] });
  const accuracies = shares(cheating.run.method, images.test, 'of another image');
  keep('control: trained on frames of different images', accuracies);
  claim(accuracies.zoom).isAbove(threeSigma(CHANCE, images.test.count));
});
