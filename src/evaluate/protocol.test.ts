import { expect, test } from 'vitest';
import { fingerprint } from './features.js';
import { isAboveChance } from './gates.js';
import { CLASSES, datasetOf, makeFresh, SIDE, stripes } from './images.test-util.js';
import { type EvaluateOptions, evaluate } from './protocol.js';
import { renderTable } from './table.js';

const quick = { steps: 4, batchSize: 8, learningRates: [0.02], checks: 1 };

function optionsOf(changes: Partial<EvaluateOptions> = {}): EvaluateOptions {
  const run = { method: makeFresh(3), makeFresh, data: { channels: 1, imageSize: SIDE } };
  return {
    ...{ run, train: stripes(60, 1, { noise: 20 }), test: stripes(60, 2, { noise: 20 }) },
    ...{ protocols: ['knn', 'linear'], labels: ['100%'], seeds: [0], finetune: quick },
    ...changes,
  };
}

test('every protocol, encoder, amount of labels and seed gives a row; the encoder is bit-equal', async () => {
  const options = optionsOf({
    protocols: ['knn', 'linear', 'finetune-head', 'finetune-top', 'finetune'],
    labels: ['5/class', 0.5],
    seeds: [0, 1],
  });
  const before = fingerprint(options.run!.method.backbone);
  const result = await evaluate(options);
  expect(fingerprint(options.run!.method.backbone)).toBe(before);

  const count = (encoder: string) => result.rows.filter((row) => row.encoder === encoder).length;
  expect([count('pretrained'), count('random'), count('supervised')]).toEqual([5 * 4, 4 * 4, 4]);
  expect(result.rows.some((row) => row.encoder === 'random' && row.protocol === 'finetune')).toBe(false);
  expect(result.summary.every(({ n }) => n === 2)).toBe(true);
  expect(new Set(result.rows.map(({ labels, labelCount }) => `${labels} ${labelCount}`))).toEqual(
    new Set(['5/class 15', '50% 30']),
  );
  expect(result).toMatchObject({ chance: 1 / 3, testCount: 60, classes: CLASSES, layer: null });
  expect(result.rows.find(({ protocol }) => protocol === 'linear')!.details).toMatchObject({ l2: expect.any(Number) });
  expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  expect(renderTable(result)).toContain('pretrained');
});

test('features of random convolutions beat chance; control: shuffled labels do not', async () => {
  const options = optionsOf({ baselines: ['random'] });
  const scores = async (changes: Partial<EvaluateOptions>) =>
    (await evaluate({ ...options, ...changes })).rows
      .filter(({ encoder }) => encoder === 'random')
      .map(({ score }) => score);
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
  const of = (encoder: string) => rows.filter((row) => row.encoder === encoder).map(({ score }) => score);
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

test('a bare encoder needs nothing else for frozen protocols', async () => {
  const { rows } = await evaluate(optionsOf({ run: undefined, encoder: makeFresh(3), protocols: ['knn'] }));
  expect(rows.map(({ encoder, protocol }) => `${encoder} ${protocol}`)).toEqual(['pretrained knn']);
});

test('unlabeled images are no error, and never among the labels', async () => {
  const train = stripes(60, 1);
  const some = train.withLabels(
    CLASSES,
    train.labels!.map((label, i) => (i < 30 ? label : -1)),
  );
  const { rows } = await evaluate(optionsOf({ train: some, protocols: ['knn'], baselines: [] }));
  expect(rows[0]!.labelCount).toBe(30);
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
  expect(matched.rows[0]!.score).toBe(straight.rows[0]!.score);
});

test('progress names the work and ends at its total', async () => {
  const last = new Map<string, string>();
  await evaluate(
    optionsOf({
      protocols: ['knn', 'finetune-head'],
      baselines: ['supervised'],
      onProgress: ({ encoder, work, done, total }) => last.set(`${encoder} ${work}`, `${done}/${total}`),
    }),
  );
  expect(Object.fromEntries(last)).toEqual({
    'pretrained training features': '60/60',
    'pretrained test features': '60/60',
    'pretrained knn': '1/1',
    'pretrained finetune-head': '8/8',
    'supervised supervised': '8/8',
  });
});

test('data without labels is refused with the remedy', async () => {
  const bare = datasetOf(new Uint8Array(6 * SIDE ** 2), null, null);
  const refused = /has no labels. Give --labels with a table of ids and labels, or a folder with class folders/;
  await expect(evaluate(optionsOf({ train: bare }))).rejects.toThrow(refused);
  await expect(evaluate(optionsOf({ test: bare }))).rejects.toThrow(refused);
});

test('too small a share of the labels is refused', async () => {
  await expect(evaluate(optionsOf({ labels: ['1%'] }))).rejects.toThrow(
    '1% of the labels is too little: class across has 20 labeled images. Take at least 5%, or 1/class.',
  );
});

test('a class that is missing on one side is refused by name', async () => {
  const images = stripes(60, 2);
  const without = images.subset([...images.ids.keys()].filter((i) => images.labels![i] !== 1));
  await expect(evaluate(optionsOf({ test: without }))).rejects.toThrow('The test data stripes has no images of along');
  await expect(evaluate(optionsOf({ train: without }))).rejects.toThrow(
    'The training data stripes has no images of along',
  );
});

test('images of another size or with other channels than the run are refused', async () => {
  await expect(evaluate(optionsOf({ test: stripes(6, 2, { side: 20 }) }))).rejects.toThrow(
    'Expected images of 16 x 16 pixels and 1 channel, as in pretraining, for `stripes`, received "20 x 20 pixels and 1 channel"',
  );
  const run = { method: makeFresh(3), makeFresh, data: { channels: 3, imageSize: SIDE } };
  await expect(evaluate(optionsOf({ run }))).rejects.toThrow(/Open the data with size 16 and 3 channels/);
});

test('an unknown protocol is refused with the nearest name', async () => {
  await expect(evaluate(optionsOf({ protocols: ['finetune-hed'] }))).rejects.toThrow(/Did you mean `finetune-head`\?/);
  await expect(evaluate(optionsOf({ protocols: [] }))).rejects.toThrow(/at least one protocol/);
});

test('fine-tuning without a way to make the network anew is refused', async () => {
  const options = optionsOf({ run: undefined, encoder: makeFresh(3), protocols: ['finetune'] });
  await expect(evaluate(options)).rejects.toThrow(/`makeFresh`/);
  await expect(evaluate(optionsOf({ run: undefined }))).rejects.toThrow(/either a run or an encoder/);
  await expect(evaluate(optionsOf({ seeds: [] }))).rejects.toThrow(/`seeds`/);
});
