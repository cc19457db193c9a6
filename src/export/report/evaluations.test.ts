import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { put, temporaryFolder } from '../../../tests/data-files.js';
import type { SavedEvaluation } from '../../evaluate/records.js';
import { type Comparison, type EvaluationRow, summarize } from '../../evaluate/result.js';
import { RunFolder } from '../../train/run-folder.js';
import { readEvaluations, reported } from './evaluations.js';

const row = (
  encoder: EvaluationRow['encoder'],
  protocol: EvaluationRow['protocol'],
  labels: string,
  value: number,
  seed = 0,
): EvaluationRow => ({
  ...{ encoder, protocol, task: 'classification', metric: 'accuracy', value, interval: null, n: 1000, seed, labels },
  ...{ labelCount: labels === '1%' ? 60 : 6000, steps: null, epochs: null, details: {} },
});

const comparison = (against: Comparison['against'], verdict: Comparison['verdict']): Comparison => ({
  ...{ protocol: 'knn', labels: '1%', metric: 'accuracy', encoder: 'pretrained', against, difference: 0.1 },
  ...{ interval: [0.05, 0.15], level: 0.95, verdict, errors: { seeds: 0.01, samples: 0.01 }, seeds: 2 },
});

const result = (rows: EvaluationRow[], comparisons: Comparison[] = []): SavedEvaluation => ({
  ...{ date: '2026-01-02T03:04:05.000Z', step: 40, encoder: 'e', task: 'classification', isOfPresentEncoder: null },
  score: { metric: 'accuracy', title: 'Top-1 accuracy', better: 'higher', isShare: true },
  data: null,
  options: { protocols: ['knn'], labels: ['1%'], seeds: [0], baselines: [], layer: null, settings: {} },
  ...{ rows, summary: summarize(rows), comparisons, floor: 0.1, testCount: 1000, classes: ['a', 'b'] },
  ...{ notes: ['A note.'], seconds: 1, isComplete: true },
});

const rows = [0, 1].flatMap((seed) => [
  row('pretrained', 'knn', '1%', 0.5 + 0.1 * seed, seed),
  row('random', 'knn', '1%', 0.3, seed),
  row('supervised', 'supervised', '1%', 0.7, seed),
  row('pretrained', 'linear', '100%', 0.9, seed),
]);

describe('an evaluation', () => {
  const evaluation = reported(result(rows), 40);

  it('has a row per protocol and amount of labels, with mean and deviation', () => {
    expect(evaluation.columns).toEqual(['Labels', 'Pretrained', 'Random init', 'Supervised']);
    const lines = evaluation.groups.map(({ title, rows }) => [title, rows.map(({ name, note }) => [name, note])]);
    expect(lines).toEqual([
      ['k-NN', [['1%', '60 labels']]],
      [
        'Linear probe',
        [
          ['1%', '60 labels'],
          ['100%', '6,000 labels'],
        ],
      ],
    ]);
    const [cells] = evaluation.groups[0]!.rows.map((line) => line.cells);
    expect(cells!.map(({ text, note }) => [text, note])).toEqual([
      ['55.0\u00a0%', '± 7.1'],
      ['30.0\u00a0%', '± 0.0'],
      ['70.0\u00a0%', '± 0.0'],
    ]);
    expect(cells![0]!.bar).toMatchObject({ value: 0.55, floor: 0.1 });
    expect(evaluation.groups[1]!.rows[1]!.cells.map(({ text }) => text)).toEqual([
      ...['90.0\u00a0%', 'not measured', 'not measured'],
    ]);
    expect(evaluation.sentences.join(' ')).toMatch(/up to 2 seeds.*A note\./);
  });

  it('marks the best and names losers only where the comparisons say so', () => {
    const marked = (comparisons: Comparison[]) =>
      reported(result(rows.slice(0, 2), comparisons), 40).groups[0]!.rows[0]!.cells.map(({ isBest }) => isBest);
    expect(marked([])).toEqual([false, false]);
    expect(marked([comparison('random', 'better')])).toEqual([true, false]);
    expect(marked([comparison('random', 'no difference can be shown')])).toEqual([false, false]);
    expect(marked([comparison('random', 'worse')])).toEqual([false, true]);
    expect(evaluation.sentences.join(' ')).not.toMatch(/loses/);
    const loss = reported(result(rows, [comparison('supervised', 'worse')]), 40).sentences.join(' ');
    expect(loss).toMatch(/The pretrained encoder loses to supervised in knn with 1%/);
  });

  it('says whether the encoder of the run is still the one that was measured', () => {
    const isOf = (presentStep: number | null, step: number | null = 40) =>
      reported({ ...result(rows), step }, presentStep).isOfThisEncoder;
    expect([isOf(40), isOf(80), isOf(null), isOf(40, null)]).toEqual([true, false, null, null]);
  });

  it('may have several figures, and training from scratch alone', () => {
    const two = [row('pretrained', 'linear', '1%', 0.2), { ...row('pretrained', 'linear', '1%', 0.6), metric: 'mIoU' }];
    const { columns, groups } = reported(result(two), 40);
    expect(columns[0]).toBe('Labels, figure');
    expect(groups[0]!.rows.map(({ name }) => name)).toEqual(['1%, accuracy', '1%, mIoU']);
    const only = reported(result([row('supervised', 'supervised', '1%', 0.6)]), null);
    expect(only.groups.map(({ title }) => title)).toEqual(['Supervised']);
  });
});

it('reads nothing from files that are missing, cut off or of another form, and those of this encoder first', () => {
  const at = temporaryFolder();
  put(at('config.json'), '{}');
  const folder = RunFolder.open(at());
  expect(readEvaluations(folder, 40)).toEqual([]);
  for (const text of ['{"summary": [', '[]', '{}']) {
    writeFileSync(at('evaluation.json'), text);
    expect(readEvaluations(folder, 40)).toEqual([]);
  }
  const { isOfPresentEncoder: _, ...plain } = result(rows);
  const evaluations = [20, 40, 30].map((step) => ({ ...plain, step }));
  writeFileSync(at('evaluation.json'), JSON.stringify({ format: 2, evaluations }));
  expect(readEvaluations(folder, 40).map(({ step }) => step)).toEqual([40, 30, 20]);
});
