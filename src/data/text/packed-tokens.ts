import { scope, tensor } from '../../engine/index.js';
import { type Pack, recordsOf } from '../pack-file.js';
import { PackedRecords } from '../records.js';
import { ROWS_PER_DOCUMENT } from './pack-texts.js';
import type { Run, TokenStore } from './token-store.js';

/** Places of sentences that are kept in memory, at most about so many. */
const MOST_STARTS = 4_000_000;

/** Documents in a pack, mapped into memory. */
export class PackedTokens implements TokenStore {
  private readonly records: PackedRecords;
  private items: PackedRecords | null = null;
  private readonly starts = new Map<number, Int32Array>();
  private kept = 0;

  constructor(pack: Pack) {
    this.records = recordsOf(pack);
  }

  get count(): number {
    return this.records.count / ROWS_PER_DOCUMENT;
  }

  lengthOf(document: number): number {
    return this.records.lengthOf(ROWS_PER_DOCUMENT * document);
  }

  startsOf(document: number): Int32Array {
    let starts = this.starts.get(document);
    if (starts === undefined) {
      starts = scope(() => this.records.slice(ROWS_PER_DOCUMENT * document + 1).toTypedArray() as Int32Array);
      if (this.kept > MOST_STARTS) {
        this.starts.clear();
        this.kept = 0;
      }
      this.starts.set(document, starts);
      this.kept += starts.length;
    }
    return starts;
  }

  read(runs: readonly Run[]): Int32Array {
    const count = runs.reduce((sum, { length }) => sum + length, 0);
    if (count === 0) return new Int32Array(0);
    const places = new BigInt64Array(count);
    let at = 0;
    for (const { document, from, length } of runs) {
      const first = BigInt(this.records.offsetOf(ROWS_PER_DOCUMENT * document) + from);
      for (let i = 0; i < length; i++) places[at++] = first + BigInt(i);
    }
    const { path, layout } = this.records;
    this.items ??= new PackedRecords(path, { ...layout, isVarying: false }, this.records.offsetOf(this.records.count));
    const items = this.items;
    return scope(() => items.mapped().indexSelect(0, tensor(places)).toTypedArray() as Int32Array);
  }
}
