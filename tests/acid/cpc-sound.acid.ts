/**
 * CPC of sound must find what comes next far above chance, and its contexts must tell timbres apart better than the random network's.
 * Control: sounds whose pieces were exchanged with those of other sounds, where nothing tells what comes next.
 */
import { afterAll, beforeAll, it } from 'vitest';
import { SOUND_STRIDE } from '../../src/backbones/sound.js';
import { openSounds } from '../../src/data/open-sounds.js';
import type { SoundDataset } from '../../src/data/sound-dataset.js';
import { type Generator, noGrad, ops, scope, type Tensor } from '../../src/engine/index.js';
import { threeSigma } from '../../src/evaluate/gates.js';
import type { Batch, MethodDefinition, Views } from '../../src/methods/method.js';
import { findMethod } from '../../src/methods/registry.js';
import {
  claim,
  heldOut,
  keepResult,
  knnScore,
  type Learned,
  learn,
  randomKnnScore,
  SEED,
  type Sets,
} from './support.js';

const TRAINING = { backbone: 'sound', width: 48, epochs: 20, batchSize: 50, learningRate: 2e-3 };
const BATCH = 50;

let sets: Sets<SoundDataset>;
let learned: Learned;
let mixed: Learned;
const figures: Record<string, number> = {};

/** The method on sounds in which the piece at each time comes from a random sound of the batch. */
function onMixedPieces(): MethodDefinition {
  const definition = findMethod('cpc-sound');
  return {
    ...definition,
    create(context) {
      const method = definition.create(context);
      const views = method.views.bind(method);
      method.views = (batch: Batch, random: Generator): Views => {
        const { waves } = views(batch, random) as { waves: Tensor };
        return { waves: noGrad(() => scope(() => exchange(waves, random))) };
      };
      return method;
    },
  };
}

function exchange(waves: Tensor, random: Generator): Tensor {
  const flat = waves.flatten(1); // (N, L)
  const pieces = Array.from({ length: Math.ceil(flat.size(1) / SOUND_STRIDE) }, (_, i) => {
    const from = i * SOUND_STRIDE;
    const order = ops.randperm(flat.size(0), { generator: random, dtype: 'int64' });
    return flat.narrow(1, from, Math.min(SOUND_STRIDE, flat.size(1) - from)).indexSelect(0, order);
  });
  return ops.cat(pieces, 1).view(waves.shape);
}

beforeAll(async () => {
  const open = (split: 'train' | 'test') =>
    openSounds(`synthetic:sounds?count=1600&test=800&length=4096&seed=${SEED}`, { split });
  sets = { train: await open('train'), test: await open('test') };
  learned = await learn('cpc-sound', sets.train, TRAINING);
  mixed = await learn(onMixedPieces(), sets.train, { ...TRAINING, epochs: 5 });
});

afterAll(() => keepResult('cpc-sound', figures));

it('finds what comes next, and nothing where there is nothing to find', () => {
  figures['held-out accuracy among 50 x 25 pieces'] = heldOut(learned.run.method, sets.test, 'accuracy', BATCH);
  figures['control: last training accuracy on exchanged pieces'] = mixed.epochs.at(-1)!.accuracy!;
  // Notes begin at the same times in all sounds: that alone tells the time of a piece, and leaves one sound in fifty.
  claim(figures['held-out accuracy among 50 x 25 pieces']).isAbove(threeSigma(1 / BATCH, sets.test.count));
  claim(figures['control: last training accuracy on exchanged pieces']).isBelow(1 / BATCH);
});

it('tells the timbres apart better than the random network; the control does not', async () => {
  figures['k-NN, pretrained'] = await knnScore(learned.run.encoder, sets);
  figures['k-NN, random initialization'] = await randomKnnScore(learned, sets);
  figures['control: k-NN, learnt from exchanged pieces'] = await knnScore(mixed.run.encoder, sets);
  const random = figures['k-NN, random initialization'];
  claim(figures['k-NN, pretrained']).isAbove(threeSigma(random, sets.test.count));
  claim(figures['control: k-NN, learnt from exchanged pieces']).isBelow(figures['k-NN, pretrained'] - 0.05);
});
