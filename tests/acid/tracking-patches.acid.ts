/**
 * Tracking patches must find the end of a track among those of other videos, better than pixels and than the untrained network do. The
 * tracks are those of generated sprites, which are known exactly: what turns by an eighth of a circle and more looks different pixel
 * by pixel, and its ground is another. (How many mined tracks stay on their sprite is measured by mined-tracks.) Control: with partners
 * that are shuffled there is nothing to learn. The videos are gray: colors alone would tell most of them apart.
 *
 * That the hardest negatives from the first step on keep the loss at the margin is not claimed: of the 98 in a batch here they are not
 * so hard.
 */
import { afterAll, beforeAll, it } from 'vitest';
import { reestimateBatchNorm } from '../../src/backbones/statistics.js';
import type { PatchesSpec } from '../../src/data/index.js';
import { openClips } from '../../src/data/open-clips.js';
import { ops, scope, type Tensor, tensor } from '../../src/engine/index.js';
import { cosinesOf, rankedHinge } from '../../src/methods/losses/ranked-hinge.js';
import type { Method } from '../../src/methods/method.js';
import { amongOthers, type TrackingPatches } from '../../src/methods/video/tracking-patches.js';
import { MemoryDataset } from '../support/memory-dataset.js';
import { claim, freshMethod, keepResult, type Learned, learn, RANDOM_SEED, SEED } from './support.js';

/** Two frames a second apart, between which a sprite turns by 54 degrees and moves by about its own size. */
const VIDEOS = `synthetic:sprites?count=1000&test=100&size=64&frames=2&fps=1&speed=0.4&scale=0.42&spin=0.15&seed=${SEED}`;
const FRAME = 64;
const SIDE = 32;
const TRAINING = { backbone: 'dcgan', width: 16, epochs: 24, batchSize: 50, learningRate: 2e-3 };
const MARGIN = 0.5;
/** Tracks of as many videos. */
const TRACKS = 100;

let train: Tensor;
let test: Tensor;
let learned: Learned;
let shuffled: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  train = await open('train');
  test = await open('test');
  learned = await learn('tracking-patches', pairs(train), TRAINING);
  shuffled = await learn('tracking-patches', pairs(train, train.size(0) >> 1), TRAINING);
});

afterAll(() => keepResult('tracking-patches', figures));

/** The patches around the sprite of each video, in its first and in its last frame: (N, 2, 1, S, S). */
async function open(split: 'train' | 'test'): Promise<Tensor> {
  const videos = await openClips(VIDEOS, { split, frames: 2, fps: 1, channels: 1 });
  const indices = [...videos.ids.keys()];
  return scope(() => {
    const frames = videos.collate(indices).flatten(0, 1); // (2N, 1, H, W)
    const corners = cornersOf(videos.known('frame-masks', indices).flatten(0, 1));
    const cut = corners.map(([x, y], i) => frames.select(0, i).narrow(1, y, SIDE).narrow(2, x, SIDE));
    return ops.stack(cut, 0).unflatten(0, [-1, 2]);
  });
}

/** The upper left corners of patches around the middles of masks (M, H, W), inside of the frame. */
function cornersOf(masks: Tensor): [x: number, y: number][] {
  const seen = masks.gt(0).to('float32');
  const places = ops.arange(0, FRAME, 1, { dtype: 'float32' });
  const corners = [1, 2].map((along) => {
    const middles = seen
      .sum([along])
      .mul(places)
      .sum([1])
      .div(seen.sum([1, 2]));
    return middles
      .sub(SIDE / 2 - 0.5)
      .round()
      .clamp(0, FRAME - SIDE)
      .toNumbers();
  });
  return corners[0]!.map((x, i) => [x, corners[1]![i]!]);
}

/** The first patch of each video with the last one of the video so many further on, which is its own by default. */
function pairs(patches: Tensor, further = 0): MemoryDataset<PatchesSpec> {
  const count = patches.size(0);
  const spec: PatchesSpec = { modality: 'patches', channels: 1, height: SIDE, width: SIDE, mean: [0.45], std: [0.15] };
  const rowsOf = (numbers: readonly number[]): Tensor => tensor(Int32Array.from(numbers)).to('int64');
  const make = (videos: readonly number[]) =>
    scope(() => {
      const first = patches.select(1, 0).indexSelect(0, rowsOf(videos));
      const last = patches.select(1, 1).indexSelect(0, rowsOf(videos.map((i) => (i + further) % count)));
      return { patches: ops.stack([first, last], 1), video: rowsOf(videos) };
    });
  return new MemoryDataset({ spec, count, plural: 'pairs', make });
}

/** Share of tracks whose first patch is nearer to their own last patch than to the last of every other video, by cosines (2N, 2N). */
function recall(cosines: Tensor): number {
  const videos = ops.arange(0, TRACKS, 1, { dtype: 'int64' }).repeatInterleave(2);
  const answers = amongOthers(cosines, videos).argmax(1).toNumbers();
  return answers.filter((answer, i) => answer === i).length / TRACKS;
}

const recallOf = (method: Method): number =>
  scope(() => recall((method.eval() as unknown as TrackingPatches).cosines(test)));
/** Features of the encoder alone, as it is used afterwards. */
const recallOfEncoder = (method: Method): number =>
  scope(() => {
    const features = method.eval().backbone.features(method.prepare(test.flatten(0, 1)));
    return recall(cosinesOf(features));
  });

const sigma = (share: number): number => 3 * Math.sqrt((share * (1 - share)) / TRACKS);
const ofRandom = (): number =>
  Math.max(figures['recall@1, random network']!, figures['recall@1, features of the random network']!);

/**
 * The loss of held-out tracks over all negatives. That of the training is taken over negatives that still cost something alone, so that
 * it stays high while there are four of them.
 */
const lossOverAll = (method: Method): number =>
  scope(() => {
    const videos = ops.arange(0, TRACKS, 1, { dtype: 'int64' });
    const others = videos.unsqueeze(1).eq(videos.repeatInterleave(2).unsqueeze(0)).logicalNot(); // (N, 2N)
    const cosines = (method.eval() as unknown as TrackingPatches).cosines(test);
    return rankedHinge(cosines, others, { margin: MARGIN, negatives: 2 * (TRACKS - 1) }).item();
  });

it('finds the ends of tracks of other videos, better than pixels and than the random network', () => {
  const pixels = scope(() => {
    const rows = test.flatten(0, 1).flatten(1).to('float32');
    return recall(cosinesOf(rows.sub(rows.mean([1], true))));
  });
  const random = freshMethod(learned, RANDOM_SEED);
  // With the statistics that batch norm begins with, next to nothing passes through an untrained network.
  scope(() => reestimateBatchNorm(random.backbone, [random.prepare(train.flatten(0, 1))]));
  figures['recall@1 among 100 tracks, trained'] = recallOf(learned.run.method);
  figures['recall@1, features of the encoder'] = recallOfEncoder(learned.run.method);
  figures['recall@1, raw pixels'] = pixels;
  figures['recall@1, random network'] = recallOf(random);
  figures['recall@1, features of the random network'] = recallOfEncoder(random);
  const trained = figures['recall@1 among 100 tracks, trained']!;
  claim(trained).isAbove(pixels + sigma(pixels));
  claim(trained).isAbove(ofRandom() + sigma(ofRandom()));
  figures['loss, last epoch'] = learned.losses.at(-1)!;
  figures['loss over all negatives, held-out'] = lossOverAll(learned.run.method);
  claim(figures['loss over all negatives, held-out']).isBelow(MARGIN / 2);
});

it('control: shuffled partners leave the recall where the random network has it', () => {
  figures['control: recall@1 with shuffled partners'] = recallOf(shuffled.run.method);
  figures['control: recall@1 with shuffled partners, features of the encoder'] = recallOfEncoder(shuffled.run.method);
  const bound = ofRandom() + sigma(ofRandom());
  claim(figures['control: recall@1 with shuffled partners']).isBelow(bound);
  claim(figures['control: recall@1 with shuffled partners, features of the encoder']).isBelow(bound);
});
