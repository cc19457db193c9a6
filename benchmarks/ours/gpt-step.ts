/** Our side of gpt.ts: a training step of a GPT. Waits for a line before each step and prints its seconds, and at the end one line of JSON. */
import { createBackbone } from '../../src/backbones/registry.js';
import type { TokensSpec } from '../../src/data/index.js';
import { manualSeed, ops, threads } from '../../src/engine/index.js';
import { AdamW, parameterGroups } from '../../src/engine/optim/index.js';
import type { EncoderContext } from '../../src/methods/method.js';
import { type Gpt, gpt } from '../../src/methods/text/gpt.js';
import { type Stepping, trainLanguageModel } from './stepping.js';

export interface GptConfig extends Stepping {
  vocabulary: number;
  /** Tokens that are read. */
  context: number;
  width: number;
  batch: number;
  threads: number;
  precision: 'fp32' | 'bf16';
}

export function makeGpt({ vocabulary, context, width }: Pick<GptConfig, 'vocabulary' | 'context' | 'width'>): Gpt {
  const special = { pad: null, unknown: null, begin: null, end: null, mask: null };
  const spec: TokensSpec = {
    ...{
      modality: 'tokens' as const,
      length: context + 1,
      vocabulary,
      tokenizer: '',
      special,
      form: 'stream' as const,
    },
    room: 0,
  };
  const options = { dropout: 0, blocks: null };
  const makeBackbone: EncoderContext['makeBackbone'] = (given = {}) =>
    createBackbone('gpt2-micro', { inputChannels: 1, imageSize: context, vocabulary, width, ...given });
  const encoder = gpt.encoder({ options, spec, architecture: 'gpt2-micro', makeBackbone });
  return gpt.create({ options, encoder, spec, count: 100, batchSize: 12, samplesPerStep: 12 }) as unknown as Gpt;
}

const config = JSON.parse(process.argv[2] ?? 'null') as GptConfig | null;
if (config !== null && process.argv[1]?.endsWith('gpt-step.ts')) run(config);

function run(given: GptConfig): void {
  threads(given.threads);
  manualSeed(0);
  const model = makeGpt(given);
  const optimizer = new AdamW(parameterGroups(model, { weightDecay: 0.1 }), { learningRate: 1e-3, betas: [0.9, 0.99] });
  const ids = ops.randint(0, given.vocabulary, [given.batch, given.context + 1], { dtype: 'int64' });
  const lengths = ops.full([given.batch], given.context + 1, { dtype: 'int64' });
  const samples = { ids, lengths, sentence: ids, document: lengths, start: lengths };
  const indices = Array.from({ length: given.batch }, (_, i) => i);
  trainLanguageModel(given, model, optimizer, () => model.loss(model.views({ samples, indices })).loss!);
}
