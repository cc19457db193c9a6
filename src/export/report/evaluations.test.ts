import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { put, temporaryFolder } from '../../../tests/data-files.js';
import { type EvaluationRow, summarize } from '../../evaluate/result.js';
import { RunFolder } from '../../train/run-folder.js';
import { readEvaluations, reportedEvaluations } from './evaluations.js';

const row = (
  encoder: EvaluationRow['encoder'],
  protocol: EvaluationRow['protocol'],
  labels: string,
  score: number,
  seed = 0,
): EvaluationRow => ({ encoder, protocol, labels, labelCount: labels === '1%' ? 60 : 6000, seed, score, details: {} });

const result = (rows: EvaluationRow[]) => ({
  ...{ rows, summary: summarize(rows), chance: 0.1, testCount: 1000, classes: ['a', 'b'], layer: null, seconds: 1 },
});

const rows = [0, 1].flatMap((seed) => [
  row('pretrained', 'knn', '1%', 0.5 + 0.1 * seed, seed),
  row('random', 'knn', '1%', 0.3, seed),
  row('supervised', 'supervised', '1%', 0.7, seed),
  row('pretrained', 'linear', '100%', 0.9, seed),
]);

describe('an evaluation without verdicts', () => {
  const [evaluation] = reportedEvaluations(result(rows), 40);

  it('has a row per protocol and amount of labels, with mean and deviation', () => {
    expect(evaluation!.columns).toEqual(['Labels', 'Pretrained', 'Random init', 'Supervised']);
    expect(evaluation!.groups.map(({ title, rows }) => [title, rows.map(({ name, note }) => [name, note])])).toEqual([
      ['k-NN', [['1%', '60 images']]],
      ['Linear probe', [['100%', '6,000 images']]],
    ]);
    const [cells] = evaluation!.groups[0]!.rows.map((line) => line.cells);
    expect(cells!.map(({ text, note }) => [text, note])).toEqual([
      ['55.0\u00a0%', '± 7.1'],
      ['30.0\u00a0%', '± 0.0'],
      ['70.0\u00a0%', '± 0.0'],
    ]);
    expect(cells![0]!.bar).toMatchObject({ value: 0.55, floor: 0.1 });
    expect(evaluation!.groups[1]!.rows[0]!.cells.map(({ text }) => text)).toEqual([
      ...['90.0\u00a0%', 'not measured', 'not measured'],
    ]);
    expect(evaluation!.sentences.join(' ')).toContain('up to 2 seeds');
  });

  it('marks nothing as the best, names no loser, and claims no step', () => {
    const cells = evaluation!.groups.flatMap((group) => group.rows.flatMap((line) => line.cells));
    expect(cells.some(({ isBest }) => isBest)).toBe(false);
    expect(evaluation!.sentences.join(' ')).not.toMatch(/loses|behind|ahead/);
    expect(evaluation).toMatchObject({ step: null, isOfThisEncoder: null, data: null, date: null });
  });

  it('may hold training from scratch alone', () => {
    const [only] = reportedEvaluations(result([row('supervised', 'supervised', '1%', 0.6)]), null);
    expect(only!.groups.map(({ title }) => title)).toEqual(['Supervised']);
    expect(only!.sentences.join(' ')).toContain('One seed');
  });
});

it('reads nothing from files that are missing, cut off or of another form', () => {
  const at = temporaryFolder();
  put(at('config.json'), '{}');
  const folder = RunFolder.open(at());
  expect(readEvaluations(folder, 40)).toEqual([]);
  for (const text of ['{"summary": [', '[]', '{}', JSON.stringify({ ...result(rows), chance: 'none' })]) {
    writeFileSync(at('evaluation.json'), text);
    expect(readEvaluations(folder, 40)).toEqual([]);
  }
  writeFileSync(at('evaluation.json'), JSON.stringify(result(rows)));
  expect(readEvaluations(folder, 40)).toHaveLength(1);
});
