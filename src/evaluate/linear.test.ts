import { expect, test } from 'vitest';
import { Generator, ops } from '../engine/index.js';
import { clouds } from './clouds.test-util.js';
import { threeSigma } from './gates.js';
import { DEFAULT_L2, L2_GRID, linearProbe } from './linear.js';

test('learns separable classes, the same way every time', () => {
  const [train, held] = [clouds(60, 3, 8, 3, 1), clouds(300, 3, 8, 3, 2)];
  const result = linearProbe(train, held);
  expect(result.accuracy).toBeGreaterThan(0.98);
  expect(result.isConverged).toBe(true);
  expect(result.validation.map(({ l2 }) => l2)).toEqual(L2_GRID);
  expect(linearProbe(train, held)).toEqual(result);
});

test('control: shuffled labels give chance', () => {
  const [train, held] = [clouds(300, 3, 8, 3, 1), clouds(300, 3, 8, 3, 2)];
  const order = ops.randperm(300, { generator: new Generator(5) }).toNumbers();
  const shuffled = { ...train, labels: Int32Array.from(order, (i) => train.labels[i]!) };
  expect(linearProbe(shuffled, held).accuracy).toBeLessThan(threeSigma(1 / 3, 300));
});

test('the test labels choose nothing', () => {
  const [train, held] = [clouds(60, 3, 8, 1, 1), clouds(90, 3, 8, 1, 2)];
  const wrong = { ...held, labels: held.labels.map((label) => (label + 1) % 3) };
  const { accuracy, ...rest } = linearProbe(train, held);
  const { accuracy: wrongAccuracy, ...wrongRest } = linearProbe(train, wrong);
  expect(wrongRest).toEqual(rest);
  expect(wrongAccuracy).toBeLessThan(accuracy);
});

test('chooses a strong penalty in noise and a weak one in clean data', () => {
  const noisy = linearProbe(clouds(40, 2, 60, 0.15, 3), clouds(40, 2, 60, 0.15, 4));
  expect(noisy.l2).toBeGreaterThanOrEqual(0.1);
  // An exact but shallow border: the class is the sign of a sum whose margin is small.
  const x = ops.randn([800, 6], { generator: new Generator(7) });
  const labels = Int32Array.from(x.sum(1).toNumbers(), (sum) => (sum > 0 ? 1 : 0));
  const clean = linearProbe({ features: x, labels }, { features: x, labels });
  expect(clean.l2).toBeLessThanOrEqual(0.1);
  expect(clean.accuracy).toBeGreaterThan(0.98);
});

test('one label per class: nothing to choose by, so the default penalty', () => {
  const train = clouds(3, 3, 8, 3);
  const reference = clouds(90, 3, 8, 3, 5).features;
  const result = linearProbe(train, clouds(60, 3, 8, 3, 2), { reference });
  expect(result).toMatchObject({ l2: DEFAULT_L2, validation: [] });
  expect(result.accuracy).toBeGreaterThan(0.9);
});

test('labels of one class and features of another size are refused', () => {
  const { features, labels } = clouds(10, 2, 4, 1);
  const single = { features, labels: new Int32Array(10) };
  expect(() => linearProbe(single, single)).toThrow(/at least two classes/);
  expect(() => linearProbe({ features, labels }, clouds(10, 2, 5, 1))).toThrow(/features of size 4/);
});

test('features that are not finite are refused', () => {
  const { features, labels } = clouds(10, 2, 4, 1);
  const broken = { features: features.clone(), labels };
  broken.features.select(0, 7).select(0, 1).fill_(Number.NaN);
  const good = { features, labels };
  expect(() => linearProbe(broken, good)).toThrow(
    'Expected finite features for `train`, received "NaN or infinity in row 7"',
  );
  expect(() => linearProbe(good, broken)).toThrow(/for `test`/);
  expect(() => linearProbe(good, good, { reference: broken.features })).toThrow(/for `reference`/);
});

test('the numbers of the protocol stay as they are', () => {
  const [train, held] = [clouds(90, 3, 40, 0.25, 1), clouds(60, 3, 40, 0.25, 2)];
  const reference = clouds(200, 3, 40, 0.25, 3).features;
  const result = linearProbe(train, held, { reference, seed: 4, classes: 3 });
  expect([...result.predictions].join('')).toBe('012022022012012010002101212012122012212012212112012112211012');
  expect(result).toMatchObject({
    accuracy: 44 / 60,
    l2: 10,
    iterations: 10,
    loss: expect.closeTo(1.0491667448276565, 12),
  });
  const scores = [0.7666666666666667, 0.7777777777777778, 0.711111111111111, 0.7222222222222222, 0.6888888888888888];
  scores.push(0.6666666666666666, 0.6444444444444444, 0.6222222222222221, 0.6);
  expect(result.validation.map(({ score }) => score)).toEqual(scores.map((score) => expect.closeTo(score, 14)));
  const losses = [1.0906504064156182, 1.0280316328309969, 0.7809580043268866, 0.7006432630445792, 1.0889944759546408];
  expect(result.validation.slice(0, 5).map(({ loss }) => loss)).toEqual(losses.map((loss) => expect.closeTo(loss, 9)));
  const few = linearProbe(clouds(30, 3, 40, 0.25, 5), held, { seed: 1 });
  expect(few).toMatchObject({
    accuracy: 42 / 60,
    l2: 1e-3,
    iterations: 25,
    loss: expect.closeTo(0.013931720354828914, 9),
  });
  const many = linearProbe(clouds(1200, 3, 8, 0.5, 5), clouds(60, 3, 8, 0.5, 6), { seed: 1 });
  expect(many).toMatchObject({
    accuracy: 43 / 60,
    l2: 0.01,
    iterations: 16,
    loss: expect.closeTo(0.5930830001697411, 12),
  });
});
