import { expect, test } from 'vitest';
import { chooseLabels, parseLabelAmount } from './label-amounts.js';

const cycle = (count: number, classes: number) => Int32Array.from({ length: count }, (_, i) => i % classes);

test.each([
  [0.01, '1%', 0.01],
  ['1%', '1%', 0.01],
  ['0.1', '10%', 0.1],
  ['12.5 %', '12.5%', 0.125],
  [1, '100%', 1],
])('%s is a share', (amount, name, fraction) => {
  expect(parseLabelAmount(amount)).toEqual({ name, fraction });
});

test('a number per class', () => {
  expect(parseLabelAmount('10/class')).toEqual({ name: '10/class', perClass: 10 });
  expect(parseLabelAmount('5 / class')).toEqual({ name: '5/class', perClass: 5 });
});

test.each([0, -0.5, 2, Number.NaN, '1', '0%', '101%', '0/class', '1.5/class', 'all', ''])('%s is refused', (amount) => {
  expect(() => parseLabelAmount(amount)).toThrow(/Expected a share such as 1% or 0.01, or a number per class/);
});

const chosenOf = (...input: Parameters<typeof chooseLabels>) => chooseLabels(...input).chosen;

test('the same images for the same seed, nested, balanced', () => {
  const labels = cycle(400, 4);
  const few = chosenOf(labels, '1%', 3, []);
  const many = chosenOf(labels, '10/class', 3, []);
  expect(few).toHaveLength(4);
  expect(many).toHaveLength(40);
  expect([...many]).toEqual(expect.arrayContaining([...few]));
  expect([...few].map((i) => labels[i]).sort()).toEqual([0, 1, 2, 3]);
  expect(chooseLabels(labels, '1%', 3, [])).toEqual({ name: '1%', chosen: few, note: null });
});

test('unlabeled images are never chosen', () => {
  const labels = cycle(40, 4).map((label, i) => (i % 8 < 4 ? label : -1));
  for (const i of chosenOf(labels, '100%', 0, [])) expect(labels[i]).toBeGreaterThanOrEqual(0);
  expect(chosenOf(labels, '100%', 0, [])).toHaveLength(20);
});

test('a share of less than one image of every class is refused, with the smallest one that will do', () => {
  const labels = cycle(240, 4);
  expect(() => chooseLabels(labels, '1%', 0, ['bag', 'boot', 'coat', 'dress'])).toThrow(
    '1% of the labels is too little: class bag has 60 labeled images. Take at least 1.7%, or 1/class.',
  );
  expect(chosenOf(labels, '1.7%', 0, [])).toHaveLength(4);
  expect(chosenOf(cycle(400, 4), 0.01, 0, [])).toHaveLength(4);
});

test('more per class than any class has is refused', () => {
  expect(() => chooseLabels(Int32Array.of(0, 0, 1, 1), '3/class', 0, ['bag', 'boot'])).toThrow(
    '3/class of the labels is too much: class bag has 2 labeled images. Take at most 2/class.',
  );
});

test('a class that has too few gives what it has, and is named', () => {
  const labels = Int32Array.of(1, ...new Int32Array(20));
  expect(chooseLabels(labels, '2/class', 0, ['bag', 'boot'])).toEqual({
    name: '2/class',
    chosen: expect.objectContaining({ length: 3 }),
    note: '2/class is more than there is of boot (1): all of its samples are taken.',
  });
  const share = chooseLabels(labels, '10%', 0, ['bag', 'boot']);
  expect([...share.chosen].map((i) => labels[i]).sort()).toEqual([0, 0, 1]);
  expect(share.note).toBe('10% is less than one sample of boot (1): one is taken.');
  expect(chooseLabels(labels, '100%', 0, ['bag', 'boot'])).toMatchObject({ note: null });
});

test('a task without classes takes shares of all samples, and no number per class', () => {
  const all = new Int32Array(40);
  expect(chosenOf(all, '10%', 0, null)).toHaveLength(4);
  expect(() => chooseLabels(all, '10/class', 0, null)).toThrow('Expected a share such as 10% for `labels`');
  expect(() => chooseLabels(all, '1%', 0, null)).toThrow(
    '1% of the labels is too little: there are 40 labeled samples. Take at least 2.5%.',
  );
});
