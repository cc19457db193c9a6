import { Prng } from '../../prng.js';
import { SentenceSplitter } from '../../text/chunks.js';
import type { Split } from '../source.js';
import { splitOfBook, type Verse } from './bible.js';
import type { TextDocument, TextSource } from './text-source.js';

/**
 * How pairs are made of texts: `next`, a sentence and the one behind it or one of another document, as in BERT; `order`, two neighbors as
 * they stand or swapped, as in ALBERT; `adjacent`, a passage of four sentences and the passage behind it, without labels, for retrieval.
 */
export const PAIR_RULES = ['next', 'order', 'adjacent'] as const;
export type PairRule = (typeof PAIR_RULES)[number];

export interface TextPair {
  readonly id: string;
  readonly first: string;
  readonly second: string;
  readonly label: string | null;
  readonly split: Split | null;
}

/** Raised whenever the same texts would give other pairs. */
export const PAIR_MAKER = 2;

/** Sentences of other documents of one side, of which one is drawn. */
const MOST_OTHERS = 10_000;
/** Sentences of fewer words are headings and the like. */
const LEAST_WORDS = 3;
/** Sentences of each passage of an `adjacent` pair. */
const PASSAGE = 4;
const SEED = 17;

/**
 * The pairs of a source in their order, always the same. No sentence stands in two of them, but those that stand for "another document". Half of
 * `next` and `order` are of each class, by a draw. The other document is of the same side of the division: a sentence that is known from training
 * must not tell the class of a test pair. Pairs that would need another document before there is one are left out.
 */
export async function* pairsOf(source: TextSource, rule: PairRule): AsyncGenerator<TextPair> {
  const prng = new Prng(SEED);
  const others = new Map<Split, Reservoir>();
  for await (const document of source.documents()) {
    const sentences = await sentencesOf(document);
    const { id, split } = document;
    // Documents on no side are for training.
    const side = split ?? 'train';
    if (!others.has(side)) others.set(side, new Reservoir(prng));
    const known = others.get(side)!;
    const size = rule === 'adjacent' ? PASSAGE : 1;
    for (let at = 0; at + 2 * size <= sentences.length; at += 2 * size) {
      const passage = (from: number) => sentences.slice(from, from + size).join(' ');
      const [first, second] = [passage(at), passage(at + size)];
      const own = { id: `${id}#${at}`, split };
      const isChanged = rule !== 'adjacent' && prng.uniform() < 0.5;
      if (rule === 'adjacent') yield { ...own, first, second, label: null };
      else if (rule === 'order')
        yield isChanged
          ? { ...own, first: second, second: first, label: 'swapped' }
          : { ...own, first, second, label: 'in order' };
      else if (!isChanged) yield { ...own, first, second, label: 'next' };
      else if (known.sentences.length > 0) yield { ...own, first, second: known.draw(), label: 'other' };
    }
    for (const sentence of sentences) known.add(sentence);
  }
}

/** A sample of all sentences so far, each as likely as any other (Vitter 1985, algorithm R). */
class Reservoir {
  readonly sentences: string[] = [];
  private seen = 0;

  constructor(private readonly prng: Prng) {}

  add(sentence: string): void {
    const place = this.seen++ < MOST_OTHERS ? this.sentences.length : this.prng.below(this.seen);
    if (place < MOST_OTHERS) this.sentences[place] = sentence;
  }

  draw(): string {
    return this.sentences[this.prng.below(this.sentences.length)]!;
  }
}

async function sentencesOf(document: TextDocument): Promise<string[]> {
  const sentences: string[] = [];
  const splitter = new SentenceSplitter();
  for await (const piece of document.text)
    for (const sentence of document.isInSentences ? [piece] : splitter.push(piece)) sentences.push(sentence);
  for (const sentence of splitter.end()) sentences.push(sentence);
  return sentences
    .map((sentence) => sentence.trim().replace(/\s+/g, ' '))
    .filter((sentence) => sentence.split(' ').length >= LEAST_WORDS);
}

/** Verses of two Bibles that have one name. */
export function versePairs(first: readonly Verse[], second: readonly Verse[]): TextPair[] {
  const partners = new Map(second.map((verse) => [verse.name, verse.text]));
  return first.flatMap(({ name, book, text }): TextPair[] => {
    const partner = partners.get(name);
    return partner === undefined
      ? []
      : [{ id: name, first: text, second: partner, label: null, split: splitOfBook(book) }];
  });
}

/** One side of the pairs as a source of its own: each text a document. Labels are those of the first side. */
export function sideOf(
  pairs: () => AsyncIterable<TextPair> | Iterable<TextPair>,
  about: Pick<TextSource, 'name' | 'sides' | 'identity' | 'skipped' | 'note' | 'isLowercase'> & { kind: string },
  side: 'first' | 'second',
): TextSource {
  return {
    ...about,
    ...{ kind: `${about.kind} ${side}`, size: 1, unit: 'documents' },
    async *documents(onRead) {
      for await (const { id, label, split, ...texts } of pairs())
        yield { id, label: side === 'first' ? label : null, split, text: [texts[side]] };
      onRead?.(1);
    },
  };
}
