/**
 * Walks that return must teach features by which the masks of moving sprites are carried along. The sprites have the pattern of the
 * ground and turn as they move, so that neither colors nor exact copies of the pattern show where they are. Control: walks through
 * frames of different videos, in which nothing can be followed.
 */
import { afterAll, beforeAll, it } from 'vitest';
import { reestimateBatchNorm } from '../../src/backbones/statistics.js';
import type { ClipDataset } from '../../src/data/index.js';
import { openClips } from '../../src/data/open-clips.js';
import { type Generator, noGrad, ops, scope, type Tensor } from '../../src/engine/index.js';
import type { Batch, Encoder, MethodDefinition } from '../../src/methods/method.js';
import { findMethod } from '../../src/methods/registry.js';
import { PROPAGATION_RULES } from '../../src/networks/propagation/rule.js';
import { claim, heldOut, keepResult, type Learned, learn, RANDOM_SEED, SEED } from './support.js';
import { trackMasks } from './tracking.js';

const TRAINING = { backbone: 'alexnet', width: 16, epochs: 14, batchSize: 4, learningRate: 1e-3 };
const FPS = 6;
/** Eight frames after the first. */
const TRACKED_FRAMES = 9;
const TRACKED_CLIPS = 30;
/** The last layer but one, as the method carries labels. */
const LAYER = 'conv4';

const open = (split: 'train' | 'test', frames = 4): Promise<ClipDataset> =>
  openClips(
    `synthetic:sprites?count=240&test=100&size=64&frames=12&fps=${FPS}&sprites=1&scale=0.35&speed=0.3&spin=0.15&look=background&seed=${SEED}`,
    { split, frames, fps: FPS },
  );

/** The method on clips whose frames come from random videos of the batch. */
function onMixedFrames(): MethodDefinition {
  const definition = findMethod('crw');
  return {
    ...definition,
    create(context) {
      const method = definition.create(context);
      const views = method.views.bind(method);
      method.views = ({ samples, indices }: Batch, random: Generator) =>
        views({ samples: noGrad(() => scope(() => mixed(samples, random))), indices }, random);
      return method;
    },
  };
}

function mixed(clips: Tensor, random: Generator): Tensor {
  const frames = clips.unbind(1).map((frame) => {
    const order = ops.randperm(clips.size(0), { generator: random, dtype: 'int64' });
    return frame.indexSelect(0, order);
  });
  return ops.stack(frames, 1);
}

let train: ClipDataset;
let tracked: ClipDataset;
let learned: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  train = await open('train');
  tracked = await open('test', TRACKED_FRAMES);
  learned = await learn('crw', train, TRAINING);
});

afterAll(() => keepResult('crw', figures));

/** Intersection over union after eight frames, with DINO's rule. */
function track(encoder: Encoder): ReturnType<typeof trackMasks> {
  encoder.backbone.eval();
  const cells = (frames: Tensor) => noGrad(() => encoder.backbone.maps(encoder.prepare(frames), LAYER));
  return trackMasks(tracked, cells, PROPAGATION_RULES.dino, TRACKED_CLIPS);
}

/** The better one of the random network as it was made and with the statistics of its batch norms estimated. */
function trackRandom({ run }: Learned): number {
  const plain = run.makeFresh(RANDOM_SEED);
  const first = track(plain).propagated;
  const frames = train.seenBy(plain.spec)!;
  const prepared = scope(() => noGrad(() => plain.prepare(frames.collate([...Array(frames.count).keys()]))));
  reestimateBatchNorm(plain.backbone, [prepared]);
  return Math.max(first, track(plain).propagated);
}

it('returns, and carries masks farther than the first frame and the random network', async () => {
  const clips = await open('test');
  figures['walks that return to one of 49 patches'] = heldOut(learned.run.method, clips, 'accuracy', 20);
  const { propagated, identity } = track(learned.run.encoder);
  figures['IoU of masks after eight frames'] = propagated;
  figures['IoU of the masks of the first frame'] = identity;
  figures['IoU, random initialization'] = trackRandom(learned);
  claim(figures['walks that return to one of 49 patches']).isAbove(3 / 49);
  claim(propagated).isAbove(identity + 0.1);
  claim(propagated).isAbove(figures['IoU, random initialization']);
});

it('control: walks through frames of different videos teach less', async () => {
  const { run } = await learn(onMixedFrames(), train, { ...TRAINING, epochs: 5 });
  figures['control: IoU, learnt from frames of different videos'] = track(run.encoder).propagated;
  claim(figures['control: IoU, learnt from frames of different videos']).isBelow(
    figures['IoU of masks after eight frames']! - 0.03,
  );
});
