/**
 * Following masks through held-out videos by the features of four methods that learned from the same videos: the contrastive random walk
 * and video colorization from clips, SimCLR and DINO from their frames. Beside them stand their networks untrained, patches of raw
 * pixels, and the labels of the first frame kept in place. The sprites have the pattern of the ground and turn as they move.
 */
import { afterAll, beforeAll, it } from 'vitest';
import type { ClipDataset } from '../../src/data/index.js';
import { openClips } from '../../src/data/open-clips.js';
import { evaluatePropagation } from '../../src/evaluate/propagation/evaluate-propagation.js';
import type { EvaluatedRun } from '../../src/evaluate/subject.js';
import { claim, keepResult, learn, RANDOM_SEED, SEED } from './support.js';

const FPS = 6;
const SPEC = `synthetic:sprites?count=240&test=40&size=64&frames=12&fps=${FPS}&sprites=1&scale=0.35&speed=0.3&spin=0.15&look=background&seed=${SEED}`;

const CLIPS = { batchSize: 4, backbone: 'alexnet', width: 16, learningRate: 1e-3 };
const IMAGES = { batchSize: 64, backbone: 'resnet18', width: 8 };
/** Layers whose maps have 8 to 32 cells a side. */
const LAYERS = ['conv3', 'conv4', 'conv5', 'layer2', 'layer3', 'layer4'];
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
/** Some of the training videos, by which layers are chosen. */
let known: ClipDataset;
const figures: Record<string, number> = {};

beforeAll(async () => {
  train = await openClips(SPEC, { split: 'train', frames: 4, fps: FPS });
  test = await openClips(SPEC, { split: 'test', frames: 4, fps: FPS });
  known = train.subset(Array.from({ length: 12 }, (_, i) => i));
});

afterAll(() => keepResult('propagation', figures));

type Scores = Record<'pretrained' | 'random' | 'pixels' | 'identity', number>;

/** J&F of everything in the result, by DINO's rule, with the features of this layer. */
async function follow(run: EvaluatedRun, videos: ClipDataset, layer: string): Promise<Scores> {
  const asked = { run, train, test: videos, rules: ['dino'], layer, seeds: [RANDOM_SEED] };
  const { rows, score } = await evaluatePropagation(asked);
  const scores = rows.filter(({ metric }) => metric === score.metric).map(({ encoder, value }) => [encoder, value]);
  return Object.fromEntries(scores) as Scores;
}

/** Features come from the layer that follows best in some training videos, the untrained network's from its own best one. */
async function measure(run: EvaluatedRun): Promise<Scores> {
  const chosen = { pretrained: { layer: '', score: -1 }, random: { layer: '', score: -1 } };
  for (const layer of LAYERS.filter((name) => run.encoder.backbone.layers.includes(name))) {
    const scores = await follow(run, known, layer);
    for (const encoder of ['pretrained', 'random'] as const)
      if (scores[encoder] > chosen[encoder].score) chosen[encoder] = { layer, score: scores[encoder] };
  }
  const { pretrained, random } = chosen;
  process.stdout.write(`  layers by training videos: ${pretrained.layer}, untrained ${random.layer}\n`);
  const own = await follow(run, test, pretrained.layer);
  return random.layer === pretrained.layer ? own : { ...own, random: (await follow(run, test, random.layer)).random };
}

it.each(METHODS)(
  'carries masks by the features of %s, as what was untrained does not',
  async (name, training, options) => {
    const { run } = await learn(name, training.backbone === 'alexnet' ? train : train.images(), training, options);
    const { pretrained, random, pixels, identity } = await measure(run);
    figures[`J&F, ${name}`] = pretrained;
    figures[`J&F, ${name}, random initialization`] = random;
    figures['J&F, raw pixels'] = Math.max(figures['J&F, raw pixels'] ?? 0, pixels);
    figures['J&F, masks of the first frame'] = identity;
    claim(pretrained).isAbove(identity);
  },
);
