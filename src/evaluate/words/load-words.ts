import { statSync } from 'node:fs';
import { readWordVectors, type WordVectorTable } from '../../data/text/word-vector-file.js';
import { scope, tensor } from '../../engine/index.js';
import { AutodidactError } from '../../errors.js';
import { counted } from '../../format.js';
import { WordSpace } from '../../methods/text/word-space.js';
import { WordVectors } from '../../methods/text/word-vectors.js';
import { loadRun } from '../../train/load.js';

export interface LoadedWords extends WordVectorTable {
  /** Sentences about what was left out or is damaged. */
  warnings: readonly string[];
}

/**
 * The word vectors of a run of CBOW or skip-gram, or of a file, see `readWordVectors`.
 *
 * @param most take only the most frequent words
 * @throws AutodidactError as `loadRun` and `readWordVectors`; `USAGE` for a run of another method
 */
export function loadWords(path: string, most = Number.POSITIVE_INFINITY): LoadedWords {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  if (!isFolder) {
    const { repeated, ...table } = readWordVectors(path, most);
    const warning = `${counted(repeated, 'word')} of ${path} stood there before and were left out`;
    return { ...table, warnings: repeated === 0 ? [] : [warning] };
  }
  const run = loadRun(path, { device: 'cpu' });
  try {
    if (!(run.method instanceof WordVectors))
      throw new AutodidactError('USAGE', `${path} is a run of ${run.definition.title}, which has no word vectors`, {
        remedy: 'Take a run of skip-gram or cbow, or a file of word vectors.',
      });
    const { words, vectors } = (run.method as WordVectors<never>).vectors();
    const count = Math.min(most, words.length);
    const table = { words: words.slice(0, count), size: vectors.size(1) };
    const values = (vectors.toTypedArray() as Float32Array).subarray(0, count * table.size);
    vectors.dispose();
    return { ...table, vectors: values, warnings: run.warnings };
  } finally {
    run.method.dispose();
  }
}

/** Words as directions, see `WordSpace`. */
export function spaceOf({ words, size, vectors }: WordVectorTable): WordSpace {
  return scope(() => new WordSpace(words, tensor(vectors, { shape: [words.length, size] })));
}
