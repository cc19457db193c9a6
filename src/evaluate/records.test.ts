import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { evaluate } from './evaluate.js';
import { fingerprint } from './features.js';
import { makeFresh, stripes } from './images.test-util.js';
import { addEvaluation, readEvaluations } from './records.js';
import type { EvaluationResult } from './result.js';

const folder = mkdtempSync(join(tmpdir(), 'autodidact-records-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let number = 0;
const freshPath = () => join(folder, `${number++}.json`);

function measured(changes: Partial<Parameters<typeof evaluate>[0]> = {}): Promise<EvaluationResult> {
  const [train, test] = [stripes(30, 1, { noise: 20 }), stripes(30, 2, { noise: 20 })];
  const options = { encoder: makeFresh(3), train, test, protocols: ['knn', 'linear'], seeds: [0, 1] };
  return evaluate({ ...options, sources: { train: './labeled', test: './labeled' }, ...changes });
}

test('an evaluation is read back as it was, with what it belongs to', async () => {
  const path = freshPath();
  expect(readEvaluations(path)).toEqual([]);
  const result = await measured({
    run: { encoder: makeFresh(3), makeFresh, step: 7 },
    encoder: undefined,
    baselines: ['random'],
  });
  addEvaluation(path, result);
  const [saved] = readEvaluations(path);
  const { isOfPresentEncoder, ...rest } = saved!;
  expect(rest).toEqual(result);
  expect(isOfPresentEncoder).toBeNull();
  expect(rest).toMatchObject({
    step: 7,
    encoder: fingerprint(makeFresh(3).backbone),
    task: 'classification',
    data: {
      train: { name: 'stripes', spec: './labeled', count: 30, fingerprint: 'made up', samples: { modality: 'image' } },
    },
    options: { protocols: ['knn', 'linear'], labels: ['100%'], seeds: [0, 1], baselines: ['random'], layer: null },
  });
  expect(new Date(rest.date!).getTime()).not.toBeNaN();
  expect(rest.comparisons.length).toBe(2);
});

test('several stand side by side; what another encoder gave is marked; a repetition takes the place of the first', async () => {
  const path = freshPath();
  const first = await measured();
  const other = await measured({ encoder: makeFresh(4) });
  const layer = await measured({ layer: 'layer2' });
  for (const result of [first, other, layer, { ...first, seconds: 99 }]) addEvaluation(path, result);
  const present = fingerprint(makeFresh(3).backbone);
  const saved = readEvaluations(path, present);
  expect(
    saved.map(({ isOfPresentEncoder, options, seconds }) => [isOfPresentEncoder, options.layer, seconds === 99]),
  ).toEqual([
    [false, null, false],
    [true, 'layer2', false],
    [true, null, true],
  ]);
});

test('a part takes the place of a part, and never that of the whole', async () => {
  const path = freshPath();
  const whole = await measured();
  const part = (rows: number) => ({ ...whole, isComplete: false, rows: whole.rows.slice(0, rows) });
  const kept = () => readEvaluations(path).map(({ rows, isComplete }) => [rows.length, isComplete]);
  expect(whole.isComplete).toBe(true);
  expect(addEvaluation(path, part(2))).toBe(true);
  expect(addEvaluation(path, part(1))).toBe(true);
  expect(kept()).toEqual([[1, false]]);
  expect(addEvaluation(path, whole)).toBe(true);
  expect(addEvaluation(path, part(3))).toBe(false);
  expect(kept()).toEqual([[whole.rows.length, true]]);
});

test('of a damaged file the evaluations that are none stay', async () => {
  const path = freshPath();
  const [first, second] = [await measured(), await measured({ layer: 'layer2' })];
  const broken = { ...second, rows: [{ ...second.rows[0]!, value: null }] };
  writeFileSync(path, JSON.stringify({ format: 2, evaluations: [first, broken] }));
  expect(() => readEvaluations(path)).toThrow('holds no evaluations');
  addEvaluation(path, await measured({ layer: 'layer3' }));
  expect(readEvaluations(path).map(({ options }) => options.layer)).toEqual([null, 'layer3']);
  expect(JSON.parse(readFileSync(`${path}.damaged`, 'utf8')).evaluations).toHaveLength(2);
});

test('what was measured with other labels of the same samples stands beside the first', async () => {
  const path = freshPath();
  const first = await measured();
  const train = { ...first.data!.train, targets: 'other labels' };
  for (const result of [first, { ...first, data: { ...first.data!, train } }]) addEvaluation(path, result);
  expect(readEvaluations(path).map(({ data }) => data!.train.targets)).toEqual([
    first.data!.train.targets,
    'other labels',
  ]);
});

test('a single result of the first format is read as one evaluation of an unknown encoder', () => {
  const path = freshPath();
  const row = {
    encoder: 'pretrained',
    protocol: 'linear',
    labels: '1%',
    labelCount: 60,
    seed: 0,
    score: 0.7,
    details: { l2: 1 },
  };
  const trained = {
    ...row,
    encoder: 'supervised',
    protocol: 'supervised',
    score: 0.6,
    details: { steps: 120, learningRate: 0.1 },
  };
  const summary = [{ ...row, mean: 0.7, std: 0, n: 1 }];
  const old = {
    rows: [row, trained],
    summary,
    chance: 0.1,
    testCount: 500,
    classes: ['a', 'b'],
    layer: null,
    seconds: 3,
  };
  writeFileSync(path, JSON.stringify(old));
  const [saved] = readEvaluations(path, 'some fingerprint');
  expect(saved).toMatchObject({ encoder: null, isOfPresentEncoder: null, floor: 0.1, testCount: 500, comparisons: [] });
  expect(saved!.rows).toMatchObject([
    { task: 'classification', metric: 'accuracy', value: 0.7, n: 500, interval: null, steps: null },
    { protocol: 'supervised', value: 0.6, steps: 120 },
  ]);
  expect(saved!.options).toMatchObject({
    protocols: ['linear'],
    labels: ['1%'],
    seeds: [0],
    baselines: ['supervised'],
  });
  expect(saved!.notes).toHaveLength(1);
});

test('adding to the first format keeps what was there', async () => {
  const path = freshPath();
  writeFileSync(
    path,
    JSON.stringify({ rows: [], summary: [], chance: 0.1, testCount: 5, classes: [], layer: null, seconds: 3 }),
  );
  addEvaluation(path, await measured());
  expect(readEvaluations(path).map(({ seconds }) => seconds === 3)).toEqual([true, false]);
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ format: 2 });
});

test.each([
  ['{"format": 2, "evalu', 'it is no JSON'],
  ['{"format": 3, "evaluations": []}', 'format: '],
  ['{"format": 2, "evaluations": [{"date": 5}]}', 'evaluations.0.'],
  ['[]', 'holds no evaluations'],
  ['{"rows": [{"encoder": "mine"}]}', 'rows.0.encoder'],
])('a damaged file is an error that says where: %s', async (text, where) => {
  const path = freshPath();
  writeFileSync(path, text);
  expect(() => readEvaluations(path)).toThrow(where);
  // A new result is not lost with it, nor is the file.
  addEvaluation(path, await measured({ protocols: ['knn'] }));
  expect(readEvaluations(path)).toHaveLength(1);
  expect(existsSync(`${path}.damaged`)).toBe(true);
  expect(readFileSync(`${path}.damaged`, 'utf8')).toBe(text);
});
