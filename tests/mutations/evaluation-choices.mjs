/** Changes to what evaluation makes its choices by, to what it counts, and to what it keeps. See scripts/mutate.mjs. */
import { changesOf } from './lib/changes.mjs';

export const mutations = [
  ...changesOf('evaluate/records.ts', [
    [
      'a part takes the place of the whole',
      'if (!result.isComplete && earlier.some((other) => other.isComplete && isSame(other))) return false;',
      '',
    ],
    ['a damaged file is lost as a whole', '    return intact;', '    return [];'],
  ]),
  ...changesOf(
    'evaluate/comparison.ts',
    [['errors that are no numbers are kept', 'Number.isFinite(error) ? error : null', 'error']],
    ['src/evaluate/comparison.test.ts'],
  ),
  ...changesOf(
    'evaluate/linear.ts',
    [
      ['a fold without a positive makes the choice', 'if (hasScore) row.score +=', 'row.score +='],
      [
        'folds without a score count as 0',
        'if (hasScore) scored += held.targets.count;',
        'scored += held.targets.count;',
      ],
    ],
    ['src/evaluate/tasks/multi-label.test.ts'],
  ),
  ...changesOf(
    'evaluate/validation.ts',
    [
      [
        'no score is as good as any',
        'if (Number.isNaN(a.score) || Number.isNaN(b.score)) return Number.isNaN(b.score);',
        '',
      ],
      ['without a score the first wins', 'if (Object.is(a.score, b.score))', 'if (a.score === b.score)'],
    ],
    ['src/evaluate/validation.test.ts'],
  ),
  ...changesOf(
    'evaluate/setting.ts',
    [
      [
        'an amount that is named twice counts twice',
        '...amounts.values()].flatMap((amount)',
        '...labels].flatMap((amount)',
      ],
    ],
    ['src/evaluate/evaluate.test.ts'],
  ),
  ...changesOf(
    'evaluate/subject.ts',
    [['a seed may come twice', 'if (new Set(seeds).size < seeds.length)', 'if (seeds.length < 0)']],
    ['src/evaluate/evaluate.test.ts'],
  ),
  ...changesOf(
    'evaluate/label-free.ts',
    [['figures may be infinite', 'filter(([, figure]) => Number.isFinite(figure))', 'filter(() => true)']],
    ['src/evaluate/label-free.test.ts'],
  ),
  ...changesOf(
    'evaluate/overlap.ts',
    [['none of them is told', 'if (copies === null || copies === 0) return null;', 'return null;']],
    ['src/evaluate/overlap.test.ts'],
  ),
  ...changesOf(
    'evaluate/setting.ts',
    [['notes on the data are lost', '...(options.notes ?? []), ', '']],
    ['src/evaluate/overlap.test.ts'],
  ),
  ...changesOf(
    'evaluate/validation.ts',
    [
      ['choices are made by parts of what teaches', 'const units = unitsOf(labels, owners);', 'const units = alone();'],
      ['owners of one class each are never parted', '.some(([, members]) => members.length > 1) ?', ' !== null ?'],
    ],
    ['src/evaluate/validation.test.ts'],
  ),
  ...[
    ['evaluate/frozen-features.ts', 'owners: Array.from(chosen, (position) => owners[position]!),'],
    ['evaluate/untaught.ts', 'owners: Array.from(chosen, (position) => owners[position]!),'],
    ['evaluate/finetune.ts', ', seed, train.data.owners)'],
    ['evaluate/peers/train-peer.ts', '    Array.from(chosen, (position) => owners[position]!),\n'],
  ].flatMap(([file, find]) =>
    changesOf(
      file,
      [['choices are made by parts of what teaches', find, find.startsWith(',') ? ', seed)' : '']],
      ['src/evaluate/selection.test.ts'],
    ),
  ),
];
