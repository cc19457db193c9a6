/** Changes to the reading of texts, tokenizers and windows. See scripts/mutate.mjs. */
import { changesOf } from './lib/changes.mjs';

/** Changes to one file with the tests that guard it. */
const guarded = (file, changes, tests) =>
  changesOf(
    file,
    changes.map(([name, find, replace, own = tests]) => [name, find, replace, own]),
  );

const WINDOWS = ['src/data/text/tokens-dataset.test.ts'];
const OPEN = ['src/data/open-texts.test.ts'];
const TOKENIZERS = ['src/data/text/json-tokenizer.test.ts'];
const MERGES = ['src/data/text/train/bpe.test.ts'];
const BYTES = ['src/data/text/utf8.test.ts'];
const SENTENCES = ['src/data/text/sentences.test.ts'];
const TRAINING = ['tests/text-training.test.ts'];

export const mutations = [
  ...guarded(
    'data/text/windows.ts',
    [
      ['every epoch has the same blocks', 'new Prng(draw.seed, draw.epoch).uniform()', 'new Prng(draw.seed).uniform()'],
      ['blocks reach beyond the end', 'Math.min(sample * length + shift, total - length)', 'sample * length + shift'],
      [
        'windows begin where their document does',
        'lastAtMost(this.documents, document)]! + from;',
        'lastAtMost(this.documents, document)]!;',
      ],
      ['documents are joined without an end token', 'if (this.ends && at < end) {', 'if (false) {'],
      ['a window begins at its first sentence', 'first += Math.floor(prng.uniform() * (end - first));', ''],
      ['windows at the end of a document are short', 'while (end === units.length - 1 &&', 'while (false &&'],
      [
        'a sentence that does not fit is taken',
        'units[end]! - units[first]! <= tokens &&',
        'units[end - 1]! - units[first]! <= tokens &&',
      ],
      ['the number of sentences is not bounded', '&& end - first <= sentences', ''],
      ['long sentences are not cut', 'at < end; at += tokens', 'at < end; at = end'],
      [
        'a long document is cut for each window',
        '    this.known.set(document, units);\n    this.kept += units.length;\n',
        '    if (units.length <= MOST_UNITS) this.known.set(document, units);\n    this.kept += units.length;\n',
        ['src/data/text/windows.test.ts'],
      ],
    ],
    WINDOWS,
  ),
  ...guarded(
    'data/text/tokens-dataset.ts',
    [
      ['no room is left', 'tokens: length - room', 'tokens: length'],
      ['padding is numbered', 'fill(-1);', 'fill(0);'],
      [
        'mixed blocks have the label of their first document',
        'found.size === 1 ? [...found][0]! : -1',
        '[...found][0]!',
      ],
      ['a side has samples that were not chosen', 'if (this.isChosen) return super.only(split);', ''],
      [
        'parts lose the targets that were given',
        'positions !== null || changed.targets !== undefined',
        'positions !== null',
      ],
      [
        'chosen samples take their documents along whole',
        'if (this.isChosen) return super.holdOut(fraction, seed);',
        '',
      ],
      ['end tokens are not counted', 'counts[end]! += this.documents.length;', ''],
      [
        'a subset of a subset is one of the whole',
        'positions.map((position) => this.positions?.[position] ?? position)',
        'positions',
      ],
    ],
    WINDOWS,
  ),
  ...guarded(
    'data/text/train/bpe.ts',
    [
      ['of pairs that are as frequent the last is merged', 'a.pair < b.pair', 'a.pair > b.pair'],
      ['pairs that are gone are counted on', 'this.add(this.id[first]!, left, -count);', ''],
      [
        'overlapping pairs are merged in any order',
        'if (left === right) places.sort((a, b) => a - b);',
        'if (left === right) places.sort((a, b) => b - a);',
      ],
      ['a count that fell is taken', 'if (count !== top.count) {', 'if (count === 0) {'],
    ],
    MERGES,
  ),
  ...guarded('data/text/json-tokenizer.ts', [
    [
      'the spelling of a special token is that token',
      'this.specialIds.has(token) && token !== this.parsed.model.unk_token ? undefined : this.ids.get(token)',
      'this.ids.get(token)',
      TOKENIZERS,
    ],
    ['added words are not looked for', 'this.addedWords.some((word) => text.includes(word))', 'false', TOKENIZERS],
    ['special tokens are never read', 'if (readsSpecial && ', 'if (false && ', OPEN],
  ]),
  ...guarded(
    'data/text/utf8.ts',
    [
      [
        'a sequence at the end of a piece is wrong',
        'return needed > back ? bytes.length - back : bytes.length;',
        'return bytes.length;',
      ],
      ['a cut sequence at the end is none', 'if (kept.length > 0) checkUtf8(kept, line);', ''],
      ['lines of earlier pieces are forgotten', 'line += countLines(whole);', ''],
      ['CR and LF across two pieces are two lines', "endsInReturn = text.endsWith('\\r');", 'endsInReturn = false;'],
    ],
    BYTES,
  ),
  ...guarded(
    'data/text/sentences.ts',
    [
      ['abbreviations end sentences', 'ABBREVIATIONS.has(word.toLowerCase())', 'false'],
      ['initials end sentences', '/^\\p{Lu}$/u.test(word) || ', ''],
      ['lines that were broken end sentences', 'at - start >= BROKEN_LINE', 'false'],
      ['short lines do not', 'at - start >= BROKEN_LINE', 'true'],
    ],
    SENTENCES,
  ),
  ...guarded(
    'data/text/pack-texts.ts',
    [
      [
        'texts for tests teach the tokenizer',
        "learnsAll || document.split === null || document.split === 'train'",
        'true',
      ],
      ['a second document of one name stays', 'ids.has(document.id) ?', 'false ?'],
    ],
    OPEN,
  ),
  ...guarded(
    'data/text/pack-texts.ts',
    [['all texts stay in memory', 'kept.push({ id, label, split });', 'kept.push(document);']],
    ['src/data/text/pack-texts.test.ts'],
  ),
  ...guarded('data/open-texts.ts', [
    [
      'what is asked for comes before the tokenizer of the run',
      'if (assets?.has(TOKENIZER_FILE)) return tokenizerOf(assets);',
      '',
      OPEN,
    ],
    [
      'samples to be told apart are blocks of the stream',
      "isLabeled || source.isTagged ? 'sentences' : ",
      '',
      TRAINING,
    ],
  ]),
  ...guarded('modalities/tokens.ts', [
    [
      'another tokenizer is taken',
      'if (spec.tokenizer !== wanted.tokenizer)',
      'if (false)',
      ['src/modalities/tokens.test.ts'],
    ],
  ]),
  ...guarded('modalities/asked.ts', [
    [
      'the size of another tokenizer is asked for',
      'given.tokenizer === undefined ? vocabulary : undefined',
      'vocabulary',
      ['src/modalities/tokens.test.ts'],
    ],
  ]),
];
