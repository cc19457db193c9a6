import { expect, test } from 'vitest';
import type { ClassTargets } from '../data/index.js';
import { PairDataset } from '../data/pair-dataset.js';
import { memory, noGrad, ops } from '../engine/index.js';
import { type EvaluationEvent, evaluate } from './evaluate.js';
import { optionsOf, quick } from './evaluate.test-util.js';
import { fingerprint } from './features.js';
import { isAboveChance } from './gates.js';
import { CLASSES, makeFresh, stripes } from './images.test-util.js';
import type { EvaluateOptions } from './setting.js';
import { renderTable } from './table.js';
import type { Task } from './task.js';
import { type ClassAnswer, classification } from './tasks/classification.js';

test('every protocol, encoder, amount of labels and seed gives a row; the encoder is bit-equal', async () => {
  const options = optionsOf({
    protocols: ['knn', 'linear', 'finetune-head', 'finetune-top', 'finetune'],
    labels: ['5/class', 0.5],
    seeds: [0, 1],
  });
  const before = fingerprint(options.run!.encoder.backbone);
  const result = await evaluate(options);
  expect(fingerprint(options.run!.encoder.backbone)).toBe(before);

  const count = (encoder: string) => result.rows.filter((row) => row.encoder === encoder).length;
  expect([count('pretrained'), count('random'), count('supervised')]).toEqual([5 * 4, 4 * 4, 4]);
  expect(result.rows.some((row) => row.encoder === 'random' && row.protocol === 'finetune')).toBe(false);
  expect(result.summary.every(({ n }) => n === 2)).toBe(true);
  expect(new Set(result.rows.map(({ labels, labelCount }) => `${labels} ${labelCount}`))).toEqual(
    new Set(['5/class 15', '50% 30']),
  );
  expect(result).toMatchObject({ floor: 1 / 3, testCount: 60, classes: CLASSES, options: { layer: null }, step: 12 });
  expect(result.encoder).toBe(before);
  for (const row of result.rows) {
    expect(row).toMatchObject({ task: 'classification', metric: 'accuracy', n: 60 });
    const isTrained = !['knn', 'linear'].includes(row.protocol);
    expect([row.steps, row.epochs]).toEqual(
      isTrained ? [expect.any(Number), (row.steps! * 8) / row.labelCount] : [null, null],
    );
    expect(row.interval![0]).toBeLessThanOrEqual(row.value);
    expect(row.interval![1]).toBeGreaterThanOrEqual(row.value);
  }
  expect(result.rows.find(({ protocol }) => protocol === 'linear')!.details).toMatchObject({ l2: expect.any(Number) });
  expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  expect(renderTable(result)).toContain('pretrained');
});

test('features of random convolutions beat chance; control: shuffled labels do not', async () => {
  const options = optionsOf({ baselines: ['random'] });
  const scores = async (changes: Partial<EvaluateOptions>) =>
    (await evaluate({ ...options, ...changes })).rows
      .filter(({ encoder }) => encoder === 'random')
      .map(({ value }) => value);
  for (const score of await scores({})) expect(isAboveChance(score, 1 / 3, 60)).toBe(true);
  const spread = options.train.withLabels(
    CLASSES,
    options.train.labels!.map((_, i) => Math.floor(i / 3) % 3),
  );
  for (const score of await scores({ train: spread })) expect(isAboveChance(score, 1 / 3, 60)).toBe(false);
});

test('a network against itself: the pretrained column equals the random one of its seed', async () => {
  // With statistics estimated on the same images there is nothing left to tell the two apart.
  const { strongerRandomEncoder } = await import('./baselines.js');
  const train = stripes(60, 1, { noise: 20 });
  const options = optionsOf({ train, run: undefined, makeFresh, seeds: [4], baselines: ['random'] });
  const { rows } = await evaluate({ ...options, encoder: await strongerRandomEncoder(makeFresh, 4, train) });
  const of = (encoder: string) => rows.filter((row) => row.encoder === encoder).map(({ value }) => value);
  expect(of('pretrained')).toEqual(of('random'));
});

test('a network whose weights fit the data stands beside it, when asked for', async () => {
  const { rows, summary } = await evaluate(
    optionsOf({ protocols: ['knn'], seeds: [0, 1], baselines: ['data-dependent'] }),
  );
  const of = (kind: string) => rows.filter(({ encoder }) => encoder === kind);
  expect(of('data-dependent').map(({ protocol, seed }) => `${protocol} ${seed}`)).toEqual(['knn 0', 'knn 1']);
  expect(of('pretrained')).toHaveLength(2);
  expect(summary.map(({ encoder }) => encoder)).toEqual(['pretrained', 'data-dependent']);
});

test('an amount of labels that is named twice is measured once, and a seed twice is refused', async () => {
  const of = (labels: (number | string)[]) =>
    evaluate(optionsOf({ labels, protocols: ['knn'], baselines: ['random'] }));
  const [once, twice] = [await of(['50%']), await of(['50%', 0.5, '50%'])];
  expect(twice.rows.map(({ value }) => value)).toEqual(once.rows.map(({ value }) => value));
  expect(twice.comparisons).toEqual(once.comparisons);
  expect(twice.options.labels).toEqual(['50%']);
  await expect(evaluate(optionsOf({ seeds: [0, 1, 0] }))).rejects.toThrow('Expected different seeds for `seeds`');
});

test('a bare encoder needs nothing else for frozen protocols', async () => {
  const { rows } = await evaluate(optionsOf({ run: undefined, encoder: makeFresh(3), protocols: ['knn'] }));
  expect(rows.map(({ encoder, protocol }) => `${encoder} ${protocol}`)).toEqual(['pretrained knn']);
});

test('unlabeled images are no error, never among the labels, and score nothing', async () => {
  const train = stripes(60, 1);
  const some = train.withLabels(
    CLASSES,
    train.labels!.map((label, i) => (i < 30 ? label : -1)),
  );
  const { rows } = await evaluate(optionsOf({ train: some, protocols: ['knn'], baselines: [] }));
  expect(rows[0]!.labelCount).toBe(30);
  const scored = await evaluate(optionsOf({ train, test: some, protocols: ['knn'], baselines: [] }));
  expect(scored.rows[0]).toMatchObject({ n: 30, labelCount: 60 });
  const half = some.subset([...some.ids.keys()].filter((i) => i < 30));
  const alone = await evaluate(optionsOf({ train, test: half, protocols: ['knn'], baselines: [] }));
  expect(scored.rows[0]!.value).toBe(alone.rows[0]!.value);
});

test('test labels are matched by class name, not by number', async () => {
  const held = stripes(60, 2, { noise: 20 });
  const turned = held.withLabels(
    [...CLASSES].reverse(),
    held.labels!.map((label) => 2 - label),
  );
  const options = optionsOf({ protocols: ['linear'], baselines: [] });
  const [straight, matched] = [
    await evaluate({ ...options, test: held }),
    await evaluate({ ...options, test: turned }),
  ];
  expect(matched.rows[0]!.value).toBe(straight.rows[0]!.value);
});

test('progress names the work and ends at its total', async () => {
  const last = new Map<string, string>();
  const job = evaluate(optionsOf({ protocols: ['knn', 'finetune-head'], baselines: ['supervised'] }));
  for await (const event of job)
    if (event.type === 'progress') last.set(`${event.encoder} ${event.work}`, `${event.done}/${event.total}`);
  expect(Object.fromEntries(last)).toEqual({
    'pretrained training features': '60/60',
    'pretrained test features': '60/60',
    'pretrained knn': '1/1',
    'pretrained finetune-head': '8/8',
    'supervised supervised': '8/8',
  });
});

test('a long piece of work reports every percent, not every step', async () => {
  const options = optionsOf({ train: stripes(250, 1), batchSize: 1, protocols: ['knn'], baselines: [] });
  const { events } = await eventsOf(options);
  const done = events.flatMap((event) =>
    event.type === 'progress' && event.work === 'training features' ? [event.done] : [],
  );
  expect(done.length).toBeLessThan(105);
  expect(done.length).toBeGreaterThan(95);
  expect(done.at(-1)).toBe(250);
});

/** The events of an evaluation until it ends, and what it ended with. */
async function eventsOf(options: EvaluateOptions): Promise<{ events: EvaluationEvent[]; error: unknown }> {
  const events: EvaluationEvent[] = [];
  try {
    for await (const event of evaluate(options)) events.push(event);
    return { events, error: null };
  } catch (error) {
    return { events, error };
  }
}

test('rows come as they are measured: what fails later loses none of them', async () => {
  let made = 0;
  const failing = (seed: number) => {
    made += 1;
    if (made > 4) throw new Error('the disk is full');
    return makeFresh(seed);
  };
  const { events, error } = await eventsOf(
    optionsOf({ run: { encoder: makeFresh(3), makeFresh: failing }, labels: ['5/class', 0.5] }),
  );
  expect(error).toMatchObject({ message: 'the disk is full' });
  const rows = events.flatMap((event) => (event.type === 'row' ? [event.row] : []));
  expect(rows.map(({ encoder, protocol, labels }) => `${encoder} ${protocol} ${labels}`)).toEqual([
    'pretrained knn 5/class',
    'pretrained linear 5/class',
    'pretrained knn 50%',
    'pretrained linear 50%',
    'random knn 5/class',
    'random linear 5/class',
    'random knn 50%',
    'random linear 50%',
  ]);
  const [first] = events;
  expect(first).toMatchObject({ type: 'start', result: { rows: [], testCount: 60, task: 'classification' } });
});

test('stops on a signal, with what was measured by then', async () => {
  const stop = new AbortController();
  const options = optionsOf({ signal: stop.signal, labels: ['5/class', 0.5] });
  const rows: string[] = [];
  const job = evaluate(options);
  await expect(
    (async () => {
      for await (const event of job) {
        if (event.type !== 'row') continue;
        rows.push(event.row.protocol);
        stop.abort();
      }
    })(),
  ).rejects.toMatchObject({ code: 'INTERRUPTED' });
  expect(rows.length).toBeGreaterThan(0);
  expect(rows.length).toBeLessThan(4);
  await expect(job).rejects.toMatchObject({ code: 'INTERRUPTED' });
});

test('stops in the middle of a fit, which would last for ever', async () => {
  const endless: Task<ClassTargets, ClassAnswer> = {
    ...classification,
    linear: () => ({
      problem: () =>
        function* () {
          for (;;) yield;
        },
      outputs: () => ops.zeros([1, 3]),
    }),
  };
  const stop = new AbortController();
  const task = endless as unknown as Task;
  const options = optionsOf({ signal: stop.signal, task, protocols: ['linear'], labels: ['5/class'] });
  // The data are mapped at their first use.
  await evaluate({ ...options, task: undefined, protocols: ['knn'] });
  const before = memory().tensors;
  const job = evaluate(options);
  const seen: string[] = [];
  const watching = (async () => {
    for await (const event of job) {
      if (event.type !== 'progress' || event.work !== 'linear') continue;
      seen.push(event.work);
      setTimeout(() => stop.abort(), 1);
    }
  })();
  await expect(watching).rejects.toMatchObject({ code: 'INTERRUPTED' });
  expect(seen).toEqual(['linear']);
  await expect(job).rejects.toMatchObject({ code: 'INTERRUPTED' });
  expect(memory().tensors).toBe(before);
});

test('an encoder that changes meanwhile makes the scores invalid', async () => {
  const run = { encoder: makeFresh(3), makeFresh };
  const meddling = (seed: number) => {
    noGrad(() => run.encoder.backbone.parameters()[0]!.add_(1e-3));
    return makeFresh(seed);
  };
  const options = optionsOf({ run: { ...run, makeFresh: meddling }, protocols: ['knn'], baselines: ['random'] });
  await expect(evaluate(options)).rejects.toThrow('The evaluated backbone changed during the evaluation');
});

test('a training that diverges is told, and the others stand', async () => {
  const { rows, notes } = await evaluate(
    optionsOf({ protocols: ['knn', 'finetune-head'], baselines: [], finetune: { ...quick, learningRates: [1e30] } }),
  );
  expect(rows.map(({ protocol }) => protocol)).toEqual(['knn']);
  expect(notes).toEqual([
    expect.stringContaining(
      'finetune-head of pretrained with 100% of the labels and seed 0 is left out: Fine-tuning diverged',
    ),
  ]);
});

test('a budget that was short is told in the row and once in the notes', async () => {
  const { rows, notes } = await evaluate(optionsOf({ protocols: ['finetune-head'], baselines: [], seeds: [0, 1] }));
  const warning = 'validation may still rise: the cap of 8 steps ended the search at trainings of 4';
  expect(rows.map(({ details }) => details.warning)).toEqual([warning, warning]);
  expect(notes).toEqual([`finetune-head of pretrained with 100% of the labels: ${warning}.`]);
});

test('fine-tuning after a layer is a protocol of its own, beside the random network below the same layer', async () => {
  const options = optionsOf({ protocols: ['finetune'], freezeUntil: ['layer2', 'layer3'], seeds: [4] });
  const { rows } = await evaluate(options);
  expect(rows.map(({ encoder, protocol }) => `${encoder} ${protocol}`)).toEqual([
    'pretrained finetune-after-layer2',
    'pretrained finetune-after-layer3',
    'random finetune-after-layer2',
    'random finetune-after-layer3',
    'supervised supervised',
  ]);
  const top = await evaluate(optionsOf({ protocols: ['finetune-top'], baselines: [], seeds: [4] }));
  expect(rows[1]!.value).toBe(top.rows[0]!.value);
  await expect(evaluate({ ...options, freezeUntil: ['layer9'] })).rejects.toThrow(/one of stem.*for `freezeUntil`/);
  await expect(evaluate({ ...options, protocols: ['knn'] })).rejects.toThrow(
    /the protocol finetune beside `freezeUntil`/,
  );
});

test('the pretrained encoder is compared with each baseline, line by line', async () => {
  const result = await evaluate(optionsOf({ labels: ['5/class', 1], seeds: [0, 1] }));
  expect(
    result.comparisons
      .filter(({ encoder }) => encoder === 'pretrained')
      .map(({ protocol, labels, against }) => `${protocol} ${labels} ${against}`),
  ).toEqual(
    ['knn 5/class', 'linear 5/class', 'knn 100%', 'linear 100%'].flatMap((line) => [
      `${line} random`,
      `${line} supervised`,
    ]),
  );
  const mean = (encoder: string, protocol: string) =>
    result.summary.find((entry) => entry.encoder === encoder && entry.protocol === protocol && entry.labels === '100%')!
      .mean;
  const found = result.comparisons.find(
    ({ protocol, labels, against }) => protocol === 'knn' && labels === '100%' && against === 'random',
  )!;
  expect(found.difference).toBeCloseTo(mean('pretrained', 'knn') - mean('random', 'knn'), 12);
  expect(found.seeds).toBe(2);
});

test('the same numbers as ever for k-NN and the linear probe', async () => {
  const options = { train: stripes(60, 1, { noise: 60 }), test: stripes(60, 2, { noise: 60 }), baselines: [] };
  const { rows } = await evaluate(optionsOf({ ...options, labels: ['5/class', 0.5], seeds: [0, 1] }));
  const shown = rows.map(({ protocol, labels, seed, value, details: { k, l2 } }) => [
    protocol,
    labels,
    seed,
    value * 60,
    k ?? l2,
  ]);
  const near = (value: number) => expect.closeTo(value, 10);
  expect(shown).toEqual([
    ['knn', '5/class', 0, near(22), 15],
    ['linear', '5/class', 0, near(39), 10],
    ['knn', '5/class', 1, near(24), 15],
    ['linear', '5/class', 1, near(39), 10],
    ['knn', '50%', 0, near(14), 20],
    ['linear', '50%', 0, near(36), 10],
    ['knn', '50%', 1, near(17), 20],
    ['linear', '50%', 1, near(36), 1],
  ]);
  expect(rows[7]!.details).toMatchObject({ loss: near(0.794038818730521), iterations: 13, isConverged: true });
});

test('the side of a pair is read that the encoder takes, with its labels or those of the pair', async () => {
  const [train, held] = [stripes(60, 1, { noise: 20 }), stripes(60, 2, { noise: 20 })];
  const unlabeled = new Int32Array(60).fill(-1);
  const large = (labels: Int32Array) => stripes(60, 3, { side: 20 }).withLabels(CLASSES, labels);
  const options = optionsOf({ protocols: ['knn'], baselines: [] });
  const plain = await evaluate({ ...options, train, test: held });
  const own = (images: typeof train) => PairDataset.of(large(unlabeled), images);
  const ofPair = (images: typeof train) => PairDataset.of(large(images.labels!), images.withLabels(CLASSES, unlabeled));
  for (const pair of [own, ofPair]) {
    const { rows } = await evaluate({ ...options, train: pair(train), test: pair(held) });
    expect(rows[0]!.value).toBe(plain.rows[0]!.value);
  }
});
