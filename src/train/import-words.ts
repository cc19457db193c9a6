import { createHash } from 'node:crypto';
import type { TokensSpec } from '../data/index.js';
import { COUNTS_FILE } from '../data/text/assets.js';
import { readTokenizer } from '../data/text/json-tokenizer.js';
import { TOKENIZER_FILE } from '../data/text/tokenizer.js';
import type { WordVectorTable } from '../data/text/word-vector-file.js';
import { wordsTokenizer } from '../data/text/words-tokenizer.js';
import { tensor } from '../engine/index.js';
import { AutodidactError } from '../errors.js';
import { findMethod, parseMethodOptions } from '../methods/registry.js';
import { WORD_CONTEXT, type WordVectors } from '../methods/text/word-vectors.js';
import { fromRecipe } from './config.js';
import { saveImported } from './import-run.js';
import type { RunFolder } from './run-folder.js';

/**
 * Makes a run of skip-gram of word vectors that were trained elsewhere, at step 0: texts can be embedded with it, and it can be evaluated.
 * The counts of the words, which only training needs, are as if they followed Zipf's law.
 *
 * @throws AutodidactError `IO` when there is a run at this path already, `DATA` with fewer than two words
 */
export function importWords({ words, size, vectors }: WordVectorTable, out: string): RunFolder {
  const special = new Set(Object.keys(JSON.parse(wordsTokenizer([]).json).model.vocab as Record<string, number>));
  const kept = [...words.keys()].filter((i) => !special.has(words[i]!));
  if (kept.length < 2) throw new AutodidactError('DATA', `Expected at least two words, received ${kept.length}`);
  const { json, first } = wordsTokenizer(kept.map((i) => words[i]!));
  const tokenizer = readTokenizer(json, TOKENIZER_FILE);
  const counts = Array.from({ length: tokenizer.vocabulary }, (_, id) =>
    id < first ? 0 : Math.ceil(1e7 / (id - first + 1)),
  );
  const spec: TokensSpec = {
    ...{ modality: 'tokens', length: WORD_CONTEXT, form: 'stream', room: 0 },
    ...{ vocabulary: tokenizer.vocabulary, tokenizer: tokenizer.hash, special: tokenizer.special },
  };
  const definition = findMethod('skip-gram');
  return saveImported(
    {
      ...{ definition, spec, name: 'word vectors' },
      options: parseMethodOptions(definition, { leastCount: 1 }, false),
      training: { ...fromRecipe(definition.recipes.paper), width: size, device: 'cpu' },
      assets: new Map<string, Uint8Array>([
        [TOKENIZER_FILE, Buffer.from(json)],
        [COUNTS_FILE, Buffer.from(JSON.stringify(counts))],
      ]),
      asked: { size: null, channels: 'auto', length: null, context: WORD_CONTEXT, form: 'stream' },
      fingerprint: createHash('sha256').update(json).update(vectors).digest('hex'),
      fill(method) {
        const { table } = method as unknown as WordVectors<never>;
        const values = tensor(vectors, { shape: [words.length, size] });
        table
          .zero_()
          .narrow(0, first, kept.length)
          .copy_(values.indexSelect(0, tensor(kept, { dtype: 'int64' })));
      },
    },
    out,
  );
}
