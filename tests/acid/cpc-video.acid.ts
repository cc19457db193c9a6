/**
 * CPC of frames must find the next frames of held-out clips among those of all clips of a batch, and among those of the same clip, where
 * knowing which video it is does not help. Discs of one look move over a torus at a steady pace: a single frame does not say what comes
 * next, and only where a disc is tells the videos apart. (Where each video has colors of its own, the network learns those first,
 * and in the minutes of a learning run nothing else.) Controls: clips whose frames are shuffled, in which nothing comes next; clips that
 * stand still, whose next frames are all the same.
 */
import { afterAll, beforeAll, it } from 'vitest';
import type { ClipSpec } from '../../src/data/index.js';
import { openClips } from '../../src/data/open-clips.js';
import { type Generator, noGrad, ops, scope, type Tensor, tensor } from '../../src/engine/index.js';
import { threeSigma } from '../../src/evaluate/gates.js';
import type { Batch, Method, MethodDefinition, Views } from '../../src/methods/method.js';
import { findMethod } from '../../src/methods/registry.js';
import { MemoryDataset } from '../support/memory-dataset.js';
import { claim, freshMethod, heldOut, keepResult, type Learned, learn, RANDOM_SEED, SEED } from './support.js';

const FRAMES = 12;
const PREDICTED = 3;
const BATCH = 25;
const TRAINING = { backbone: 'dcgan', width: 16, epochs: 16, batchSize: BATCH, learningRate: 1e-3 };
/** One context for the whole frame, which is neither cut nor recolored. */
const OPTIONS = {
  ...{ blocks: FRAMES, blockFrames: 1, predictedBlocks: PREDICTED, layout: 'vector', contextSize: 64 },
  ...{ minimumScale: 1, channelProbability: 0, colorStrength: 0, useFlip: false },
};

/** Videos of white discs on black: the masks of generated sprites. */
async function open(motion: 'linear' | 'static', split: 'train' | 'test'): Promise<MemoryDataset<ClipSpec>> {
  const clips = await openClips(
    `synthetic:sprites?count=800&test=300&size=32&frames=${FRAMES}&fps=6&edges=torus&shape=disc&speed=0.6&scale=0.35&motion=${motion}&seed=${SEED}`,
    { split, frames: FRAMES, fps: 6 },
  );
  const indices = [...clips.ids.keys()];
  const discs = clips.known('frame-masks', indices).gt(0).to('uint8').mul(255).unsqueeze(2); // (N, T, 1, H, W)
  const spec: ClipSpec = { modality: 'clip', ...clips.clipForm, channels: 1, mean: [0.1], std: [0.3] };
  const make = (positions: readonly number[]): Tensor =>
    scope(() => discs.indexSelect(0, tensor(Int32Array.from(positions)).to('int64')));
  return new MemoryDataset({ spec, count: clips.count, plural: 'videos', make });
}

type Change = (clips: Tensor, random: Generator) => Tensor;

/** Lets a method see changed clips (N, T, C, H, W). */
function changed<M extends Pick<Method, 'views'>>(method: M, change: Change): M {
  const views = method.views.bind(method);
  method.views = (batch: Batch, random: Generator): Views => {
    const { clips } = views(batch, random) as { clips: Tensor };
    return { clips: noGrad(() => scope(() => change(clips, random))) };
  };
  return method;
}

function onChanged(change: Change): MethodDefinition {
  const definition = findMethod('cpc-video');
  return { ...definition, create: (context) => changed(definition.create(context), change) };
}

/** The frames of each clip in a random order. */
const shuffled: Change = (clips, random) => {
  const [count, frames] = clips.shape as [number, number];
  const order = ops.rand([count, frames], { generator: random }).argsort(1);
  const rows = order.add(ops.arange(0, count, 1, { dtype: 'int64' }).mul(frames).unsqueeze(1)).flatten();
  return clips.flatten(0, 1).indexSelect(0, rows).view(clips.shape);
};

let train: MemoryDataset<ClipSpec>;
let test: MemoryDataset<ClipSpec>;
let learned: Learned;
const figures: Record<string, number> = {};
const score = (method: Method, metric: string, data = test): number => heldOut(method, data, metric, BATCH);
const CHANCE = 1 / PREDICTED;

beforeAll(async () => {
  [train, test] = [await open('linear', 'train'), await open('linear', 'test')];
  learned = await learn('cpc-video', train, TRAINING, OPTIONS);
});

afterAll(() => keepResult('cpc-video', figures));

it('finds the next frames of held-out clips, among those of the same clip too', () => {
  figures[`held-out accuracy among ${BATCH} x ${PREDICTED} frames`] = score(learned.run.method, 'accuracy');
  figures[`held-out accuracy among the ${PREDICTED} next frames`] = score(learned.run.method, 'temporalAccuracy');
  figures['accuracy among the next frames, random initialization'] = score(
    freshMethod(learned, RANDOM_SEED),
    'temporalAccuracy',
  );
  claim(figures[`held-out accuracy among ${BATCH} x ${PREDICTED} frames`]).isAbove(0.3);
  claim(figures[`held-out accuracy among the ${PREDICTED} next frames`]).isAbove(0.6);
});

it('control: of shuffled clips it learns nothing of what comes next', async () => {
  const { run } = await learn(onChanged(shuffled), train, { ...TRAINING, epochs: 8 }, OPTIONS);
  const method = changed(run.method, shuffled);
  figures['control, shuffled frames: accuracy among all frames'] = score(method, 'accuracy');
  figures['control, shuffled frames: accuracy among the next frames'] = score(method, 'temporalAccuracy');
  const tolerance = threeSigma(CHANCE, test.count) - CHANCE;
  claim(figures['control, shuffled frames: accuracy among the next frames']).isNear(CHANCE, tolerance);
});

it('control: in clips that stand still the next frames cannot be told apart', async () => {
  const still = await open('static', 'test');
  figures['control, still clips: accuracy among the next frames'] = score(
    learned.run.method,
    'temporalAccuracy',
    still,
  );
  const tolerance = threeSigma(CHANCE, still.count) - CHANCE;
  claim(figures['control, still clips: accuracy among the next frames']).isNear(CHANCE, tolerance);
});
