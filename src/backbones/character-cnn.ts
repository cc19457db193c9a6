import { noGrad, ops, scope, type Tensor, tensor } from '../engine/index.js';
import { Conv1d, Embedding, init, Layer, Linear } from '../engine/nn/index.js';
import { expected } from '../errors.js';

/** Widths of the filters in characters, and how many there are of each at ELMo's published size. */
const FILTERS = [
  [1, 32],
  [2, 32],
  [3, 64],
  [4, 128],
  [5, 256],
  [6, 512],
  [7, 1024],
] as const;
const CHARACTER_SIZE = 16;
const HIGHWAYS = 2;
/** What characters are: 256 bytes, then the marks of the beginning and end of a word, and what stands behind it. */
const [BEGIN, END, NOTHING] = [256, 257, 258];
const KINDS = 259;

/**
 * Vectors of tokens from the bytes of their spelling (Kim et al. 2016, as in ELMo): filters of several widths, the largest answer of each,
 * two highway layers and a projection. The spelling of each token is a buffer, which `spell` fills.
 */
export class CharacterCnn extends Layer {
  /** int64 (V, characters). */
  readonly spelling: Tensor;
  readonly embedding: Embedding;
  readonly filters: readonly Conv1d[];
  readonly transforms: readonly Linear[];
  readonly carries: readonly Linear[];
  readonly project: Linear;
  /** (V, outputSize), while it is read in place of the letters. */
  private table: Tensor | null = null;

  /**
   * @param characters bytes of a token that are read, with the marks
   * @param scale of the numbers of filters; at least 4 of each are kept
   */
  constructor(
    vocabulary: number,
    readonly characters: number,
    outputSize: number,
    scale: number,
  ) {
    super();
    const widest = FILTERS.at(-1)![0];
    if (characters < widest) throw expected(`at least ${widest} characters`, 'characters', characters);
    this.spelling = this.buffer('spelling', ops.full([vocabulary, characters], NOTHING, { dtype: 'int64' }));
    this.embedding = new Embedding(KINDS, CHARACTER_SIZE);
    init.uniform_(this.embedding.weight, -1, 1);
    const counts = FILTERS.map(([, count]) => Math.max(4, Math.round(count * scale)));
    this.filters = FILTERS.map(([width], i) => {
      const filter = new Conv1d(CHARACTER_SIZE, counts[i]!, width);
      init.uniform_(filter.weight, -0.05, 0.05);
      init.constant_(filter.bias!, 0);
      return filter;
    });
    const size = counts.reduce((sum, count) => sum + count, 0);
    const square = (bias: number): Linear => {
      const layer = new Linear(size, size);
      init.normal_(layer.weight, 0, Math.sqrt(1 / size));
      init.constant_(layer.bias!, bias);
      return layer;
    };
    this.transforms = Array.from({ length: HIGHWAYS }, () => square(0));
    this.carries = Array.from({ length: HIGHWAYS }, () => square(-2));
    this.project = new Linear(size, outputSize);
    init.normal_(this.project.weight, 0, Math.sqrt(1 / size));
    init.constant_(this.project.bias!, 0);
  }

  /** Sets how each token is spelled; what is too long is cut. */
  spell(tokens: readonly string[]): void {
    const rows = new BigInt64Array(tokens.length * this.characters).fill(BigInt(NOTHING));
    const bytes = new TextEncoder();
    for (const [i, token] of tokens.entries()) {
      const word = [...bytes.encode(token)].slice(0, this.characters - 2);
      for (const [k, kind] of [BEGIN, ...word, END].entries()) rows[i * this.characters + k] = BigInt(kind);
    }
    noGrad(() => void this.spelling.copy_(tensor(rows, { shape: [tokens.length, this.characters] })));
  }

  /** Calls `run` while the vectors of all tokens are read from one table. */
  withTable<T>(run: () => T): T {
    return scope(() => {
      this.table = this.vectorsOf(
        ops.arange(0, this.spelling.size(0), 1, { dtype: 'int64', device: this.spelling.device }),
      );
      try {
        return run();
      } finally {
        this.table = null;
      }
    });
  }

  /** int64 (N, T) to (N, T, outputSize). */
  override forward(ids: Tensor): Tensor {
    const flat = ids.flatten();
    if (this.table !== null) return this.table.indexSelect(0, flat).view([...ids.shape, -1]);
    // Each token of the batch once.
    const [kinds, back] = flat.unique(true, true);
    return this.vectorsOf(kinds)
      .indexSelect(0, back)
      .view([...ids.shape, -1]);
  }

  /** int64 (U) to (U, outputSize). */
  private vectorsOf(kinds: Tensor): Tensor {
    const letters = this.embedding.forward(this.spelling.indexSelect(0, kinds)).transpose(1, 2); // (U, 16, L)
    let x = ops.cat(
      this.filters.map((filter) => filter.forward(letters).amax([2]).relu()),
      1,
    );
    for (const [i, transform] of this.transforms.entries()) {
      const share = this.carries[i]!.forward(x).sigmoid();
      x = share.mul(transform.forward(x).relu()).add(share.neg().add(1).mul(x));
    }
    return this.project.forward(x);
  }
}
