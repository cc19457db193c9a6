import { drawPart } from '../data/draw.js';
import type { Targets } from '../data/index.js';
import { noGrad, scope, type Tensor, tensor } from '../engine/index.js';
import type { Example } from './marks.js';
import { allOf, type Labeled, type Task } from './task.js';

/** A sample that is shown. */
export interface ShownExample extends Example {
  /** Among the test samples. */
  position: number;
  rank: 'best' | 'typical' | 'worst';
}

/** Test samples whose answers are looked at. */
const LOOKED_AT = 200;
/** Samples that are shown of each rank. */
const EACH = 4;

/** Keeps answers to some of the test samples, and chooses those that are shown. */
export class Examples<T extends Targets, P> {
  private readonly wanted: ReadonlySet<number>;
  private readonly found: (Example & { position: number })[] = [];

  constructor(
    private readonly task: Task<T, P>,
    test: Labeled<T>,
  ) {
    this.wanted = new Set(drawPart(test.data.count, LOOKED_AT));
  }

  /** Takes note of what the head gives for the test samples at these positions. */
  see(output: Tensor, targets: T, positions: Int32Array): void {
    const rows = allOf(positions.length).filter((row) => this.wanted.has(positions[row]!));
    if (rows.length === 0) return;
    const chosen = rows.map((row) => positions[row]!);
    scope(() =>
      noGrad(() => {
        const own = output.indexSelect(0, tensor(BigInt64Array.from(rows, BigInt), { device: output.device }));
        for (const [i, example] of this.task.examples!(own, targets, chosen).entries())
          this.found.push({ ...example, position: chosen[i]! });
      }),
    );
  }

  /** The best, those around the median, and the worst, each from better to worse; a sample that asks nothing is not shown. */
  chosen(): ShownExample[] {
    const sorted = this.found
      .flatMap((example) => (example.merit === null ? [] : [{ ...example, merit: example.merit }]))
      .sort((a, b) => b.merit - a.merit || a.position - b.position);
    const each = Math.min(EACH, Math.floor(sorted.length / 3));
    const middle = Math.floor((sorted.length - each) / 2);
    const ranked = (rank: ShownExample['rank'], from: number): ShownExample[] =>
      sorted.slice(from, from + each).map((example) => ({ ...example, rank }));
    return [...ranked('best', 0), ...ranked('typical', middle), ...ranked('worst', sorted.length - each)];
  }
}
