/**
 * From a quarter of the places of a clip VideoMAE must paint the hidden ones of held-out clips better than what is copied from the nearest
 * place that is seen, and than the mean of what is seen. The clips show white discs that move over a black torus: what is seen of a disc
 * says where the rest of it is, and no place is black or white more often than another. (Where each video has colors of its own, the
 * mean color explains a third of the variance, and the network learns nothing else within minutes.) Controls: where each place shows
 * another clip, no place tells of another and nothing can be explained; in clips that stand still, tubes hidden at random are copied from
 * other times, which the same places hidden at all times prevent.
 *
 * The pixels are painted as they are: with tubes of mean 0 and deviation 1 the loss of so small a network stays at what the mean of
 * a tube gives for hundreds of steps. Without colors to learn first it stands still for the first 300 steps.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { toTubes } from '../../src/augment/index.js';
import { TUBE_FRAMES } from '../../src/backbones/video-vit.js';
import { takeTokens } from '../../src/backbones/vit.js';
import type { ClipSpec } from '../../src/data/index.js';
import { openClips } from '../../src/data/open-clips.js';
import { Generator, noGrad, ops, scope, type Tensor, tensor } from '../../src/engine/index.js';
import { painting } from '../../src/methods/losses/painting.js';
import type { Batch, MethodDefinition } from '../../src/methods/method.js';
import { findMethod } from '../../src/methods/registry.js';
import type { VideoMAE } from '../../src/methods/video/video-mae.js';
import { MemoryDataset } from '../support/memory-dataset.js';
import { claim, freshMethod, heldOut, keepResult, type Learned, learn, RANDOM_SEED, SEED } from './support.js';

const TRAINING = {
  ...{ backbone: 'video-vit-micro', width: 64, epochs: 30, batchSize: 32, learningRate: 3e-3, warmupEpochs: 2 },
};
/** Of 4 x 4 places 12 are hidden; frames stay whole, so that all discs are of about one size. */
const OPTIONS = { patchSize: 8, maskRatio: 0.75, useNormalizedTargets: false, minimumScale: 1 };
/** To copy from other times is learnt late. */
const STILL = { ...TRAINING, epochs: 60 };
const FORM = { frames: 8, fps: 7.5 };

/** Videos of white discs on black: the masks of generated sprites. */
async function open(motion: 'linear' | 'static', split: 'train' | 'test'): Promise<MemoryDataset<ClipSpec>> {
  const clips = await openClips(
    `synthetic:sprites?count=1000&test=400&size=32&frames=8&fps=7.5&edges=torus&shape=disc&scale=0.35&speed=0.4&motion=${motion}&seed=${SEED}`,
    { split, ...FORM },
  );
  const discs = clips
    .known('frame-masks', [...clips.ids.keys()])
    .gt(0)
    .to('uint8')
    .mul(255)
    .unsqueeze(2); // (N, T, 1, H, W)
  const spec: ClipSpec = { modality: 'clip', ...clips.clipForm, channels: 1, mean: [0.2], std: [0.4] };
  const make = (positions: readonly number[]): Tensor =>
    scope(() => discs.indexSelect(0, tensor(Int32Array.from(positions)).to('int64')));
  return new MemoryDataset({ spec, count: clips.count, plural: 'videos', make });
}

/** The method on clips each place of which shows another clip of the batch. */
function onMixedPlaces(): MethodDefinition {
  const definition = findMethod('video-mae');
  return {
    ...definition,
    create(context) {
      const method = definition.create(context);
      const views = method.views.bind(method);
      method.views = (batch: Batch, random: Generator) => {
        const made = views(batch, random) as { clips: Tensor };
        return { ...made, clips: noGrad(() => scope(() => mixed(made.clips, random))) };
      };
      return method;
    },
  };
}

/** (N, T, C, S, S) with the block of each place from a clip of its own. */
function mixed(clips: Tensor, random: Generator): Tensor {
  const rows = clips.split(OPTIONS.patchSize, 3).map((row) => {
    const blocks = row.split(OPTIONS.patchSize, 4).map((block) => {
      const order = ops.randperm(clips.size(0), { generator: random, dtype: 'int64' });
      return block.indexSelect(0, order);
    });
    return ops.cat(blocks, 4);
  });
  return ops.cat(rows, 3);
}

/** Share of the hidden pixels that two copies explain: the nearest place that is seen, and the mean of all that is. */
function copies(method: VideoMAE, data: MemoryDataset<ClipSpec>): { nearest: number; mean: number } {
  return scope(() =>
    noGrad(() => {
      const indices = [...data.ids.keys()];
      const views = method.views({ samples: data.collate(indices), indices }, new Generator(5 + SEED));
      const { seen, hidden } = views;
      const { grid } = method.backbone;
      const tubes = toTubes(views.clips, TUBE_FRAMES, OPTIONS.patchSize); // (N, tubes, P, C)
      const distance = tensor(
        Float32Array.from({ length: grid ** 4 }, (_, i) => {
          const [from, to] = [Math.floor(i / grid ** 2), i % grid ** 2];
          return Math.hypot(Math.floor(from / grid) - Math.floor(to / grid), (from % grid) - (to % grid));
        }),
        { shape: [grid ** 2, grid ** 2] },
      );
      const places = seen.narrow(1, 0, seen.size(1) / method.backbone.slots); // those of the first slot
      const own = hidden.remainder(grid ** 2);
      const slots = hidden.sub(own);
      const far = distance.indexSelect(0, own.flatten()).view([...own.shape, -1]); // (N, M, places)
      const toSeen = far.gather(2, places.unsqueeze(1).expand([-1, own.size(1), -1]));
      const source = places.gather(1, toSeen.argmin(2)).add(slots);
      const truth = takeTokens(tubes.flatten(2), hidden);
      const explained = (painted: Tensor) => painting(painted, truth).explained.item();
      const colors = takeTokens(tubes.flatten(2), seen)
        .unflatten(2, [-1, tubes.size(3)])
        .mean([1, 2]); // (N, C)
      const flat = colors
        .repeat([1, tubes.size(2)])
        .unsqueeze(1)
        .expand(truth.shape);
      return { nearest: explained(takeTokens(tubes.flatten(2), source)), mean: explained(flat) };
    }),
  );
}

let test: MemoryDataset<ClipSpec>;
let learned: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  test = await open('linear', 'test');
  learned = await learn('video-mae', await open('linear', 'train'), TRAINING, OPTIONS);
});

afterAll(() => keepResult('video-mae', figures));

it('paints hidden places of held-out clips better than what can be copied', () => {
  const { nearest, mean } = copies(learned.run.method.eval() as unknown as VideoMAE, test);
  figures['explained share of the hidden pixels'] = heldOut(learned.run.method, test, 'explained', 50);
  const random = freshMethod(learned, RANDOM_SEED);
  figures['explained, random initialization'] = heldOut(random, test, 'explained', 50);
  figures['explained by the nearest place that is seen'] = nearest;
  figures['explained by the mean of what is seen'] = mean;
  const explained = figures['explained share of the hidden pixels'];
  claim(explained).isAbove(nearest + 0.05);
  // Where neither copy explains anything, painting one gray everywhere is better than both.
  claim(explained).isAbove(Math.max(mean, 0) + 0.05);
});

it('control: explains nothing where each place shows another clip', async () => {
  const { run } = await learn(onMixedPlaces(), await open('linear', 'train'), TRAINING, OPTIONS);
  const method = run.method as unknown as VideoMAE;
  const views = method.views.bind(method);
  method.views = (batch, random) => {
    const made = views(batch, random);
    return { ...made, clips: noGrad(() => scope(() => mixed(made.clips, random))) };
  };
  figures['control: explained where each place shows another clip'] = heldOut(run.method, test, 'explained', 50);
  claim(figures['control: explained where each place shows another clip']).isBelow(0.02);
});

it('control: tubes hidden at random are copied from other times of clips that stand still', async () => {
  const [train, still] = [await open('static', 'train'), await open('static', 'test')];
  expect(train.spec.frames).toBe(FORM.frames);
  for (const masking of ['tube', 'random'] as const) {
    const { run } = await learn('video-mae', train, STILL, { ...OPTIONS, masking });
    figures[`control: explained of clips that stand still, masking ${masking}`] = heldOut(
      run.method,
      still,
      'explained',
      50,
    );
  }
  claim(figures['control: explained of clips that stand still, masking random']).isAbove(
    figures['control: explained of clips that stand still, masking tube']! + 0.1,
  );
});
