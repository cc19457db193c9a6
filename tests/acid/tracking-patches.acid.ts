/**
 * Tracking patches must find the end of a track among those of other videos, better than pixels and than the untrained network do.
 * Tracks are mined from generated sprites that turn. Controls: with the hardest negatives from the first step on, as the paper warns,
 * nothing is learned; with partners that are shuffled there is nothing to learn. The videos are gray: colors alone would tell most of them
 * apart.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PatchesDataset } from '../../src/data/index.js';
import { ops, scope, type Tensor, tensor } from '../../src/engine/index.js';
import { cosinesOf } from '../../src/methods/losses/ranked-hinge.js';
import type { Method } from '../../src/methods/method.js';
import { amongOthers, type TrackingPatches } from '../../src/methods/video/tracking-patches.js';
import { openPatches, visionPool } from '../../src/motion/index.js';
import { MemoryDataset } from '../support/memory-dataset.js';
import { claim, freshMethod, keepResult, type Learned, learn, RANDOM_SEED, SEED } from './support.js';

const SPEC = `patches:synthetic:sprites?count=240&test=140&size=64&frames=22&speed=0.4&spin=0.5&track=10&every=11&fewest=0.05&patch=28${SEED > 0 ? `&seed=${SEED}` : ''}`;
const TRAINING = { backbone: 'resnet18', width: 8, epochs: 60, batchSize: 30, learningRate: 4e-3 };
const MARGIN = 0.5;
/** Tracks of as many videos. */
const TRACKS = 100;

let train: PatchesDataset;
/** One track of each held-out video. */
let test: PatchesDataset;
let learned: Learned;
let hardest: Learned;
let shuffled: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  const open = (split: 'train' | 'test') => openPatches(SPEC, { split, size: 32, channels: 1 });
  const [all, held] = [await open('train'), await open('test')];
  visionPool().close();
  train = all;
  const seen = new Set<number>();
  const firsts = [...held.ids.keys()].filter((i) => !seen.has(held.videoOf(i)) && seen.add(held.videoOf(i)));
  expect(firsts.length).toBeGreaterThanOrEqual(TRACKS);
  test = held.subset(firsts.slice(0, TRACKS));
  learned = await learn('tracking-patches', train, TRAINING);
  hardest = await learn('tracking-patches', train, { ...TRAINING, epochs: 12 }, { randomShare: 0, hardShare: 1 });
  shuffled = await learn('tracking-patches', withShuffledPartners(train), TRAINING);
});

afterAll(() => keepResult('tracking-patches', figures));

/** The same first patches, each with the last patch of a pair half the set away. */
function withShuffledPartners(data: PatchesDataset): MemoryDataset<PatchesDataset['spec']> {
  return new MemoryDataset({
    ...{ spec: data.spec, count: data.count, plural: data.plural },
    make: (positions) => {
      const [own, others] = [positions, positions.map((i) => (i + (data.count >> 1)) % data.count)].map((rows) =>
        data.collate(rows),
      ) as [ReturnType<PatchesDataset['collate']>, ReturnType<PatchesDataset['collate']>];
      const [first, last] = [own.patches.select(1, 0), others.patches.select(1, 1)];
      return { patches: ops.stack([first, last], 1), video: own.video };
    },
  });
}

/** Share of tracks whose first patch is nearer to their own last patch than to the last of every other video, by cosines (2N, 2N). */
function recall(cosines: Tensor): number {
  const { count } = test;
  const videos = tensor(Int32Array.from({ length: 2 * count }, (_, i) => test.videoOf(i >> 1))).to('int64');
  const answers = amongOthers(cosines, videos).argmax(1).toNumbers();
  return answers.filter((answer, i) => answer === i).length / count;
}

const all = (): Tensor => test.collate([...test.ids.keys()]).patches;
const recallOf = (method: Method): number =>
  scope(() => recall((method.eval() as unknown as TrackingPatches).cosines(all())));
/** Features of the encoder alone, as it is used afterwards. */
const recallOfEncoder = (method: Method): number =>
  scope(() => {
    const features = method.eval().backbone.features(method.prepare(all().flatten(0, 1)));
    return recall(cosinesOf(features));
  });

it('finds the ends of tracks of other videos, better than pixels and than the random network', () => {
  const pixels = scope(() => {
    const rows = all().flatten(0, 1).flatten(1).to('float32');
    return recall(cosinesOf(rows.sub(rows.mean([1], true))));
  });
  const random = freshMethod(learned, RANDOM_SEED);
  figures['recall@1 among 100 tracks, trained'] = recallOf(learned.run.method);
  figures['recall@1, features of the encoder'] = recallOfEncoder(learned.run.method);
  figures['recall@1, raw pixels'] = pixels;
  figures['recall@1, random network'] = recallOf(random);
  figures['recall@1, features of the random network'] = recallOfEncoder(random);
  const sigma = (p: number): number => 3 * Math.sqrt((p * (1 - p)) / TRACKS);
  const trained = figures['recall@1 among 100 tracks, trained']!;
  const best = Math.max(figures['recall@1, random network']!, figures['recall@1, features of the random network']!);
  claim(trained).isAbove(pixels + sigma(pixels));
  claim(trained).isAbove(best + sigma(best));
  figures['loss, last epoch'] = learned.losses.at(-1)!;
  claim(figures['loss, last epoch']).isBelow(MARGIN / 2);
});

it('control: with the hardest negatives from the first step on, the loss stays at the margin', () => {
  figures['control: loss with the hardest negatives alone'] = hardest.losses.at(-1)!;
  figures['control: recall@1 with the hardest negatives alone'] = recallOf(hardest.run.method);
  claim(figures['control: loss with the hardest negatives alone']).isAbove(0.98 * MARGIN);
  claim(figures['control: recall@1 with the hardest negatives alone']).isBelow(
    figures['recall@1 among 100 tracks, trained'],
  );
});

it('control: shuffled partners leave the recall at chance', () => {
  figures['control: recall@1 with shuffled partners'] = recallOf(shuffled.run.method);
  claim(figures['control: recall@1 with shuffled partners']).isBelow(
    1 / TRACKS + 3 * Math.sqrt((1 / TRACKS) * (1 - 1 / TRACKS) * (1 / TRACKS)),
  );
});
