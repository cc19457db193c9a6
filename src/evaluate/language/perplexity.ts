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
  /** Tokens among them that stand for what the tokenizer does not know: they are easy to predict, and flatter all figures. */
  unknown: number;
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
 * context than a longer reading would give. Per byte and per word, models with different tokenizers compare, where nothing is unknown to them: the
 * marks between documents are predicted as well, but are no bytes of the text.
 *
 * @throws AutodidactError `DATA` for text without two tokens in a row, `DIVERGED` for a network that gives no finite numbers
 */
export function perplexity(model: LanguageModel, tokenizer: Tokenizer, dataset: Dataset<TokensSpec>): Perplexity {
  const { device } = model.backbone.embeddings.tokens.weight;
  const { unknown: unknownId, ...marks } = tokenizer.special;
  const isMark = new Set(Object.values(marks).filter((id) => id !== unknownId));
  let [tokens, bytes, words, unknown, nats] = [0, 0, 0, 0, 0];
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
          tokens += next.length;
          unknown += next.filter((id) => id === unknownId).length;
          for (const part of between(next, (id) => isMark.has(id))) {
            const text = tokenizer.decode(part, { keepsSpecial: true });
            bytes += Buffer.byteLength(text);
            words += text.split(/\s+/).filter((word) => word !== '').length;
          }
        }
      }),
    );
  }
  if (!Number.isFinite(nats))
    throw new AutodidactError('DIVERGED', `The losses of the network add up to ${nats}`, {
      remedy: 'Its training diverged, or its file is damaged: take an earlier checkpoint, or train again.',
    });
  if (tokens === 0 || words === 0) throw new AutodidactError('DATA', 'Expected text to predict, found none');
  const per = (count: number): number => Math.exp(nats / count);
  return {
    ...{ tokens, bytes, words, unknown, nats },
    ...{ perToken: per(tokens), perByte: per(bytes), perWord: per(words), bitsPerByte: nats / Math.LN2 / bytes },
  };
}

/** The stretches of a list between the items that part it. */
function between(ids: readonly number[], parts: (id: number) => boolean): number[][] {
  const stretches: number[][] = [[]];
  for (const id of ids)
    if (parts(id)) stretches.push([]);
    else stretches.at(-1)!.push(id);
  return stretches.filter(({ length }) => length > 0);
}

/** Sum of the losses of all tokens but the first of each row; ids (N, T), -1 at padding. */
function natsOf(model: LanguageModel, ids: Tensor): number {
  const count = ids.size(1) - 1;
  const hidden = model.backbone.read(model.backbone.inputOf(ids.narrow(1, 0, count)));
  const logits = model.logits(hidden).flatten(0, 1).to('float32');
  return ops.crossEntropy(logits, ids.narrow(1, 1, count).flatten(), null, REDUCTION.sum, -1).item();
}
