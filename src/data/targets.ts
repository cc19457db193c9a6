import type { Tensor } from '../engine/index.js';
import { AutodidactError, expected } from '../errors.js';
import { indexInto, listed } from './labels.js';

/** What is known of the samples beside themselves, for downstream tasks. A task asks for the kind that it learns from. */
export interface Targets {
  readonly kind: string;
  readonly count: number;
  /** Whether anything is known of the sample at this position. */
  isKnown(position: number): boolean;
  /** Those of the samples at these positions, in this order. */
  subset(positions: ArrayLike<number>): Targets;
}

/** One class per sample. */
export class ClassTargets implements Targets {
  readonly kind = 'classes';

  /** @param labels [count], index into `classes`, -1 when unlabeled */
  constructor(
    readonly classes: readonly string[],
    readonly labels: Int32Array,
  ) {}

  get count(): number {
    return this.labels.length;
  }

  isKnown(position: number): boolean {
    return this.labels[position]! >= 0;
  }

  subset(positions: ArrayLike<number>): ClassTargets {
    return new ClassTargets(
      this.classes,
      Int32Array.from(positions, (i) => this.labels[i]!),
    );
  }

  /**
   * The same labels numbered by another data set's classes; classes are matched by name.
   *
   * @param name of the data set, for the message
   * @throws AutodidactError `DATA` for a class that is not among them
   */
  numberedBy(classes: readonly string[], name: string): ClassTargets {
    const renumbered = indexInto([...classes], [...this.classes]);
    if (renumbered === null) {
      const message = `${name} has other classes: ${listed([...this.classes])} instead of ${listed([...classes])}`;
      throw new AutodidactError('DATA', message);
    }
    return new ClassTargets(
      classes,
      this.labels.map((label) => (label < 0 ? -1 : renumbered[label]!)),
    );
  }
}

/** One class per pixel. Class 0 is the background, where the source has one; 255 is left out of losses and measures. */
export class MaskTargets implements Targets {
  readonly kind = 'masks';

  /**
   * @param read masks of the samples with these row numbers, uint8 (N, H, W)
   * @param rows the row number of each sample
   */
  constructor(
    readonly classes: readonly string[],
    readonly size: { readonly height: number; readonly width: number },
    private readonly read: (rows: Int32Array) => Tensor,
    private readonly rows: Int32Array,
  ) {}

  get count(): number {
    return this.rows.length;
  }

  isKnown(): boolean {
    return true;
  }

  subset(positions: ArrayLike<number>): MaskTargets {
    const rows = Int32Array.from(positions, (i) => this.rows[i]!);
    return new MaskTargets(this.classes, this.size, this.read, rows);
  }

  /** Masks of the samples at these positions, uint8 (N, H, W). */
  collate(positions: ArrayLike<number>): Tensor {
    return this.read(
      Int32Array.from(positions, (i) => {
        if (!(i in this.rows)) throw expected(`positions from 0 to ${this.count - 1}`, 'positions', i);
        return this.rows[i]!;
      }),
    );
  }
}
