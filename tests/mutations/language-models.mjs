/** Changes to transformers of text, to GPT and to what writes texts. See scripts/mutate.mjs. */
import { changesOf } from './lib/changes.mjs';

const layouts = ['src/backbones/text-layouts.test.ts'];
const transformer = ['src/backbones/text-transformer.test.ts'];
const continuation = ['src/methods/text/continuation.test.ts'];
const gpt = ['src/methods/text/gpt.test.ts'];
const fewShot = ['src/evaluate/language/few-shot.test.ts'];

const within = (tests) => (change) => [...change, tests];

export const mutations = [
  ...changesOf(
    'backbones/text-transformer.ts',
    [
      [
        'the triangle is aligned to the first key when there is a cache',
        "{ dtype: 'bool', device }).tril(before)",
        "{ dtype: 'bool', device }).tril()",
      ],
      ['a chunk after a cache sees all of itself', 'if (count === 1) return', 'if (count >= 1) return'],
      [
        'the operator makes the triangle with a cache too',
        'if (ofKeys === null && before === 0) return { isCausal: true };',
        'if (ofKeys === null) return { isCausal: true };',
      ],
      ['positions start anew behind a cache', 'ops.arange(before, before + count, 1,', 'ops.arange(0, count, 1,'],
      ['positions count padding', "known.to('int64').cumsum(1)", "ops.onesLike(known).to('int64').cumsum(1)"],
      ['padding is looked at', 'ofKeys.logicalAnd(triangle)', 'triangle'],
      [
        'features are those of the last column',
        ': flags.cumsum(1).argmax(1)',
        ': ops.onesLike(flags).cumsum(1).argmax(1)',
      ],
      [
        'the final norm is left out',
        'return last === this.blocks.length - 1 && this.norm !== null',
        'return last < 0 && this.norm !== null',
      ],
    ].map(within(transformer)),
  ),
  ...changesOf(
    'backbones/rotary.ts',
    [['one half is turned the other way', 'b.mul(cos).add(a.mul(sin))', 'b.mul(cos).sub(a.mul(sin))']].map(
      within(transformer),
    ),
  ),
  ...changesOf(
    'backbones/transformer-block.ts',
    [
      [
        'the norm of GPT-1 stands before the branch',
        'if (this.isPreNorm) {\n      const mixed',
        'if (!this.isPreNorm) {\n      const mixed',
      ],
      ['GELU is exact where the code has tanh', "x.gelu({ approximate: 'tanh' })", 'x.gelu()'],
    ].map(within(layouts)),
  ),
  ...changesOf(
    'backbones/text-layouts.ts',
    [
      [
        "GPT's matrices are not transposed",
        'if (isTransposed) found.set(own, transposed(value));',
        'if (isTransposed) found.set(own, value);',
      ],
      ['longer tables of positions are not cut', 'count < value.size(0) ? value.narrow', 'count < 0 ? value.narrow'],
      ['the rows of padding are positions', ').lastIndexOf(0) + 1 : 0;', ').lastIndexOf(0) : 0;'],
      ['positions begin at that of padding', 'expand([padding + 1, -1])', 'expand([padding, -1])'],
      ['any matrix of ALBERT is left out', 'if (!isFixed(given[0]!, entry, network)) return null;', ''],
      [
        'norms before and behind the branches are the same',
        "LAYOUTS[isPost ? 'bert' : 'roberta-prelayernorm']",
        'LAYOUTS.bert',
      ],
    ].map(within(layouts)),
  ),
  ...changesOf(
    'backbones/text-layout-names.ts',
    [
      ['the two norms of a block change places', '.ln_1`', '.ln_2`'],
      ['queries and keys change places', "['query', 'key', 'value']", "['key', 'query', 'value']"],
      [
        'the norm of the feed-forward part is that of attention',
        "['attention.LayerNorm', 'intermediate.LayerNorm']",
        "['intermediate.LayerNorm', 'attention.LayerNorm']",
      ],
    ].map(within(layouts)),
  ),
  ...changesOf('methods/text/sampling.ts', [
    ['logits are multiplied by the temperature', 'double.div(temperature)', 'double.mul(temperature)'],
    ['the token that reaches p is left out', 'before.ge(topP)', 'before.add(shares).gt(topP)'],
    [
      'top-p comes before top-k',
      'const shares = values.softmax(1);',
      'const shares = sorted.softmax(1).narrow(1, 0, values.size(1));',
    ],
    ['top-k keeps one more', 'sorted.narrow(1, 0, topK)', 'sorted.narrow(1, 0, topK + 1)'],
    ['a NaN draws the last token', 'if (ranks.includes(last + 1)) throw diverged();', ''],
    ['a NaN is the largest', 'if (logits.amax([1]).isnan().any().item() !== 0) throw diverged();', ''],
    ['all rows share the first draw', 'draws.map((draw) => [draw])', 'draws.map(() => [draws[0]!])'],
  ]),
  ...changesOf(
    'backbones/key-value-cache.ts',
    [
      [
        'keys stay in columns that are forgotten',
        'whole.narrow(2, first, columns).clone()',
        'whole.narrow(2, 0, columns).clone()',
      ],
      ['all that stays is real', 'scope(() => void flags.narrow(1, 0, columns).copy_(isReal));', ''],
      ['values of a text that was cut stay', 'put(values, other.#memory[index]!.values);', ''],
    ].map(within(continuation)),
  ),
  ...changesOf(
    'methods/text/continuation.ts',
    [
      ['every text has the same draws', 'new Prng(seed, row)', 'new Prng(seed, 0)'],
      ['the seed is ignored', 'new Prng(seed, row)', 'new Prng(0, row)'],
      ['a prompt is read on one thread', 'this.columns - from === 1 && ', ''],
      ['any work is little', ' && this.work <= LITTLE_WORK', ''],
      ['many texts are as little work as one', 'this.work = prompts.length * model', 'this.work = model'],
      ['the stop token is given out', 'return hasEnded[row] ? null : id;', 'return id;'],
      [
        'a full context is not cropped',
        'if (this.columns < length) return;',
        'if (this.columns < 10 * length) return;',
      ],
      ['a text is cropped when another is full', 'if (text.length < length) return text;', ''],
      ['all texts are read anew', 'if (this.columns > half) this', 'if (this.columns < 0) this'],
      ['a text that was cut keeps its keys', 'if (places.length === 0) return;', 'if (places.length >= 0) return;'],
      ['ended texts keep their columns', 'if (row.at(-1) === null) return text.slice(-1);', ''],
      [
        'all texts are continued at once',
        'Math.floor(cacheBytes / cacheBytesOfText(model.backbone))',
        'prompts.length',
      ],
      ['draws of a later batch begin anew', 'draws.slice(from, end), options', 'draws.slice(0, end - from), options'],
      ['the cache is kept when texts are cropped', 'this.cache?.clear();\n', '\n'],
      [
        'shorter prompts are padded on the right',
        '[...Array<null>(longest - row.length).fill(null), ...row]',
        '[...row, ...Array<null>(longest - row.length).fill(null)]',
      ],
    ].map(within(continuation)),
  ),
  ...changesOf(
    'methods/text/gpt.ts',
    [
      ['a token is asked for itself', 'next: ids.narrow(1, 1, count)', 'next: ids.narrow(1, 0, count)'],
      ['logits of the modern design are not bounded', 'softCap === undefined ? logits', 'softCap !== null ? logits'],
      ['the last token of a window has a place', 'const length = spec.length - 1;', 'const length = spec.length;'],
    ].map(within(gpt)),
  ),
  ...changesOf(
    'evaluate/language/few-shot.ts',
    [
      [
        'the answer is taken for the choice',
        'return choices![sums.indexOf(Math.max(...sums))]!;',
        'return choices![0]!;',
      ],
      ['the last examples are left out first', 'kept = kept.slice(1)', 'kept = kept.slice(0, -1)'],
      ['an example may keep its answer', 'random.below(i)', 'random.below(i + 1)'],
      [
        'only some prompts are looked at',
        'reasonToSkip(task, writing, model, drawn.flat())',
        'reasonToSkip(task, writing, model, drawn[0]!.slice(0, 20))',
      ],
      ['examples may hold anything', '    ...shots,\n    ...(choices', '    ...(choices'],
      ['answers need no room', 'return ids.length + tokens > length;', 'return ids.length > length;'],
      ['an answer is as long as the longest of its batch', '...ids.slice(0, tokens)]', '...ids]'],
      ['weights may change', 'if (weightsHash(model) !== weights)', "if (weights === '')"],
      ['summaries end where the right one does', 'const tokens = (isSummary ? 2 : 1) *', 'const tokens ='],
      [
        'the answer is scored as its own copy',
        'copied: overlap(prompts.map((prompt) => prompt.asked.question)),',
        'copied: overlap(answers),',
      ],
    ].map(within(fewShot)),
  ),
  ...changesOf('evaluate/metrics/rouge.ts', [
    ['precision alone counts', '(2 * common) / (a.length + b.length)', 'common / a.length'],
    ['words count as often as the summary has them', 'left.set(word, count - 1);', ''],
    ['words need not follow each other', 'f1(longestCommon(a, b))', 'f1(commonWords(a, b))'],
    ['the subsequence is a run of words', 'Math.max(row[j + 1]!, next[j]!)', '0'],
    ['case tells words apart', 'text.toLowerCase().match', 'text.match'],
  ]),
  ...changesOf(
    'cli/open-gpt.ts',
    [['folders of weights are opened as runs', '&& !isRun(path)', '&& isRun(path)']],
    ['src/train/import-text-model.test.ts'],
  ),
  ...changesOf('train/import-text-model.ts', [
    ['a window has no room for the token that follows the last', "name === 'gpt' ? length + 1 : length", 'length'],
    ['another tokenizer is taken', 'tokenizer.vocabulary !== vocabulary', 'tokenizer.vocabulary < 0'],
    ['the head of BERT stays as it is', 'else own.copy_(given);', ''],
    ['the second task is left out', "hasOrder ? 'next-sentence' : 'none'", "'none'"],
    ['blocks that the file lacks stay as initialized', 'if (missing !== undefined)', 'if (missing === null)'],
    ['networks have the published number of blocks', 'blocks: depth', 'blocks: null'],
  ]),
  ...changesOf(
    'train/published-text-config.ts',
    [
      ['any setting of a published network is taken', 'if (!wanted.includes(received))', 'if (wanted.length === 0)'],
      ['the activation of BERT is not looked at', "['hidden_act', rest.hidden_act, ['gelu']],", ''],
      [
        'the activation of GPT-2 is not looked at',
        "rest.activation_function, ['gelu_new'",
        "rest.activation_function, ['gelu', 'gelu_new'",
      ],
      ['heads do not matter', 'variant.heads === heads', 'variant.heads >= 1'],
    ],
    ['src/train/import-text-model.test.ts'],
  ),
  ...changesOf(
    'backbones/text-layouts.ts',
    [
      [
        'heads in the spelling of early files are not found',
        'weights.get(name) ?? weights.get(oldSpelling(name));',
        'weights.get(name);',
      ],
    ],
    ['src/train/import-text-model.test.ts'],
  ),
  ...changesOf(
    'methods/text/bert.ts',
    [['BERT has as many blocks as were published', '...(blocks === null ? {} : { blocks }),', '']],
    ['src/train/import-text-model.test.ts'],
  ),
];
