/** Our side of bert.ts: a training step of BERT. Waits for a line before each step and prints its seconds, and at the end one line of JSON. */
import { createBackbone } from '../../src/backbones/registry.js';
import { TOKENIZER_FILE, type TokensSpec, tokenizerOf } from '../../src/data/index.js';
import { wordsTokenizer } from '../../src/data/text/words-tokenizer.js';
import { Generator, manualSeed, noGrad, ops, threads } from '../../src/engine/index.js';
import { AdamW, parameterGroups } from '../../src/engine/optim/index.js';
import type { EncoderContext } from '../../src/methods/method.js';
import { parseMethodOptions } from '../../src/methods/registry.js';
import { type Bert, bert } from '../../src/methods/text/bert.js';
import { type Stepping, trainLanguageModel } from './stepping.js';

interface BertConfig extends Stepping {
  vocabulary: number;
  /** Tokens of a text with the marks around it. */
  context: number;
  batch: number;
  threads: number;
  precision: 'fp32' | 'bf16';
}

/** Words alone, without a second task: of each text round(0.15 context) tokens are hidden. */
function makeBert({ vocabulary, context, batch }: BertConfig): Bert {
  const { json, first } = wordsTokenizer(Array.from({ length: vocabulary }, (_, i) => `w${i}`));
  const assets = new Map<string, Uint8Array>([[TOKENIZER_FILE, Buffer.from(json)]]);
  const tokenizer = tokenizerOf(assets);
  const spec: TokensSpec = {
    ...{ modality: 'tokens', length: context, vocabulary: vocabulary + first, tokenizer: tokenizer.hash },
    ...{ special: tokenizer.special, form: 'sentences', room: 2 },
  };
  const options = parseMethodOptions(bert, { secondTask: 'none', shortShare: 0, dropout: 0 }, false);
  const architecture = 'bert-mini';
  const makeBackbone: EncoderContext['makeBackbone'] = (given = {}) =>
    createBackbone(architecture, {
      ...{ inputChannels: 1, imageSize: context, length: context, vocabulary: spec.vocabulary },
      ...given,
    });
  const encoder = bert.encoder({ options, spec, architecture, makeBackbone });
  const sizes = { count: 100, batchSize: batch, samplesPerStep: batch };
  return bert.create({ options, encoder, spec, assets, ...sizes }) as unknown as Bert;
}

function run(given: BertConfig): void {
  threads(given.threads);
  manualSeed(0);
  const model = makeBert(given);
  const optimizer = new AdamW(parameterGroups(model, { weightDecay: 0.01 }), { learningRate: 1e-4 });
  const random = new Generator(0);
  const shape = [given.batch, given.context - 2];
  const last = model.spec.vocabulary;
  const ids = ops.randint(last - given.vocabulary, last, shape, { generator: random, dtype: 'int64' });
  const lengths = ops.full([given.batch], given.context - 2, { dtype: 'int64' });
  const samples = { ids, lengths, sentence: ops.zerosLike(ids), document: lengths, start: lengths };
  const indices = Array.from({ length: given.batch }, (_, i) => i);
  trainLanguageModel(
    given,
    model,
    optimizer,
    () => model.loss(noGrad(() => model.views({ samples, indices }, random))).loss!,
  );
}

run(JSON.parse(process.argv[2]!) as BertConfig);
