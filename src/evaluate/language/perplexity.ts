import { type Dataset, samplesTo, type Tokenizer, type TokensSpec } from '../../data/index.js';
import { noGrad, ops, REDUCTION, scope, type Tensor } from '../../engine/index.js';
import { AutodidactError } from '../../errors.js';
import type { LanguageModel } from '../../methods/text/continuation.js';
import { paddedIds } from '../../methods/text/padded-ids.js';

/** How well a language model expects a text: e to the mean loss per unit. */
export interface Perplexity {
  /** Predicted, in the text that was read. */
  tokens: number;
  bytes: number;
  /** Runs of characters between white space. */
  words: number;
  /** Sum over all tokens. */
  nats: number;
  perToken: number;
  perByte: number;
  perWord: number;
  bitsPerByte: number;
}

const BATCH = 32;

/**
 * Reads held-out text in windows, each from its own beginning: the first token of a window is not predicted, and those after it with less
 * context than a longer reading would give. Per byte and per word, models with different tokenizers compare.
 *
 * @throws AutodidactError `DATA` for text without two tokens in a row
 */
export function perplexity(model: LanguageModel, tokenizer: Tokenizer, dataset: Dataset<TokensSpec>): Perplexity {
  const { device } = model.backbone.embeddings.tokens.weight;
  let [tokens, bytes, words, nats] = [0, 0, 0, 0];
  for (let from = 0; from < dataset.count; from += BATCH) {
    const indices = Array.from({ length: Math.min(BATCH, dataset.count - from) }, (_, i) => from + i);
    scope(() =>
      noGrad(() => {
        const ids = paddedIds(samplesTo(dataset.collate(indices), device));
        nats += natsOf(model, ids);
        const all = ids.toNumbers();
        const width = ids.size(1);
        for (let row = 0; row < indices.length; row++) {
          const next = all.slice(row * width + 1, (row + 1) * width).filter((id) => id >= 0);
          const text = tokenizer.decode(next, { keepsSpecial: true });
          tokens += next.length;
          bytes += Buffer.byteLength(text);
          words += text.split(/\s+/).filter((word) => word !== '').length;
        }
      }),
    );
  }
  if (tokens === 0 || words === 0) throw new AutodidactError('DATA', 'Expected text to predict, found none');
  const per = (count: number): number => Math.exp(nats / count);
  return {
    ...{ tokens, bytes, words, nats },
    ...{ perToken: per(tokens), perByte: per(bytes), perWord: per(words), bitsPerByte: nats / Math.LN2 / bytes },
  };
}

/** Sum of the losses of all tokens but the first of each row; ids (N, T), -1 at padding. */
function natsOf(model: LanguageModel, ids: Tensor): number {
  const count = ids.size(1) - 1;
  const hidden = model.backbone.read(model.backbone.inputOf(ids.narrow(1, 0, count)));
  const logits = model.logits(hidden).flatten(0, 1).to('float32');
  return ops.crossEntropy(logits, ids.narrow(1, 1, count).flatten(), null, REDUCTION.sum, -1).item();
}
