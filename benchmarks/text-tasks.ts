/**
 * What the methods of text learn in about a minute of one core each, on texts held out: the genre of a window of the Brown corpus by ten
 * labels per genre, and parts of speech by 5 % of the windows, with a linear probe; which passage goes on with another, without labels;
 * beside the same network at random initialization, a bag of words, the most frequent tag of each word, and networks trained on the labels
 * alone. All read the same windows of the same tokens; each seed has a pretraining, a choice of labels and a random network of its own. The
 * table of docs/text.md comes from the results.
 *
 * `--quick` leaves out training on the labels alone.
 *
 *   npm run bench text-tasks -- [method ...] [--seeds 0,1,2] [--runs <folder that keeps the encoders>] [--quick]
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { drawPart } from '../src/data/draw.js';
import { membersByGroup } from '../src/data/groups.js';
import { type Dataset, openTexts, type TokensDataset } from '../src/data/index.js';
import { openTextPairs } from '../src/data/open-text-pairs.js';
import { Prng } from '../src/data/prng.js';
import { evaluate } from '../src/evaluate/evaluate.js';
import type { EvaluationResult } from '../src/evaluate/result.js';
import { evaluateRetrieval } from '../src/evaluate/retrieval/evaluate-retrieval.js';
import type { Baseline } from '../src/evaluate/setting.js';
import type { MethodDefinition } from '../src/methods/method.js';
import { findMethod, parseMethodOptions } from '../src/methods/registry.js';
import { fromRecipe } from '../src/train/config.js';
import { type LoadedRun, loadRun } from '../src/train/load.js';
import { train as trainRun } from '../src/train/loop.js';
import { machine } from './lib/run.js';
import {
  COUNTS,
  FORM,
  LABELS,
  METHODS,
  resultPath,
  SEEDS,
  SPEC,
  SUPERVISED,
  type TextResult,
  writeTable,
} from './lib/text-tasks.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: SEEDS.join() },
    runs: { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
});
const seeds = values.seeds.split(',').map(Number);
const names = positionals.length > 0 ? positionals : Object.keys(METHODS);
const folder = values.runs ?? mkdtempSync(join(tmpdir(), 'autodidact-text-tasks-'));
/** The rows that are the same for every method are measured once. */
const [first] = Object.keys(METHODS);

/** The same number of windows of each genre. */
function balanced(data: TokensDataset, count: number): TokensDataset {
  const groups = membersByGroup(data.labels!);
  return data.subset(
    groups
      .flatMap(([genre, members]) => [...new Prng(0, genre).shuffle(members).subarray(0, count)])
      .sort((a, b) => a - b),
  );
}

const part = (data: TokensDataset, count: number): TokensDataset => data.subset(drawPart(data.count, count));

const { assets } = await openTexts(SPEC, { ...FORM, split: 'train' });
const genres = { ...FORM, assets, isLabeled: true, room: 2 };
const tags = { ...FORM, assets, isLabeled: true };
const data = {
  genre: {
    train: balanced(await openTexts(SPEC, { ...genres, split: 'train' }), COUNTS.train),
    test: balanced(await openTexts(SPEC, { ...genres, split: 'test' }), COUNTS.test),
  },
  tags: {
    train: part(await openTexts(`${SPEC}?label=tag`, { ...tags, split: 'train' }), COUNTS.taggedTrain),
    test: part(await openTexts(`${SPEC}?label=tag`, { ...tags, split: 'test' }), COUNTS.taggedTest),
  },
};

/** Passages of four sentences, and the four behind them. */
const passages = await openTextPairs(`${SPEC}?pairs=adjacent`, { ...genres, split: 'test', limit: COUNTS.passages });

for (const name of names) await measure(name);

async function measure(name: string): Promise<void> {
  const definition = findMethod(name);
  const settings = METHODS[name];
  if (settings === undefined) throw new Error(`Expected some of ${Object.keys(METHODS).join(', ')}, received ${name}`);
  const result: TextResult = {
    ...{ name, title: definition.title, network: '', steps: settings.steps, seconds: 0 },
    ...{ date: new Date().toISOString().slice(0, 10), machine: machine(), scores: {}, verdicts: {} },
  };
  for (const seed of seeds) {
    const { run, seconds } = await pretrained(definition, settings, seed);
    const { architecture, featureSize } = run.encoder.backbone;
    result.network = `${architecture}, ${featureSize} numbers`;
    result.seconds += seconds / seeds.length;
    await probe(result, 'genre', 'classification', run, seed);
    await probe(result, 'tags', 'tagging', run, seed);
    await retrieve(result, run, seed);
    run.method.dispose();
  }
  process.stdout.write(`${name}: ${JSON.stringify(result)}\n`);
  mkdirSync(dirname(resultPath(name)), { recursive: true });
  writeFileSync(resultPath(name), `${JSON.stringify(result, null, 2)}\n`);
  writeTable();
}

/** A run of so many steps on the texts that are not for tests, or the one that is in the folder already. */
async function pretrained(
  definition: MethodDefinition,
  { steps, training }: (typeof METHODS)[string],
  seed: number,
): Promise<{ run: LoadedRun; seconds: number }> {
  const out = join(folder, `${definition.name}-${seed}`);
  const options = parseMethodOptions(definition, {}, true);
  const { tokens = {} } = definition.needs?.(options) ?? {};
  const asked = { ...FORM, form: tokens.form ?? ('stream' as const), room: tokens.room ?? 0 };
  const timed = join(out, 'seconds');
  if (!existsSync(join(out, 'encoder.safetensors'))) {
    const dataset = await openTexts(SPEC, { ...asked, assets, split: 'train' });
    const recipe = { ...fromRecipe(definition.recipes.small), ...training };
    const perEpoch = Math.floor(dataset.count / recipe.batchSize!);
    const epochs = steps / perEpoch;
    const began = process.cpuUsage();
    await trainRun({
      ...{ definition, options, dataset: dataset as Dataset, out },
      training: {
        ...recipe,
        ...{ epochs, warmupEpochs: epochs / 20, seed, device: 'cpu' },
        ...{ checkpointEvery: 1000, previewEvery: 0, monitorEvery: 0 },
      } as never,
      source: {
        spec: SPEC,
        split: 'train',
        limit: null,
        asked: { size: null, channels: 'auto', length: null, ...asked },
      },
    });
    const { user, system } = process.cpuUsage(began);
    writeFileSync(timed, String(round((user + system) / 1e6)));
  }
  return { run: loadRun(out, { device: 'cpu' }), seconds: Number(readFileSync(timed, 'utf8')) };
}

async function probe(
  { name, ...result }: TextResult,
  part: 'genre' | 'tags',
  task: string,
  run: LoadedRun,
  seed: number,
): Promise<void> {
  const untaught: Baseline = part === 'genre' ? 'bag-of-words' : 'frequent-tag';
  const baselines: Baseline[] = [
    'random',
    ...(SUPERVISED.includes(name) && !values.quick && part === 'genre' ? (['supervised'] as const) : []),
    ...(name === first ? [untaught] : []),
  ];
  const found = await evaluate({
    ...{ run, ...data[part], task, protocols: ['linear'], labels: [LABELS[part]], seeds: [seed], baselines },
    ...(part === 'tags' ? { linear: { l2: [1, 0.1, 0.01, 1e-3, 1e-4], tolerance: 1e-3, maxIterations: 400 } } : {}),
    finetune: { steps: 60, mostSteps: 360, epochs: 0, batchSize: 32 },
  });
  keep(result, part, found);
}

async function retrieve({ name, ...result }: TextResult, run: LoadedRun, seed: number): Promise<void> {
  const baselines = ['random', ...(name === first ? ['bag-of-words'] : [])];
  keep(
    result,
    'retrieval',
    await evaluateRetrieval({ run, test: passages, seeds: [seed], rules: ['centered'], baselines }),
  );
}

/** Notes the scores, and what the intervals of the paired differences say. */
function keep(
  { scores, verdicts }: Pick<TextResult, 'scores' | 'verdicts'>,
  task: string,
  { rows, comparisons, score }: EvaluationResult,
): void {
  for (const { encoder, value, metric } of rows)
    if (metric === score.metric) scores[`${task} ${encoder}`] = [...(scores[`${task} ${encoder}`] ?? []), round(value)];
  for (const { encoder, against, difference, interval, verdict } of comparisons)
    if (encoder === 'pretrained')
      verdicts[`${task} ${against}`] = [
        ...(verdicts[`${task} ${against}`] ?? []),
        {
          difference: round(difference),
          interval: interval && [round(interval[0]), round(interval[1])],
          verdict,
        },
      ];
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
