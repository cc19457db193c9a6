/** Changes to word vectors: sampling, the tree, operators, what is asked of vectors, their files. See scripts/mutate.mjs. */
import { changesOf } from './lib/changes.mjs';

const METHODS = ['src/methods/text/word-vectors.test.ts'];

export const mutations = [
  ...changesOf('methods/text/huffman.ts', [
    [
      'a word comes before an inner node of its weight',
      'weights[leaf]! < weights[inner]!',
      'weights[leaf]! <= weights[inner]!',
    ],
    ['the lighter branch has bit 1', 'branches[second] = 1;', 'branches[first] = 1;'],
    ['paths run upwards', 'reverse(nodes, at);', ''],
  ]),
  ...changesOf('methods/text/word-sampling.ts', [
    ["the paper's formula of subsampling", '(Math.sqrt(ratio) + 1) / ratio', '1 / Math.sqrt(ratio)'],
    ['noise is drawn by the counts', 'count === 0 ? 0 : count ** power', 'count'],
  ]),
  ...changesOf(
    'methods/text/word-examples.ts',
    [
      ['windows reach over the end of a sentence', 'follows.logicalOr(differs)', 'follows'],
      ['a row has no end', 'range(length).unsqueeze(0).lt(lengths.unsqueeze(1))', 'ids.ge(0)'],
      ['sentences are of any length', '.floorDivide(LONGEST_SENTENCE)', '.mul(0)'],
      ['a draw of the true word counts', 'others.ne(center)', 'others.ne(-1)'],
      ['the end of a sentence is noise', 'ops.where(drawn.eq(0), draw(1, vocabulary), drawn)', 'drawn'],
      ['every window has its full radius', 'offsets.abs().le(radius)', 'offsets.abs().le(window)'],
    ].map(([name, find, replace]) => [name, find, replace, ['src/methods/text/word-operators.test.ts']]),
  ),
  ...changesOf('methods/text/word-operators.ts', [
    ['the error of a mean is always divided', 'isTrueGradient ? own', 'true ? own'],
    ['contexts are added up', '.div(isContext.sum([1], true));', ';'],
    ['outputs do not move', 'addSteps(output, used', 'addSteps(output.clone(), used'],
    ['skipped terms count', '.softplus().mul(isUsed).sum()', '.softplus().sum()'],
  ]),
  ...changesOf('methods/text/word-vectors.ts', [
    ['rare words are read', 'counts[id] === 0 ? 0 : share', 'share', METHODS],
    [
      'special tokens are words of a text',
      "return wordsOf(ids, spec, 'all').mul(places",
      "return wordsOf(ids, spec, 'end').mul(places",
      METHODS,
    ],
    ['several threads are not mentioned', 'if (threads === 1) return [];', 'return [];', METHODS],
  ]),
  ...changesOf('methods/text/word-space.ts', [
    [
      'vectors keep their length',
      'vectors.detach().div(vectors.vectorNorm(2, [1], true).clampMin(1e-12))',
      'vectors.detach()',
    ],
    ['a question answers itself', 'scores.scatterValue_(1, asked, Number.NEGATIVE_INFINITY);', ''],
    ['analogies run backwards', 'return b.sub(a).add(c);', 'return a.sub(b).add(c);'],
    [
      'a word is its own neighbor',
      'this.nearestTo(this.directions.select(0, place), count, [place])',
      'this.nearestTo(this.directions.select(0, place), count, [])',
    ],
  ]),
  ...changesOf('evaluate/words/similarity.ts', [
    [
      'equal values have different ranks',
      'values[order[to]!] === values[order[from]!]',
      'false',
      ['src/evaluate/words/words.test.ts'],
    ],
  ]),
  ...changesOf('evaluate/words/analogies.ts', [
    [
      'unknown words count as wrong',
      'asked: known.length',
      'asked: questions.length',
      ['src/evaluate/words/words.test.ts'],
    ],
  ]),
  ...changesOf('data/text/word-vector-file.ts', [
    ['numbers lose their last digits', 'value.toPrecision(9)', 'value.toPrecision(8)'],
    ['repeated words come twice', 'if (this.known.has(word)) {', 'if (false) {'],
    ['a file may end early', 'if (line === null && header !== null) throw', 'if (false) throw'],
  ]),
  ...changesOf('backbones/word-table.ts', [
    ['padding counts in the mean', 'const count = ids.ne(0).sum([1], true).clampMin(1);', 'const count = ids.size(1);'],
  ]),
  ...changesOf('train/step.ts', [
    [
      'micro-batches have the rates of the whole step',
      '[rateAt(from), rateAt(from + share)]',
      '[learningRate, nextLearningRate]',
    ],
  ]),
];
