/**
 * Video colorization must copy the right colors to cells that changed, and its pointers must carry the masks of moving sprites along.
 * Colors of the sprites and of the ground are as light as each other under a texture that tells nothing of them. Control: a network that
 * learnt from clips which stand still copies from the same place, which serves these and fails where something moves.
 */
import { afterAll, beforeAll, it } from 'vitest';
import type { ClipDataset } from '../../src/data/index.js';
import { openClips } from '../../src/data/open-clips.js';
import { Generator, noGrad, scope } from '../../src/engine/index.js';
import type { Method } from '../../src/methods/method.js';
import type { VideoColorization } from '../../src/methods/video/video-colorization.js';
import { PROPAGATION_RULES } from '../../src/networks/propagation/rule.js';
import { claim, freshMethod, heldOut, keepResult, type Learned, learn, RANDOM_SEED, SEED } from './support.js';
import { type Tracked, trackMasks } from './tracking.js';

const TRAINING = { backbone: 'alexnet', width: 16, epochs: 12, batchSize: 8, learningRate: 2e-3 };
const FPS = 6;
/** Eight frames after the first. */
const TRACKED_FRAMES = 9;
const TRACKED_CLIPS = 40;

const open = (motion: 'linear' | 'static', split: 'train' | 'test', frames = 4): Promise<ClipDataset> =>
  openClips(
    `synthetic:sprites?count=800&test=100&size=64&frames=12&fps=${FPS}&sprites=2&scale=0.35&speed=0.35&look=quadrants&motion=${motion}&seed=${SEED}`,
    { split, frames, fps: FPS },
  );

let moving: Learned;
let still: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  moving = await learn('video-colorization', await open('linear', 'train'), TRAINING);
  still = await learn('video-colorization', await open('static', 'train'), { ...TRAINING, epochs: 3 });
});

afterAll(() => keepResult('video-colorization', figures));

async function track(network: Method, motion: 'linear' | 'static'): Promise<Tracked> {
  const method = network.eval() as unknown as VideoColorization;
  const clips = await open(motion, 'test', TRACKED_FRAMES);
  return trackMasks(clips, (frames) => method.cells(frames), PROPAGATION_RULES.colorization, TRACKED_CLIPS);
}

/** IoU of the untrained network, as it was made or with batch statistics of the training clips, whichever is better. */
async function trackUntrained(): Promise<number> {
  const method = freshMethod(moving, RANDOM_SEED);
  const plain = (await track(method, 'linear')).propagated;
  const clips = await open('linear', 'train');
  const random = new Generator(1);
  method.train();
  for (let i = 0; i < 30; i++)
    scope(() =>
      noGrad(() => {
        const indices = Array.from({ length: 8 }, (_, k) => 8 * i + k);
        const progress = { step: 0, totalSteps: 1, epoch: 0, totalEpochs: 1, stage: 0 };
        method.loss(method.views({ samples: clips.collate(indices), indices }, random), 'main', progress);
      }),
    );
  return Math.max(plain, (await track(method, 'linear')).propagated);
}

it('copies the right colors where they changed; the control copies the old ones', async () => {
  const clips = await open('linear', 'test');
  figures['colors of cells that changed'] = heldOut(moving.run.method, clips, 'changed', 50);
  figures['colors of cells that changed, random initialization'] = heldOut(
    freshMethod(moving, RANDOM_SEED),
    clips,
    'changed',
    50,
  );
  figures['colors of all cells'] = heldOut(moving.run.method, clips, 'accuracy', 50);
  figures['control, learnt from clips that stand still: cells that changed'] = heldOut(
    still.run.method,
    clips,
    'changed',
    50,
  );
  claim(figures['colors of cells that changed']).isAbove(0.3);
  claim(figures['control, learnt from clips that stand still: cells that changed']).isBelow(0.3);
});

it('carries masks over eight frames; the control leaves them where they are', async () => {
  const [tracked, control] = [await track(moving.run.method, 'linear'), await track(still.run.method, 'linear')];
  const untrained = await trackUntrained();
  figures['IoU of masks after eight frames'] = tracked.propagated;
  figures['IoU of the masks of the first frame'] = tracked.identity;
  figures['IoU, random initialization'] = untrained;
  figures['control, learnt from clips that stand still: IoU'] = control.propagated;
  claim(tracked.propagated).isAbove(tracked.identity + 0.2);
  claim(tracked.propagated).isAbove(untrained);
  claim(control.propagated).isBelow(control.identity + 0.2);
});

it('control: where nothing moves, the network that learnt from such clips does what copying in place does', async () => {
  const { propagated, identityOnGrid } = await track(still.run.method, 'static');
  figures['control, clips that stand still: IoU'] = propagated;
  figures['clips that stand still: IoU of the masks on the grid'] = identityOnGrid;
  claim(propagated).isNear(identityOnGrid, 0.03);
});
