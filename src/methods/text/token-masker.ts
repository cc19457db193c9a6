import type { Description } from '../../augment/index.js';
import { Prng, type TokensSpec } from '../../data/index.js';
import type { Tensor } from '../../engine/index.js';
import { indexTensor } from '../index-tensor.js';
import { maskRow, type TokenMaskRule } from '../masks/token-masks.js';
import { inputRows, vocabularyOf } from './token-inputs.js';

export interface MaskedTokens {
  /** int64 (N, T), -1 behind the end of a row. */
  tokens: Tensor;
  /** int64 (M): the hidden places, row after row, numbered through all N T. */
  places: Tensor;
  /** int64 (M): what stood there. */
  labels: Tensor;
}

export interface MaskerOptions {
  rule: TokenMaskRule;
  /** (V), 1 for tokens that begin a word. */
  beginsWord: Uint8Array;
  /** How many different masks a text has that is read again and again; null for a new one each time. */
  copies: number | null;
}

/** Hides tokens of the rows of a batch. */
export class TokenMasker {
  constructor(
    private readonly spec: TokensSpec,
    private readonly options: MaskerOptions,
  ) {}

  get description(): Description {
    const { rule, copies } = this.options;
    return { name: 'maskTokens', ...rule, copies };
  }

  /** @param rows without padding */
  mask(rows: readonly (readonly number[])[], random: Prng, beside: Tensor): MaskedTokens {
    const { rule, beginsWord, copies } = this.options;
    const vocabulary = vocabularyOf(this.spec);
    const masked = rows.map((row) => {
      const draws = copies === null ? random : new Prng(random.below(copies), hashOf(row));
      const starts = row.map((id) => beginsWord[id] === 1);
      return maskRow(row, rule, vocabulary, draws, starts);
    });
    const width = Math.max(1, ...rows.map((row) => row.length));
    return {
      tokens: inputRows(
        masked.map(({ ids }) => ids),
        beside,
      ),
      places: indexTensor(
        masked.flatMap(({ places }, i) => places.map((place) => i * width + place)),
        beside,
      ),
      labels: indexTensor(
        masked.flatMap(({ places }, i) => places.map((place) => rows[i]![place]!)),
        beside,
      ),
    };
  }
}

/** FNV-1a over the ids: a text has the same masks wherever it is read again. */
function hashOf(row: readonly number[]): number {
  let hash = 0x811c9dc5;
  for (const id of row) hash = Math.imul(hash ^ id, 0x01000193) >>> 0;
  return hash;
}
