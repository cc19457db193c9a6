import { describe, expect, test } from 'vitest';
import type { ComparedRow, CompareResult } from './result.js';
import { rank } from './statistics.js';
import { renderComparison } from './table.js';
import { conclude, freshInWords } from './verdict.js';

const row = (name: string, title: string, scores: number[], changes: Partial<ComparedRow> = {}): ComparedRow => ({
  ...{ name, title, kind: 'method', network: 'resnet18, width 8', scores, std: 0.01, standing: null, failure: null },
  mean: scores.length > 0 ? scores.reduce((sum, score) => sum + score, 0) / scores.length : null,
  ...{ leftAfter: null, labelFree: {}, refusal: null, seconds: 60, steps: 100, epochs: 2, evaluationSeconds: 5 },
  ...{ peakBytes: 5e8, cost: null, warnings: [], isCut: false },
  ...changes,
});

const around = (center: number) => [0.01, -0.01, 0.005, -0.005, 0, 0.002, -0.002, 0].map((shift) => center + shift);
const jittered = (center: number, size = 0.004) => around(center).map((score, i) => score + size * (((i * 7) % 5) - 2));

function resultOf(rows: ComparedRow[], changes: Partial<CompareResult> = {}): CompareResult {
  const scored = rows.filter(({ scores }) => scores.length > 0);
  const ranking = scored.length === 0 ? null : rank(scored, { better: 'higher', margin: 0.01 });
  const placed = rows.map((one) => ({
    ...one,
    standing: ranking?.others.find(({ name }) => name === one.name) ?? null,
  }));
  const result: CompareResult = {
    ...{ folder: 'runs/compare-1', date: '2026-01-01T00:00:00.000Z', budget: { unit: 'seconds', amount: 60 } },
    data: { name: 'photos', count: 1000, plural: 'images', spec: './photos', testCount: 200 },
    score: {
      ...{ metric: 'accuracy', title: 'Top-1 accuracy', better: 'higher', isShare: true },
      ...{ protocol: 'linear', labels: '1%', labelCount: 10, floor: 0.1 },
    },
    ...{
      blocks: 8,
      held: 200,
      margin: 0.01,
      price: null,
      rows: placed,
      ranking,
      fresh: null,
      command: null,
      notes: [],
    },
    ...{ conclusion: [], seconds: { pretraining: 100, evaluation: 10, all: 110 } },
    ...changes,
  };
  return { ...result, conclusion: conclude(result) };
}

const random = row('random', 'Random initialization', jittered(0.5), { kind: 'random' });

test('one fresh block is no plural', () => {
  expect(freshInWords(1)).toBe('1 new seed and choice of labels');
  expect(freshInWords(3)).toBe('3 new seeds and choices of labels');
});

test('supervised training whose search the budget ended counts as nobody who was beaten', () => {
  const supervised = (isCut: boolean) =>
    row('supervised', 'Supervised training', jittered(0.4), { kind: 'supervised', isCut });
  const first = (isCut: boolean) =>
    resultOf([row('simclr', 'SimCLR', around(0.8)), random, supervised(isCut)]).conclusion[0];
  expect(first(false)).toBe('Pretrain with SimCLR: it is better than random initialization and supervised training.');
  expect(first(true)).toBe(
    'SimCLR leads, and is better than random initialization; beside supervised training nothing is shown, since the budget ended its search while it was still becoming better: take a larger one.',
  );
});

describe('an encoder that was given', () => {
  const given = (scores: number[]) => row('encoder-simclr-1', 'Runs/simclr-1', scores, { kind: 'encoder' });
  const supervised = (isCut = false) =>
    row('supervised', 'Supervised training', jittered(0.6), { kind: 'supervised', isCut });
  const firstOf = (rows: ComparedRow[]) => resultOf(rows).conclusion[0];

  test('and is better than all is taken as it is', () => {
    expect(firstOf([given(around(0.8)), row('rotation', 'RotNet', jittered(0.7)), random])).toBe(
      'Take Runs/simclr-1 as it is: it is better than RotNet and random initialization.',
    );
    expect(firstOf([given(around(0.8))])).toBe('Runs/simclr-1 leads.');
  });

  test('and leads without being shown to be better, or beside a search that was cut, is not recommended', () => {
    expect(firstOf([given(around(0.8)), row('rotation', 'RotNet', jittered(0.75, 0.05)), random])).toBe(
      'Runs/simclr-1 leads, but it is not shown to be better than RotNet.',
    );
    const { conclusion } = resultOf([given(around(0.8)), random, supervised(true)]);
    expect(conclusion[0]).toBe('Take Runs/simclr-1 as it is: it is better than random initialization.');
    expect(conclusion[1]).toContain('Beside supervised training nothing is shown');
  });

  test('stands under its own name beside what leads', () => {
    expect(firstOf([row('simclr', 'SimCLR', around(0.8)), given(jittered(0.75, 0.05))])).toBe(
      'SimCLR leads, but it is not shown to be better than Runs/simclr-1: pretraining is not shown to be worth it.',
    );
    const leads = row('supervised', 'Supervised training', around(0.9), { kind: 'supervised' });
    expect(firstOf([leads, given(jittered(0.7))])).toBe(
      'Supervised training leads, and is better than every encoder that was given.',
    );
    expect(firstOf([leads, given(jittered(0.85, 0.05))])).toBe(
      'Supervised training leads; it is not shown to be better than Runs/simclr-1.',
    );
  });
});

test('a method that is better than all: pretrain with it', () => {
  const { conclusion } = resultOf([
    row('simclr', 'SimCLR', around(0.8)),
    row('rotation', 'RotNet', jittered(0.6)),
    random,
  ]);
  expect(conclusion[0]).toBe('Pretrain with SimCLR: it is better than random initialization.');
  expect(conclusion[1]).toBe('It is better than the other method.');
});

test('methods that cannot be told apart: the cheapest of them', () => {
  const { conclusion } = resultOf([
    row('simclr', 'SimCLR', around(0.8)),
    row('byol', 'BYOL', jittered(0.798, 0.02)),
    random,
  ]);
  expect(conclusion[1]).toBe('No difference can be shown between it and BYOL: take the cheapest of them.');
  expect(conclusion.join(' ')).toMatch(/Blocks that would be needed .* for BYOL\./);
});

test('a baseline that leads, or is not beaten: do not pretrain', () => {
  const supervised = row('supervised', 'Supervised training', around(0.9), { kind: 'supervised' });
  expect(resultOf([row('simclr', 'SimCLR', jittered(0.7)), supervised, random]).conclusion[0]).toBe(
    'Do not pretrain: supervised training is better than every method here.',
  );
  expect(resultOf([row('simclr', 'SimCLR', jittered(0.899, 0.02)), supervised]).conclusion[0]).toBe(
    'Do not pretrain on this evidence: supervised training leads, and no method is shown to be better than it.',
  );
  expect(resultOf([row('simclr', 'SimCLR', jittered(0.901, 0.02)), supervised]).conclusion[0]).toBe(
    'SimCLR leads, but it is not shown to be better than supervised training: pretraining is not shown to be worth it.',
  );
});

test('failures and warnings are told, and the optimism of a leader that was not scored again', () => {
  const text = resultOf([
    row('simclr', 'SimCLR', around(0.8), { warnings: ['The features have collapsed.'] }),
    row('moco', 'MoCo', [], { failure: 'the loss is not finite' }),
    random,
  ]).conclusion.join('\n');
  expect(text).toContain('One competitor has no rank: MoCo (the loss is not finite).');
  expect(text).toContain('SimCLR: The features have collapsed.');
  expect(text).toContain('a little too high');
});

test('a tie advises nobody, and says where the scale ends', () => {
  const tie = (score: number) => {
    const scores = Array<number>(8).fill(score);
    const low = row('jigsaw', 'Jigsaw', jittered(score - 0.4));
    const equals = [
      row('rotation', 'RotNet', scores),
      row('random', 'Random initialization', scores, { kind: 'random' }),
    ];
    return resultOf(score > 0.5 ? [...equals, low] : equals);
  };
  expect(tie(0).conclusion[0]).toBe(
    'Random initialization and RotNet have the same mean, 0.0 %, the lowest score there is: nothing can be told between them.',
  );
  expect(tie(1).conclusion[0]).toContain('100.0 %, the highest score there is');
  expect(tie(1).conclusion[1]).toBe('Worse than these: Jigsaw.');
  expect(tie(0.7).conclusion[0]).toContain('have the same mean, 70.0 %: nothing');
  const text = renderComparison(tie(0));
  expect(text).not.toMatch(/leads|not worse by/);
  expect(text.match(/ tied /g)).toHaveLength(2);
  // The error of few samples is not 0 at the end of the scale.
  expect(resultOf(tie(1).rows, { held: 9 }).conclusion.join(' ')).toContain('More labeled samples help more');
});

test('on new blocks nobody is ahead by 0.0 points', () => {
  const equal = row('random', 'Random initialization', around(0.8), { kind: 'random' });
  const rows = [row('simclr', 'SimCLR', around(0.8)), row('rotation', 'RotNet', jittered(0.6)), equal];
  const ranking = rank(rows, { better: 'higher', margin: 0.01, leader: 'simclr' });
  const text = resultOf(rows, { fresh: { rows: [], ranking, blocks: 8 } }).conclusion.join(' ');
  expect(text).toMatch(
    /There SimCLR is ahead of RotNet by 2\d\.\d points \(.*\), and level with Random initialization\./,
  );
});

test('without labels, where nothing was measured nothing is counted', () => {
  const failed = row('simclr', 'SimCLR', [], { failure: 'too few images' });
  expect(resultOf([failed], { score: null }).conclusion).toEqual([
    'Without labels nothing says which encoder serves your data best: no ranking is made.',
    'One competitor has no rank: SimCLR (too few images).',
  ]);
});

test('without labels no method is named first', () => {
  const seeing = row('simclr', 'SimCLR', [], { labelFree: { rankMe: 20, ldaTrace: 90 } });
  const blind = row('moco', 'MoCo', [], {
    labelFree: { rankMe: 60, ldaTrace: 1 },
    refusal: 'its views carry no signal',
  });
  const result = resultOf([blind, seeing], { score: null });
  expect(result.conclusion[0]).toMatch(/^Without labels nothing says .* no ranking is made\. 1 of 2 encoders/);
  expect(result.conclusion.join(' ')).toContain('MoCo is refused: its views carry no signal.');
  const table = renderComparison(result);
  expect(table.indexOf('\nMoCo')).toBeLessThan(table.indexOf('\nSimCLR'));
  expect(table).toMatch(/MoCo .* refused\n/);
});

test('the table: the leader first, differences with intervals, verdicts, costs', () => {
  const rows = [row('simclr', 'SimCLR', around(0.8), { cost: 0.5 }), { ...random, cost: 0.1 }];
  const lines = renderComparison(resultOf(rows, { price: 2 })).split('\n');
  const header = lines.findIndex((line) => line.startsWith('method'));
  expect(lines[header]).toMatch(/^method +top-1 accuracy +behind the leader +verdict +time +memory +cost$/);
  expect(lines[header + 2]).toMatch(/^SimCLR +80.0 ± 1.0 +- +leads +1 min 5 s +500.0 MB +0.50$/);
  expect(lines[header + 3]).toMatch(/^Random initialization +50.\d ± 1.0 +[\d.]+ \([\d.]+ to [\d.]+\) +worse /);
});
