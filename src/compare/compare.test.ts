import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createBackbone } from '../backbones/registry.js';
import { memoryTexts } from '../data/text/tokens.test-util.js';
import { manualSeed, ops } from '../engine/index.js';
import { writeSafetensors } from '../engine/safetensors.js';
import { writeComparison } from '../export/comparison/write-comparison.js';
import { standardizedBy } from '../methods/encoders.js';
import type { MethodDefinition } from '../methods/method.js';
import { findMethod, parseMethodOptions, registerMethod } from '../methods/registry.js';
import { buildEncoder } from '../train/build.js';
import { saveEncoder } from '../train/encoder-file.js';
import { type CompareOptions, compare, resumeComparison } from './compare.js';
import { CompareFolder } from './folder.js';
import type { CompareResult } from './result.js';

let root: string;
let images: string;
let cacheFolder: string;

/** Stripes of two directions, 16 x 16, as an .npy file. */
function stripes(count: number): Buffer {
  const header = `{'descr': '|u1', 'fortran_order': False, 'shape': (${count}, 16, 16), }`;
  const padded = `${header.padEnd(117)}\n`;
  const start = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, padded.length & 255, padded.length >> 8]);
  const pixels = Buffer.alloc(count * 256);
  for (let i = 0; i < pixels.length; i++) {
    const [image, y, x] = [Math.floor(i / 256), Math.floor(i / 16) % 16, i % 16];
    const isLight = ((image % 2 === 0 ? x : y) + (image % 5)) % 4 < 2;
    pixels[i] = (isLight ? 150 : 70) + ((i * 7919 + image * 104729) % 61);
  }
  return Buffer.concat([start, Buffer.from(padded), pixels]);
}

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'autodidact-compare-'));
  cacheFolder = join(root, 'cache');
  images = join(root, 'stripes.npy');
  writeFileSync(images, stripes(60));
});
afterAll(() => rmSync(root, { recursive: true, force: true }), 60_000);

let number = 0;
const labels = (): string => {
  const path = join(root, `labels-${number++}.csv`);
  const ids = Array.from({ length: 60 }, (_, i) => `${i},${i % 2 === 0 ? 'across' : 'along'}`);
  writeFileSync(path, `id,label\n${ids.join('\n')}\n`);
  return path;
};

function optionsOf(changes: Partial<CompareOptions> = {}): CompareOptions {
  return {
    ...{ data: images, methods: ['rotation', 'autoencoder'], baselines: ['random'], protocol: 'knn' },
    ...{ budget: '2steps', blocks: 2, freshBlocks: 1, backbone: 'resnet18', width: 4, device: 'cpu' },
    ...{ open: { labels: labels(), cacheFolder }, out: join(root, `compare-${number++}`) },
    ...changes,
  };
}

/** All but times, memory and places. */
function comparable({ rows, ranking, fresh, score, conclusion }: CompareResult): unknown {
  const figures = rows.map(({ seconds, evaluationSeconds, peakBytes, ...row }) => row);
  return JSON.parse(JSON.stringify({ rows: figures, ranking, fresh, score, conclusion }));
}

let whole: CompareResult;
const begun: string[] = [];

test('methods and baselines in the same blocks, each cell in a file, the winner on the test samples', async () => {
  const job = compare(optionsOf());
  const events: string[] = [];
  for await (const event of job) {
    events.push(event.type);
    if (event.type === 'start') begun.push(...event.sentences);
  }
  whole = await job;
  expect(whole.rows.map(({ name }) => name).sort()).toEqual(['autoencoder', 'random', 'rotation']);
  for (const { scores, failure, kind, steps } of whole.rows) {
    expect(failure).toBeNull();
    expect(scores).toHaveLength(2);
    expect(steps).toBe(kind === 'method' ? 2 : 0);
  }
  // 60 images: 12 are kept apart for the end, a fifth of the others scores in each block.
  expect(whole).toMatchObject({ blocks: 2, held: 10, data: { count: 48, testCount: 12 } });
  expect(whole.score).toMatchObject({ labelCount: 38, protocol: 'knn', metric: 'accuracy' });
  expect(whole.ranking!.others).toHaveLength(2);
  expect(whole.fresh!.rows.map(({ name }) => name)).toContain('random');
  expect(events.filter((type) => type === 'cell').length).toBe(CompareFolder.open(whole.folder).cells().length);
  expect(begun[0]).toMatch(/^2 methods and 1 baseline in 2 blocks, 38 labels, 2 steps of pretraining each$/);
  expect(begun.at(-1)).toMatch(/^about .* in all$/);
  expect(whole.conclusion.length).toBeGreaterThan(2);
  expect(JSON.parse(readFileSync(join(whole.folder, 'result.json'), 'utf8'))).toEqual(
    JSON.parse(JSON.stringify(whole)),
  );
});

test('the order of the methods changes nothing', async () => {
  expect(comparable(await compare(optionsOf({ methods: ['autoencoder', 'rotation'] })))).toEqual(comparable(whole));
});

test('stopped in the middle of a training and continued, with a cell damaged: bit-equal, and nothing is done twice', async () => {
  const controller = new AbortController();
  const options = optionsOf({ signal: controller.signal });
  const job = compare(options);
  let cells = 0;
  await expect(
    (async () => {
      for await (const event of job) {
        if (event.type === 'cell') cells++;
        if (event.type === 'progress' && event.work === 'pretraining' && cells === 3) controller.abort();
      }
    })(),
  ).rejects.toMatchObject({ code: 'INTERRUPTED' });
  expect(cells).toBe(3);
  writeFileSync(join(options.out!, 'cells', 'random.rung-0.block-1.json'), '{"competitor": "random"');
  const again = resumeComparison(options.out!);
  const fresh: string[] = [];
  for await (const event of again)
    if (event.type === 'cell' && event.isNew) fresh.push(`${event.cell.competitor} ${event.cell.block}`);
  expect(comparable(await again)).toEqual(comparable(whole));
  expect(fresh).not.toContain('rotation 1');
  expect(fresh).toContain('random 1');
  // Everything is there now.
  const third = resumeComparison(options.out!);
  for await (const event of third) if (event.type === 'cell') expect(event.isNew).toBe(false);
});

test('a disk that refuses ends the comparison, and what was measured is kept', async () => {
  const options = optionsOf();
  const job = compare(options);
  const cells = join(options.out!, 'cells');
  let done = 0;
  await expect(
    (async () => {
      for await (const event of job) {
        if (event.type !== 'cell') continue;
        // No file can be made where a file stands in the place of the folder.
        if (++done === 2) {
          renameSync(cells, `${cells}-aside`);
          writeFileSync(cells, '');
        }
      }
    })(),
  ).rejects.toMatchObject({ code: 'IO' });
  rmSync(cells);
  renameSync(`${cells}-aside`, cells);
  const again = resumeComparison(options.out!);
  const measured: boolean[] = [];
  for await (const event of again) if (event.type === 'cell') measured.push(event.isNew);
  expect(measured.slice(0, 3)).toEqual([false, false, true]);
  expect(comparable(await again)).toEqual(comparable(whole));
});

describe('a method that fails', () => {
  const rotation = findMethod('rotation');
  /** A method that fails in real trainings, after the trial steps. */
  const broken = (name: string): MethodDefinition => ({
    ...rotation,
    name,
    title: 'Broken',
    create(context) {
      const method = rotation.create(context);
      const { loss } = method;
      method.loss = (views, group, progress) => {
        if (progress.totalSteps > 1) throw new Error('the device fell off');
        return loss.call(method, views, group, progress);
      };
      return method;
    },
  });

  test('keeps its row with the reason, and the rows of the others are bit-equal', async () => {
    const remove = registerMethod(broken('broken'));
    try {
      const result = await compare(optionsOf({ methods: ['rotation', 'broken', 'autoencoder'] }));
      const row = result.rows.find(({ name }) => name === 'broken')!;
      expect(row).toMatchObject({ failure: 'the device fell off', scores: [], standing: null, mean: null });
      const others = result.rows.filter(({ name }) => name !== 'broken');
      const figures = (rows: CompareResult['rows']) => rows.map(({ name, scores }) => ({ name, scores }));
      expect(figures(others)).toEqual(figures(whole.rows));
      expect(result.conclusion.join(' ')).toContain('Broken (the device fell off)');
    } finally {
      remove();
    }
  });

  test('before it begins does not take part, and without any other there is nothing to compare', async () => {
    const result = await compare(optionsOf({ methods: ['rotation', 'cpc-sound'], blocks: 1, freshBlocks: 0 }));
    expect(result.rows.find(({ name }) => name === 'cpc-sound')!.failure).toMatch(
      /learns from sounds, received images/,
    );
    await expect(compare(optionsOf({ methods: ['cpc-sound', 'cvrl'] }))).rejects.toThrow(
      /None of the methods can run on these data: cpc-sound: .*learns from sounds/,
    );
  });
});

test('halving gives up methods after a round of its own, and trains the others in full', async () => {
  const methods = ['rotation', 'autoencoder', 'simclr', 'context-encoder'];
  const result = await compare(
    optionsOf({ methods, budget: '8steps', halving: 4, blocks: 1, freshBlocks: 0, baselines: [] }),
  );
  const steps = Object.fromEntries(result.rows.map(({ name, steps: count }) => [name, count]));
  const left = result.rows.filter(({ leftAfter }) => leftAfter === 1);
  expect(left).toHaveLength(2);
  for (const { name } of result.rows) expect(steps[name]).toBe(left.some((row) => row.name === name) ? 2 : 8);
});

test('without labels: figures and refusals, and no ranking', async () => {
  const result = await compare(
    optionsOf({ open: { cacheFolder }, baselines: ['random', 'supervised'], blocks: 1 }),
  ).catch((error: unknown) => error as Error);
  // A fifth of 60 images is too few to be measured: a clear failure of every row.
  expect(result).toMatchObject({ ranking: null, score: null, command: null, fresh: null });
  const { rows, conclusion } = result as CompareResult;
  expect(rows.map(({ name }) => name)).toEqual(['rotation', 'autoencoder', 'random']);
  for (const { failure } of rows) expect(failure).toMatch(/need at least 32 images, received 12/);
  expect(conclusion[0]).toMatch(/^Without labels nothing says which encoder/);
  const many = join(root, 'many.npy');
  writeFileSync(many, stripes(200));
  const measured = await compare(optionsOf({ data: many, open: { cacheFolder }, blocks: 1, methods: ['rotation'] }));
  for (const { labelFree, failure, mean } of measured.rows) {
    expect([failure, mean]).toEqual([null, null]);
    expect(labelFree.rankMe).toBeGreaterThan(1);
    expect(labelFree.ldaTrace).toBeGreaterThan(0);
  }
});

describe('encoders that are there already', () => {
  /** Weights alone, of images with these channels. */
  function encoderAt(name: string, channels = 1, seed = 1): string {
    const path = join(root, name);
    manualSeed(seed);
    const backbone = createBackbone('resnet18', { inputChannels: channels, imageSize: 16, width: 4 });
    const fill = (value: number) => Array<number>(channels).fill(value);
    const statistics = { mean: fill(0.4), std: fill(0.2) };
    const spec = { modality: 'image', channels, height: 16, width: 16, ...statistics };
    saveEncoder(path, standardizedBy(backbone, spec, statistics));
    return path;
  }
  const rowsOf = ({ rows }: CompareResult, kind: string) => rows.filter((row) => row.kind === kind);

  test('stand beside random initialization and supervised training, without any pretraining', async () => {
    const [one, other] = [encoderAt('one.safetensors'), encoderAt('other.safetensors', 1, 2)];
    const copy = join(root, 'copy', 'encoder.safetensors');
    mkdirSync(join(root, 'copy'));
    copyFileSync(one, copy);
    const options = optionsOf({
      ...{ methods: undefined, encoders: [one, other, copy], baselines: ['random', 'supervised'], budget: '20steps' },
    });
    const job = compare(options);
    const sentences: string[] = [];
    for await (const event of job) if (event.type === 'start') sentences.push(...event.sentences);
    const result = await job;
    expect(sentences[0]).toBe('3 encoders and 2 baselines in 2 blocks, 38 labels, 20 steps of supervised training');
    expect(sentences).toContain(`${one}: resnet18, width 4, as it is`);
    const given = rowsOf(result, 'encoder');
    expect(given.map(({ title }) => title).sort()).toEqual([copy, one, other].sort());
    expect(given.map(({ name }) => name).sort()).toEqual(['encoder-copy', 'encoder-one', 'encoder-other']);
    for (const { scores, steps, seconds, network, failure } of given)
      expect([scores.length, steps, seconds, network, failure]).toEqual([2, 0, 0, 'resnet18, width 4', null]);
    const scoresOf = (path: string) => given.find(({ title }) => title === path)!.scores;
    expect(scoresOf(copy)).toEqual(scoresOf(one));
    expect(scoresOf(other)).not.toEqual(scoresOf(one));
    expect(rowsOf(result, 'random')[0]).toMatchObject({ network: 'resnet18, width 4', failure: null });
    expect(rowsOf(result, 'supervised')[0]!.steps).toBeGreaterThan(0);
    expect(result.fresh!.rows).toHaveLength(5);
    expect(result.notes.join()).toContain('its score is flattered');
    expect(result.command).toBeNull();
    const { encoders, reference } = CompareFolder.open(options.out!).readConfig();
    expect(reference).toBe('encoder-one');
    expect(encoders[reference]!.secondsPerPass).toBeGreaterThan(0);
    const page = readFileSync(await writeComparison(result), 'utf8');
    expect(page).toContain('3 encoders as they are');
    expect(page).not.toContain('No method began to train');

    // Nothing is measured twice, and another encoder in the place of one is refused.
    const again = resumeComparison(options.out!);
    for await (const event of again) if (event.type === 'cell') expect(event.isNew).toBe(false);
    expect(comparable(await again)).toEqual(comparable(result));
    copyFileSync(other, one);
    await expect(resumeComparison(options.out!)).rejects.toThrow(/has changed since the comparison began/);
  });

  test('cost the methods beside them nothing, and score what the method scored that made them', async () => {
    const made = join(whole.folder, 'runs', 'rotation.rung-0.block-1', 'encoder.safetensors');
    const result = await compare(optionsOf({ encoders: [made] }));
    const figures = (kinds: readonly string[], { rows }: CompareResult) =>
      rows
        .filter(({ kind }) => kinds.includes(kind))
        .map(({ name, scores }) => ({ name, scores }))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
    expect(figures(['method', 'random'], result)).toEqual(figures(['method', 'random'], whole));
    const rotation = whole.rows.find(({ name }) => name === 'rotation')!;
    expect(rowsOf(result, 'encoder')[0]!.scores[0]).toBe(rotation.scores[0]);
  });

  test('that cannot read the data are refused before anything is measured', async () => {
    const refused = async (encoders: string[]) => {
      const options = optionsOf({ methods: undefined, encoders });
      const message = await compare(options).catch((error: Error) => error.message);
      expect(existsSync(options.out!)).toBe(false);
      return message;
    };
    const six = encoderAt('six.safetensors', 6);
    expect(await refused([six])).toContain(
      `${six} cannot read these data: Expected images of 16 x 16 pixels and 6 channels`,
    );
    const definition = findMethod('cpc-sound');
    const spec = { modality: 'sound', rate: 8000, length: 480 };
    const options = parseMethodOptions(definition, {}, true);
    const training = { backbone: 'sound', width: 4 };
    const sound = join(root, 'sound.safetensors');
    const encoder = buildEncoder(definition, options, training, spec, { seed: 1, device: 'cpu' });
    saveEncoder(sound, encoder, { method: 'cpc-sound', options: options as never, ...training, samples: spec });
    expect(await refused([encoderAt('fine.safetensors'), sound])).toMatch(/sound.safetensors cannot read these data/);
    const texts = join(root, 'texts.jsonl');
    const story = 'One bridge is old. The river is wide and cold. Taxes were raised again. Nobody knew of it.';
    const rows = Array.from({ length: 40 }, (_, i) => JSON.stringify({ text: story, label: i % 2 === 0 ? 'a' : 'b' }));
    writeFileSync(texts, `${rows.join('\n')}\n`);
    const ofText = (name: string, context: number): string => {
      const { spec: read, assets } = memoryTexts([[story]], { length: context, form: 'sentences' });
      const method = findMethod('skip-gram');
      const chosen = parseMethodOptions(method, {}, true);
      const made = { backbone: 'word-table', width: 4 };
      const path = join(root, `${name}.safetensors`);
      const words = buildEncoder(method, chosen, made, read, { seed: 1, device: 'cpu', assets });
      saveEncoder(path, words, { method: 'skip-gram', options: chosen as never, ...made, samples: read, assets });
      return path;
    };
    const data = `text:${texts}?label=label`;
    const [short, long] = [ofText('short', 8), ofText('long', 64)];
    // As many samples of each, but not the same ones.
    const ofTexts = { data, open: { cacheFolder, limit: 20 }, methods: undefined, blocks: 1, freshBlocks: 0 };
    expect((await compare(optionsOf({ ...ofTexts, encoders: [short] }))).rows.map(({ failure }) => failure)).toEqual([
      null,
      null,
    ]);
    await expect(compare(optionsOf({ ...ofTexts, encoders: [short, long] }))).rejects.toThrow(
      /long.safetensors cannot read these data: .*would see other samples than the others/,
    );
    expect(await refused([join(root, 'nowhere')])).toMatch(/There is no run and no file of weights/);
    const foreign = join(root, 'foreign.safetensors');
    writeSafetensors(foreign, new Map([['weight', ops.ones([2, 2])]]));
    expect(await refused([foreign])).toMatch(/foreign.safetensors/);
  });
});

describe('bad input', () => {
  test('is told before anything is made', async () => {
    const refused = (changes: Partial<CompareOptions>) =>
      compare(optionsOf(changes)).catch((error: Error) => error.message);
    expect(await refused({ methods: ['simcrl'] })).toMatch(/Did you mean `simclr`/);
    expect(await refused({ budget: '5m', total: '1h' })).toMatch(
      /either a budget of each pretraining or a time for all/,
    );
    expect(await refused({ budget: 'soon' })).toMatch(/a time such as 5m, 2000steps or 500000images/);
    expect(await refused({ protocol: 'guess' })).toMatch(/one of knn, linear/);
    expect(await refused({ baselines: ['luck'] })).toMatch(/some of random, data-dependent, supervised/);
    expect(await refused({ baselines: ['bag-of-words'] })).toMatch(/There is no bag-of-words of images/);
    expect(await refused({ methods: [] })).toMatch(/at least one method/);
    expect(await refused({ labels: '0%' })).toMatch(/a share such as 1%/);
    expect(await refused({ out: whole.folder })).toMatch(/There is a comparison at/);
    const one = join(root, 'one.csv');
    writeFileSync(one, `id,label\n${Array.from({ length: 60 }, (_, i) => `${i},all`).join('\n')}\n`);
    expect(await refused({ open: { labels: one, cacheFolder } })).toMatch(/one class only/);
    const single = join(root, 'single.csv');
    writeFileSync(single, 'id,label\n0,a\n1,b\n2,c\n');
    expect(await refused({ open: { labels: single, cacheFolder } })).toMatch(/a single one/);
  });

  test('on resuming: no comparison, a damaged one, other data', async () => {
    await expect(resumeComparison(root)).rejects.toThrow(/Expected a folder with a comparison.json/);
    const options = optionsOf({
      blocks: 1,
      freshBlocks: 0,
      baselines: [],
      methods: ['autoencoder'],
      data: join(root, 'own.npy'),
    });
    writeFileSync(options.data, stripes(60));
    await compare(options);
    writeFileSync(options.data, stripes(50));
    writeFileSync(
      options.open!.labels!,
      'id,label\n0,a\n1,b\n2,a\n3,b\n4,a\n5,b\n6,a\n7,b\n8,a\n9,b\n10,a\n11,b\n12,a\n13,b\n',
    );
    await expect(resumeComparison(options.out!)).rejects.toThrow(/have changed since the comparison began/);
    const config = join(options.out!, 'comparison.json');
    writeFileSync(config, readFileSync(config, 'utf8').replace('"blocks": 1', '"blocks": 2'));
    await expect(resumeComparison(options.out!)).rejects.toThrow(/it is damaged/);
  });
});
