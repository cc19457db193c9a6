import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AutodidactError } from '../../errors.js';
import { writeAtomically } from '../../files.js';
import { makeCachePath } from '../cache.js';
import { encodeLabels } from '../labels.js';
import { PACK_VERSION, type Pack, PackWriter, readPack } from '../pack-file.js';
import type { Skipped } from '../sources/source.js';
import { type TextDocument, type TextSource, UnreadableText } from '../sources/text/text-source.js';
import { Chunker, SentenceSplitter } from './chunks.js';
import { readTokenizer } from './json-tokenizer.js';
import { SENTENCE_RULES } from './sentences.js';
import type { Tokenizer } from './tokenizer.js';
import { TokenizerTrainer, type TrainTokenizerOptions } from './train/train-tokenizer.js';

export interface PackTextsOptions {
  /** A tokenizer, or what to learn one with. */
  tokenizer: Tokenizer | TrainTokenizerOptions;
  cacheFolder?: string;
  onProgress?: (done: number, total: number, unit?: string) => void;
  signal?: AbortSignal;
}

/** Raised whenever the same texts would give other packs; other tokenizers. */
const PACKER = 'texts-1';
const TRAINER = 'tokenizers-1';

/** Rows of the pack for each document: its tokens, and the places of its sentences. */
export const ROWS_PER_DOCUMENT = 2;

const LAYOUT = { dtype: 'int32' as const, shape: [], isVarying: true };

/**
 * Turns all texts of a source into tokens once, into a pack in the cache, or finds the one made before. Texts are read twice: first to see
 * which can be read, and to learn the tokenizer from those that are not for tests, then to encode them. Memory does not grow with them but for
 * the list of documents and the sentences of the longest. Documents that cannot be read, or hold nothing, are left out and listed.
 *
 * @throws AutodidactError `DATA` when no document remains, `IO`, `INTERRUPTED`
 */
export async function packTexts(
  source: TextSource,
  options: PackTextsOptions,
): Promise<{ pack: Pack; tokenizer: Tokenizer }> {
  const folder = await makeCachePath('packs', options.cacheFolder);
  const texts = [source.kind, source.skipped, source.identity];
  const packKey = ({ hash }: Tokenizer): string =>
    keyOf([PACKER, PACK_VERSION, SENTENCE_RULES, process.versions.icu, texts, hash]);
  const { tokenizer: asked } = options;
  const trained = 'hash' in asked ? null : { isLowercase: source.isLowercase, ...asked };
  const tokenizerPath = join(folder, `${keyOf([TRAINER, texts, trained])}.tokenizer.json`);
  const known = 'hash' in asked ? asked : await keptTokenizer(tokenizerPath);
  const found = known && (await readPack(folder, packKey(known)));
  if (known !== null && found !== null) return { pack: found, tokenizer: known };
  const progress = progressOf(source, options);
  const trainer = trained === null ? null : new TokenizerTrainer(trained);
  const { unreadable, isLeftOut } = await survey(source, trainer, progress, options.signal);
  const tokenizer = 'hash' in asked ? asked : readTokenizer(trainer!.finish(), tokenizerPath);
  if (trained !== null) writeAtomically(tokenizerPath, tokenizer.json);
  const key = packKey(tokenizer);
  const writer = await PackWriter.create(folder, key, LAYOUT, source.size);
  try {
    const kept: Pick<TextDocument, 'id' | 'label' | 'split'>[] = [];
    const skipped: Skipped[] = [...source.skipped, ...unreadable];
    let place = 0;
    for await (const document of source.documents(progress)) {
      checkSignal(options.signal);
      if (isLeftOut.has(place++)) continue;
      const { id, label, split } = document;
      // Not the document itself, which holds on to its text.
      if (await encode(document, tokenizer, writer, options.signal)) kept.push({ id, label, split });
      else skipped.push({ id, reason: NOTHING });
    }
    if (kept.length === 0) throw noneLeft(source.name, skipped);
    const { classes, labels } = encodeLabels(kept.map(({ label }) => label));
    const pack = await writer.commit({
      ...{ kind: 'texts', count: ROWS_PER_DOCUMENT * kept.length, details: {} },
      ids: kept.flatMap(({ id }) => [id, `${id}#sentences`]),
      labels: classes === null ? null : [...labels].flatMap((label) => [label, label]),
      ...{ classes, masks: null },
      splits: kept.flatMap(({ split }) => [split, split]),
      skipped,
    });
    return { pack, tokenizer };
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

const NOTHING = 'it holds no text';

const keyOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 32);

/**
 * The tokenizer that was learned before; null when there is none. That of a damaged file is another one, of which there is no pack: it
 * is learned anew.
 */
async function keptTokenizer(path: string): Promise<Tokenizer | null> {
  try {
    return readTokenizer(await readFile(path, 'utf8'), path);
  } catch {
    return null;
  }
}

/** Reads all documents once. */
async function survey(
  source: TextSource,
  trainer: TokenizerTrainer | null,
  progress: (size: number) => void,
  signal?: AbortSignal,
  learnsAll = false,
): Promise<{ unreadable: Skipped[]; isLeftOut: ReadonlySet<number> }> {
  const unreadable: Skipped[] = [];
  const isLeftOut = new Set<number>();
  const ids = new Set<string>();
  let place = 0;
  for await (const document of source.documents(progress)) {
    checkSignal(signal);
    const learns = learnsAll || document.split === null || document.split === 'train';
    let reason = ids.has(document.id) ? 'its name is that of an earlier document' : null;
    ids.add(document.id);
    try {
      const hasText = await read(document, learns ? trainer : null, signal);
      reason ??= hasText ? null : NOTHING;
    } catch (error) {
      if (!(error instanceof UnreadableText)) throw error;
      reason = error.message;
    }
    if (reason !== null) {
      unreadable.push({ id: document.id, reason });
      isLeftOut.add(place);
    }
    place++;
  }
  // Nothing but texts for tests.
  if (trainer?.isEmpty && !learnsAll && place > isLeftOut.size) return survey(source, trainer, progress, signal, true);
  return { unreadable, isLeftOut };
}

/** Whether a document holds more than blanks. What a tokenizer learns of one that turns out to be unreadable, it keeps. */
async function read(document: TextDocument, trainer: TokenizerTrainer | null, signal?: AbortSignal): Promise<boolean> {
  const chunks = new Chunker();
  let hasText = false;
  const take = (chunk: string): void => {
    hasText ||= chunk.trim() !== '';
    trainer?.add(chunk);
  };
  for await (const piece of document.text) {
    checkSignal(signal);
    for (const chunk of document.isInSentences ? [piece] : chunks.push(piece)) take(chunk);
  }
  for (const chunk of chunks.end()) take(chunk);
  return hasText;
}

/** Tokens that are written at once, at least. */
const FLUSHED = 65_536;

/** Writes the tokens of a document and where its sentences begin. Gives false, and writes nothing, when it has no tokens. */
async function encode(
  document: TextDocument,
  tokenizer: Tokenizer,
  writer: PackWriter,
  signal?: AbortSignal,
): Promise<boolean> {
  const splitter = new SentenceSplitter();
  const starts: number[] = [];
  // One array for many sentences: an array for each would leave the memory in pieces.
  const ids: number[] = [];
  let count = 0;
  const flush = async (): Promise<void> => {
    await writer.append(new Uint8Array(Int32Array.from(ids).buffer));
    ids.length = 0;
  };
  const take = async (sentence: string): Promise<void> => {
    const before = ids.length;
    tokenizer.encodeInto(ids, sentence);
    if (ids.length === before) return;
    starts.push(count);
    count += ids.length - before;
    if (ids.length >= FLUSHED) await flush();
  };
  try {
    for await (const piece of document.text) {
      checkSignal(signal);
      for (const sentence of document.isInSentences ? [piece] : splitter.push(piece)) await take(sentence);
    }
    for (const sentence of splitter.end()) await take(sentence);
    await flush();
  } catch (error) {
    if (error instanceof UnreadableText)
      throw new AutodidactError('IO', `${document.id} changed while it was read: ${error.message}`, { cause: error });
    throw error;
  }
  if (count === 0) return false;
  writer.endRecord();
  await writer.append(new Uint8Array(Int32Array.from(starts).buffer));
  writer.endRecord();
  return true;
}

/** Tells how far both readings together are. */
function progressOf(source: TextSource, { onProgress }: PackTextsOptions): (size: number) => void {
  const total = Math.max(1, 2 * source.size);
  let done = 0;
  return (size) => {
    done += size;
    onProgress?.(Math.min(done, total), total, source.unit);
  };
}

function checkSignal(signal?: AbortSignal): void {
  if (signal?.aborted) throw new AutodidactError('INTERRUPTED', 'Packing the texts was interrupted; nothing was kept');
}

function noneLeft(name: string, skipped: readonly Skipped[]): AutodidactError {
  const some = skipped.slice(0, 3).map(({ id, reason }) => `${id} (${reason})`);
  const failed =
    skipped.length === 1
      ? `The text of ${name} could not be read`
      : `None of the ${skipped.length} texts of ${name} could be read`;
  return new AutodidactError('DATA', `${failed}: ${some.join(', ')}`);
}
