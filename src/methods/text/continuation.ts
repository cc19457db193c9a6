import type { KeyValueCache } from '../../backbones/key-value-cache.js';
import type { TextInput, TextTransformer } from '../../backbones/text-transformer.js';
import type { SpecialTokens } from '../../data/index.js';
import { Prng } from '../../data/prng.js';
import { type Device, noGrad, scope, type Tensor, tensor, withThreads } from '../../engine/index.js';
import { AutodidactError, expected } from '../../errors.js';
import { indexTensor } from '../index-tensor.js';
import { checkSampling, type SamplingOptions, sampleTokens } from './sampling.js';

/** What a text must not have in it: padding, holes, and what was unknown to the tokenizer. */
export function noText({ pad, unknown, begin, mask, end }: SpecialTokens): number[] {
  return [pad, unknown, begin, mask].filter((id) => id !== null && id !== end) as number[];
}

/** A causal transformer with what makes logits of its vectors. */
export interface LanguageModel {
  readonly backbone: TextTransformer;
  /** (..., D) to (..., V). */
  logits(hidden: Tensor): Tensor;
}

export interface ContinuationOptions extends SamplingOptions {
  /** New tokens of a text at most. */
  tokens: number;
  /** The token that ends a text, which is not given out; null for none. */
  stop?: number | null;
  /** Tokens that are never drawn: those that stand for what is no text. */
  never?: readonly number[];
  /** Seed of the draws; a text depends on it and on its position among the prompts. Default 0. */
  seed?: number;
  /** Whether keys and values of former tokens are kept; the texts are the same without, and slower. Default true. */
  useCache?: boolean;
  /**
   * Memory of keys and values, in bytes: it bounds how many texts are continued at once, at least one. Up to half as much again is needed for a
   * moment when texts that fill the context are read anew. Default 1 GiB.
   */
  cacheBytes?: number;
}

/** Holds 14 texts of GPT-2 small at its context of 1,024 tokens. */
const CACHE_BYTES = 2 ** 30;

/**
 * Continues texts, one token of each at a time. Gives after each step the new token of every text; null for those that have ended, and for those
 * of another batch, since batches follow one another.
 *
 * Shorter prompts are padded on the left, which changes nothing. When a text fills the context, its last half is read anew: positions are
 * absolute, so that kept keys and values would not fit. The other texts keep what they have.
 *
 * @throws AutodidactError `USAGE` for prompts that are empty or longer than the context, and for options outside their ranges; `DIVERGED` for a
 *   network that gives NaN
 */
export function* continueTexts(
  model: LanguageModel,
  prompts: readonly (readonly number[])[],
  options: ContinuationOptions,
): Generator<(number | null)[], void, undefined> {
  checkSampling(options);
  const { tokens, seed = 0, cacheBytes = CACHE_BYTES } = options;
  if (!(Number.isSafeInteger(tokens) && tokens >= 1)) throw expected('a whole number from 1 on', 'tokens', tokens);
  if (!(cacheBytes > 0)) throw expected('a number above 0', 'cacheBytes', cacheBytes);
  checkPrompts(prompts, model.backbone);
  const draws = prompts.map((_, row) => new Prng(seed, row));
  const rows = Math.max(1, Math.floor(cacheBytes / cacheBytesOfText(model.backbone)));
  for (let from = 0; from < prompts.length; from += rows) {
    const end = Math.min(from + rows, prompts.length);
    for (const given of continueBatch(model, prompts.slice(from, end), draws.slice(from, end), options))
      yield prompts.map((_, row) => given[row - from] ?? null);
  }
}

/** Keys and values of a text that fills the context. */
const cacheBytesOfText = ({ options: { blocks, length, width } }: TextTransformer): number =>
  2 * blocks * length * width * Float32Array.BYTES_PER_ELEMENT;

function* continueBatch(
  model: LanguageModel,
  prompts: readonly (readonly number[])[],
  draws: readonly Prng[],
  options: ContinuationOptions,
): Generator<(number | null)[], void, undefined> {
  const { tokens, stop = null, never = [], useCache = true } = options;
  const reader = new Reader(model, prompts, useCache);
  const hasEnded = prompts.map(() => false);
  try {
    for (let step = 0; step < tokens; step++) {
      if (step > 0) reader.makeRoom();
      const logits = reader.next();
      if (never.length > 0)
        noGrad(() => scope(() => void logits.indexFill_(1, indexTensor(never, logits), Number.NEGATIVE_INFINITY)));
      const ids = sampleTokens(
        logits,
        options,
        draws.map((random) => random.uniform()),
      );
      logits.dispose();
      const given = ids.map((id, row) => {
        hasEnded[row] ||= id === stop;
        return hasEnded[row] ? null : id;
      });
      if (hasEnded.every(Boolean)) return;
      reader.append(given);
      yield given;
    }
  } finally {
    reader.dispose();
  }
}

/** All new tokens of each text at once, see `continueTexts`. */
export function continuations(
  model: LanguageModel,
  prompts: readonly (readonly number[])[],
  options: ContinuationOptions,
): number[][] {
  const texts: number[][] = prompts.map(() => []);
  for (const step of continueTexts(model, prompts, options))
    for (const [row, id] of step.entries()) if (id !== null) texts[row]!.push(id);
  return texts;
}

function checkPrompts(
  prompts: readonly (readonly number[])[],
  { options: { length, vocabulary } }: TextTransformer,
): void {
  for (const [row, prompt] of prompts.entries()) {
    const which = prompts.length === 1 ? 'The prompt' : `Prompt ${row + 1}`;
    if (prompt.length === 0)
      throw new AutodidactError('USAGE', `${which} is empty`, { remedy: 'Give at least one token to continue.' });
    if (prompt.length > length)
      throw new AutodidactError(
        'USAGE',
        `${which} has ${prompt.length} tokens, but the network reads at most ${length}`,
        {
          remedy: 'Shorten it, or train with a larger --context.',
        },
      );
    const unknown = prompt.find((id) => !(Number.isSafeInteger(id) && id >= 0 && id < vocabulary));
    if (unknown !== undefined) throw expected(`ids from 0 to ${vocabulary - 1}`, 'prompt', unknown);
  }
}

/** Below so many multiplications, waking the other threads takes longer than they save (measured with 2 threads: 128 to 384 dimensions). */
const LITTLE_WORK = 4e6;

/** Reads the texts so far and gives the logits of what follows. */
class Reader {
  /** Ids of each text in the present window; null stands for padding. */
  private rows: (number | null)[][];
  private cache: KeyValueCache | null = null;
  /** Columns that the cache holds. */
  private read = 0;
  /** Rows by weights: about the multiplications that one token of each text takes. */
  private readonly work: number;

  constructor(
    private readonly model: LanguageModel,
    prompts: readonly (readonly number[])[],
    useCache: boolean,
  ) {
    this.rows = padded(prompts);
    this.work = prompts.length * model.backbone.parameters().reduce((sum, { numel }) => sum + numel, 0);
    if (useCache) this.cache = model.backbone.makeCache(prompts.length);
  }

  /** Columns of the present window: the longest text with the padding of the others. */
  private get columns(): number {
    return this.rows[0]!.length;
  }

  append(ids: readonly (number | null)[]): void {
    for (const [row, id] of ids.entries()) this.rows[row]!.push(id);
  }

  /** Once the columns fill the context: leaves the last half of each text that fills it itself, and one token of those that have ended. */
  makeRoom(): void {
    const { length } = this.model.backbone.options;
    if (this.columns < length) return;
    const half = Math.ceil(length / 2);
    const full: number[] = [];
    const texts = this.rows.map((row, place) => {
      const text = row.filter((id) => id !== null);
      if (row.at(-1) === null) return text.slice(-1);
      if (text.length < length) return text;
      full.push(place);
      return text.slice(-half);
    });
    this.rows = padded(texts);
    if (this.columns > half) this.readAnew(full, half - 1);
    else {
      this.cache?.clear();
      this.read = 0;
    }
  }

  /** Reads anew what is left of some texts, `count` tokens before their last one; of the others, keys and values stay. */
  private readAnew(places: readonly number[], count: number): void {
    const { cache, model } = this;
    if (cache === null) return;
    this.read = this.columns - 1;
    const { device } = model.backbone.embeddings.tokens.weight;
    const read = this.rows.map((row) => row.slice(0, this.read));
    scope(() => cache.keepLast(realOf(read, device)));
    if (places.length === 0) return;
    const own = model.backbone.makeCache(places.length, count);
    try {
      scope(() =>
        noGrad(() => {
          const input = inputOf(
            places.map((place) => read[place]!.slice(-count)),
            model.backbone,
          );
          model.backbone.read({ ...input, cache: own });
          cache.replaceLast(tensor([...places], { dtype: 'int64', device }), own);
        }),
      );
    } finally {
      own.dispose();
    }
  }

  /** Logits of the token after the last one of each text, (N, V). */
  next(): Tensor {
    const from = this.cache === null ? 0 : this.read;
    const isLittle = this.columns - from === 1 && this.work <= LITTLE_WORK;
    return isLittle ? withThreads(1, () => this.logits(from)) : this.logits(from);
  }

  private logits(from: number): Tensor {
    return scope(() =>
      noGrad(() => {
        const input = inputOf(
          this.rows.map((row) => row.slice(from)),
          this.model.backbone,
        );
        const hidden = this.model.backbone.read(this.cache === null ? input : { ...input, cache: this.cache });
        this.read = this.columns;
        return this.model.logits(hidden.select(1, hidden.size(1) - 1)).to('float32');
      }),
    );
  }

  dispose(): void {
    this.cache?.dispose();
  }
}

/** Rows of one length, padded on the left. */
function padded(rows: readonly (readonly number[])[]): (number | null)[][] {
  const longest = Math.max(1, ...rows.map(({ length }) => length));
  return rows.map((row) => [...Array<null>(longest - row.length).fill(null), ...row]);
}

function inputOf(rows: readonly (readonly (number | null)[])[], backbone: TextTransformer): TextInput {
  const { device } = backbone.embeddings.tokens.weight;
  const ids = tensor(
    rows.map((row) => row.map((id) => id ?? 0)),
    { dtype: 'int64', device },
  );
  if (rows.every((row) => row.every((id) => id !== null))) return { ids };
  return { ids, isReal: realOf(rows, device) };
}

/** Which places of rows are tokens: booleans (N, T). */
function realOf(rows: readonly (readonly (number | null)[])[], device: Device): Tensor {
  return tensor(rows.map((row) => row.map((id) => id !== null)) as unknown as number[][], { dtype: 'bool', device });
}
