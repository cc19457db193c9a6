/**
 * The order of three frames must be told from how they differ. Sprites move over a torus, where a single frame says nothing of its time:
 * what is learnt there is learnt by comparing frames, which the head with a hidden layer can and the linear one cannot. Controls, all at
 * chance: the linear head; the middle frame alone; the first and the last frame alone; videos in which nothing moves.
 */
import { afterAll, beforeAll, it } from 'vitest';
import type { ClipDataset } from '../../src/data/clip-dataset.js';
import { openClips } from '../../src/data/index.js';
import { type Generator, noGrad, type Tensor } from '../../src/engine/index.js';
import { threeSigma } from '../../src/evaluate/gates.js';
import type { Batch, Method, MethodDefinition, Views } from '../../src/methods/method.js';
import { findMethod } from '../../src/methods/registry.js';
import { claim, heldOut, keepResult, type Learned, learn, SEED, type Sets } from './support.js';

const TRAINING = { backbone: 'dcgan', width: 24, epochs: 10, batchSize: 50, learningRate: 2e-3 };
/** As many tuples in order as out of order; frames of 3.1 s, apart by at least 0.4 s. */
const OPTIONS = { negatives: 1, farthest: 3.1, margin: 0.4, frameSize: 64 };

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

/** 0.5 and three sigma, of as many pairs of tuples as there are videos. */
const bound = (): number => threeSigma(0.5, sets.test.count);

beforeAll(async () => {
  const spec = `synthetic:sprites?count=1500&test=1500&size=32&frames=32&edges=torus&motion=accelerating&speed=0.145&scale=0.3&seed=${SEED}`;
  const open = (split: 'train' | 'test') => openClips(spec, { split, frames: 32, fps: 10 });
  sets = { train: await open('train'), test: await open('test') };
  learned = await learn('shuffle-and-learn', sets.train, TRAINING, OPTIONS);
});

afterAll(() => keepResult('shuffle-and-learn', figures));

it('tells the order of three frames of held-out videos', () => {
  figures['held-out balanced accuracy'] = heldOut(learned.run.method, sets.test, 'balancedAccuracy');
  figures['held-out loss'] = heldOut(learned.run.method, sets.test, 'loss');
  claim(figures['held-out balanced accuracy']).isAbove(0.75);
  claim(figures['held-out loss']).isBelow(Math.LN2);
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
  const { run } = await learn(onChanged(change), sets.train, { ...TRAINING, epochs: 5 }, OPTIONS);
  figures[`control: ${name}`] = heldOut(changed(run.method, change), sets.test, 'balancedAccuracy');
  claim(figures[`control: ${name}`]).isNear(0.5, bound() - 0.5);
});
