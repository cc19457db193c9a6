import { expect, it } from 'vitest';
import { ops, tensor } from '../../engine/index.js';
import { pairPreview } from './pair-preview.js';

const samples = ops.arange(0, 2, 1, { dtype: 'float32' }).view([2, 1, 1, 1]).expand([2, 3, 4, 4]);
const similarity = tensor([
  [0.1, 0.9],
  [0.2, 0.3],
]);
const words = { title: 'Title', explanation: 'Explanation' };

it('shows for each image the second view that is most similar to the first, and whether it is its own', () => {
  const second = samples.add(10);
  const [preview, ...others] = pairPreview({ ...words, samples, first: samples.add(5), second, similarity });
  expect(others).toEqual([]);
  expect(preview).toMatchObject({ ...words, chance: 0.5 });
  expect(preview!.rows.map((row) => row.map(({ image }) => image!.mean().item()))).toEqual([
    [0, 5, 10, 11],
    [1, 6, 11, 11],
  ]);
  expect(preview!.rows.map((row) => row[3]!.isCorrect)).toEqual([false, true]);
});

it('shows more tiles before the nearest view', () => {
  const extra = (i: number) => [{ text: `more of ${i}` }];
  const [, row] = pairPreview({ ...words, samples, first: samples, second: samples, similarity, extra })[0]!.rows;
  expect(row!.map(({ text, caption }) => text ?? caption)).toEqual([
    ...['image', 'view 1', 'view 2', 'more of 1', 'most similar to view 1'],
  ]);
});

it('writes below the pictures what they are, or what it is told', () => {
  const rows = (captions = {}) =>
    pairPreview({ ...words, samples, first: samples, second: samples, similarity, captions })[0]!.rows;
  const written = (captions = {}) => rows(captions)[1]!.map(({ caption }) => caption);
  expect(written()).toEqual(['image', 'view 1', 'view 2', 'most similar to view 1']);
  const own = { sample: 'video', first: 'part', second: (i: number) => `whole ${i}`, nearest: 'guess' };
  expect(written(own)).toEqual(['video', 'part', 'whole 1', 'guess']);
});
