import { expect, test } from 'vitest';
import type { Comparison, EvaluationResult, EvaluationRow, Verdict } from './result.js';
import { summarize } from './result.js';
import { linesOf, lossesOf, renderMarkdown, renderTable } from './table.js';

const row = (
  encoder: EvaluationRow['encoder'],
  protocol: EvaluationRow['protocol'],
  labels: string,
  seed: number,
  value: number,
  metric = 'accuracy',
): EvaluationRow => ({
  ...{ encoder, protocol, task: 'classification', metric, value, interval: null, n: 1000, labels, seed },
  ...{ labelCount: labels === '1%' ? 60 : 6000, steps: null, epochs: null, details: {} },
});

const compared = (
  line: string,
  verdict: Verdict,
  against: EvaluationRow['encoder'],
  encoder: EvaluationRow['encoder'] = 'pretrained',
): Comparison => {
  const [protocol, labels] = line.split(' ') as [string, string];
  const difference = { better: 0.2, worse: -0.05, 'no difference can be shown': 0.01 }[verdict];
  return {
    ...{ protocol, labels, metric: 'accuracy', encoder, against, verdict, difference, level: 0.95, seeds: 2 },
    ...{ interval: [difference - 0.02, difference + 0.02], errors: { seeds: 0.01, samples: 0.01 } },
  };
};

function result(rows: EvaluationRow[], comparisons: Comparison[] = []): EvaluationResult {
  return {
    ...{ date: null, step: null, encoder: null, task: 'classification', data: null },
    score: { metric: 'accuracy', title: 'Top-1 accuracy', better: 'higher', isShare: true },
    options: { protocols: [], labels: [], seeds: [], baselines: [], layer: null, settings: {} },
    ...{ rows, summary: summarize(rows), comparisons, floor: 0.5, testCount: 1000, classes: ['bag', 'boot'] },
    ...{ notes: [], seconds: 1, isComplete: true },
  };
}

const rows = [
  row('pretrained', 'knn', '1%', 0, 0.6),
  row('pretrained', 'knn', '1%', 1, 0.7),
  row('pretrained', 'linear', '1%', 0, 0.5),
  row('pretrained', 'linear', '1%', 1, 0.5),
  row('pretrained', 'linear', '100%', 0, 0.9),
  row('pretrained', 'linear', '100%', 1, 0.9),
  row('random', 'knn', '1%', 0, 0.4),
  row('random', 'knn', '1%', 1, 0.4),
  row('random', 'linear', '1%', 0, 0.55),
  row('random', 'linear', '1%', 1, 0.55),
  row('supervised', 'supervised', '1%', 0, 0.45),
  row('supervised', 'supervised', '1%', 1, 0.45),
];

/** What intervals would say of these rows. */
const shown = [
  compared('knn 1%', 'better', 'random'),
  compared('knn 1%', 'better', 'supervised'),
  compared('linear 1%', 'worse', 'random'),
  compared('linear 1%', 'no difference can be shown', 'supervised'),
  compared('linear 1%', 'better', 'supervised', 'random'),
];

test('summarizes over the seeds with the sample deviation', () => {
  const [first, second] = summarize(rows);
  expect(first).toEqual({
    ...{ encoder: 'pretrained', protocol: 'knn', labels: '1%', labelCount: 60, n: 2 },
    ...{ task: 'classification', metric: 'accuracy' },
    mean: expect.closeTo(0.65, 12),
    std: expect.closeTo(0.1 / Math.SQRT2, 12),
  });
  expect(second!.std).toBe(0);
  expect(summarize(rows.slice(0, 1))[0]).toMatchObject({ std: 0, n: 1 });
});

test('aligns the columns, marks the best of a line and says where the pretrained encoder loses', () => {
  expect(renderTable(result(rows, shown))).toBe(
    [
      'It was not worth it: with 1% of the labels (60) and linear of the pretrained encoder, it loses to random initialization by 5.0 points (3.0 to 7.0), and no difference can be shown to supervised training (1.0 points (-1.0 to 3.0)).',
      '',
      'protocol  labels        pretrained    random init   supervised',
      '--------  ------------  ------------  ------------  ------------',
      'knn       1% (60)       65.0 ± 7.1 *  40.0 ± 0.0    45.0 ± 0.0',
      'linear    1% (60)       50.0 ± 0.0    55.0 ± 0.0 *  45.0 ± 0.0',
      'linear    100% (6,000)  90.0 ± 0.0    -             -',
      '',
      'Top-1 accuracy in % on 1,000 test samples of 2 classes, mean ± standard deviation over 2 seeds; * marks what is better than every other of a line. Always answering the most frequent class gives 50.0 %; above 54.7 % is better than chance (three sigma).',
      'The pretrained encoder loses to random init in linear with 1% (-5.0 points, -7.0 to -3.0).',
      'No difference can be shown between the pretrained encoder and supervised in linear with 1% (+1.0 points, -1.0 to +3.0).',
    ].join('\n'),
  );
});

test('does not ask for more than all right where test samples are few', () => {
  const few = { ...result(rows), testCount: 6 };
  expect(renderTable(few)).toContain(
    'gives 50.0 %; with so few test samples no score is better than chance (three sigma).',
  );
  // 0.5 + 3 sqrt(0.25 / 9) is 1, and of 10 samples 97.4 % is enough.
  expect(renderTable({ ...few, testCount: 9 })).toContain('with so few test samples');
  expect(renderTable({ ...few, testCount: 10 })).toContain('above 97.4 % is better than chance (three sigma)');
});

test('control: higher means alone neither mark the best nor make a loss', () => {
  const text = renderTable(result(rows));
  expect(text).not.toMatch(/\d \*/);
  expect(text).not.toContain('loses');
  const some = result(rows, [compared('linear 1%', 'no difference can be shown', 'random')]);
  expect(lossesOf(some)).toBeNull();
  expect(renderTable(some)).not.toMatch(/\d \*/);
  // Better than one of two baselines is not the best of the line.
  expect(linesOf(result(rows, shown.slice(0, 1)))[0]!.best).toBeNull();
  expect(linesOf(result(rows, shown)).map(({ best }) => best)).toEqual(['pretrained', 'random', null]);
});

test('the Markdown table has the same cells, the best in bold', () => {
  const lines = renderMarkdown(result(rows, shown)).split('\n');
  expect(lines[0]).toBe('| protocol | labels | pretrained | random init | supervised |');
  expect(lines[2]).toBe('| knn | 1% (60) | **65.0 ± 7.1** | 40.0 ± 0.0 | 45.0 ± 0.0 |');
  expect(lines[4]).toBe('| linear | 100% (6,000) | 90.0 ± 0.0 | - | - |');
});

test('no sentence about losses when there are none, no deviation for one seed, which is told', () => {
  const wins = [row('pretrained', 'knn', '1%', 0, 0.6), row('random', 'knn', '1%', 0, 0.4)];
  const one = { ...compared('knn 1%', 'better', 'random'), seeds: 1 };
  const won = result(wins, [one]);
  expect(lossesOf(won)).toBeNull();
  const text = renderTable(won);
  expect(text).toContain('60.0 *');
  expect(text).not.toContain('±');
  expect(text).not.toContain('loses');
  expect(text).toContain('With one seed the comparisons account for the choice of test samples only.');
});

test('names every loss, also against training from scratch', () => {
  const losing = [
    row('pretrained', 'knn', '1%', 0, 0.3),
    row('random', 'knn', '1%', 0, 0.4),
    row('supervised', 'supervised', '1%', 0, 0.5),
  ];
  expect(
    lossesOf(result(losing, [compared('knn 1%', 'worse', 'random'), compared('knn 1%', 'worse', 'supervised')])),
  ).toBe(
    'The pretrained encoder loses to random init in knn with 1% (-5.0 points, -7.0 to -3.0), to supervised in knn with 1% (-5.0 points, -7.0 to -3.0).',
  );
});

test('several figures stand on lines of their own; the mark belongs to the score, the notes below', () => {
  const both = [
    row('pretrained', 'finetune-after-layer2', '1%', 0, 0.6),
    row('pretrained', 'finetune-after-layer2', '1%', 0, 0.7, 'pixel accuracy'),
    row('random', 'finetune-after-layer2', '1%', 0, 0.4),
    row('random', 'finetune-after-layer2', '1%', 0, 0.8, 'pixel accuracy'),
  ];
  const table = result(both, [compared('finetune-after-layer2 1%', 'better', 'random')]);
  const lines = renderTable({ ...table, notes: ['A note.'] }).split('\n');
  expect(lines[0]).toMatch(/^It was worth it: .* it beats random initialization by 20.0 points/);
  expect(lines.slice(2, 6)).toEqual([
    'protocol               labels   figure          pretrained  random init',
    '---------------------  -------  --------------  ----------  -----------',
    'finetune-after-layer2  1% (60)  accuracy        60.0 *      40.0',
    'finetune-after-layer2  1% (60)  pixel accuracy  70.0        80.0',
  ]);
  expect(lines.at(-1)).toBe('A note.');
});

test('a score that is no share is shown as it is', () => {
  const score = { metric: 'error', title: 'Error in meters', better: 'lower', isShare: false } as const;
  const text = renderTable({ ...result([row('pretrained', 'linear', '1%', 0, 12.3456, 'error')]), score, floor: 20.5 });
  expect(text).toContain('12.35');
  expect(text).toContain('Error in meters on 1,000 test samples');
  expect(text).toContain('The best constant answer gives 20.5.');
  expect(text.split('\n').slice(4).join()).not.toContain('%');
});
