import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { ioError } from '../../../errors.js';
import { groupBy } from '../../groups.js';
import type { Split } from '../source.js';
import type { TextSource } from './text-source.js';

/** A verse of a Bible. */
export interface Verse {
  /** By its OSIS name: `Gen`. */
  readonly book: string;
  /** `Gen.1.1`; the same verse of two Bibles has one name where they are counted alike. */
  readonly name: string;
  readonly testament: 'old' | 'new';
  readonly text: string;
}

/** Raised whenever the same files would give other verses or another division. */
export const BIBLE_READER = 2;

/** Every tenth of the 66 books that both Bibles have, by name: the same in each of them and in pairs of their verses. */
const TEST_BOOKS: ReadonlySet<string> = new Set(['Josh', 'Neh', 'Ezek', 'Zeph', '1Cor', 'Titus', 'Rev']);

/** The side of a division that a book is on. */
export const splitOfBook = (book: string): Split => (TEST_BOOKS.has(book) ? 'test' : 'train');

/** Bytes of an entry in the lists of blocks and of verses. */
const BLOCK_BYTES = 12;
const VERSE_BYTES = 10;

/**
 * The verses of a Bible that SWORD keeps compressed, book by book, in their order.
 * @param translation `kjv` or `web`
 */
export async function bibleVerses(folder: string, translation: string): Promise<Verse[]> {
  const old = await versesOf(folder, `${translation}-ot`, 'old');
  return [...old, ...(await versesOf(folder, `${translation}-nt`, 'new'))];
}

/** A Bible: each book is a document, each verse a sentence; the classes are the testaments. */
export async function bible(folder: string, translation: 'kjv' | 'web'): Promise<TextSource> {
  const verses = await bibleVerses(folder, translation);
  const books = groupBy(verses, ({ book }) => book);
  return {
    ...{
      name: translation,
      kind: 'bible',
      skipped: [],
      sides: ['train', 'test'],
      unit: 'documents',
      identity: [translation, BIBLE_READER],
      size: books.size,
    },
    note: `${translation === 'kjv' ? 'King James Version' : 'World English Bible'}, public domain (Debian sword-text-${translation})`,
    async *documents(onRead) {
      for (const [book, own] of books) {
        onRead?.(1);
        yield {
          ...{ id: book, label: own[0]!.testament, isInSentences: true },
          split: splitOfBook(book),
          text: own.map(({ text }, i) => (i === 0 ? text : ` ${text}`)),
        };
      }
    },
  };
}

async function versesOf(folder: string, name: string, testament: Verse['testament']): Promise<Verse[]> {
  const read = (ending: string): Promise<Buffer> => {
    const path = join(folder, `${name}.${ending}`);
    return readFile(path).catch((cause) => {
      throw ioError('read', path, cause);
    });
  };
  const [blocks, entries, packed] = await Promise.all(['bzs', 'bzv', 'bzz'].map(read));
  const texts = Array.from({ length: blocks!.length / BLOCK_BYTES }, (_, i) => {
    const from = blocks!.readUInt32LE(BLOCK_BYTES * i);
    const length = blocks!.readUInt32LE(BLOCK_BYTES * i + 4);
    return length === 0 ? Buffer.alloc(0) : inflateSync(packed!.subarray(from, from + length));
  });
  const verses: Verse[] = [];
  let chapter: string | null = null;
  let number = 0;
  for (let at = 0; at + VERSE_BYTES <= entries!.length; at += VERSE_BYTES) {
    const start = entries!.readUInt32LE(at + 4);
    const length = entries!.readUInt16LE(at + 8);
    const markup = texts[entries!.readUInt32LE(at)]?.toString('utf8', start, start + length) ?? '';
    if (/<div (?![^>]*eID=)[^>]*type="book"/.test(markup)) chapter = null;
    const heading = /<chapter [^>]*osisID="([^"]+)"/.exec(markup);
    if (heading !== null) {
      chapter = heading[1]!;
      number = 0;
      continue;
    }
    number++;
    const text = withoutMarkup(markup);
    if (chapter !== null && text !== '')
      verses.push({ book: chapter.split('.')[0]!, name: `${chapter}.${number}`, testament, text });
  }
  return verses;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** The text of a verse without notes, headings and marks, and without what stands behind the end of its book: a glossary. */
function withoutMarkup(markup: string): string {
  return (
    markup
      .replace(/<div (?=[^>]*eID=)[^>]*type="book".*$/s, '')
      .replace(/<(note|title)\b[^>]*>.*?<\/\1>/gs, ' ')
      .replace(/<[^>]*>/g, '')
      .replace(/&(\w+);/g, (whole, name: string) => ENTITIES[name] ?? whole)
      // Marks of the format from which the modules were made that its converter left in the text: "the \nd LORD".
      .replace(/\\\w+\*? ?/g, '')
      .replace(/[\s¶]+/g, ' ')
      .replace(/ ([,.;:!?])/g, '$1')
      .trim()
  );
}
