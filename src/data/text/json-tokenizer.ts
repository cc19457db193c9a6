import { createHash } from 'node:crypto';
import { Tokenizer as Library } from '@huggingface/tokenizers';
import { z } from 'zod';
import { AutodidactError, expected } from '../../errors.js';
import { parseJson } from '../../json.js';
import type { SpecialTokens } from '../spec.js';
import { textOf } from './assets.js';
import { detached } from './detached.js';
import { BYTE_CHARACTERS, type PieceRule, pieceRule, type Step } from './pieces.js';
import { findSpecial } from './special-tokens.js';
import { TOKENIZER_FILE, type Tokenizer } from './tokenizer.js';

const step = z.looseObject({ type: z.string() }).nullish();

const addedToken = z.looseObject({ id: z.int().min(0), content: z.string(), special: z.boolean().default(false) });

const schema = z.looseObject({
  added_tokens: z.array(addedToken).default([]),
  normalizer: step,
  pre_tokenizer: step,
  post_processor: step,
  decoder: step,
  model: z.looseObject({
    type: z.string().optional(),
    unk_token: z.string().nullish(),
    vocab: z.union([z.record(z.string(), z.int().min(0)), z.array(z.tuple([z.string(), z.number()]))]),
  }),
});

type Json = z.output<typeof schema>;

/** Pieces longer than this come once. */
const LONGEST_KEPT = 64;
const MOST_KEPT = 500_000;

/** A letter, number or mark goes on with a word; anything else begins one. */
const GOES_ON = /^[\p{L}\p{N}\p{M}]/u;

class JsonTokenizer implements Tokenizer {
  readonly hash: string;
  readonly vocabulary: number;
  readonly special: SpecialTokens;
  private readonly tokens: string[] = [];
  private readonly ids = new Map<string, number>();
  /** All special tokens, in the order of their ids, by content. */
  private readonly specialIds: ReadonlyMap<string, number>;
  private readonly library: Library;
  private readonly rule: PieceRule | null;
  /** Ids of pieces met before. */
  private readonly known = new Map<string, readonly number[]>();
  /** Added tokens that are no special ones: they are looked for in every text. */
  private readonly addedWords: readonly string[];
  private plain: Library | null = null;
  private begins: Uint8Array | null = null;

  constructor(
    readonly json: string,
    private readonly parsed: Json,
  ) {
    this.hash = createHash('sha256').update(json).digest('hex');
    const { vocab } = parsed.model;
    const entries = Array.isArray(vocab) ? vocab.map(([token], id) => [token, id] as const) : Object.entries(vocab);
    checkIds(entries, parsed.added_tokens);
    for (const [token, id] of [...entries, ...parsed.added_tokens.map(({ content, id }) => [content, id] as const)]) {
      this.tokens[id] = token;
      this.ids.set(token, id);
    }
    this.vocabulary = this.tokens.length;
    const special = parsed.added_tokens.filter((token) => token.special);
    this.specialIds = new Map(special.map(({ content, id }) => [content, id]));
    this.addedWords = parsed.added_tokens.filter((token) => !token.special).map(({ content }) => content);
    const isSpecial = new Set(this.specialIds.values());
    this.special = findSpecial(
      parsed,
      (id) => isSpecial.has(id),
      (token) => this.idOf(token),
    );
    this.library = libraryOf(parsed);
    this.rule = pieceRule(this.library, parsed as { normalizer?: Step; pre_tokenizer?: Step });
  }

  get beginsWord(): Uint8Array {
    if (this.begins === null) {
      const isSpecial = new Set(this.specialIds.values());
      const prefix = this.continuation;
      this.begins = Uint8Array.from(
        Array.from(this.tokens, (token: string | undefined, id: number) => {
          if (isSpecial.has(id)) return 1;
          if (prefix !== null) return token?.startsWith(prefix) ? 0 : 1;
          return this.isOfWords || !GOES_ON.test(this.spelled(token ?? '')) ? 1 : 0;
        }),
      );
    }
    return this.begins;
  }

  encode(text: string, { readsSpecial = false }: { readsSpecial?: boolean } = {}): Int32Array {
    if (text === '') return new Int32Array(0);
    if (readsSpecial && [...this.specialIds.keys()].some((token) => text.includes(token)))
      return Int32Array.from(this.library.encode(text, { add_special_tokens: false }).ids);
    const ids: number[] = [];
    this.encodeInto(ids, text);
    return Int32Array.from(ids);
  }

  encodeInto(ids: number[], text: string): void {
    if (text === '') return;
    if (this.rule === null || this.addedWords.some((word) => text.includes(word))) {
      this.plain ??= libraryOf({
        ...this.parsed,
        added_tokens: this.parsed.added_tokens.filter(({ special }) => !special),
      });
      for (const token of this.plain.tokenize(text) as string[]) ids.push(...this.idsOf(token));
      return;
    }
    for (const piece of this.rule.pieces(text)) for (const id of this.idsOfPiece(piece, this.rule)) ids.push(id);
  }

  decode(ids: ArrayLike<number>, { keepsSpecial = false }: { keepsSpecial?: boolean } = {}): string {
    const { unknown } = this.special;
    const left = new Set(keepsSpecial ? [] : [...this.specialIds.values()].filter((id) => id !== unknown));
    const kept = Array.from(ids).filter((id) => !left.has(id));
    for (const id of kept)
      if (this.tokens[id] === undefined) throw expected(`ids from 0 to ${this.vocabulary - 1}`, 'ids', id);
    return kept.length === 0 ? '' : this.library.decode(kept, { clean_up_tokenization_spaces: false });
  }

  token(id: number): string {
    const token = this.tokens[id];
    if (token === undefined) throw expected(`an id from 0 to ${this.vocabulary - 1}`, 'id', id);
    return token;
  }

  idOf(token: string): number | null {
    return this.ids.get(token) ?? null;
  }

  shown(id: number): string {
    const token = this.token(id);
    if (this.specialIds.get(token) === id) return token;
    const prefix = this.continuation;
    return prefix !== null && token.startsWith(prefix) ? token.slice(prefix.length) : this.spelled(token);
  }

  /** Marks a token that goes on with a word, `##`; null where tokens are spelled as they stand in the text. */
  private get continuation(): string | null {
    const prefix = this.parsed.model.continuing_subword_prefix;
    return typeof prefix === 'string' && prefix !== '' ? prefix : null;
  }

  /** Whether each token is a whole word. */
  private get isOfWords(): boolean {
    return this.parsed.model.type === 'WordLevel' && this.parsed.decoder?.type !== 'Fuse';
  }

  /** A token as it stands in the text, with the blank before it. */
  private spelled(token: string): string {
    return this.parsed.decoder?.type === 'ByteLevel' ? fromByteCharacters(token) : token.replaceAll('\u2581', ' ');
  }

  private idsOfPiece(piece: string, rule: PieceRule): readonly number[] {
    const known = this.known.get(piece);
    if (known !== undefined) return known;
    const ids = rule.tokensOf(piece).flatMap((token) => this.idsOf(token));
    if (piece.length <= LONGEST_KEPT) {
      if (this.known.size >= MOST_KEPT) this.known.clear();
      this.known.set(detached(piece), ids);
    }
    return ids;
  }

  /** The id of a token of a text; the text itself never gives a special token. */
  private idsOf(token: string): number[] {
    const { unknown } = this.special;
    const id = this.specialIds.has(token) && token !== this.parsed.model.unk_token ? undefined : this.ids.get(token);
    const given = id ?? unknown;
    return given === null ? [] : [given];
  }
}

/** Ids that a vocabulary may leave out: networks have a row for each up to the largest. */
const MOST_HOLES = 10_000;

/** @throws Error for an id of two tokens, or one far beyond the number of tokens */
function checkIds(entries: readonly (readonly [string, number])[], added: Json['added_tokens']): void {
  const tokens = new Map<number, string>();
  for (const [token, id] of entries) {
    const other = tokens.get(id);
    if (other !== undefined) throw new Error(`its tokens "${other}" and "${token}" have one id, ${id}`);
    tokens.set(id, token);
  }
  for (const { content, id } of added) tokens.set(id, content);
  for (const id of tokens.keys())
    if (id >= 2 * tokens.size + MOST_HOLES) throw new Error(`it has the id ${id} and ${tokens.size} tokens only`);
}

function libraryOf(json: Json): Library {
  const { added_tokens, normalizer = null, pre_tokenizer = null, post_processor = null, decoder = null, model } = json;
  // Models of whole words read their unknown token here.
  return new Library(
    { added_tokens, normalizer, pre_tokenizer, post_processor, decoder, model },
    { unk_token: model.unk_token ?? undefined },
  );
}

const byteOf = new Map(BYTE_CHARACTERS.map((character, byte) => [character, byte]));

function fromByteCharacters(token: string): string {
  return new TextDecoder().decode(Uint8Array.from(token, (character) => byteOf.get(character) ?? 0x3f));
}

/** Those read last, with the pieces that they know. */
const read = new Map<string, Tokenizer>();
const MOST_READ = 8;

/** The tokenizer with this SHA-256 if it was read before, to show samples as text. */
export function knownTokenizer(hash: string): Tokenizer | null {
  return [...read.values()].find((tokenizer) => tokenizer.hash === hash) ?? null;
}

/**
 * Reads a tokenizer.json of this library or of Hugging Face's `tokenizers`.
 *
 * @param where it comes from, for messages
 * @throws AutodidactError `DATA` for anything else
 */
export function readTokenizer(json: string, where: string): Tokenizer {
  const refused = (reason: string, cause: unknown): AutodidactError =>
    new AutodidactError('DATA', `${where} is no tokenizer.json that can be read: ${reason}`, {
      remedy: "It is the file that `save` of Hugging Face's tokenizers writes, or that of a run.",
      cause,
    });
  const known = read.get(json);
  if (known !== undefined) return known;
  let parsed: Json;
  try {
    const result = schema.safeParse(parseJson(json));
    if (!result.success) {
      const [issue] = result.error.issues;
      throw refused(`\`${issue!.path.join('.')}\`: ${issue!.message}`, result.error);
    }
    parsed = result.data;
  } catch (error) {
    throw error instanceof AutodidactError ? error : refused('it is not JSON', error);
  }
  try {
    const made = new JsonTokenizer(json, parsed);
    if (read.size >= MOST_READ) read.clear();
    read.set(json, made);
    return made;
  } catch (error) {
    throw refused(error instanceof Error ? error.message : String(error), error);
  }
}

/**
 * The tokenizer among the files of data, of a method's context or of a run.
 * @throws AutodidactError `DATA` where there is none
 */
export function tokenizerOf(assets?: ReadonlyMap<string, Uint8Array>): Tokenizer {
  return readTokenizer(textOf(TOKENIZER_FILE, assets), TOKENIZER_FILE);
}
