/**
 * CPC of frames on the episodes of an agent in a maze, where many places look alike. Its contexts must find the next pictures among those
 * of the same episode, and say where the agent is: better than the same network untrained, and better than any single picture could.
 * Control: episodes cut into single pictures and shuffled among all episodes of a batch, with the actions left in their places, where
 * nothing tells what comes next. Shuffled within an episode they would still tell which places lie near each other, from which contexts
 * learn the agent's cell.
 */
import { afterAll, beforeAll, it } from 'vitest';
import { type EpisodeDataset, openEpisodes } from '../../src/data/index.js';
import { type Generator, noGrad, ops, scope, type Tensor } from '../../src/engine/index.js';
import { threeSigma, threeSigmaOfDifference } from '../../src/evaluate/gates.js';
import { linearProbe } from '../../src/evaluate/linear.js';
import type { Batch, Encoder, Method, MethodDefinition, Views } from '../../src/methods/method.js';
import { findMethod } from '../../src/methods/registry.js';
import {
  claim,
  estimateStatistics,
  freshMethod,
  heldOut,
  keepResult,
  type Learned,
  learn,
  RANDOM_SEED,
  SEED,
  type Sets,
} from './support.js';

const STEPS = 24;
const PREDICTED = 4;
const BATCH = 25;
const TRAINING = { backbone: 'dcgan', width: 16, epochs: 20, batchSize: BATCH, learningRate: 2e-3 };
/** One context for the whole picture, and no change of its colors, which flicker already. */
const OPTIONS = {
  ...{ blocks: STEPS, predictedBlocks: PREDICTED, layout: 'vector', contextSize: 64 },
  ...{ minimumScale: 1, channelProbability: 0, colorStrength: 0 },
};
/** Contexts that have seen fewer steps are not asked where the agent is. */
const SEEN = 8;
const PROBED = 4000;

let sets: Sets<EpisodeDataset>;
let learned: Learned;
let control: Learned;
const figures: Record<string, number> = {};

/** Lets a method see the pictures of all episodes of a batch in a random order; the actions stay. */
function cut<M extends Pick<Method, 'views'>>(method: M): M {
  const views = method.views.bind(method);
  method.views = (batch: Batch, random: Generator): Views => {
    const { clips } = views(batch, random) as { clips: Tensor };
    return { clips: noGrad(() => scope(() => shuffled(clips, random))) };
  };
  return method;
}

function shuffled(clips: Tensor, random: Generator): Tensor {
  const { channels } = sets.train.spec;
  const [count, steps, planes] = clips.shape as [number, number, number];
  const order = ops.randperm(count * steps, { generator: random, dtype: 'int64' });
  const pictures = clips.narrow(2, 0, channels);
  const mixed = pictures.flatten(0, 1).indexSelect(0, order).view(pictures.shape);
  return ops.cat([mixed, clips.narrow(2, channels, planes - channels)], 2);
}

function onCutEpisodes(): MethodDefinition {
  const definition = findMethod('cpc-video');
  return { ...definition, create: (context) => cut(definition.create(context)) };
}

/** What a layer says at each step from `SEEN` on, and the cell in which the agent then is: (N T', D), (N T'). */
function placesOf({ backbone, prepare }: Encoder, dataset: EpisodeDataset, layer: string) {
  backbone.eval();
  const cells: number[] = [];
  const parts = Array.from({ length: Math.ceil(dataset.count / 50) }, (_, part) => {
    const indices = Array.from({ length: Math.min(50, dataset.count - 50 * part) }, (_, i) => 50 * part + i);
    return noGrad(() =>
      scope(() => {
        const rest = (values: Tensor): Tensor => values.narrow(1, SEEN, STEPS - SEEN).flatten(0, 1);
        const states = rest(dataset.known('states', indices)).toList() as [x: number, y: number, heading: number][];
        cells.push(...states.map(([x, y]) => 100 * y + x));
        const map = backbone.maps(prepare(dataset.collate(indices) as never), layer).mean([3, 4]); // (N, D, T)
        return rest(map.transpose(1, 2)).contiguous();
      }),
    );
  });
  return { features: scope(() => ops.cat(parts, 0)), cells };
}

/** Accuracy of a linear probe that reads the agent's cell in held-out episodes. */
function probe(encoder: Encoder, layer: string): number {
  const [train, test] = [placesOf(encoder, sets.train, layer), placesOf(encoder, sets.test, layer)];
  const numbers = new Map([...new Set(train.cells)].map((cell, i) => [cell, i]));
  const labels = (cells: readonly number[]) => Int32Array.from(cells, (cell) => numbers.get(cell) ?? 0);
  const stride = Math.max(1, Math.floor(train.cells.length / PROBED));
  const kept = Array.from({ length: Math.floor(train.cells.length / stride) }, (_, i) => i * stride);
  const rows = ops.arange(0, kept.length * stride, stride, { dtype: 'int64' });
  const known = { features: train.features.indexSelect(0, rows), labels: labels(kept.map((i) => train.cells[i]!)) };
  const asked = { features: test.features, labels: labels(test.cells) };
  return linearProbe(known, asked, { l2: [1e-2, 1e-3, 1e-4], tolerance: 1e-3 }).accuracy;
}

beforeAll(async () => {
  const spec = `synthetic:episodes?count=800&test=600&steps=32&seed=${SEED}`;
  const open = (split: 'train' | 'test') => openEpisodes(spec, { split, frames: STEPS });
  sets = { train: await open('train'), test: await open('test') };
  learned = await learn('cpc-video', sets.train, TRAINING, OPTIONS);
  control = await learn(onCutEpisodes(), sets.train, TRAINING, OPTIONS);
});

afterAll(() => keepResult('cpc-episodes', figures));

it('finds what the agent sees next, among pictures of the same episode too, and nothing where there is nothing to find', () => {
  const score = (method: Method, metric: string): number => heldOut(method, sets.test, metric, BATCH);
  const name = `${BATCH} x ${PREDICTED}`;
  figures[`held-out accuracy among ${name} pictures`] = score(learned.run.method, 'accuracy');
  figures[`held-out accuracy among the ${PREDICTED} next pictures`] = score(learned.run.method, 'temporalAccuracy');
  const random = freshMethod(learned, RANDOM_SEED);
  figures['accuracy among the next pictures, random initialization'] = score(random, 'temporalAccuracy');
  const method = cut(control.run.method);
  figures[`control: held-out accuracy among ${name} pictures`] = score(method, 'accuracy');
  figures[`control: held-out accuracy among the ${PREDICTED} next pictures`] = score(method, 'temporalAccuracy');
  claim(figures[`held-out accuracy among ${name} pictures`]).isAbove(0.1);
  claim(figures[`held-out accuracy among the ${PREDICTED} next pictures`]).isAbove(0.6);
  const chance = 1 / PREDICTED;
  const tolerance = threeSigma(chance, sets.test.count) - chance;
  claim(figures[`control: held-out accuracy among the ${PREDICTED} next pictures`]).isNear(chance, tolerance);
});

it('says where the agent is better than the untrained network, a single picture and the control do', () => {
  const random = learned.run.makeFresh(RANDOM_SEED);
  // With the statistics that batch norm begins with, next to nothing passes through an untrained network.
  estimateStatistics(random, sets.train);
  figures['cell of the agent, from contexts'] = probe(learned.run.encoder, 'context');
  figures['cell of the agent, from single pictures'] = probe(learned.run.encoder, 'blocks');
  figures['cell of the agent, from contexts, random initialization'] = probe(random, 'context');
  figures['cell of the agent, from single pictures, random initialization'] = probe(random, 'blocks');
  figures['control: cell of the agent, from contexts'] = probe(control.run.encoder, 'context');
  const own = figures['cell of the agent, from contexts'];
  for (const name of [
    'cell of the agent, from single pictures',
    'cell of the agent, from contexts, random initialization',
    'cell of the agent, from single pictures, random initialization',
    'control: cell of the agent, from contexts',
  ])
    claim(own - figures[name]!).isAbove(threeSigmaOfDifference(own, figures[name]!, sets.test.count));
});
