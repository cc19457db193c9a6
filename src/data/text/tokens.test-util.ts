import { readTokenizer } from './json-tokenizer.js';
import { MemoryTokens } from './token-store.js';
import type { Tokenizer } from './tokenizer.js';
import { type Corpus, TokensDataset, type WindowForm } from './tokens-dataset.js';
import { TokenizerTrainer, type TrainTokenizerOptions } from './train/train-tokenizer.js';

/** A tokenizer learned from some texts. */
export function learned(texts: readonly string[], options: TrainTokenizerOptions): Tokenizer {
  const trainer = new TokenizerTrainer(options);
  for (const text of texts) trainer.add(text);
  return readTokenizer(trainer.finish(), 'tokenizer.json');
}

export interface MemoryTextOptions extends Partial<WindowForm>, Partial<TrainTokenizerOptions> {
  /** Name of the class of each document. */
  labels?: readonly string[];
  splits?: Corpus['splits'];
}

/** Texts in memory: for each document its sentences. By default words, in a stream of blocks of 8. */
export function memoryTexts(documents: readonly (readonly string[])[], options: MemoryTextOptions = {}): TokensDataset {
  const { kind = 'words', leastCount = 1, vocabulary, isLowercase } = options;
  const { length = 8, form = 'stream', room = 0, sentences } = options;
  const tokenizer = learned(documents.flat(), { kind, leastCount, vocabulary, isLowercase });
  const classes = options.labels === undefined ? null : [...new Set(options.labels)].sort();
  return new TokensDataset(
    {
      ...{
        name: 'texts in memory',
        note: null,
        tokenizer,
        classes,
        skipped: [],
        fingerprint: JSON.stringify(documents),
      },
      store: new MemoryTokens(documents.map((sentences) => sentences.map((sentence) => tokenizer.encode(sentence)))),
      ids: documents.map((_, i) => `${i}.txt`),
      splits: options.splits ?? documents.map(() => null),
      labels: classes && Int32Array.from(options.labels!, (label) => classes.indexOf(label)),
    },
    { length, form, room, ...(sentences === undefined ? {} : { sentences }) },
  );
}
