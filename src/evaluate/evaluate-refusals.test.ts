import { expect, test } from 'vitest';
import { evaluate } from './evaluate.js';
import { optionsOf } from './evaluate.test-util.js';
import { datasetOf, encoderOf, makeFresh, SIDE, SPEC, stripes } from './images.test-util.js';
import type { EvaluateOptions } from './setting.js';

test('data without labels is refused with the remedy', async () => {
  const bare = datasetOf(new Uint8Array(6 * SIDE ** 2), null, null);
  const refused = /has no labels. Give --label-file with a table of ids and labels, or a folder with class folders/;
  await expect(evaluate(optionsOf({ train: bare }))).rejects.toThrow(refused);
  await expect(evaluate(optionsOf({ test: bare }))).rejects.toThrow(refused);
});

test('too small a share of the labels is refused', async () => {
  await expect(evaluate(optionsOf({ labels: ['1%'] }))).rejects.toThrow(
    '1% of the labels is too little: class across has 20 labeled images. Take at least 5%, or 1/class.',
  );
});

test('a class that is missing on one side is told by name, and the others are scored', async () => {
  const images = stripes(60, 2, { noise: 20 });
  const without = images.subset([...images.ids.keys()].filter((i) => images.labels![i] !== 1));
  const options = optionsOf({ protocols: ['linear'], baselines: [] });
  const unasked = await evaluate({ ...options, test: without });
  expect(unasked.rows[0]!.n).toBe(40);
  expect(unasked.notes).toEqual(['The test data have no sample of along: the score is over the other classes.']);
  const untaught = await evaluate({ ...options, train: without, test: stripes(60, 3, { noise: 20 }) });
  expect(untaught.notes).toEqual([
    'The training data have no labeled sample of along: the test samples of it cannot be right, and count.',
  ]);
  expect(untaught.rows[0]!.value).toBeLessThanOrEqual(40 / 60);
  const one = images.subset([...images.ids.keys()].filter((i) => images.labels![i] !== 1 || i === 1));
  const single = await evaluate({ ...options, train: one, labels: ['25%', 1] });
  expect(single.rows.map(({ labelCount }) => labelCount)).toEqual([11, 41]);
  expect(single.notes).toEqual([
    'The training data have a single labeled sample of along: it is learnt from, and chooses nothing.',
    '25% is less than one sample of along (1): one is taken.',
  ]);
  const alike = images.subset([...images.ids.keys()].filter((i) => images.labels![i] === 0));
  await expect(evaluate({ ...options, train: alike })).rejects.toThrow(/one class only/);
});

test('images of another size or with other channels than the run are refused', async () => {
  await expect(evaluate(optionsOf({ test: stripes(6, 2, { side: 20 }) }))).rejects.toThrow(
    'Expected images of 16 x 16 pixels and 1 channel, as in pretraining, for `stripes`, received "20 x 20 pixels and 1 channel"',
  );
  const spec = { ...SPEC, channels: 3 };
  const run = { encoder: encoderOf(makeFresh(3).backbone, { spec }), makeFresh };
  await expect(evaluate(optionsOf({ run }))).rejects.toThrow(/Open the data with size 16 and 3 channels/);
});

test('an unknown protocol is refused with the nearest name', async () => {
  await expect(evaluate(optionsOf({ protocols: ['finetune-hed'] }))).rejects.toThrow(/Did you mean `finetune-head`\?/);
  await expect(evaluate(optionsOf({ protocols: [] }))).rejects.toThrow(/at least one protocol/);
});

test('an unknown task, layer or baseline is refused with the nearest name', async () => {
  await expect(evaluate(optionsOf({ task: 'segment' }))).rejects.toThrow(/Did you mean `segmentation`\?/);
  await expect(evaluate(optionsOf({ layer: 'layer5' }))).rejects.toThrow(/for `layer`.*Did you mean `layer[1-4]`\?/);
  const baselines = ['rondom'] as unknown as EvaluateOptions['baselines'];
  await expect(evaluate(optionsOf({ baselines }))).rejects.toThrow(/Did you mean `random`\?/);
});

test('fine-tuning without a way to make the network anew is refused', async () => {
  const options = optionsOf({ run: undefined, encoder: makeFresh(3), protocols: ['finetune'] });
  await expect(evaluate(options)).rejects.toThrow(/`makeFresh`/);
  await expect(evaluate(optionsOf({ run: undefined }))).rejects.toThrow(/either a run or an encoder/);
  await expect(evaluate(optionsOf({ encoder: makeFresh(4) }))).rejects.toThrow(/either a run or an encoder/);
  for (const seeds of [[], [-1], [0.5]])
    await expect(evaluate(optionsOf({ seeds }))).rejects.toThrow(/at least one whole number from 0/);
});
