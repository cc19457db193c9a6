import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { threads } from '../engine/index.js';
import { sampleError } from '../evaluate/intervals.js';
import { tQuantile } from '../evaluate/student-t.js';
import type { MethodDefinition } from '../methods/method.js';
import { findMethod, registerMethod } from '../methods/registry.js';
import { type CompareOptions, compare, resumeComparison } from './compare.js';
import { CompareFolder } from './folder.js';
import type { CompareResult } from './result.js';
import type { Standing } from './statistics.js';
import { comparable, stripedImages, stripes } from './striped-images.test-util.js';

const { folder: root, images, cacheFolder, optionsOf } = stripedImages();

/** The standard error that an interval over so many blocks was made of. */
const errorOf = ({ interval, level }: Standing, blocks: number): number =>
  (interval![1] - interval![0]) / 2 / tQuantile(level, blocks - 1);

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
  for (const standing of whole.ranking!.others)
    expect(errorOf(standing, 2)).toBeGreaterThanOrEqual(sampleError(Math.abs(standing.difference), 20));
  expect(whole.fresh!.rows.map(({ name }) => name)).toContain('random');
  expect(events.filter((type) => type === 'cell').length).toBe(CompareFolder.open(whole.folder).cells().length);
  expect(begun[0]).toMatch(/^2 methods and 1 baseline in 2 blocks, 38 labels, 2 steps of pretraining each$/);
  expect(begun.at(-1)).toMatch(/^about .* in all$/);
  expect(whole.conclusion.length).toBeGreaterThan(2);
  expect(JSON.parse(readFileSync(join(whole.folder, 'result.json'), 'utf8'))).toEqual(
    JSON.parse(JSON.stringify(whole)),
  );
});

test('test samples that are training samples as well are told', async () => {
  expect(whole.notes.join()).not.toContain('as well');
  const methods = ['rotation'];
  const first = await compare(optionsOf({ methods, test: images, freshBlocks: 2 }));
  expect(first.notes).toContain('60 of the 60 test images are training images as well, which flatters all scores.');
  // All new blocks score on the same 60 images.
  for (const standing of first.fresh!.ranking.others)
    expect(errorOf(standing, 2)).toBeGreaterThanOrEqual(sampleError(Math.abs(standing.difference), 60) - 1e-9);
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

test("a new folder is this comparison's alone from the beginning, and goes where nothing was written", () => {
  const path = join(root, 'claimed');
  const first = CompareFolder.create(path);
  expect(() => CompareFolder.create(path)).toThrow('in use');
  first.release();
  expect(existsSync(path)).toBe(false);
  CompareFolder.create(path).release();
});

test('two comparisons of one folder: the second ends before its trial steps; one that fails leaves no folder', async () => {
  const options = optionsOf({ methods: ['rotation'] });
  const first = compare(options);
  const calibrated: string[] = [];
  let refusal: unknown = null;
  for await (const event of first) {
    if (event.type !== 'calibrate' || refusal !== null) continue;
    const second = compare({ ...optionsOf({ methods: ['autoencoder'] }), out: options.out! });
    refusal = await (async () => {
      for await (const other of second) calibrated.push(other.type);
    })().catch((error) => error);
  }
  await first;
  expect(refusal).toMatchObject({ code: 'IO' });
  expect(calibrated).toEqual([]);
  const out = join(root, 'no-such-data');
  await expect(compare({ ...optionsOf(), data: join(root, 'nothing'), out })).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
  expect(existsSync(out)).toBe(false);
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
        if (progress.totalSteps > 1) {
          threads(threads() + 2);
          throw new Error('the device fell off');
        }
        return loss.call(method, views, group, progress);
      };
      return method;
    },
  });

  test('keeps its row with the reason, and the rows of the others are bit-equal', async () => {
    const remove = registerMethod(broken('broken'));
    try {
      const before = threads();
      const job = compare(optionsOf({ methods: ['rotation', 'broken', 'autoencoder'] }));
      for await (const event of job) if (event.type === 'cell') expect(threads()).toBe(before);
      const result = await job;
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

test('the command that trains the winner has the recipe that was asked for', async () => {
  const asked = { baselines: [], blocks: 1, freshBlocks: 0 };
  const small = await compare(optionsOf({ ...asked, recipe: 'small' }));
  expect(small.command).toMatch(/^autodidact pretrain \w+ --data \S+ --recipe small --/);
  const auto = await compare(optionsOf(asked));
  expect(auto.command).toMatch(/^autodidact pretrain /);
  expect(auto.command).not.toContain('--recipe');
});

test('without labels: figures and refusals, and no ranking', async () => {
  const few = compare(optionsOf({ open: { cacheFolder }, blocks: 1 }));
  const seen: string[] = [];
  await expect(
    (async () => {
      for await (const { type } of few) seen.push(type);
    })(),
  ).rejects.toThrow('at least 32 images that take no part in training; of 60 there are 12');
  // Nothing was trained, not even for a trial.
  expect(seen).not.toContain('calibrate');
  const many = join(root, 'many.npy');
  writeFileSync(many, stripes(200));
  const measured = await compare(
    optionsOf({
      data: many,
      open: { cacheFolder },
      blocks: 1,
      methods: ['rotation'],
      baselines: ['random', 'supervised'],
    }),
  );
  expect(measured).toMatchObject({ ranking: null, score: null, command: null, fresh: null });
  expect(measured.rows.map(({ name }) => name)).toEqual(['rotation', 'random']);
  expect(measured.conclusion[0]).toMatch(/^Without labels nothing says which encoder/);
  for (const { labelFree, failure, mean } of measured.rows) {
    expect([failure, mean]).toEqual([null, null]);
    expect(labelFree.rankMe).toBeGreaterThan(1);
    expect(labelFree.ldaTrace).toBeGreaterThan(0);
  }
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
    const labels = readFileSync(options.open!.labels!, 'utf8');
    // Other names for the classes, which leave the division into training and test samples as it is.
    writeFileSync(options.open!.labels!, labels.replaceAll(/(\d,.+)$/gm, '$1 too'));
    await expect(resumeComparison(options.out!)).rejects.toThrow(/The labels of own.npy have changed since/);
    writeFileSync(options.open!.labels!, labels);
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
