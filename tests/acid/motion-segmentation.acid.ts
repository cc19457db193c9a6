/**
 * What moves is found without labels under a moving camera, and a network that sees single frames must segment it in held-out videos,
 * better than a spot in the middle and than a head on a random network. Controls: without taking away the motion of the camera
 * nothing is found; where sprites look like the ground a single frame does not show them, and the network knows no more than the spot.
 */
import { afterAll, beforeAll, it } from 'vitest';
import { type ClipDataset, openClips } from '../../src/data/index.js';
import type { PairDataset } from '../../src/data/pair-dataset.js';
import { ops, scope, type Tensor } from '../../src/engine/index.js';
import type { MethodDefinition } from '../../src/methods/method.js';
import { findMethod } from '../../src/methods/registry.js';
import type { MotionSegmentation } from '../../src/methods/video/motion-segmentation.js';
import { grayPictures, movingMask, openMovingMasks, visionPool } from '../../src/motion/index.js';
import { claim, keepResult, type Learned, learn, SEED } from './support.js';

const FPS = 10;
const TRAINING = { backbone: 'resnet18', width: 8, epochs: 20, batchSize: 20, learningRate: 2e-3 };
/** Comparisons with three frames before and after, which move by a pixel at least. */
const FINDER = { reach: 3, least: 1 };

/** Videos over which the camera pans, and what is found to move in every sixth frame. */
class Moving {
  private constructor(
    readonly clips: ClipDataset,
    readonly pairs: PairDataset,
  ) {}

  static async open(look: 'own' | 'background', split: 'train' | 'test'): Promise<Moving> {
    const sprites = `synthetic:sprites?count=60&test=40&size=64&frames=24&camera=pan&speed=0.5&scale=0.4&look=${look}&seed=${SEED}`;
    const clips = await openClips(sprites, { split, frames: 1, fps: FPS });
    const spec = `moving:${sprites}&every=6&reach=${FINDER.reach}&least=${FINDER.least}`;
    return new Moving(clips, await openMovingMasks(spec, { split }));
  }

  get count(): number {
    return this.pairs.count;
  }

  /** float32 (N, 1, S, S), 1 on the sprite. */
  truth(): Tensor {
    return scope(() => {
      const numbers = new Map(this.clips.ids.map((id, i) => [id, i]));
      const masks = this.pairs.ids.map((id) => {
        const [video, time] = id.split('@') as [string, string];
        const frame = Int32Array.of(Math.round(Number(time) * FPS));
        return this.clips.knownOf('frame-masks', numbers.get(video)!, frame);
      });
      return ops.stack(masks, 0).gt(0).to('float32');
    });
  }

  /** float32 (N, 1, S, S), the share of votes. */
  votes(): Tensor {
    return scope(() => this.all().first.to('float32').div(255));
  }

  all(): Record<'first' | 'second', Tensor> {
    return this.pairs.collate([...this.pairs.ids.keys()]) as Record<'first' | 'second', Tensor>;
  }
}

/** Mean intersection over union of masks (N, 1, S, S) or one for all, from `level` on, with the truth. */
function overlap(masks: Tensor, truth: Tensor, level = 0.5): number {
  return scope(() => {
    const isOn = masks.ge(level).to('float32').expand(truth.shape);
    const shared = isOn.mul(truth).sum([1, 2, 3]);
    const either = isOn.maximum(truth).sum([1, 2, 3]);
    return shared.div(either.clampMin(1)).mean().item();
  });
}

/** What the network expects to move, at the size of the frames. */
function segmented({ run }: Learned, data: Moving): number {
  const method = run.method.eval() as unknown as MotionSegmentation;
  return scope(() => {
    const { second } = data.all();
    const answers = method.segment(second);
    return overlap(ops.upsampleBilinear2d(answers, [second.size(2), second.size(3)], false), data.truth());
  });
}

/** The mean mask of the training frames, cut where it serves them best. */
function spot(train: Moving, test: Moving): number {
  return scope(() => {
    const mean = train.votes().mean([0], true);
    const most = mean.amax().item();
    const levels = Array.from({ length: 20 }, (_, i) => (most * (i + 0.5)) / 20);
    const scores = levels.map((level) => overlap(mean, train.truth(), level));
    return overlap(mean, test.truth(), levels[scores.indexOf(Math.max(...scores))]!);
  });
}

/** The method with a random backbone that stays as it is. */
function headAlone(): MethodDefinition {
  const definition = findMethod('motion-segmentation');
  return {
    ...definition,
    create(context) {
      const method = definition.create(context);
      method.optimizerGroups = () => [{ name: 'main', modules: [(method as unknown as MotionSegmentation).head] }];
      return method;
    },
  };
}

let train: Moving;
let test: Moving;
let learned: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  train = await Moving.open('own', 'train');
  test = await Moving.open('own', 'test');
  learned = await learn('motion-segmentation', train.pairs, TRAINING);
});

afterAll(() => {
  visionPool().close();
  keepResult('motion-segmentation', figures);
});

it('finds what moves while the camera pans; without taking its motion away nothing is found', async () => {
  figures['IoU of what is found to move'] = overlap(test.votes(), test.truth());
  const frame = 12;
  let sum = 0;
  for (let video = 0; video < test.clips.count; video++) {
    const pictures = grayPictures(test.clips.allFrames(video));
    const mask = await movingMask(pictures, frame, { ...FINDER, isCameraRemoved: false });
    const truth = test.clips.knownOf('frame-masks', video, Int32Array.of(frame)).toBytes();
    const isOn = Array.from(mask!, (votes) => votes >= 128);
    const shared = isOn.filter((on, i) => on && truth[i]! > 0).length;
    sum += shared / isOn.filter((on, i) => on || truth[i]! > 0).length;
  }
  figures['control: IoU with the motion of the camera'] = sum / test.clips.count;
  claim(figures['IoU of what is found to move']).isAbove(0.5);
  claim(figures['control: IoU with the motion of the camera']).isBelow(0.3);
});

it('segments single held-out frames better than a spot in the middle and a head on a random network', async () => {
  const random = await learn(headAlone(), train.pairs, TRAINING);
  figures['IoU in single held-out frames'] = segmented(learned, test);
  figures['IoU of the mean mask'] = spot(train, test);
  figures['IoU, head on a random network'] = segmented(random, test);
  claim(figures['IoU in single held-out frames']).isAbove(figures['IoU of the mean mask'] + 0.2);
  claim(figures['IoU in single held-out frames']).isAbove(figures['IoU, head on a random network']);
});

it('control: sprites that look like the ground are not seen in single frames', async () => {
  const [hidden, held] = [await Moving.open('background', 'train'), await Moving.open('background', 'test')];
  const blind = await learn('motion-segmentation', hidden.pairs, { ...TRAINING, epochs: 8 });
  figures['control: IoU of what is found to move, sprites like the ground'] = overlap(held.votes(), held.truth());
  figures['control: IoU in single frames, sprites like the ground'] = segmented(blind, held);
  figures['control: IoU of the mean mask, sprites like the ground'] = spot(hidden, held);
  claim(figures['control: IoU in single frames, sprites like the ground']).isBelow(
    figures['control: IoU of the mean mask, sprites like the ground'] + 0.1,
  );
});
