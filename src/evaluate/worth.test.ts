import { expect, test } from 'vitest';
import type { Comparison, EncoderKind, EvaluationResult, Verdict } from './result.js';
import { worthOf } from './worth.js';

const compared = (
  protocol: string,
  labels: string,
  against: EncoderKind,
  difference: number,
  verdict: Verdict,
): Comparison => ({
  ...{
    protocol,
    labels,
    metric: 'accuracy',
    encoder: 'pretrained',
    against,
    difference,
    verdict,
    level: 0.95,
    seeds: 3,
  },
  ...{ interval: [difference - 0.02, difference + 0.02], errors: { seeds: 0.01, samples: 0.01 } },
});

const judged = (comparisons: Comparison[], isShare = true) =>
  worthOf({
    comparisons,
    score: { metric: 'accuracy', title: 'Top-1 accuracy', better: 'higher', isShare },
    summary: [
      { labels: '1%', labelCount: 90 },
      { labels: '100%', labelCount: 9000 },
      { labels: '10/class', labelCount: 30 },
      { labels: 'first frame', labelCount: 3 },
    ] as EvaluationResult['summary'],
    options: {} as EvaluationResult['options'],
  });

test('better than both', () => {
  const rows = [
    compared('linear', '1%', 'random', 0.054, 'better'),
    compared('linear', '1%', 'supervised', 0.031, 'better'),
    compared('knn', '1%', 'random', 0.2, 'better'),
    compared('linear', '100%', 'supervised', -0.1, 'worse'),
  ];
  const sentence =
    'It was worth it: with 1% of the labels (90) and linear of the pretrained encoder, it beats random initialization by 5.4 points (3.4 to 7.4) and supervised training by 3.1 points (1.1 to 5.1).';
  expect(judged(rows)).toBe(sentence);
  expect(judged([...rows].reverse())).toBe(sentence.replace(/(random .*\)) and (supervised .*\))/, '$2 and $1'));
});

test('level with one, behind the other, and nothing to compare with', () => {
  const rows = [
    compared('linear', '1%', 'random', 0.054, 'better'),
    compared('linear', '1%', 'supervised', 0.003, 'no difference can be shown'),
  ];
  expect(judged(rows)).toBe(
    'It is not shown to have been worth it: with 1% of the labels (90) and linear of the pretrained encoder, it beats random initialization by 5.4 points (3.4 to 7.4), and no difference can be shown to supervised training (0.3 points (-1.7 to 2.3)).',
  );
  const behind = [rows[0]!, compared('linear', '1%', 'supervised', -0.08, 'worse')];
  expect(judged(behind)).toMatch(
    /^It was not worth it: .* it loses to supervised training by 8.0 points \(6.0 to 10.0\)\.$/,
  );
  expect(judged([])).toBeNull();
  expect(judged([{ ...rows[0]!, encoder: 'random' }])).toBeNull();
});

test('fine-tuning, where it was measured, speaks for the encoder', () => {
  const rows = [
    compared('linear', '1%', 'supervised', -0.08, 'worse'),
    compared('finetune', '1%', 'supervised', 0.04, 'better'),
  ];
  expect(judged(rows)).toMatch(
    /^It was worth it: .* finetune of the pretrained encoder, it beats supervised training by 4.0/,
  );
});

test.each([
  ['1%', 'with 1% of the labels (90)'],
  ['100%', 'with 100% of the labels (9,000)'],
  ['10/class', 'with 10 labels per class (30)'],
  ['first frame', 'with labels of the first frame (3)'],
])('an amount of %s reads %s', (labels, words) => {
  expect(judged([compared('linear', labels, 'random', 0.1, 'better')])).toContain(`${words} and linear`);
});

test('scores that are no shares have no points', () => {
  expect(judged([compared('linear', '1%', 'random', 0.5, 'better')], false)).toMatch(/by 0.5 \(0.48 to 0.52\)\.$/);
});
