/**
 * What every method learns within one budget: each sees the same images equally often, with the same network, and is measured
 * beside that network at random initialization - the pretext task on held-out images, k-NN and a linear probe with all labels,
 * three seeds. The tables of docs/methods.md come from the results.
 *
 *   npm run bench methods -- [method ...] [--data objects|fashion-mnist] [--seeds 0,1,2]
 *
 * The layer before the last is read by k-NN too: tasks that are far from telling things apart leave the better features there.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openImages } from '../src/data/index.js';
import { evaluate } from '../src/evaluate/evaluate.js';
import { scoreWithoutLabels } from '../src/evaluate/label-free.js';
import { pretextScore } from '../src/evaluate/pretext.js';
import type { Method, MethodDefinition } from '../src/methods/method.js';
import { findMethod, methods, parseMethodOptions } from '../src/methods/registry.js';
import { buildMethod } from '../src/train/build.js';
import { fromRecipe, type TrainingOptions } from '../src/train/config.js';
import { type LoadedRun, loadRun } from '../src/train/load.js';
import { train as trainRun } from '../src/train/loop.js';
import { BUDGET, DATA, type DataName, type MethodResult, type SeedResult, settingsOf } from './lib/methods.js';
import { machine } from './lib/run.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { data: { type: 'string', default: 'objects' }, seeds: { type: 'string', default: '0,1,2' } },
});
const dataName = Object.keys(DATA).find((name) => name === values.data) as DataName | undefined;
if (dataName === undefined)
  throw new Error(`Expected --data ${Object.keys(DATA).join(' or ')}, received ${values.data}`);
const seeds = values.seeds.split(',').map(Number);
const chosen =
  positionals.length > 0 ? positionals.map(findMethod) : methods.filter(({ modalities }) => modalities[0] === 'image');

const { spec, count, testCount } = DATA[dataName];
const train = await openImages(spec, { split: 'train', limit: count });
const test = await openImages(spec, { split: 'test', limit: testCount });
for (const definition of chosen) await measure(definition);

async function measure(definition: MethodDefinition): Promise<void> {
  const { training, options } = settingsOf(definition);
  const rows: SeedResult[] = [];
  let schedule = '';
  for (const seed of seeds) {
    const { row, run } = await measureSeed(definition, { ...training, seed }, options);
    const { optimizer, learningRate, batchSize } = run.config.training;
    schedule = `${optimizer} ${learningRate}, ${batchSize}, ${run.step}`;
    process.stdout.write(`${definition.name} on ${dataName}, seed ${seed}: ${JSON.stringify(row)}\n`);
    rows.push(row);
  }
  const result: MethodResult = {
    name: definition.name,
    data: dataName!,
    date: new Date().toISOString().slice(0, 10),
    machine: machine(),
    budget: `${train.count} images, ${BUDGET.epochs} epochs`,
    training,
    options,
    schedule,
    seeds: rows,
  };
  const folder = fileURLToPath(new URL(`results/methods/${dataName}/`, import.meta.url));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${definition.name}.json`), `${JSON.stringify(result, null, 2)}\n`);
}

async function measureSeed(
  definition: MethodDefinition,
  training: Partial<TrainingOptions>,
  options: Record<string, unknown>,
): Promise<{ row: SeedResult; run: LoadedRun }> {
  const folder = mkdtempSync(join(tmpdir(), 'autodidact-methods-'));
  try {
    const out = join(folder, 'run');
    const { seconds } = await trainRun({
      definition,
      options: parseMethodOptions(definition, options, true),
      training: {
        ...fromRecipe(definition.recipes.small),
        ...BUDGET,
        checkpointEvery: 1000,
        device: 'cpu',
        ...training,
      },
      dataset: train,
      source: { spec, split: 'train', limit: count, asked: { size: null, channels: 'auto', length: null } },
      out,
    });
    const run = loadRun(out, { device: 'cpu' });
    const seed = training.seed ?? 0;
    const { layers } = run.method.backbone;
    const scores: SeedResult['scores'] = {};
    for (const [name, layer] of [['last', layers.at(-1)!] as const, ['before', layers.at(-2)!] as const]) {
      const { rows } = await evaluate({
        ...{
          run,
          train,
          test,
          seeds: [seed],
          baselines: ['random'],
          protocols: name === 'last' ? ['knn', 'linear'] : ['knn'],
        },
        // The features that the encoder gives when nobody asks for a layer may be pooled in a way of their own.
        ...(name === 'last' ? {} : { layer }),
      });
      for (const { encoder, protocol, metric, value } of rows)
        if (metric === 'accuracy') scores[`${protocol} ${name} ${encoder}`] = round(value);
    }
    const fresh = buildMethod(
      definition,
      parseMethodOptions(definition, run.config.options, false),
      run.config.training,
      { spec: run.config.data.samples, count: train.count },
      { seed: seed + 1000, device: 'cpu' },
    );
    const pretext = { trained: round(heldOut(definition, run.method)), random: round(heldOut(definition, fresh)) };
    fresh.dispose();
    const figures = Object.entries(await scoreWithoutLabels(run.encoder, train));
    const labelFree = Object.fromEntries(figures.map(([name, value]) => [name, round(value)]));
    run.method.dispose();
    const read: SeedResult['layers'] = [layers.at(-1)!, layers.at(-2)!];
    return { row: { seed, seconds: round(seconds), layers: read, pretext, scores, labelFree }, run };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The method's own score, on the test images where it means something of them. */
function heldOut({ score }: MethodDefinition, method: Method): number {
  return pretextScore(method, score.isOfTrainingData ? train : test, score);
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
