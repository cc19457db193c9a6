/**
 * The order of three frames must be told from how they differ. Sprites move over a torus, where a single frame says nothing of its time:
 * what is learnt there is learnt by comparing frames, which the head with a hidden layer can and the linear one cannot. Controls, all at
 * chance: the linear head; the middle frame alone; the first and the last frame alone; videos in which nothing moves.
 */
import { afterAll, beforeAll, it } from 'vitest';
import type { ClipDataset } from '../../src/data/clip-dataset.js';
import { openClips } from '../../src/data/index.js';
import { type Generator, noGrad, scope, type Tensor } from '../../src/engine/index.js';
import { threeSigma, threeSigmaOfDifference } from '../../src/evaluate/gates.js';
import { linearProbe } from '../../src/evaluate/linear.js';
import type { Batch, Method, MethodDefinition, Views } from '../../src/methods/method.js';
import { findMethod } from '../../src/methods/registry.js';
import type { ShuffleAndLearn } from '../../src/methods/video/shuffle-and-learn.js';
import {
  claim,
  freshMethod,
  heldOut,
  keepResult,
  type Learned,
  learn,
  RANDOM_SEED,
  SEED,
  type Sets,
} from './support.js';

const TRAINING = { backbone: 'dcgan', width: 16, epochs: 20, batchSize: 50, learningRate: 3e-3 };
/** Three tuples out of order for each one in order, of up to 2 s; frames outside of them are 0.4 s away. */
const OPTIONS = { farthest: 2, margin: 0.4, frameSize: 64 };
/** Of the labels of these tuples: 0.562. */
const ENTROPY = -0.75 * Math.log(0.75) - 0.25 * Math.log(0.25);

let sets: Sets<ClipDataset>;
let learned: Learned;
const figures: Record<string, number> = {};

type Change = (frames: Tensor) => Tensor;

/** Lets a method see changed frames a, b, c, d, e, (N, 5, C, H, W). */
function changed<M extends Pick<Method, 'views'>>(method: M, change: Change): M {
  const views = method.views.bind(method);
  method.views = (batch: Batch, random: Generator): Views => {
    const made = views(batch, random) as { frames: Tensor };
    return { ...made, frames: noGrad(() => change(made.frames.unflatten(0, [-1, 5])).flatten(0, 1)) };
  };
  return method;
}

function onChanged(change: Change): MethodDefinition {
  const definition = findMethod('shuffle-and-learn');
  return { ...definition, create: (context) => changed(definition.create(context), change) };
}

/** Frames at these places are gray. */
const without =
  (places: readonly number[]): Change =>
  (frames) => {
    const rest = frames.clone();
    for (const place of places) rest.select(1, place).zero_();
    return rest;
  };

/** 0.5 and three sigma, of as many guesses as there are videos. */
const bound = (): number => threeSigma(0.5, sets.test.count);

beforeAll(async () => {
  const spec = `synthetic:sprites?count=1500&test=1000&size=32&frames=32&edges=torus&motion=accelerating&speed=0.145&scale=0.3&seed=${SEED}`;
  const open = (split: 'train' | 'test') => openClips(spec, { split, frames: 32, fps: 10 });
  sets = { train: await open('train'), test: await open('test') };
  learned = await learn('shuffle-and-learn', sets.train, TRAINING, OPTIONS);
});

afterAll(() => keepResult('shuffle-and-learn', figures));

it('tells the order of three frames of held-out videos', () => {
  figures['held-out balanced accuracy'] = heldOut(learned.run.method, sets.test, 'balancedAccuracy');
  figures['held-out loss'] = heldOut(learned.run.method, sets.test, 'loss');
  const random = freshMethod(learned, RANDOM_SEED);
  figures['held-out balanced accuracy, random initialization'] = heldOut(random, sets.test, 'balancedAccuracy');
  claim(figures['held-out balanced accuracy']).isAbove(0.75);
  claim(figures['held-out loss']).isBelow(ENTROPY);
});

/** The vectors (fc6) of one frame of each video, the quarter of the frame in which the sprite is, and its shape. */
function frames(method: ShuffleAndLearn, dataset: ClipDataset) {
  const indices = [...dataset.ids.keys()];
  const time = 16;
  return scope(() =>
    noGrad(() => {
      const shown = method.prepare(dataset.collate(indices).select(1, time));
      const [x, y] = [0, 1].map((axis) =>
        dataset.known('joints', indices).select(1, time).select(1, 0).select(1, axis),
      );
      const quarters = x!.ge(16).to('int64').add(y!.ge(16).to('int64').mul(2));
      return {
        features: method.tower.forward(method.backbone.maps(shown)),
        quarters: Int32Array.from(quarters.toNumbers()),
        shapes: dataset.labels!,
      };
    }),
  );
}

it('sees where things are better than an untrained network', () => {
  const scores = (method: ShuffleAndLearn, name: string): void => {
    const [train, test] = [frames(method, sets.train), frames(method, sets.test)];
    for (const label of ['quarters', 'shapes'] as const) {
      const [known, asked] = [train, test].map((part) => ({ features: part.features, labels: part[label] }));
      figures[`${label} by a linear probe of fc6, ${name}`] = linearProbe(known!, asked!, {
        l2: [1e-2, 1e-3],
      }).accuracy;
    }
  };
  const random = freshMethod(learned, RANDOM_SEED) as unknown as ShuffleAndLearn;
  // Batch norm estimates its statistics first.
  for (let i = 0; i < 30; i++)
    frames(random.train(), sets.train.subset(Array.from({ length: 50 }, (_, k) => 50 * i + k)));
  scores(learned.run.method as unknown as ShuffleAndLearn, 'pretrained');
  scores(random.eval(), 'random initialization');
  const [own, other] = ['pretrained', 'random initialization'].map(
    (name) => figures[`quarters by a linear probe of fc6, ${name}`]!,
  ) as [number, number];
  claim(own - other).isAbove(threeSigmaOfDifference(own, other, sets.test.count));
});

it('control: the linear head of the paper adds up what single frames say, which is nothing', async () => {
  const { run } = await learn('shuffle-and-learn', sets.train, TRAINING, { ...OPTIONS, head: 'linear' });
  figures['control: linear head'] = heldOut(run.method, sets.test, 'balancedAccuracy');
  claim(figures['control: linear head']).isNear(0.5, bound() - 0.5);
});

it.each([
  ['the middle frame alone', without([1, 3])],
  ['the first and the last frame alone', without([0, 2, 4])],
  ['nothing moves', ((frames) => frames.narrow(1, 2, 1).expand([-1, 5, -1, -1, -1])) as Change],
])('control: %s', async (name, change) => {
  const { run } = await learn(onChanged(change), sets.train, TRAINING, OPTIONS);
  figures[`control: ${name}`] = heldOut(changed(run.method, change), sets.test, 'balancedAccuracy');
  claim(figures[`control: ${name}`]).isNear(0.5, bound() - 0.5);
});
