/** Changes to what texts are measured by: bags of words, tags, pairs, retrieval. See scripts/mutate.mjs. */
import { changesOf } from './lib/changes.mjs';

const BAG = ['src/evaluate/bag-of-words.test.ts'];

export const mutations = [
  ...changesOf('evaluate/bag-of-words.ts', [
    ['a word counts as often as it stands there', '(1 + Math.log(times))', 'times'],
    ['every word is as rare', 'Math.log((1 + this.count) / (1 + this.frequency.get(word)!))', '0'],
    ['vectors are not of length 1', 'weight / Math.sqrt(squares)', 'weight'],
    [
      'a word counts once for each place in a sample',
      'for (const word of new Set(words)) this.frequency',
      'for (const word of words) this.frequency',
    ],
    ['rare words are kept', 'frequency(b) - frequency(a)', 'frequency(a) - frequency(b)'],
  ]),
  ...changesOf('evaluate/untaught.ts', [
    [
      'the words of other samples',
      'Array.from(chosen, (position) => known[position]!)',
      'known.slice(0, chosen.length)',
      BAG,
    ],
    ['no texts have words', 'modalityOf(spec).words !== undefined ?', 'modalityOf(spec).words === null ?', BAG],
  ]),
  ...changesOf('modalities/tokens.ts', [
    ['unknown words are words', 'filter((id) => !left.has(id))', 'filter(() => true)', BAG],
  ]),
];
