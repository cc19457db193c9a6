import { scope, type Tensor } from '../engine/index.js';
import { expected } from '../errors.js';
import { indexInto, otherClasses } from './labels.js';
import type { ImageObject, SampleObjects } from './objects.js';

/** What is known of the samples beside themselves, for downstream tasks. A task asks for the kind that it learns from. */
export interface Targets {
  readonly kind: string;
  readonly count: number;
  /** The names of the classes, where there are some. */
  readonly classes?: readonly string[];
  /** Whether anything is known of the sample at this position. */
  isKnown(position: number): boolean;
  /** Those of the samples at these positions, in this order. */
  subset(positions: ArrayLike<number>): Targets;
  /** All that is known, in pieces, for `Dataset.targetsFingerprint`. */
  contents?(): Iterable<string | Uint8Array>;
  /** What there is of each class, and what else can be counted, for people. */
  counts?(): TargetCounts;
}

/** Numbers of samples, objects or words, by class and by other names; JSON-safe. */
export interface TargetCounts {
  perClass?: Record<string, number>;
  others?: Record<string, number>;
}

/** How often each class occurs. @param numbers indices into `classes`; negative ones are passed over */
export function countClasses(classes: readonly string[], numbers: Iterable<number>): Record<string, number> {
  const counts = new Int32Array(classes.length);
  for (const number of numbers) if (number >= 0) counts[number]! += 1;
  return Object.fromEntries(classes.map((name, c) => [name, counts[c]!]));
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Int32Array | Int8Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** One class per sample. */
export class ClassTargets implements Targets {
  readonly kind: 'classes' | 'pairs' = 'classes';

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

  *contents(): Iterable<string | Uint8Array> {
    yield JSON.stringify(this.classes);
    yield bytesOf(this.labels);
  }

  counts(): TargetCounts {
    return { perClass: countClasses(this.classes, this.labels) };
  }

  /**
   * The same labels numbered by another data set's classes; classes are matched by name.
   *
   * @param name of the data set, for the message
   * @throws AutodidactError `DATA` for a class that is not among them
   */
  numberedBy(classes: readonly string[], name: string): ClassTargets {
    const renumbered = numbersIn(classes, this.classes, name);
    return new ClassTargets(
      classes,
      this.labels.map((label) => (label < 0 ? -1 : renumbered[label]!)),
    );
  }
}

/** One class per pair: how its two sides go together. */
export class PairTargets extends ClassTargets {
  override readonly kind = 'pairs';

  override subset(positions: ArrayLike<number>): PairTargets {
    return new PairTargets(this.classes, super.subset(positions).labels);
  }

  override numberedBy(classes: readonly string[], name: string): PairTargets {
    return new PairTargets(classes, super.numberedBy(classes, name).labels);
  }
}

/** The number among `classes` of each of a data set's own. @throws AutodidactError `DATA` for a class that is not among them */
function numbersIn(classes: readonly string[], own: readonly string[], name: string): Int32Array {
  const numbers = indexInto([...classes], [...own]);
  if (numbers !== null) return numbers;
  throw otherClasses(name, own, classes);
}

/** One class per pixel. Class 0 is the background, where the source has one; 255 is left out of losses and measures. */
export class MaskTargets implements Targets {
  readonly kind = 'masks';

  /**
   * @param read masks of the samples with these row numbers, uint8 (N, H, W)
   * @param rows the row number of each sample
   * @param known 1 for each row that has a mask, 0 for one that is all void; null where all have one
   */
  constructor(
    readonly classes: readonly string[],
    readonly size: { readonly height: number; readonly width: number },
    private readonly read: (rows: Int32Array) => Tensor,
    private readonly rows: Int32Array,
    private readonly known: Uint8Array | null = null,
  ) {}

  get count(): number {
    return this.rows.length;
  }

  isKnown(position = 0): boolean {
    return this.known === null || this.known[this.rows[position]!] === 1;
  }

  subset(positions: ArrayLike<number>): MaskTargets {
    const rows = Int32Array.from(positions, (i) => this.rows[i]!);
    return new MaskTargets(this.classes, this.size, this.read, rows, this.known);
  }

  *contents(): Iterable<string | Uint8Array> {
    yield JSON.stringify([this.classes, this.size]);
    for (let from = 0; from < this.rows.length; from += MASKS_AT_A_TIME)
      yield scope(() =>
        this.read(this.rows.subarray(from, from + MASKS_AT_A_TIME))
          .contiguous()
          .toBytes(),
      );
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

const MASKS_AT_A_TIME = 256;

/** Several classes per sample, or none. */
export class MultiLabelTargets implements Targets {
  readonly kind = 'labels';

  /** @param values int8 [count, C], row by row: 1 has the class, 0 has not, -1 unknown */
  constructor(
    readonly classes: readonly string[],
    readonly values: Int8Array,
  ) {}

  get count(): number {
    return this.classes.length === 0 ? 0 : this.values.length / this.classes.length;
  }

  isKnown(position: number): boolean {
    return this.at(position).some((value) => value >= 0);
  }

  /** [C], of one sample. */
  at(position: number): Int8Array {
    const { length } = this.classes;
    return this.values.subarray(position * length, (position + 1) * length);
  }

  subset(positions: ArrayLike<number>): MultiLabelTargets {
    const { length } = this.classes;
    const values = new Int8Array(positions.length * length);
    for (let i = 0; i < positions.length; i++) values.set(this.at(positions[i]!), i * length);
    return new MultiLabelTargets(this.classes, values);
  }

  *contents(): Iterable<string | Uint8Array> {
    yield JSON.stringify(this.classes);
    yield bytesOf(this.values);
  }

  counts(): TargetCounts {
    const { length } = this.classes;
    const given = Array.from(this.values, (value, i) => (value === 1 ? i % length : -1));
    return { perClass: countClasses(this.classes, given) };
  }

  /**
   * The same labels numbered by another data set's classes; no sample has those that are not among its own.
   *
   * @throws AutodidactError `DATA` for a class that is not among them
   */
  numberedBy(classes: readonly string[], name: string): MultiLabelTargets {
    const numbers = numbersIn(classes, this.classes, name);
    const values = new Int8Array(this.count * classes.length);
    for (let i = 0; i < this.count; i++) {
      const row = values.subarray(i * classes.length, (i + 1) * classes.length);
      if (!this.isKnown(i)) row.fill(-1);
      this.at(i).forEach((value, c) => {
        row[numbers[c]!] = value;
      });
    }
    return new MultiLabelTargets(classes, values);
  }
}

/** Objects with their boxes. Places are in pixels, see `Box`. */
export class BoxTargets implements Targets {
  readonly kind = 'boxes';

  /**
   * @param size of the samples
   * @param known the objects of each sample; null where nothing is known, which is not the same as no object
   */
  constructor(
    readonly classes: readonly string[],
    readonly size: { readonly height: number; readonly width: number },
    private readonly known: readonly (SampleObjects | null)[],
  ) {}

  get count(): number {
    return this.known.length;
  }

  isKnown(position: number): boolean {
    return this.known[position] != null;
  }

  /** The objects of a sample, in its own pixels and in those of its image. @throws AutodidactError `USAGE` where nothing is known */
  at(position: number): SampleObjects {
    const found = this.known[position];
    if (found == null) throw expected('a position whose objects are known', 'position', position);
    return found;
  }

  subset(positions: ArrayLike<number>): BoxTargets {
    return new BoxTargets(
      this.classes,
      this.size,
      Array.from(positions, (i) => this.known[i] ?? null),
    );
  }

  *contents(): Iterable<string | Uint8Array> {
    yield JSON.stringify([this.classes, this.size]);
    for (const sample of this.known)
      yield JSON.stringify(sample?.objects.map(({ points, ...object }) => [object, points && [...points]]) ?? null);
  }

  counts(): TargetCounts {
    const objects = this.known.flatMap((sample) => sample?.objects ?? []);
    const difficult = objects.filter(({ isDifficult }) => isDifficult === true).length;
    const crowds = objects.filter(({ isCrowd }) => isCrowd === true).length;
    const perClass = countClasses(
      this.classes,
      objects.map((object) => object.class),
    );
    return { perClass, others: { objects: objects.length, difficult, crowds } };
  }

  /** The same with other objects, one entry per sample. */
  with(known: readonly (SampleObjects | null)[]): BoxTargets {
    return new BoxTargets(this.classes, this.size, known);
  }

  /** The same objects numbered by another data set's classes. @throws AutodidactError `DATA` for a class that is not among them */
  numberedBy(classes: readonly string[], name: string): BoxTargets {
    const numbers = numbersIn(classes, this.classes, name);
    const renumbered = (objects: ImageObject[]) => objects.map((one) => ({ ...one, class: numbers[one.class]! }));
    const known = this.known.map(
      (sample) =>
        sample && {
          ...sample,
          original: renumbered(sample.original),
          objects: renumbered(sample.objects),
        },
    );
    return new BoxTargets(classes, this.size, known);
  }

  /**
   * Which classes are in each sample. A class of which there are difficult objects only is unknown, as in PASCAL VOC.
   */
  asLabels(): MultiLabelTargets {
    const { length } = this.classes;
    const values = new Int8Array(this.count * length).fill(-1);
    this.known.forEach((sample, i) => {
      if (sample === null) return;
      const row = values.subarray(i * length, (i + 1) * length).fill(0);
      for (const { class: label, isDifficult } of sample.original) row[label] = isDifficult ? row[label]! || -1 : 1;
    });
    return new MultiLabelTargets(this.classes, values);
  }

  /** The key points of the objects that have them; null where none has. */
  asPoints(names: readonly string[]): PointTargets | null {
    const withPoints = this.known.map((sample) => sample?.objects.filter(({ points }) => points !== undefined) ?? null);
    if (!withPoints.some((objects) => objects !== null && objects.length > 0)) return null;
    return new PointTargets(names, withPoints);
  }
}

/** Key points of objects, in pixels of the samples. */
export class PointTargets implements Targets {
  readonly kind = 'points';

  /**
   * @param names of the points of an object
   * @param known the objects of each sample with their `points`; null where nothing is known
   */
  constructor(
    readonly names: readonly string[],
    private readonly known: readonly (readonly ImageObject[] | null)[],
  ) {}

  get count(): number {
    return this.known.length;
  }

  isKnown(position: number): boolean {
    return this.known[position] != null;
  }

  /** The points of each object of a sample, K rows of x, y and 0 for unknown, 1 for hidden, 2 for seen. */
  at(position: number): readonly Float64Array[] {
    return (this.known[position] ?? []).map(({ points }) => points!);
  }

  counts(): TargetCounts {
    return { others: { objects: this.known.reduce((sum, objects) => sum + (objects?.length ?? 0), 0) } };
  }

  subset(positions: ArrayLike<number>): PointTargets {
    return new PointTargets(
      this.names,
      Array.from(positions, (i) => this.known[i] ?? null),
    );
  }
}
