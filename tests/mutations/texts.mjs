/** Changes to methods that learn from texts, and to what they stand on. See scripts/mutate.mjs. */
import { changesOf } from './lib/changes.mjs';

const text = (name) => `methods/text/${name}.ts`;
const noise = (name) => `methods/noise/${name}.ts`;
const NOISE = ['src/methods/noise/noise.test.ts'];
const RECURRENT = ['src/backbones/text-recurrent.test.ts'];
const USABLE = ['src/train/usable.test.ts'];
const PAIRS = ['src/methods/text/sequence-to-sequence.test.ts'];
const withTests = (tests, changes) => changes.map((change) => [...change, tests]);

export const mutations = [
  ...changesOf('methods/masks/token-masks.ts', [
    ['halves are rounded up', 'roundHalfEven(share * length)', 'Math.round(share * length)'],
    ['short texts may have no mask', 'Math.max(1, roundHalfEven', 'Math.max(0, roundHalfEven'],
    ['the number of masks is always rounded down', 'share * length + random.uniform()', 'share * length'],
    [
      'marks are hidden',
      'new Set([special.pad, special.mask]) : untouchable(vocabulary)',
      'new Set([special.pad, special.mask]) : new Set([special.mask])',
    ],
    ['all hidden tokens are masks', 'if (draw < rule.maskShare) ids', 'if (draw < 1) ids'],
    ['random tokens take the place of those that stay', 'rule.maskShare + rule.randomShare) ids', '1) ids'],
    [
      'pieces of a word are hidden apart',
      'startsWord?.[place] === false) words',
      'startsWord?.[place] === null) words',
    ],
    [
      'long words go beyond the number',
      'if (chosen.length + word.length <= most) chosen',
      'if (chosen.length <= most) chosen',
    ],
    ['runs of words are equally likely', '=> 1 / (i + 1));', '=> 1);'],
  ]),
  ...changesOf(
    noise('token-rows'),
    withTests(NOISE, [
      ['a generator gives the same draws again', 'new Prng(words[0]!, words[1]!)', 'new Prng(1)'],
      ['halves are rounded down', 'return floor % 2 === 0 ? floor : floor + 1;', 'return floor;'],
      ['rows keep their padding', 'i * columns + (ends?.[i] ?? columns)', '(i + 1) * columns'],
    ]),
  ),
  ...changesOf(noise('token-rows'), [
    [
      'random tokens may be special ones',
      'if (drawsSpecial || !kept.has(id)) return id;',
      'if (drawsSpecial || id >= 0) return id;',
      ['src/methods/masks/token-masks.test.ts'],
    ],
  ]),
  ...changesOf(
    noise('text-infilling'),
    withTests(NOISE, [
      ['the last span is not cut', 'Math.min(poisson(meanSpan, random), words - covered)', 'poisson(meanSpan, random)'],
      ['spans do not take away the masks that they run over', '&& !isInside[word]', '&& true'],
      [
        'spans of length 0 insert nothing',
        'for (let i = spans.length; i < lengths.length; i++)',
        'for (let i = lengths.length; i < lengths.length; i++)',
      ],
      ['half a word is hidden', 'starts[word + 1] ?? row.length', 'start + 1'],
      ['no mask is random', 'random.uniform() < randomShare', 'random.uniform() < 0'],
    ]),
  ),
  ...changesOf(
    noise('span-corruption'),
    withTests(NOISE, [
      ['spans are one longer', 'hidden / meanSpan', 'hidden / (meanSpan + 1)'],
      ['more spans than marks', 'length - hidden, mostSpans)', 'length - hidden)'],
      ['compositions may have a part of 0', 'cut + 1)', 'cut)'],
    ]),
  ),
  ...changesOf(
    noise('sentences'),
    withTests(NOISE, [
      ['sentences run together', 'if (number !== last) found.push([]);', 'if (found.length === 0) found.push([]);'],
      ['an order is undone by applying it again', 'back[from] = items[place]!', 'back[place] = items[from]!'],
      ["Kendall's tau counts ties of one pair only", '(2 * concordant) / pairs - 1', 'concordant / pairs'],
    ]),
  ),
  ...changesOf(
    noise('gap-sentences'),
    withTests(NOISE, [
      ['a sentence is compared with itself too', 'n - (one.get(id) ?? 0)', 'n'],
      ['tokens count once', 'Math.min(n, reference.get(id) ?? 0)', 'Math.min(1, reference.get(id) ?? 0)'],
      ['stop words count', 'if (!ignored.has(id)) found', 'if (id >= 0) found'],
      ['the least telling sentences are chosen', 'scores[b]! - scores[a]!', 'scores[a]! - scores[b]!'],
      ['chosen sentences stay in the order of their scores', '.sort((a, b) => a - b);', ';'],
      ['scores have no noise', '1 + noise * (2', '1 + 0 * (2'],
    ]),
  ),
  ...changesOf(
    noise('segment-pairs'),
    withTests(NOISE, [
      ['the other document may be the same', 'document !== source.document &&', 'document >= 0 &&'],
      ['one sentence is followed by nothing', '(isForced || random', '(random'],
      ['what does not follow a single sentence is as short as can be', '(isForced ? first : next)', '(next)'],
      ['what does not follow is the rest of the other text', 'passage.length > 0 && !isNearer', 'false'],
      ['what does not follow is one sentence', 'passage.length > 0 && !isNearer', 'passage.length > 0'],
      ['what does not follow begins where too little is left', 'tokens >= length', 'tokens > 0'],
      ['what does not follow is the beginning of the other text', 'random.below(starts)', '0'],
      [
        'the order is the one of the document always',
        'const isSwapped = random.uniform() < 0.5;',
        'const isSwapped = random.uniform() < 0;',
      ],
      [
        'swapped segments have the label of others',
        '{ first: second, second: first, label: 1 }',
        '{ first: second, second: first, label: 0 }',
      ],
    ]),
  ),
  ...changesOf('engine/nn/clipped-lstm.ts', [
    ['cells are not bounded', 'kept.clamp(-this.cellClip, this.cellClip)', 'kept'],
    ['outputs are not bounded', 'projected.clamp(-this.projectionClip, this.projectionClip)', 'projected'],
    [
      'the gates of cell and output are swapped',
      '[input, forget, candidate, output]',
      '[input, forget, output, candidate]',
    ],
  ]),
  ...changesOf(
    'backbones/gru-text.ts',
    withTests(RECURRENT, [
      ['rows are turned around with their padding', 'places.lt(ends)', 'places.lt(x.size(1))'],
      [
        'features are those of the last column',
        'const last = at(states, lengthsOf(x).sub(1).clampMin(0));',
        'const last = states.select(1, x.size(1) - 1);',
      ],
    ]),
  ),
  ...changesOf(
    'backbones/combined-gru-text.ts',
    withTests(RECURRENT, [
      ['vectors keep their lengths', 'x.mul(x.mul(x).sum([1], true).clampMin(1e-24).rsqrt())', 'x'],
      ['both networks read in one direction', 'bidirectional: true', 'bidirectional: false'],
      ['the same network stands there twice', 'this.bi.features(x, layer)', 'this.uni.features(x, layer)'],
    ]),
  ),
  ...changesOf(
    'backbones/bi-lm.ts',
    withTests(RECURRENT, [
      [
        'the second direction reads forwards',
        "which === 'forward' ? value : reversed",
        'which !== null ? value : reversed',
      ],
      ['outputs of the second direction stand in the order of reading', 'layers: layers.map(turn)', 'layers'],
      [
        'the state is not taken up',
        'lstm.forward(this.drop.forward(input), states?.[i])',
        'lstm.forward(this.drop.forward(input))',
      ],
      [
        'the mixture leaves the tokens out',
        'ops.stack(layers, 0).mean([0])',
        'ops.stack(layers.slice(1), 0).mean([0])',
      ],
    ]),
  ),
  ...changesOf(
    'backbones/sentence-gru.ts',
    withTests(RECURRENT, [
      ['padding counts as words', '      .mul(isReal)\n      .sum([2])', '      .sum([2])'],
      [
        'the convolution sees the padding',
        'this.tokens.forward(x.clampMin(0)).mul(isReal)',
        'this.tokens.forward(x.clampMin(0))',
      ],
    ]),
  ),
  ...changesOf(
    'backbones/character-cnn.ts',
    withTests(RECURRENT, [
      ['all tokens are spelled alike', 'rows[i * this.characters + k] = BigInt(kind);', 'rows[k] = BigInt(kind);'],
    ]),
  ),
  ...changesOf(text('bert'), [
    ['a text has a new mask each time where masks are static', 'copies: isDynamic ? null : copies', 'copies: null'],
    ['both segments are the first', 'Number(place >= ids.length - tail.length)', 'Number(place < 0)'],
    [
      'the second task is left out of the loss',
      'loss: hidden.loss.add(pair.loss)',
      'loss: hidden.loss',
      ['tests/contract.test.ts'],
    ],
  ]),
  ...changesOf(text('electra'), [
    [
      'guesses are the most probable tokens',
      'const drawn = isBelow.sum([1])',
      'const drawn = logits.argmax(1).add(isBelow.sum([1]).mul(0))',
    ],
    ['padding counts', 'labels, weights, null, 2)', 'labels, null, null, 2)'],
    ['the discriminator counts once', 'loss.mul(this.options.discriminatorWeight)', 'loss'],
    [
      'the generator has tables of its own',
      'Object.assign(this.generator.embeddings, { tokens, positions, segments, norm });',
      'void [tokens, positions, segments, norm];',
    ],
  ]),
  ...changesOf(text('simcse'), [
    ['cosines are multiplied by the temperature', '.div(this.options.temperature)', '.mul(this.options.temperature)'],
  ]),
  ...changesOf(
    text('bart'),
    withTests(PAIRS, [
      [
        'sentences stay in order',
        'permutesSentences ? permute(sentences, random).items.flat()',
        'permutesSentences ? sentences.flat()',
      ],
      ['the shuffled text is to be written', 'target: sentences.flat()', 'target: shuffled'],
    ]),
  ),
  ...changesOf(
    text('pegasus'),
    withTests(PAIRS, [['all chosen sentences are hidden', 'random.uniform() >= keptShare', 'random.uniform() >= 0']]),
  ),
  ...changesOf(
    text('t5'),
    withTests(PAIRS, [
      ['marks take the ids of tokens', 'this.spec.vocabulary + span;', 'this.spec.vocabulary - 1 - span;'],
    ]),
  ),
  ...changesOf(
    text('sequence-to-sequence'),
    withTests(PAIRS, [
      [
        'the decoder sees what it is to write',
        'written: rows(({ target }) => [begin, ...target])',
        'written: rows(({ target }) => [...target, begin])',
      ],
      ['a text that is not shown whole is wrong', 'views.labels.narrow(1, 0, longest)', 'views.labels'],
    ]),
  ),
  ...changesOf(
    'networks/text-decoder.ts',
    withTests(PAIRS, [
      ['the decoder sees later tokens', '{ isCausal: true }', '{}'],
      ['the decoder sees the padding of what was read', '...(isReal === null ? {} : { keyMask: isReal })', '...{}'],
    ]),
  ),
  ...changesOf(text('skip-thoughts'), [
    [
      'decoders see the token that they write',
      'embedded.narrow(1, 0, embedded.size(1) - 1)], 1)',
      'embedded.narrow(1, 1, embedded.size(1) - 1)], 1)',
    ],
    ['sentences of the bound are taken', 'part.length < longest', 'part.length <= longest'],
    [
      'the sentence is told to the first step only',
      'ops.cat([before, each.to(before.dtype)], 2)',
      'ops.cat([before, each.mul(0).to(before.dtype)], 2)',
    ],
  ]),
  ...changesOf(text('skip-thoughts'), [
    ['the second encoder writes from the first', 'reader: backbone.bi,', 'reader: backbone.uni,'],
    ['both encoders share one bound', 'modules: [backbone.uni, before, after, output]', 'modules: [this]'],
    ['the second encoder does not count', 'parts.map(of).reduce((a, b) => a.add(b))', 'of(parts[0]!)'],
  ]),
  ...changesOf(text('elmo'), [
    ['any row goes on', '.eq(this.rows).to(', '.ge(this.rows.sub(this.rows)).to('],
    [
      'rows go on from places of the batch',
      'const before = isBefore.argmax(1);',
      "const before = ops.arange(0, starts.size(0), 1, { dtype: 'int64' });",
    ],
    ['the last micro-batch alone goes on', 'ops.cat(carries.map(of), dim)', 'ops.cat(carries.slice(-1).map(of), dim)'],
    ['states of one micro-batch have room', 'context.samplesPerStep', 'context.batchSize'],
    [
      'samples follow each other',
      'starts: samples.start }',
      'starts: indexTensor(indices, samples.ids).mul(this.spec.length) }',
    ],
    ['strands are read one after the other', 'strand * steps + step', 'step * batchSize + strand'],
    [
      'the backward network tells the token itself',
      'right.top.narrow(1, 1, length - 1), tokens.narrow(1, 0, length - 1)',
      'right.top.narrow(1, 1, length - 1), tokens.narrow(1, 1, length - 1)',
    ],
    ['the forward loss counts alone', 'parts[0].loss.add(parts[1].loss).div(2)', 'parts[0].loss'],
    ['tokens are drawn in evaluation too', 'this.isTraining && sampled !== undefined', 'sampled !== undefined'],
    [
      'both directions have the same draws',
      '[0, 1].map(() => drawRanks(byFrequency.length, options.negatives, draws))',
      'Array(2).fill(drawRanks(byFrequency.length, options.negatives, draws))',
    ],
    ['ids are drawn in their own order', 'ranks.map((rank) => byFrequency[rank]!)', 'ranks'],
    ['tokens are drawn where there are no more of them', 'negatives > 0 && negatives < vocabulary', 'negatives > 0'],
  ]),
  ...changesOf(text('log-uniform'), [
    [
      'ranks are drawn evenly',
      'Math.floor(Math.exp(random.uniform() * range)) - 1',
      'Math.floor(random.uniform() * count)',
    ],
    ['draws are counted that stay', 'tries++) ranks', 'tries = ranks.size) ranks'],
    [
      'a token is expected with each try anew',
      'ops.where(tries.eq(size), logMisses.expm1().neg().mul(size), isDrawn)',
      'logMisses.expm1().neg().mul(size)',
    ],
    [
      'the shares are those of Zipf',
      'Math.log1p(1 / (rank + 1)) / Math.log1p(count)',
      '1 / (rank + 1) / Math.log1p(count)',
    ],
  ]),
  ...changesOf('methods/losses/sampled-softmax.ts', [
    ['drawn labels count twice', '.maskedFill(labels.unsqueeze(1).eq(sampled), Number.NEGATIVE_INFINITY)', ''],
    ['frequent tokens are not corrected', '.sub(logCounts.indexSelect(0, sampled))', ''],
    ['the label is not corrected', '.sub(logCounts.indexSelect(0, labels)).unsqueeze(1)', '.unsqueeze(1)'],
  ]),
  ...changesOf(text('sentence-order'), [
    [
      'texts that are too short are answered wrongly',
      'return { loss, features: x.select(1, 0) };',
      'return { loss, metrics: { accuracy: 0, exact: 0, tau: 0 }, features: x.select(1, 0) };',
    ],
  ]),
  ...changesOf(text('cpc-text'), [
    ['steps without predictions count as right for nothing', 'asked.length > 0 ? asked : all.slice(0, 1)', 'all'],
    ['a batch without predictions has an accuracy', '...(asked.length > 0 && {', '...(all.length > 0 && {'],
    ['each step predicts the next sentence', 'Math.min(k + 1, most)', 'Math.min(1, most)'],
    [
      'sentences that are not there are answers',
      "negatives === 'batch' ? isReal.unsqueeze(0)",
      "negatives === 'batch' ? isReal.unsqueeze(0).logicalOr(isReal.logicalNot().unsqueeze(0))",
    ],
    ['all sentences are negatives of the own text', 'isOwn.logicalAnd(isReal)', 'isReal.unsqueeze(0)'],
  ]),
  ...changesOf('train/usable.ts', [
    ['data of which nothing is usable are not refused', 'if (part === undefined) throw', 'if (part === null) throw'],
    ['data of another kind are looked at', '  checkData(definition, options, dataset.spec);\n', ''],
    ['few usable samples are not named', 'const FEW = 0.5;', 'const FEW = 0;'],
  ]),
  ...withTests(USABLE, [
    ['a pretraining does not review its data', 'pretrain.ts', 'reviewData(definition, first.options, dataset)', '[]'],
    [
      'a comparison does not review its data',
      'compare/plans.ts',
      'reviewData(definition, first.options, dataset)',
      '[]',
    ],
    [
      'a preview does not review its data',
      'cli/preview.ts',
      'say(...reviewData(definition, plan.options, dataset));',
      '',
    ],
    ['any texts do for skip-thoughts', text('skip-thoughts'), 'triplesOf([row], longest).length > 0', 'true'],
    ['any texts do for methods of sentences', text('usable-texts'), '.length >= count', '.length >= 0'],
    [
      'any texts do for word vectors',
      text('word-vectors'),
      'i > 0 && sentence[place] === sentence',
      'i >= 0 || sentence',
    ],
    [
      'rare words count for word vectors',
      text('word-vectors'),
      'counts[ids[place]!]! > 0',
      'counts[ids[place]!]! >= 0',
    ],
    ['any texts do for T5', text('t5'), 'ids.length >= 2', 'ids.length >= 0'],
    ['any texts do for CPC of text', text('cpc-text'), 'withSentences(samples, 2)', 'null'],
    ['any texts do for PEGASUS', text('pegasus'), 'withSentences(samples, 2)', 'null'],
    ['any texts do for sentence order', text('sentence-order'), 'withSentences(samples, options.sentences)', 'null'],
    [
      'any texts do for the second task of BERT',
      text('bert'),
      "secondTask === 'none'\n      ? null",
      'secondTask !== null\n      ? null',
    ],
    ['any texts do for BART', text('bart'), 'permutesSentences ? withSentences', '!permutesSentences ? withSentences'],
  ]).flatMap(([name, file, find, replace, tests]) => changesOf(file, [[name, find, replace, tests]])),
];
