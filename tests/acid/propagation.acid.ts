/**
 * Following masks through held-out videos by the features of four methods that learned from the same videos: the contrastive random walk
 * and video colorization from clips, SimCLR and DINO from their frames. Beside them stand their networks untrained, patches of raw
 * pixels, and the labels of the first frame kept in place. The sprites have the pattern of the ground and turn as they move.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ClipDataset, Dataset } from '../../src/data/index.js';
import { openClips } from '../../src/data/open-clips.js';
import { evaluatePropagation } from '../../src/evaluate/propagation/evaluate-propagation.js';
import type { EvaluationResult } from '../../src/evaluate/result.js';
import { claim, keepResult, learn, RANDOM_SEED, SEED } from './support.js';

const FPS = 6;
const SPEC = `synthetic:sprites?count=240&test=60&size=64&frames=12&fps=${FPS}&sprites=1&scale=0.35&speed=0.3&spin=0.15&look=background&seed=${SEED}`;

const CLIPS = { batchSize: 4, backbone: 'alexnet', width: 16, learningRate: 1e-3 };
const IMAGES = { batchSize: 64, backbone: 'resnet18', width: 8 };
/** Crops show at least a quarter of a frame, as for the generated objects. */
const CROPS = { minimumScale: 0.25 };

const METHODS: [name: string, training: Record<string, number | string>, options: Record<string, number | boolean>][] =
  [
    ['crw', { ...CLIPS, epochs: 14 }, {}],
    ['video-colorization', { ...CLIPS, epochs: 10 }, {}],
    ['simclr', { ...IMAGES, epochs: 12, learningRate: 0.2 }, { ...CROPS, temperature: 0.2, projectionSize: 64 }],
    [
      'dino',
      { ...IMAGES, epochs: 6 },
      {
        ...CROPS,
        outputSize: 64,
        hiddenSize: 128,
        bottleneckSize: 32,
        teacherTemperature: 0.025,
        decay: 0.98,
        smallCrops: 2,
        boundaryScale: 0.5,
      },
    ],
  ];

let train: ClipDataset;
let test: ClipDataset;
const figures: Record<string, number> = {};
const folder = mkdtempSync(join(tmpdir(), 'autodidact-propagation-'));

beforeAll(async () => {
  train = await openClips(SPEC, { split: 'train', frames: 4, fps: FPS });
  test = await openClips(SPEC, { split: 'test', frames: 4, fps: FPS });
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  keepResult('propagation', figures);
});

/** J&F of an encoder of the result, by DINO's rule. */
function score({ rows, score }: EvaluationResult, encoder: string): number {
  return rows.find((row) => row.encoder === encoder && row.metric === score.metric)!.value;
}

it.each(METHODS)('carries masks by the features of %s', async (name, training, options) => {
  const data: Dataset = training.backbone === 'alexnet' ? train : train.images();
  const { run } = await learn(name, data, training, options);
  const result = await evaluatePropagation({ run, train, test, rules: ['dino'], seeds: [RANDOM_SEED] });
  console.log(result.rows.map(({ encoder, protocol, metric, value }) => `${encoder} ${protocol} ${metric} ${value}`));
  figures[`J&F, ${name}`] = score(result, 'pretrained');
  figures[`J&F, ${name}, random initialization`] = score(result, 'random');
  expect(result.isComplete).toBe(true);
  claim(figures[`J&F, ${name}`]).isAbove(figures[`J&F, ${name}, random initialization`]!);
});
