import { createHash } from 'node:crypto';
import { scope, tensor } from '../../engine/index.js';
import { AutodidactError } from '../../errors.js';
import { type Amounts, Dataset, type DatasetInfo, type Draw, noSplit, type Parts } from '../dataset.js';
import type { Skipped, Split } from '../sources/source.js';
import type { Tokens, TokensSpec } from '../spec.js';
import { randomSplit, stratifiedSplit } from '../split.js';
import { type TaggedWords, TagTargets } from '../tag-targets.js';
import { ClassTargets, type Targets } from '../targets.js';
import { COUNTS_FILE } from './assets.js';
import { joinedWords, wordsWithin } from './tagged-words.js';
import type { Run, TokenStore } from './token-store.js';
import { TOKENIZER_FILE, type Tokenizer } from './tokenizer.js';
import { lastAtMost, SentenceWindows, StreamWindows, type Windows } from './windows.js';

/** How text is cut into windows. */
export interface WindowForm extends Pick<TokensSpec, 'length' | 'form' | 'room'> {
  /** Most sentences of a window, of sentences. */
  sentences?: number;
}

/** Documents with what is known of them, shared by all parts of a data set. */
export interface Corpus {
  readonly name: string;
  readonly note: string | null;
  readonly store: TokenStore;
  readonly tokenizer: Tokenizer;
  /** One per document, unique. */
  readonly ids: readonly string[];
  readonly splits: readonly (Split | null)[];
  /** Index into `classes` of each document, -1 when unlabeled; null when none is labeled. */
  readonly classes: readonly string[] | null;
  readonly labels: Int32Array | null;
  /** Tags of words. */
  readonly tags?: { readonly classes: readonly string[]; readonly words: readonly TaggedWords[] };
  readonly skipped: readonly Skipped[];
  readonly partial?: readonly Skipped[];
  /** SHA-256 over the tokens and ids. */
  readonly fingerprint: string;
}

/**
 * Texts as windows of tokens, see `Tokens`. A sample is a block of the stream of all documents, or some sentences of one. Parts that are held
 * out, or of one side of a division, are made of whole documents. A block that holds documents of several classes has no label.
 */
export class TokensDataset extends Dataset<TokensSpec> {
  readonly plural = 'texts';
  readonly spec: TokensSpec;
  /** Whether samples or targets are chosen, which windows cut anew would not have. */
  private readonly isChosen: boolean;
  private counted: Uint8Array | null = null;
  private named: readonly string[] | null = null;

  /**
   * @param documents those that samples are cut from, ascending
   * @param positions the windows that are samples; null for all
   * @param changed what is not that of the corpus: targets of samples, an own fingerprint
   * @param windows those of these documents, where they have been cut before
   */
  constructor(
    private readonly corpus: Corpus,
    private readonly windowForm: WindowForm,
    private readonly documents: Int32Array = allOf(corpus.ids.length),
    private readonly positions: Int32Array | null = null,
    changed: Partial<DatasetInfo> = {},
    private readonly windows: Windows = windowsOf(corpus, windowForm, documents),
  ) {
    const { tokenizer } = corpus;
    const { length, form, room } = windowForm;
    super({
      ...{ name: corpus.name, note: corpus.note, ids: [], splits: [], skipped: corpus.skipped },
      ...(corpus.partial === undefined ? {} : { partial: corpus.partial }),
      fingerprint: changed.fingerprint ?? fingerprintOf(corpus, windowForm, documents),
      targets: changed.targets ?? targetsOf(corpus, windows),
      ...changed,
    });
    this.isChosen = positions !== null || changed.targets !== undefined;
    const { hash, vocabulary, special } = tokenizer;
    this.spec = { modality: 'tokens', length, vocabulary, tokenizer: hash, special, form, room };
  }

  get tokenizer(): Tokenizer {
    return this.corpus.tokenizer;
  }

  override get count(): number {
    return this.positions?.length ?? this.windows.count;
  }

  /** Documents that samples are cut from. */
  get documentCount(): number {
    return this.documents.length;
  }

  /** Of these documents, by the number in `Tokens.document`. */
  idOf(document: number): string {
    return this.corpus.ids[document]!;
  }

  /** Made when they are first asked for: there may be millions. */
  override get ids(): readonly string[] {
    this.named ??= Array.from({ length: this.count }, (_, i) => {
      const window = this.windowOf(i);
      return `${this.idOf(this.windows.documentOf(window))}#${this.windows.placeOf(window)}`;
    });
    return this.named;
  }

  override get labeledAs(): readonly string[] {
    return Array.from({ length: this.count }, (_, i) => this.idOf(this.windows.documentOf(this.windowOf(i))));
  }

  override get splits(): readonly (Split | null)[] {
    return Array.from({ length: this.count }, (_, i) => this.corpus.splits[this.windows.documentOf(this.windowOf(i))]!);
  }

  /** The tokenizer, and how often each token is in these documents. */
  override get assets(): ReadonlyMap<string, Uint8Array> {
    const utf8 = new TextEncoder();
    this.counted ??= utf8.encode(JSON.stringify([...this.countTokens()]));
    return new Map([
      [TOKENIZER_FILE, utf8.encode(this.tokenizer.json)],
      [COUNTS_FILE, this.counted],
    ]);
  }

  override collate(indices: ArrayLike<number>, draw?: Draw): Tokens {
    const { length } = this.windowForm;
    const { pad, end } = this.tokenizer.special;
    const rows = Array.from(this.checked(indices), (i) => this.windows.partsOf(this.windowOf(i), draw));
    const ids = new Int32Array(rows.length * length).fill(pad ?? end ?? 0);
    const sentence = new Int32Array(ids.length).fill(-1);
    const lengths = new Int32Array(rows.length);
    const text = this.corpus.store.read(rows.flat());
    let read = 0;
    for (const [row, parts] of rows.entries()) {
      let at = row * length;
      for (const part of parts) {
        ids.set(text.subarray(read, read + part.length), at);
        if (part.length === 0) ids[at] = end!;
        numberSentences(this.corpus.store.startsOf(part.document), part, sentence, at);
        read += part.length;
        at += Math.max(1, part.length);
      }
      lengths[row] = at - row * length;
    }
    const shape = [rows.length, length];
    const whole = (numbers: Int32Array, own?: number[]) => tensor(numbers, own && { shape: own }).to('int64');
    return scope(() => ({
      ids: whole(ids, shape),
      lengths: whole(lengths),
      sentence: whole(sentence, shape),
      document: whole(Int32Array.from(rows, ([first]) => first!.document)),
      start: tensor(Float64Array.from(rows, ([first]) => this.windows.startOf(first!))).to('int64'),
    }));
  }

  /** The text of a document. */
  textOf(document: number): string {
    const length = this.corpus.store.lengthOf(document);
    return this.tokenizer.decode(this.corpus.store.read([{ document, from: 0, length }]));
  }

  override subset(indices: ArrayLike<number>): this {
    const positions = this.checked(indices);
    const windows = positions.map((i) => this.windowOf(i));
    return this.derive(
      {
        ...this.info,
        targets: this.targets.map((part) => part.subset(positions)),
        fingerprint: sha256(this.fingerprint, new Uint8Array(windows.buffer)),
      },
      positions,
    ) as this;
  }

  /** Windows of the documents of this side alone, unless the samples or their targets are chosen: then those of them that begin there. */
  override only(split: Split): this {
    if (this.isChosen) return super.only(split);
    const isOn = (document: number): boolean => {
      const own = this.corpus.splits[document]!;
      return own === split || (split === 'train' && own === null);
    };
    const documents = this.documents.filter(isOn);
    if (documents.length === 0) throw noSplit(this.name, split, this.plural);
    return documents.length === this.documents.length ? this : this.ofDocuments(documents);
  }

  /** Parts the documents at random, with the same share of every class when all are labeled; of chosen samples, those of a document together. */
  override holdOut(fraction: number, seed = 0): Parts<this> {
    if (this.isChosen) return super.holdOut(fraction, seed);
    const { labels } = this.corpus;
    const known = labels === null ? null : this.documents.map((document) => labels[document]!);
    const isLabeled = known?.every((label) => label >= 0) ?? false;
    const options = { fraction, seed };
    const { kept, held } = isLabeled ? stratifiedSplit(known!, options) : randomSplit(this.documents.length, options);
    if (held.length === 0)
      throw new AutodidactError('DATA', `None of the documents of ${this.name} can be held out: there are too few`, {
        remedy: 'Give texts of their own for the test (--test), or more documents: one file or one row is one.',
      });
    const part = (places: Int32Array): this => this.ofDocuments(places.map((place) => this.documents[place]!));
    return { kept: part(kept), held: part(held) };
  }

  /** The same documents, cut into windows in another way. */
  inWindows(form: WindowForm): TokensDataset {
    return new TokensDataset(this.corpus, form, this.documents);
  }

  /** Documents, sentences and tokens. */
  override amounts(): Amounts {
    const { store, labels, classes } = this.corpus;
    const none = () => ({ documents: 0, sentences: 0, tokens: 0 });
    const all = none();
    const perClass = classes && Object.fromEntries(classes.map((name) => [name, none()]));
    for (const document of this.documents) {
      const own = { sentences: store.startsOf(document).length, tokens: store.lengthOf(document) };
      const label = labels?.[document] ?? -1;
      for (const amounts of [all, ...(perClass && label >= 0 ? [perClass[classes![label]!]!] : [])]) {
        amounts.documents += 1;
        amounts.sentences += own.sentences;
        amounts.tokens += own.tokens;
      }
    }
    return { all, perClass };
  }

  protected override form(): string {
    const { length, form } = this.windowForm;
    return `${form === 'stream' ? '' : 'up to '}${length} tokens`;
  }

  protected override derive(info: DatasetInfo, positions: Int32Array | null): TokensDataset {
    const own =
      positions === null ? this.positions : positions.map((position) => this.positions?.[position] ?? position);
    const { ids: _ids, splits: _splits, ...changed } = info;
    return new TokensDataset(this.corpus, this.windowForm, this.documents, own, changed, this.windows);
  }

  private ofDocuments(documents: Int32Array): this {
    return new TokensDataset(this.corpus, this.windowForm, documents) as this;
  }

  private windowOf(position: number): number {
    return this.positions?.[position] ?? position;
  }

  private countTokens(): Float64Array {
    const counts = new Float64Array(this.spec.vocabulary);
    const { store } = this.corpus;
    for (const document of this.documents) {
      const length = store.lengthOf(document);
      for (let from = 0; from < length; from += COUNTED)
        for (const id of store.read([{ document, from, length: Math.min(COUNTED, length - from) }])) counts[id]! += 1;
    }
    const { end } = this.tokenizer.special;
    if (end !== null && this.windowForm.form === 'stream') counts[end]! += this.documents.length;
    return counts;
  }
}

/** Tokens that are counted at once. */
const COUNTED = 1_000_000;

const allOf = (count: number): Int32Array => Int32Array.from({ length: count }, (_, i) => i);

const sha256 = (...parts: (string | Uint8Array)[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

function windowsOf({ store, tokenizer }: Corpus, form: WindowForm, documents: Int32Array): Windows {
  const { length, room, sentences } = form;
  return form.form === 'stream'
    ? new StreamWindows(store, documents, length, tokenizer.special.end !== null)
    : new SentenceWindows(store, documents, { tokens: length - room, sentences });
}

function fingerprintOf({ fingerprint, tokenizer }: Corpus, form: WindowForm, documents: Int32Array): string {
  return sha256(fingerprint, JSON.stringify([tokenizer.hash, form]), new Uint8Array(documents.slice().buffer));
}

function targetsOf(corpus: Corpus, windows: Windows): Targets[] {
  return [...classesOf(corpus, windows), ...tagsOf(corpus, windows)];
}

function tagsOf({ tags }: Corpus, windows: Windows): TagTargets[] {
  if (tags === undefined) return [];
  const known = Array.from({ length: windows.count }, (_, window) => {
    let at = 0;
    const parts = windows.partsOf(window).map(({ document, from, length }) => {
      const offset = at;
      at += Math.max(1, length);
      return wordsWithin(tags.words[document]!, from, length, offset);
    });
    return parts.length === 1 ? parts[0]! : joinedWords(parts);
  });
  return [new TagTargets(tags.classes, known)];
}

function classesOf({ classes, labels }: Corpus, windows: Windows): ClassTargets[] {
  if (classes === null || labels === null) return [];
  const own = Int32Array.from({ length: windows.count }, (_, window) => {
    const found = new Set(windows.documentsOf(window).map((document) => labels[document]!));
    return found.size === 1 ? [...found][0]! : -1;
  });
  return [new ClassTargets(classes, own)];
}

/** Writes the number of the sentence of each token of a part; of the end token behind it, for a part without tokens. */
function numberSentences(starts: Int32Array, { from, length }: Run, into: Int32Array, at: number): void {
  let number = lastAtMost(starts, from);
  for (let i = 0; i < Math.max(1, length); i++) {
    while (number + 1 < starts.length && starts[number + 1]! <= from + i) number++;
    into[at + i] = number;
  }
}
