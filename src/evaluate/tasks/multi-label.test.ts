import { expect, test } from 'vitest';
import { type ImageDataset, MultiLabelTargets } from '../../data/index.js';
import { Generator, ops, tensor } from '../../engine/index.js';
import { evaluate } from '../evaluate.js';
import { makeFresh, stripes } from '../images.test-util.js';
import { probe } from '../linear.js';
import { allOf, scoreOf } from '../task.js';
import { multiLabel } from './multi-label.js';

const NAMES = ['across', 'along', 'any'];
const targets = (rows: number[][], classes = NAMES) => new MultiLabelTargets(classes, Int8Array.from(rows.flat()));

test('the loss is the sum of binary cross-entropies over what is known', () => {
  const known = targets([
    [1, 0, -1],
    [0, 1, 1],
  ]);
  const output = ops.randn([2, 3], { generator: new Generator(1) });
  const [x, y] = [output.toNumbers(), known.values];
  const slow = x.reduce((sum, logit, i) => {
    if (y[i]! < 0) return sum;
    const p = 1 / (1 + Math.exp(-logit));
    return sum - Math.log(y[i] === 1 ? p : 1 - p);
  }, 0);
  expect(multiLabel.loss(known).of(output, known, Int32Array.of(0, 1)).item()).toBeCloseTo(slow / 2, 5);
});

test('figures: mAP over the classes with a positive, the floor is their share', () => {
  const known = targets([
    [1, 0, 0],
    [1, 1, 0],
    [0, 0, 0],
    [0, 0, -1],
  ]);
  const scores = tensor([
    [3, 1, 0],
    [2, 5, 0],
    [1, 0, 0],
    [0, 9, 0],
  ]).to('float32');
  const answers = multiLabel.decode(scores, known, allOf(4));
  expect(multiLabel.measure(answers).mAP).toBe((1 + 1 / 2) / 2);
  expect(multiLabel.floor(known)).toBe((2 / 4 + 1 / 4) / 2);
});

test('what cannot be learnt or scored is told or refused', () => {
  const [all, some] = [
    targets([[1, 1, 1]]),
    targets([
      [1, 0, 0],
      [0, 1, 0],
    ]),
  ];
  expect(() => multiLabel.review!(all, some)).toThrow('no label that some samples have');
  expect(() => multiLabel.review!(some, targets([[0, 0, -1]]))).toThrow('no sample with a label');
  expect(multiLabel.review!(some, all.subset([0]))).toEqual(['No training sample has any: nothing is learnt of it.']);
  const other = targets([[1, 0]], ['any', 'across']).numberedBy(NAMES, 'the test');
  expect([...other.at(0)]).toEqual([0, 0, 1]);
  expect(() => targets([[1]], ['other']).numberedBy(NAMES, 'the test')).toThrow('the test has other classes');
});

/** Stripes whose labels are their kind, and whether they are stripes at all. */
function labeledStripes(count: number, seed: number, isShuffled = false): ImageDataset {
  const data = stripes(count, seed);
  const kinds = [...data.labels!];
  const order = isShuffled ? kinds.map((_, i) => (7 * i + 3) % count) : [...kinds.keys()];
  const rows = order.map((i) => [Number(kinds[i] === 0), Number(kinds[i] === 1), Number(kinds[i] !== 2)]);
  return data.withTargets(targets(rows));
}

test('the linear probe finds labels that are in the features, and not shuffled ones', () => {
  const frozen = (seed: number, isShuffled: boolean) => {
    const random = new Generator(seed);
    const features = ops.randn([120, 4], { generator: random });
    const order = ops.randperm(120, { generator: random }).toNumbers();
    const values = features.toList() as number[][];
    const rows = values.map((_, i) => {
      const [a, b, c] = values[isShuffled ? order[i]! : i] as [number, number, number, number];
      return [Number(a > 0), Number(b > 0.5), Number(a + c > 0)];
    });
    return { features, targets: targets(rows) };
  };
  const score = (isShuffled: boolean) =>
    scoreOf(multiLabel, probe(multiLabel, frozen(1, isShuffled), frozen(2, isShuffled), { l2: [1e-2, 1e-4] }).answers);
  expect(score(false)).toBeGreaterThan(0.97);
  expect(score(true)).toBeLessThan(0.6);
});

test('as a task of `evaluate`, on frozen features and fine-tuned', async () => {
  const result = await evaluate({
    ...{ task: 'multi-label', train: labeledStripes(60, 1), test: labeledStripes(40, 2), seeds: [0] },
    run: { encoder: makeFresh(3), makeFresh },
    ...{ protocols: ['linear', 'finetune'], baselines: ['random'], layer: 'layer1+layer2' },
    linear: { l2: [1e-2] },
    finetune: { steps: 20, mostSteps: 40, epochs: 0, learningRates: [0.02], weightDecays: [1e-4] },
  });
  const scores = result.rows.filter(({ metric }) => metric === 'mAP');
  expect(scores.map(({ encoder, protocol }) => `${encoder} ${protocol}`)).toEqual([
    ...['pretrained linear', 'pretrained finetune', 'random linear'],
  ]);
  for (const { value } of scores) expect(value).toBeGreaterThan(result.floor);
});

test('folds without a positive do not choose the penalty', () => {
  // Of 200 samples 4 are positive, so that one of five folds has none; a sum of some columns says which.
  const x = ops.randn([200, 30], { generator: new Generator(2) });
  const sums = x.narrow(1, 0, 3).sum([1]).toNumbers();
  const border = [...sums].sort((a, b) => b - a)[3]!;
  const known = targets(
    sums.map((sum) => [sum >= border ? 1 : 0]),
    ['rare'],
  );
  const { validation, l2, answers } = probe(
    multiLabel,
    { features: x, targets: known },
    { features: x, targets: known },
    { l2: [100, 1e-4] },
  );
  expect(validation.every(({ score }) => score >= 0 && score <= 1)).toBe(true);
  expect(l2).toBe(1e-4);
  expect(scoreOf(multiLabel, answers)).toBe(1);
  // What a single number says is found in every fold that has a positive: the others count for nothing.
  const told = tensor(
    Float32Array.from(sums, (sum) => Number(sum >= border)),
    { shape: [200, 1] },
  );
  const samples = { features: told, targets: known };
  expect(probe(multiLabel, samples, samples, { l2: [1e-2] }).validation).toMatchObject([{ score: 1 }]);
});
