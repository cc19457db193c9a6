import { expect, test } from 'vitest';
import { type EvaluationResult, type EvaluationRow, summarize } from './result.js';
import { lossesOf, renderMarkdown, renderTable } from './table.js';

const row = (
  encoder: EvaluationRow['encoder'],
  protocol: EvaluationRow['protocol'],
  labels: string,
  seed: number,
  score: number,
): EvaluationRow => ({
  ...{ encoder, protocol, labels, seed, score },
  labelCount: labels === '1%' ? 60 : 6000,
  details: {},
});

function result(rows: EvaluationRow[]): EvaluationResult {
  const classes = ['bag', 'boot'];
  return { rows, summary: summarize(rows), chance: 0.5, testCount: 1000, classes, layer: null, seconds: 1 };
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

test('summarizes over the seeds with the sample deviation', () => {
  const [first, second] = summarize(rows);
  expect(first).toEqual({
    ...{ encoder: 'pretrained', protocol: 'knn', labels: '1%', labelCount: 60, n: 2 },
    mean: expect.closeTo(0.65, 12),
    std: expect.closeTo(0.1 / Math.SQRT2, 12),
  });
  expect(second!.std).toBe(0);
  expect(summarize(rows.slice(0, 1))[0]).toMatchObject({ std: 0, n: 1 });
});

test('aligns the columns, marks the best of a line and says where the pretrained encoder loses', () => {
  expect(renderTable(result(rows))).toBe(
    [
      'protocol  labels        pretrained    random init   supervised',
      '--------  ------------  ------------  ------------  ------------',
      'knn       1% (60)       65.0 ± 7.1 *  40.0 ± 0.0    45.0 ± 0.0',
      'linear    1% (60)       50.0 ± 0.0    55.0 ± 0.0 *  45.0 ± 0.0',
      'linear    100% (6,000)  90.0 ± 0.0    -             -',
      '',
      'Top-1 accuracy in % on 1,000 test images of 2 classes, mean ± standard deviation over 2 seeds; * marks the best of a line. Always answering the most frequent class gives 50.0 %; above 54.7 % is no chance (three sigma).',
      'The pretrained encoder loses to random init in linear with 1% (50.0 against 55.0 %).',
    ].join('\n'),
  );
});

test('the Markdown table has the same cells, the best in bold', () => {
  const lines = renderMarkdown(result(rows)).split('\n');
  expect(lines[0]).toBe('| protocol | labels | pretrained | random init | supervised |');
  expect(lines[2]).toBe('| knn | 1% (60) | **65.0 ± 7.1** | 40.0 ± 0.0 | 45.0 ± 0.0 |');
  expect(lines[4]).toBe('| linear | 100% (6,000) | 90.0 ± 0.0 | - | - |');
});

test('no sentence about losses when there are none, no deviation for one seed', () => {
  const wins = [row('pretrained', 'knn', '1%', 0, 0.6), row('random', 'knn', '1%', 0, 0.4)];
  expect(lossesOf(summarize(wins))).toBeNull();
  const text = renderTable(result(wins));
  expect(text).toContain('60.0 *');
  expect(text).not.toContain('±');
  expect(text).not.toContain('loses');
});

test('names every loss, also against training from scratch', () => {
  const losing = [
    row('pretrained', 'knn', '1%', 0, 0.3),
    row('random', 'knn', '1%', 0, 0.4),
    row('supervised', 'supervised', '1%', 0, 0.5),
  ];
  expect(lossesOf(summarize(losing))).toBe(
    'The pretrained encoder loses to random init in knn with 1% (30.0 against 40.0 %), to supervised in knn with 1% (30.0 against 50.0 %).',
  );
});
