/** A part of a document: tokens `from` to before `from + length`. */
export interface Run {
  readonly document: number;
  readonly from: number;
  readonly length: number;
}

/** Documents as tokens, with the places where their sentences begin. */
export interface TokenStore {
  /** Number of documents. */
  readonly count: number;
  /** Number of tokens of a document, at least 1. */
  lengthOf(document: number): number;
  /** Places of the first tokens of a document's sentences, ascending from 0. */
  startsOf(document: number): Int32Array;
  /** The tokens of several parts, one part behind the other. */
  read(runs: readonly Run[]): Int32Array;
}

/** Documents in memory: each the tokens of its sentences. */
export class MemoryTokens implements TokenStore {
  private readonly tokens: Int32Array[];
  private readonly starts: Int32Array[];

  constructor(documents: readonly (readonly ArrayLike<number>[])[]) {
    this.tokens = documents.map((sentences) => Int32Array.from(sentences.flatMap((sentence) => Array.from(sentence))));
    this.starts = documents.map((sentences) => {
      let at = 0;
      return Int32Array.from(sentences, ({ length }) => {
        at += length;
        return at - length;
      });
    });
  }

  get count(): number {
    return this.tokens.length;
  }

  lengthOf(document: number): number {
    return this.tokens[document]!.length;
  }

  startsOf(document: number): Int32Array {
    return this.starts[document]!;
  }

  read(runs: readonly Run[]): Int32Array {
    const tokens = new Int32Array(runs.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const { document, from, length } of runs) {
      tokens.set(this.tokens[document]!.subarray(from, from + length), at);
      at += length;
    }
    return tokens;
  }
}
