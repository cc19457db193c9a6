import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ClipDataset, Videos } from '../../data/index.js';
import { ops } from '../../engine/index.js';
import type { EvaluationEvent } from '../evaluate.js';
import { fingerprint } from '../features.js';
import { stripes } from '../images.test-util.js';
import { addEvaluation, readEvaluations } from '../records.js';
import { renderTable } from '../table.js';
import { evaluatePropagation } from './evaluate-propagation.js';
import { FrameReader } from './frame-maps.js';
import type { PropagationOptions } from './options.js';
import { clipEncoder, imageEncoder, spriteOpener } from './videos.test-util.js';

const open = spriteOpener();
const QUERY = 'count=1&test=3&frames=4&size=32&sprites=2&speed=0.6';

async function options(changes: Partial<PropagationOptions> = {}): Promise<PropagationOptions> {
  return { encoder: imageEncoder(1), makeFresh: imageEncoder, test: await open(QUERY), seeds: [0], ...changes };
}

test('every rule has figures of the encoder, random networks, raw pixels and the identity copy; the encoder is bit-equal', async () => {
  const asked = await options({ rules: ['crw', 'dino'], seeds: [0, 1], train: await open(QUERY, 'train') });
  const before = fingerprint(asked.encoder!.backbone);
  const events: EvaluationEvent[] = [];
  const job = evaluatePropagation(asked);
  for await (const event of job) events.push(event);
  const result = await job;
  expect(fingerprint(asked.encoder!.backbone)).toBe(before);

  const figures = ['J&F', 'J', 'J recall', 'J decay', 'F', 'F recall', 'F decay', 'PCK@0.1', 'PCK@0.2'];
  for (const [encoder, seeds] of [
    ['pretrained', 1],
    ['random', 2],
    ['pixels', 1],
    ['identity', 1],
  ] as const)
    for (const protocol of ['crw at 32 x 32', 'dino at 32 x 32']) {
      const own = result.rows.filter((row) => row.encoder === encoder && row.protocol === protocol);
      expect(own.map(({ metric }) => metric)).toEqual(Array.from({ length: seeds }, () => figures).flat());
      for (const row of own)
        expect(row).toMatchObject({ n: 3, labels: 'first frame', labelCount: 3, task: 'propagation' });
    }
  expect(result.rows.find(({ encoder }) => encoder === 'pretrained')!.details).toEqual({
    ...{ frame: '32 x 32', grid: '16 x 16', layer: 'layer2' },
  });
  expect(result.rows.find(({ encoder }) => encoder === 'random')!.details).toMatchObject({
    initialization: 'ordinary',
    batchNorm: expect.stringMatching(/^(estimated|as made)$/),
  });
  const scoreOf = (encoder: string) =>
    result.rows.find((row) => row.encoder === encoder && row.metric === 'J&F' && row.protocol.startsWith('crw'))!;
  expect(result.floor).toBe(scoreOf('identity').value);
  const { interval, value } = scoreOf('pretrained');
  expect(interval![0]).toBeLessThan(value);
  expect(interval![1]).toBeGreaterThan(value);
  expect(result.comparisons.some(({ against }) => against === 'identity')).toBe(true);
  expect(result.notes[0]).toBe(
    'The labels of first frames were followed at 32 x 32 pixels on a grid of 16 x 16 cells, maps of layer2.',
  );
  expect(events.filter(({ type }) => type === 'row').length).toBe(result.rows.length);

  const table = renderTable(result);
  for (const words of ['raw pixels', 'identity copy', 'random init', 'crw at 32 x 32', 'J&F in % on 3 test samples'])
    expect(table).toContain(words);
  const path = join(mkdtempSync(join(tmpdir(), 'autodidact-propagation-')), 'evaluation.json');
  addEvaluation(path, result);
  expect(readEvaluations(path)[0]).toMatchObject(JSON.parse(JSON.stringify(result)));
});

test('encoders of clips are read frame by frame: an image network lifted to clips has the maps of the image network', async () => {
  const videos = await open(QUERY);
  const frames = videos.allFrames(0);
  const [images, clips] = [imageEncoder(3), clipEncoder(3, 'frames-resnet18')];
  const [own, lifted] = await Promise.all(
    [images, clips].map((encoder) => new FrameReader(encoder).maps(frames, 'layer2')),
  );
  expect(lifted!.shape).toEqual([4, 8, 16, 16]);
  expect(lifted!.sub(own!).abs().max().item()).toBeLessThan(1e-4);

  // Layer 2 of R3D-18 halves time: two frames have the map of one moment.
  const motion = new FrameReader(clipEncoder(4, 'r3d18'));
  expect(motion.layerFor({ height: 32, width: 32 })).toBe('layer2');
  const maps = await motion.maps(frames, 'layer2');
  expect(maps.shape).toEqual([4, 8, 16, 16]);
  expect(maps.select(0, 0).equal(maps.select(0, 1))).toBe(true);
  expect(maps.select(0, 1).equal(maps.select(0, 2))).toBe(false);
  const result = await evaluatePropagation(await options({ encoder: clips, makeFresh: undefined }));
  expect(new Set(result.rows.map(({ encoder }) => encoder))).toEqual(new Set(['pretrained', 'pixels', 'identity']));
});

test('an encoder of gray images sees gray frames', async () => {
  const gray = { ...imageEncoder(5), spec: { modality: 'image', channels: 1 } };
  let seen: number[] = [];
  gray.prepare = (samples) => {
    seen = (samples as { shape: number[] }).shape;
    return ops.zeros([seen[0]!, 3, 32, 32]);
  };
  await new FrameReader(gray).maps((await open(QUERY)).allFrames(0), 'layer2');
  expect(seen).toEqual([4, 1, 32, 32]);
});

test('the layer is the last with sixteen cells along the shorter side, or the finest', () => {
  const reader = new FrameReader(imageEncoder(1));
  const layerOf = (side: number, width = side) => reader.layerFor({ height: side, width });
  expect([layerOf(128), layerOf(64), layerOf(63), layerOf(32), layerOf(16, 200), layerOf(8)]).toEqual([
    ...['layer4', 'layer3', 'layer3', 'layer2', 'layer1', 'layer1'],
  ]);
  expect(new FrameReader(imageEncoder(1), 'layer4').layerFor({ height: 16, width: 16 })).toBe('layer4');
});

test('what cannot be evaluated is refused with what is missing', async () => {
  const refused = async (changes: Partial<PropagationOptions>): Promise<string> => {
    try {
      await evaluatePropagation(await options(changes));
    } catch (error) {
      return (error as Error).message;
    }
    return 'not refused';
  };
  expect(await refused({ test: stripes(6, 1) as never })).toMatch(
    /^Of stripes no masks or joints of frames are known\. Folders .* layout of DAVIS .* `autodidact propagate .* --mask/,
  );
  const videos = await open(QUERY);
  const bare = Object.create(videos, { allKnown: { value: () => null } }) as ClipDataset;
  expect(await refused({ test: bare })).toContain(`Of ${videos.name} no masks or joints of frames are known`);
  const sound = { ...imageEncoder(1), spec: { modality: 'sound' } };
  expect(await refused({ encoder: sound })).toBe(
    'Propagation reads frames of videos, and the encoder takes sounds. Take a run on images or videos.',
  );
  expect(await refused({ rules: ['crv'] })).toContain('Did you mean `crw`?');
  expect(await refused({ rules: [] })).toContain('at least one rule');
  expect(await refused({ layer: 'layer9' })).toContain('Did you mean `layer1`?');
  expect(await refused({ baselines: ['supervised'] })).toContain('Expected random or nothing for `baselines`');
  expect(await refused({ makeFresh: undefined, baselines: ['random'] })).toContain('makes the network anew');
  expect(await refused({ seeds: [] })).toContain('at least one whole number from 0');
  const controller = new AbortController();
  controller.abort();
  expect(await refused({ signal: controller.signal })).toContain('stopped');
});

test('videos that are too short to score are left out and told, and where there is nothing to follow that is said', async () => {
  const data = await open(QUERY);
  const changed = (change: Partial<Videos>): ClipDataset => {
    const videos: Videos = {
      ...{ count: data.count, ids: data.ids, lengthOf: (index) => data.lengthOf(index) },
      allFrames: (index) => data.allFrames(index),
      allKnown: (kind, index) => data.allKnown(kind, index),
      ...change,
    };
    return Object.create(data, { asVideos: { value: () => videos } });
  };
  const lengthOf = (short: readonly number[]) => (index: number) => (short.includes(index) ? 2 : data.lengthOf(index));
  const asked = { makeFresh: undefined, baselines: [] };
  const result = await evaluatePropagation(await options({ ...asked, test: changed({ lengthOf: lengthOf([1]) }) }));
  expect(result.notes[1]).toBe(`1 video of fewer than 3 frames, such as "${data.ids[1]}", left out.`);
  expect(result.testCount).toBe(2);
  await expect(
    evaluatePropagation(await options({ ...asked, test: changed({ lengthOf: lengthOf([0, 1, 2]) }) })),
  ).rejects.toThrow(/All videos of .* have fewer than 3 frames/);
  const nothing = changed({
    allKnown: (kind, index) => (kind === 'frame-masks' ? data.allKnown(kind, index)!.zero_() : null),
  });
  await expect(evaluatePropagation(await options({ ...asked, test: nothing }))).rejects.toThrow(
    'There is nothing to follow',
  );
});
