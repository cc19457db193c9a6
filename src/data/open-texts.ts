import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import { expected } from '../errors.js';
import { noSplit } from './dataset.js';
import { joinLabels } from './join-labels.js';
import { Prng } from './prng.js';
import { readText } from './regular-file.js';
import type { Skipped, Split } from './sources/source.js';
import type { TextSource } from './sources/text/text-source.js';
import { openTextSource } from './sources/text/text-spec.js';
import type { TokensForm } from './spec.js';
import { readTokenizer, tokenizerOf } from './text/json-tokenizer.js';
import { packTexts, ROWS_PER_DOCUMENT } from './text/pack-texts.js';
import { PackedTokens } from './text/packed-tokens.js';
import { encodeTagged, type TaggedPiece } from './text/tagged-words.js';
import { MemoryTokens } from './text/token-store.js';
import { TOKENIZER_FILE, TOKENIZER_KINDS, type Tokenizer, type TokenizerKind } from './text/tokenizer.js';
import { type Corpus, TokensDataset } from './text/tokens-dataset.js';
import type { TrainTokenizerOptions } from './text/train/train-tokenizer.js';

export interface OpenTextsOptions {
  /** A kind of tokenizer, which is trained on the texts that are not for tests (default `bpe`), or a tokenizer.json. */
  tokenizer?: string;
  /** Size of a tokenizer that is trained; fewer where the text does not give so many. */
  vocabulary?: number;
  /** Tokens of a window. Default 128. */
  context?: number;
  /** Default `stream`. */
  form?: TokensForm;
  /** Tokens of a window of sentences that are left free. Default 0. */
  room?: number;
  /** Whether each sample is to be of one document, whose label it has: `form` is then `sentences`. */
  isLabeled?: boolean;
  /** `Dataset.assets` of data that these are to be read like, such as those that a run keeps: their tokenizer comes before `tokenizer`. */
  assets?: ReadonlyMap<string, Uint8Array>;
  split?: Split | 'all';
  /** Take only so many documents, drawn at random with a fixed seed, and only so many samples of them. */
  limit?: number;
  labels?: string;
  cacheFolder?: string;
  onProgress?: (done: number, total: number, unit?: string) => void;
  signal?: AbortSignal;
}

const DEFAULT_CONTEXT = 128;
const MOST_CONTEXT = 1_000_000;
/** Windows with tags leave room for the marks of begin and end, whoever reads them: all networks are then asked of the same words. */
const FRAME = 2;

/**
 * Opens texts, see `openTextSource`, as windows of tokens. They become tokens once, at the first opening.
 *
 * @throws AutodidactError `DATA` when no text can be read, `USAGE` for options out of range, `NOT_FOUND`, `IO`, `INTERRUPTED`
 */
export async function openTexts(spec: string, options: OpenTextsOptions = {}): Promise<TokensDataset> {
  checkOptions(options);
  return openTextsOf(await openTextSource(spec, options), options);
}

function checkOptions({ context = DEFAULT_CONTEXT, limit }: OpenTextsOptions): void {
  checkWhole('context', context, 1, MOST_CONTEXT);
  if (limit !== undefined) checkWhole('limit', limit, 1, Number.MAX_SAFE_INTEGER);
}

/** As `openTexts`, of a source that is open. */
export async function openTextsOf(source: TextSource, options: OpenTextsOptions = {}): Promise<TokensDataset> {
  checkOptions(options);
  const { context = DEFAULT_CONTEXT, isLabeled = false, split = 'all', limit } = options;
  const form = isLabeled || source.isTagged ? 'sentences' : (options.form ?? 'stream');
  const room = source.isTagged ? Math.max(FRAME, options.room ?? 0) : form === 'stream' ? 0 : (options.room ?? 0);
  if (room >= context)
    throw expected(`at least ${room + 1} tokens`, 'context', context, {
      remedy: `The method puts ${room} special tokens into each window.`,
    });
  const { pack, tokenizer } = await packTexts(source, { ...options, tokenizer: await chosenTokenizer(options) });
  const { ids, splits, labels, classes, skipped, fingerprint } = pack.index;
  const ofDocuments = <T>(rows: readonly T[]): T[] => rows.filter((_, row) => row % ROWS_PER_DOCUMENT === 0);
  const corpus: Corpus = {
    ...{ name: source.name, note: source.note ?? null, store: new PackedTokens(pack), tokenizer },
    ...{ ids: ofDocuments(ids), splits: ofDocuments(splits), skipped, fingerprint },
    ...{ classes, labels: labels && Int32Array.from(ofDocuments(labels)) },
  };
  const known = source.isTagged ? await withTags(corpus, source) : corpus;
  const labeled = options.labels === undefined ? known : await relabeled(known, options.labels);
  const windows = {
    length: context,
    form,
    room,
    ...(source.sentences === undefined ? {} : { sentences: source.sentences }),
  };
  const documents = drawn(documentsOn(labeled, split), limit);
  const dataset = new TokensDataset(labeled, windows, documents);
  if (limit === undefined || dataset.count <= limit) return dataset;
  return dataset.subset(
    drawn(
      Int32Array.from({ length: dataset.count }, (_, i) => i),
      limit,
    ),
  );
}

/**
 * The documents with the tags of their words. They are encoded anew, word by word, and kept in memory: four bytes for each token, and the word.
 */
async function withTags(corpus: Corpus, source: TextSource): Promise<Corpus> {
  const places = new Map(corpus.ids.map((id, place) => [id, place]));
  const documents = corpus.ids.map((): readonly (readonly TaggedPiece[])[] => []);
  for await (const { id, tagged = [] } of source.documents()) {
    const place = places.get(id);
    if (place !== undefined && documents[place]!.length === 0) documents[place] = tagged;
  }
  const { classes, sentences, words } = encodeTagged(documents, corpus.tokenizer);
  return { ...corpus, store: new MemoryTokens(sentences), tags: { classes, words } };
}

/** Whether a source of texts has this side of a division of its own, without reading them. */
export async function textsHaveSplit(spec: string, split: Split): Promise<boolean> {
  const { sides } = await openTextSource(spec);
  return sides.includes(split);
}

async function chosenTokenizer({
  tokenizer = 'bpe',
  vocabulary,
  assets,
}: OpenTextsOptions): Promise<Tokenizer | TrainTokenizerOptions> {
  if (assets?.has(TOKENIZER_FILE)) return tokenizerOf(assets);
  if (isKind(tokenizer)) return { kind: tokenizer, ...(vocabulary === undefined ? {} : { vocabulary }) };
  if (!existsSync(tokenizer) && extname(tokenizer) !== '.json')
    throw expected(`one of ${TOKENIZER_KINDS.join(', ')}, or a tokenizer.json`, 'tokenizer', tokenizer);
  if (vocabulary !== undefined)
    throw expected('no size', 'vocabulary', vocabulary, { remedy: `The size of ${tokenizer} is fixed; leave it out.` });
  return readTokenizer(await readText(tokenizer), tokenizer);
}

const isKind = (name: string): name is TokenizerKind => (TOKENIZER_KINDS as readonly string[]).includes(name);

function checkWhole(name: string, value: number, least: number, most: number): void {
  if (!(Number.isInteger(value) && value >= least && value <= most))
    throw expected(`a whole number from ${least}`, name, value);
}

function documentsOn({ name, splits }: Corpus, split: Split | 'all'): Int32Array {
  const isOn = (own: Split | null): boolean =>
    split === 'all' || own === split || (split === 'train' && (own === null || own === undefined));
  const documents = Int32Array.from(splits.flatMap((own, document) => (isOn(own) ? [document] : [])));
  if (documents.length === 0) throw noSplit(name, split as Split, 'texts');
  return documents;
}

/** At most `count` of the numbers, drawn at random with a fixed seed, in their order. */
function drawn(numbers: Int32Array, count = numbers.length): Int32Array {
  if (count >= numbers.length) return numbers;
  const order = new Prng(0, numbers.length).permutation(numbers.length);
  return order
    .subarray(0, count)
    .sort()
    .map((place) => numbers[place]!);
}

/** The documents with the labels of a table in place of their own. */
function relabeled(corpus: Corpus, path: string): Promise<Corpus> {
  const withLabels = (classes: readonly string[], labels: Int32Array, skipped: readonly Skipped[]): Corpus => ({
    ...{ ...corpus, classes, labels, skipped: [...corpus.skipped, ...skipped] },
    fingerprint: createHash('sha256').update(corpus.fingerprint).digest('hex'),
  });
  return joinLabels({ ...corpus, withLabels }, path);
}
