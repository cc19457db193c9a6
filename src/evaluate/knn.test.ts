import { expect, test } from 'vitest';
import { Generator, ops, tensor } from '../engine/index.js';
import { clouds } from './clouds.test-util.js';
import { threeSigma } from './gates.js';
import { accuracyOf, defaultK, knn } from './knn.js';

function randomSet(count: number, classes: number, size: number, seed: number) {
  const features = ops.randn([count, size], { generator: new Generator(seed) });
  const labels = Int32Array.from(ops.randint(0, classes, [count], { generator: new Generator(seed + 1) }).toNumbers());
  return { features, labels };
}

/** The definition, image by image: all cosines, sorted, the first k vote with exp(cos / temperature). */
function slowKnn(
  train: ReturnType<typeof randomSet>,
  test: ReturnType<typeof randomSet>,
  k: number,
  temperature: number,
) {
  const rows = train.features.toList() as number[][];
  const cosine = (a: number[], b: number[]) =>
    a.reduce((sum, value, i) => sum + value * b[i]!, 0) / (Math.hypot(...a) * Math.hypot(...b));
  return (test.features.toList() as number[][]).map((query) => {
    const nearest = rows
      .map((row, i) => ({ similarity: cosine(query, row), label: train.labels[i]! }))
      .sort((a, b) => b.similarity - a.similarity)
      .slice(0, k);
    const votes = new Map<number, number>();
    for (const { similarity, label } of nearest)
      votes.set(label, (votes.get(label) ?? 0) + Math.exp(similarity / temperature));
    return [...votes].sort((a, b) => b[1] - a[1])[0]![0];
  });
}

test.each([
  [1, 0.1],
  [5, 0.1],
  [20, 0.07],
  [300, 1],
])('equals the slow definition for k = %s, temperature %s', (k, temperature) => {
  const [train, held] = [randomSet(120, 4, 6, 1), randomSet(50, 4, 6, 11)];
  const result = knn(train, held, { k, temperature, chunk: 7 });
  expect([...result.predictions]).toEqual(slowKnn(train, held, k, temperature));
  expect(result.k).toBe(Math.min(k, 120));
  expect(result.accuracy).toBe(accuracyOf(result.predictions, held.labels));
});

test('votes by direction, not by length, and by weight, not by count', () => {
  const train = {
    features: tensor([
      [100, 0],
      [0, 1],
      [-0.2, 1],
    ]),
    labels: Int32Array.of(0, 1, 1),
  };
  const near = { features: tensor([[0.01, 0.001]]), labels: Int32Array.of(0) };
  expect(knn(train, near, { k: 3 }).predictions[0]).toBe(0);
  // At a high temperature all neighbors count nearly alike, and two beat one.
  expect(knn(train, near, { k: 3, temperature: 100 }).predictions[0]).toBe(1);
  // A low one must not overflow.
  expect(knn(train, near, { k: 3, temperature: 1e-4 }).predictions[0]).toBe(0);
});

test('finds separable classes; control: shuffled labels give chance', () => {
  const labels = Int32Array.from({ length: 400 }, (_, i) => i % 4);
  const centers = ops.randn([4, 16], { generator: new Generator(3) }).mul(3);
  const features = centers.indexSelect(0, tensor(labels)).add(ops.randn([400, 16], { generator: new Generator(4) }));
  const [train, held] = [
    { features: features.narrow(0, 0, 200), labels: labels.slice(0, 200) },
    { features: features.narrow(0, 200, 200), labels: labels.slice(200) },
  ];
  expect(knn(train, held).accuracy).toBeGreaterThan(0.98);
  const order = ops.randperm(200, { generator: new Generator(5) }).toNumbers();
  const shuffled = { ...train, labels: Int32Array.from(order, (i) => train.labels[i]!) };
  expect(knn(shuffled, held).accuracy).toBeLessThan(threeSigma(1 / 4, 200));
});

test('k follows the size of the training set', () => {
  expect([5, 60, 9_999, 10_000, 60_000].map(defaultK)).toEqual([5, 20, 20, 200, 200]);
});

test('options out of range and features of another size are refused', () => {
  const set = randomSet(10, 2, 3, 1);
  expect(() => knn(set, set, { k: 0 })).toThrow(/Expected a whole number from 1 for `k`/);
  expect(() => knn(set, set, { temperature: 0 })).toThrow(/`temperature`/);
  expect(() => knn(set, randomSet(4, 2, 5, 1))).toThrow(/features of size 3/);
});

test('features that are not finite are refused', () => {
  const good = randomSet(10, 2, 3, 1);
  const broken = { ...good, features: good.features.clone() };
  broken.features.select(0, 4).fill_(Number.NaN);
  expect(() => knn(broken, good)).toThrow('Expected finite features for `train`, received "NaN or infinity in row 4"');
  expect(() => knn(good, broken)).toThrow(/for `test`/);
});

test('the numbers of the protocol stay as they are', () => {
  const [train, held] = [clouds(90, 3, 40, 0.25, 1), clouds(60, 3, 40, 0.25, 2)];
  const { accuracy, predictions } = knn(train, held, { k: 7 });
  expect(accuracy).toBe(43 / 60);
  expect([...predictions].join('')).toBe('012022022012212010012100012010122002212002012112011112112012');
});
