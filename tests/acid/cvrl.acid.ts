/**
 * CVRL must learn how things move: a linear probe tells the four motions of held-out sprites (left, right, turning, growing) apart better
 * than on a random network. All sprites are white crosses on black, so that videos are told apart by motion: where each has patterns of its own, the
 * network learns as much from single frames. Controls: the same method on clips that repeat one frame, which have no motion; and with every
 * frame cropped by itself, which drowns it.
 */
import { afterAll, beforeAll, it } from 'vitest';
import type { ClipDataset } from '../../src/data/index.js';
import { openClips } from '../../src/data/open-clips.js';
import { type Generator, noGrad, scope, type Tensor } from '../../src/engine/index.js';
import { strongerRandomEncoder } from '../../src/evaluate/baselines.js';
import { threeSigma } from '../../src/evaluate/gates.js';
import type { Batch, Encoder, MethodDefinition } from '../../src/methods/method.js';
import { findMethod } from '../../src/methods/registry.js';
import {
  claim,
  heldOut,
  keepResult,
  type Learned,
  learn,
  linearScore,
  RANDOM_SEED,
  SEED,
  type Sets,
} from './support.js';

const TRAINING = {
  ...{ backbone: 'c3d', width: 8, epochs: 16, batchSize: 32, warmupEpochs: 1 },
  ...({ optimizer: 'adam', learningRate: 1e-3 } as const),
};
// A mirrored sprite that goes left goes right. The sprites fill half of the frame.
const OPTIONS = { useFlip: false };
const FORM = { frames: 16, fps: 10 };

const open = (split: 'train' | 'test'): Promise<ClipDataset> =>
  openClips(
    `synthetic:sprites?count=400&test=400&size=24&frames=16&fps=10&motion=classes&shape=cross&ground=plain&speed=0.5&scale=0.5&seed=${SEED}`,
    { split, ...FORM },
  );

let sets: Sets<ClipDataset>;
let learned: Learned;
const figures: Record<string, number> = {};

/** White where a clip, uint8 (N, T, C, H, W), departs from the color that most of it has, black elsewhere. */
const shapesOf = (clips: Tensor): Tensor =>
  noGrad(() =>
    scope(() => {
      const pixels = clips.to('float32');
      const [sorted] = pixels.transpose(1, 2).flatten(2).sort(-1);
      const middle = sorted.select(2, Math.floor(sorted.size(2) / 2)); // (N, C)
      const difference = pixels
        .sub(middle.view([clips.size(0), 1, -1, 1, 1]))
        .abs()
        .mean([2], true);
      return difference.gt(12).to('uint8').mul(255).expand(clips.shape).contiguous();
    }),
  );

/** The first frame of each clip all the time. */
const stillsOf = (clips: Tensor): Tensor =>
  noGrad(() => scope(() => clips.narrow(1, 0, 1).expand(clips.shape).contiguous()));

/** The method on shapes, which may be changed. */
function onShapes(change = (clips: Tensor): Tensor => clips): MethodDefinition {
  const definition = findMethod('cvrl');
  return {
    ...definition,
    create(context) {
      const method = definition.create(context);
      const views = method.views.bind(method);
      method.views = ({ samples, indices }: Batch, random: Generator) =>
        views({ samples: change(shapesOf(samples as Tensor)), indices } as Batch, random);
      return method;
    },
  };
}

/** Linear-probe accuracy of the motion on held-out clips of the encoder's own length. */
function motionScore(encoder: Encoder): Promise<number> {
  const seen = { train: sets.train.seenBy(encoder.spec)!, test: sets.test.seenBy(encoder.spec)! };
  const prepare: Encoder['prepare'] = (samples) => encoder.prepare(shapesOf(samples as Tensor));
  return linearScore({ ...encoder, prepare }, seen as never);
}

beforeAll(async () => {
  sets = { train: await open('train'), test: await open('test') };
  learned = await learn(onShapes(), sets.train, TRAINING, OPTIONS);
});

afterAll(() => keepResult('cvrl', figures));

it('finds the clips that belong together, and tells motions apart better than the random network', async () => {
  figures['held-out contrastive accuracy among 63 clips'] = heldOut(learned.run.method, sets.test, 'accuracy', 32);
  claim(figures['held-out contrastive accuracy among 63 clips']).isAbove(3 / 63);
  figures['linear probe of the motion'] = await motionScore(learned.run.encoder);
  const random = await strongerRandomEncoder(
    learned.run.makeFresh,
    RANDOM_SEED,
    sets.train.seenBy(learned.run.encoder.spec)!,
  );
  figures['linear probe, random initialization'] = await motionScore(random);
  claim(figures['linear probe of the motion']).isAbove(
    threeSigma(figures['linear probe, random initialization'], sets.test.count),
  );
});

it('control: clips of repeated frames teach less of motion', async () => {
  const still = await learn(onShapes(stillsOf), sets.train, TRAINING, OPTIONS);
  figures['control: linear probe, learnt from repeated frames'] = await motionScore(still.run.encoder);
  claim(figures['control: linear probe, learnt from repeated frames']).isBelow(figures['linear probe of the motion']);
});

it('control: frames that are changed each by itself teach less of motion', async () => {
  const apart = await learn(onShapes(), sets.train, TRAINING, { ...OPTIONS, isConsistent: false });
  figures['control: linear probe, every frame changed by itself'] = await motionScore(apart.run.encoder);
  claim(figures['control: linear probe, every frame changed by itself']).isBelow(figures['linear probe of the motion']);
});
