/** Changes to what texts are measured by: bags of words, tags, pairs, retrieval. See scripts/mutate.mjs. */
import { changesOf } from './lib/changes.mjs';

const TAGGING = ['src/evaluate/tasks/tagging.test.ts'];
const PAIRS = ['src/evaluate/tasks/pairs.test.ts'];
const READ_PAIRS = ['src/data/open-text-pairs.test.ts'];
const RETRIEVAL = ['src/evaluate/retrieval/retrieval.test.ts'];
const COMPARE = ['src/compare/compare-texts.test.ts'];
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
    ['all words are read at once', 'const CHUNK = 1024;', 'const CHUNK = 2 ** 30;'],
    ['samples are counted once', 'this.count += samples.length;', 'this.count = samples.length;'],
    ['no words are missing', 'known: found.size };', 'known: Math.min(found.size, room) };'],
    ['words have the columns of others', 'return place === undefined ? []', 'return place === 0 ? []'],
    ['the distance of a pair has a direction', 'Math.abs((inU.get(place) ?? 0)', '((inU.get(place) ?? 0)'],
    ['the product of a pair stands over its distance', '[[3 * size + place,', '[[2 * size + place,'],
  ]),
  ...changesOf('evaluate/sparse-rows.ts', [
    [
      'picked rows are the first ones',
      'this.columns.subarray(from, to), offsets[i]',
      'this.columns.subarray(0, to - from), offsets[i]',
    ],
    ['squares are summed', '** 2 / this.count', '** 2'],
    ['a product has the first weight alone', '+= value * weights[from + c]!', '+= value * weights[from]!'],
    ['a slope has the first output alone', '+= value * slopes[from + c]!', '+= value * slopes[from]!'],
  ]),
  ...changesOf('evaluate/fit-sparse.ts', [
    ['sparse weights are not penalized', 'gradient[i]! += l2 * point[i]!;', ''],
    ['biases have no slope', 'gradient[weights + (i % outputs)]! += slopes[i]!;', ''],
    ['every part of the scores counts as the whole', '.mul(chosen.length / count)', ''],
    ['fits start from zero', 'start ?? new Float64Array(weights + outputs)', 'new Float64Array(weights + outputs)'],
    ['biases are left out', 'scores[i]! += bias[i % outputs]!;', ''],
    [
      'every head is taken for linear',
      'if (weight?.ndim !== 2',
      'if (weight?.ndim === undefined && weight?.ndim !== 2',
    ],
    ['classes take no room', 'numbers / NUMBERS_PER_WEIGHT / outputsOf(task, train)', 'numbers / NUMBERS_PER_WEIGHT'],
  ]),
  ...changesOf('evaluate/untaught.ts', [
    [
      'the words of other samples',
      'wordsOf(train.data, chosen);',
      'wordsOf(train.data, chosen.map((_, i) => i));',
      BAG,
    ],
    ['pairs have the room of single samples', '/ joinedSize(task, 1));', '/ 1);', BAG],
    ['missing words are not in the notes', 'words.length < known ? cut(words.length, known) : null', 'null'],
    [
      'no texts have words',
      'modalityOf(spec).words !== undefined);\n  return',
      'modalityOf(spec).words === null);\n  return',
      BAG,
    ],
  ]),
  ...changesOf('compare/blocks.ts', [
    [
      'windows of one document are on both sides',
      'splitByOwner(strata, owners,',
      'splitByOwner(strata, [...owners.keys()],',
      COMPARE,
    ],
  ]),
  ...changesOf('compare/setup.ts', [
    ['each method reads texts of its own', '...modality.shared?.(needs, source.open),', '', COMPARE],
  ]),
  ...changesOf('compare/measure.ts', [
    [
      'a bag of words learns from other labels',
      'answersOf(kind, setting, {}, rules.signal)(cell)',
      'answersOf(kind, setting, {}, rules.signal)({ ...cell, chosen: cell.chosen.slice(0, 4) })',
      COMPARE,
    ],
    [
      'a comparison does not say that words are missing',
      'warnings: warning === null ? [] : [warning] };',
      'warnings: [] };',
      COMPARE,
    ],
  ]),
  ...changesOf('evaluate/tasks/tagging.ts', [
    ['the first answer counts for all', 'answers[i * width + place] === tags[k]', 'answers[i * width] === tags[k]'],
    ['places without a word teach', 'REDUCTION.sum, NONE)', 'REDUCTION.sum, -100)'],
    ['words of the test are looked up', '(tagOf.get(word) ?? usual)', '(tagOf.get(word) ?? tags[k])'],
    ['the rarest tag is taken', 'counts.indexOf(Math.max(...counts))', 'counts.indexOf(Math.min(...counts))'],
    ['a new tag is answered', '(counts[tag] ?? 0) > 0', '(counts[tag] ?? 0) >= 0'],
  ]),
  ...changesOf('evaluate/reading.ts', [
    ['marks are taken for tokens', 'map.narrow(3, firstToken, known)', 'map.narrow(3, 0, known)', TAGGING],
  ]),
  ...changesOf('evaluate/reading.ts', [
    ['the distance has a direction', 'u.sub(v).abs()', 'u.sub(v)', PAIRS],
    [
      'both sides are the first',
      'READINGS.vector(encoder, second, layer)',
      'READINGS.vector(encoder, first, layer)',
      PAIRS,
    ],
    ['single texts are pairs', 'if (sides === null)', 'if (sides === undefined)', PAIRS],
  ]),
  ...changesOf('evaluate/retrieval/ranks.ts', [
    [
      'what is alike is found',
      'if (row[j]! >= own) rank += 1;',
      'if (row[j]! > own || j === from + i) rank += 1;',
      RETRIEVAL,
    ],
    ['longer vectors are nearer', 'normalized(candidates).t()', 'candidates.t()', RETRIEVAL],
    ["the first candidate is everyone's", 'const own = row[from + i]!;', 'const own = row[0]!;', RETRIEVAL],
    [
      'similarities are read one by one',
      'ranksAmong(normalized(own).mm(memory), from).toNumbers()',
      'ranksIn(normalized(own).mm(memory).toList() as number[][], from)',
      RETRIEVAL,
    ],
    ['equal cosines do not count', 'similarities.ge(own).sum(1)', 'similarities.gt(own).sum(1).add(1)', RETRIEVAL],
    ['ranking makes no pause', '    yield;\n', '', RETRIEVAL],
    ['words of queries have no weight', 'weight * held.weight', 'held.weight', RETRIEVAL],
    ['five are one', 'share(5)', 'share(1)', RETRIEVAL],
  ]),
  ...changesOf('data/sources/text/text-pairs.ts', [
    [
      'swapped pairs are said to be in order',
      "first: second, second: first, label: 'swapped'",
      "first, second, label: 'swapped'",
      READ_PAIRS,
    ],
    ['there are no other documents', 'for (const sentence of sentences) known.add(sentence);', '', READ_PAIRS],
    ['other documents are of any side', "const side = split ?? 'train';", "const side = 'train';", READ_PAIRS],
    ['documents on no side stand alone', "split ?? 'train'", "split ?? 'val'", READ_PAIRS],
    ['sentences stand in two pairs', 'at += 2 * size', 'at += size', READ_PAIRS],
  ]),
  ...changesOf('data/open-text-pairs.ts', [
    ['what does not fit is a pair of its own', "endsWith('#0')", "includes('#')"],
    ['the query is decoded', ': resolveTextSpec(spec);', ': decodeURIComponent(resolveTextSpec(spec));'],
    ['sides are joined by their place', 'places.get(first.ids[place]!)!)', 'place)'],
  ]),
  ...changesOf('data/text/tagged-words.ts', [
    ['the tag stands at the first token', 'places.push(start + ids.length - 1)', 'places.push(start + before)'],
    [
      'words of all windows',
      'const [first, end] = [firstFrom(places, from),',
      'const [first, end] = [0 * firstFrom(places, from),',
    ],
    ['places are those of the document', 'place - from + offset', 'place + offset'],
  ]),
  ...changesOf(
    'data/sources/text/bible.ts',
    [
      ['the glossary belongs to the last verse', '/<div (?=[^>]*eID=)[^>]*type="book".*$/s', '/<never>/'],
      ['marks of the format stay in the text', "replace(/\\\\\\w+\\*? ?/g, '')", "replace(/<never>/g, '')"],
      ['notes are text', '(note|title)', '(notes|titles)'],
      ['all books are for training', "TEST_BOOKS.has(book) ? 'test'", "TEST_BOOKS.has('') ? 'test'"],
      ['verses are counted through a book', '      number = 0;\n', ''],
      [
        'empty entries are not counted',
        '    number++;\n    const text = withoutMarkup(markup);',
        "    const text = withoutMarkup(markup);\n    if (text !== '') number++;",
      ],
    ],
    ['src/data/sources/text/fetched-texts.test.ts'],
  ),
  ...changesOf('data/sources/text/brown.ts', [
    [
      'titles have tags of their own',
      "(?:-(?:tl|hl|nc|t))+$/, ''",
      "(?:-(?:zz))+$/, ''",
      ['src/data/text/tagged-words.test.ts'],
    ],
  ]),
  ...changesOf('modalities/tokens.ts', [
    ['unknown words are words', 'filter((id) => !left.has(id))', 'filter(() => true)', BAG],
  ]),
];
