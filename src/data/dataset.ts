import { createHash } from 'node:crypto';
import { AutodidactError, expected } from '../errors.js';
import type { Videos } from './frame-targets.js';
import { classDoubts } from './labels.js';
import type { Skipped, Split } from './sources/source.js';
import type { SampleSpec, SamplesOf } from './spec.js';
import { splitByOwner } from './split.js';
import { ClassTargets, type TargetCounts, type Targets } from './targets.js';

/** Everything that describes the samples of a data set, in their order. */
export interface DatasetInfo {
  readonly name: string;
  /** A sentence to show when the data is opened, such as "only a part of the set is here". */
  readonly note: string | null;
  /** One per sample, unique: a path relative to the folder or manifest, or a place in a binary file. */
  readonly ids: readonly string[];
  /** The side of the source's own division that each sample is on, null where it has none. */
  readonly splits: readonly (Split | null)[];
  /** What could not be read, with reasons. */
  readonly skipped: readonly Skipped[];
  /** What could be read in part only, such as videos that end early, with reasons; nothing by default. */
  readonly partial?: readonly Skipped[];
  /** SHA-256 over the samples and ids, the same on every machine; a subset has its own. */
  readonly fingerprint: string;
  readonly targets: readonly Targets[];
  /** What tables of labels call each sample, such as the file that it is cut from; left out where that is its id. */
  readonly labeledAs?: readonly string[];
  /** What each sample is a part of, by name, such as the video of a frame; left out where each stands alone. */
  readonly owners?: readonly string[];
}

const NO_ASSETS: ReadonlyMap<string, Uint8Array> = new Map();

/** A data set in two parts. */
export interface Parts<D> {
  kept: D;
  held: D;
}

/**
 * Names a draw where a batch shows a part of each sample, such as a clip of a video: the same numbers draw the same part of the sample at a
 * position, whatever else is in the batch.
 */
export interface Draw {
  readonly seed: number;
  readonly epoch: number;
}

/** What a person wants to know of a data set before using it; JSON-safe. */
export interface DatasetSummary {
  name: string;
  count: number;
  /** The spec's own fields: modality, sizes, ... */
  spec: SampleSpec;
  /** Samples per class name, null when nothing is labeled. */
  perClass: Record<string, number> | null;
  unlabeled: number;
  /** Kinds of targets. */
  targets: string[];
  /** Of each kind, the number of samples of which it is known and of which it is not, and what else was counted. */
  targetCounts: (TargetCounts & { kind: string; known: number; unknown: number; classes?: string[] })[];
  splits: Record<Split | 'none', number>;
  skipped: Skipped[];
  /** Read in part only. */
  partial: Skipped[];
  fingerprint: string;
  note: string | null;
  /** What samples are made of, counted; null where there is nothing to count but samples. */
  amounts: Amounts | null;
}

/** How much of what there is: documents, sentences, tokens. */
export interface Amounts {
  all: Record<string, number>;
  /** Of each class; null when nothing is labeled. */
  perClass: Record<string, Record<string, number>> | null;
}

/**
 * Samples of one spec with what is known of them. Made by a modality's `open`; immutable: subsets and relabeled sets are new
 * objects that share the samples.
 */
export abstract class Dataset<S extends SampleSpec = SampleSpec> {
  /** What a sample looks like. A method is built from it, and it is saved with the run. */
  abstract readonly spec: S;

  constructor(protected readonly info: DatasetInfo) {}

  /**
   * The samples at these positions (repetitions allowed), copied. Throws USAGE for a position out of range.
   *
   * @param draw in training; without it, samples that show a part show the same one each time: the middle. Most kinds of data show all.
   */
  abstract collate(indices: ArrayLike<number>, draw?: Draw): SamplesOf<S>;

  /** One phrase about the samples: "96 x 96, color". */
  protected abstract form(): string;

  /** The plural of what a sample is: "images". */
  abstract readonly plural: string;

  /** The same kind of data set over the samples at these positions (null for all), described by `info`. */
  protected abstract derive(info: DatasetInfo, positions: Int32Array | null): Dataset<S>;

  get name(): string {
    return this.info.name;
  }

  /** What to say when the data is opened, also of doubtful names of classes; null where there is nothing to say. */
  get note(): string | null {
    const { note, targets } = this.info;
    const doubts = new Set(targets.map(({ classes = [] }) => classDoubts(classes)));
    // Samples that are made of others have the note of those.
    const said = [note, ...doubts].filter((part, i) => part !== null && (i === 0 || !note?.includes(part)));
    return said.length === 0 ? null : said.join(' ');
  }

  get count(): number {
    return this.info.ids.length;
  }

  get ids(): readonly string[] {
    return this.info.ids;
  }

  /** What tables of labels call each sample: its name, or that of the document, recording or video that it is a part of. */
  get labeledAs(): readonly string[] {
    return this.info.labeledAs ?? this.ids;
  }

  /**
   * What each sample is a part of, such as its document or its video, by name; its own name where it stands alone. Samples of one are much alike:
   * what scores is no part of what teaches.
   */
  get owners(): readonly string[] {
    return this.info.owners ?? this.labeledAs;
  }

  get splits(): readonly (Split | null)[] {
    return this.info.splits;
  }

  get skipped(): readonly Skipped[] {
    return this.info.skipped;
  }

  /** What could be read in part only, with reasons. */
  get partial(): readonly Skipped[] {
    return this.info.partial ?? [];
  }

  get fingerprint(): string {
    return this.info.fingerprint;
  }

  get targets(): readonly Targets[] {
    return this.info.targets;
  }

  /**
   * Files that samples are read with, by name: a tokenizer. They are kept with a run, handed to its method, and given again as
   * `OpenOptions.assets` to open other data for it.
   */
  get assets(): ReadonlyMap<string, Uint8Array> {
    return NO_ASSETS;
  }

  /** SHA-256 over what is known of the samples, which `fingerprint` leaves aside; null where nothing is. */
  get targetsFingerprint(): string | null {
    if (this.targets.length === 0) return null;
    const hash = createHash('sha256');
    for (const targets of this.targets) {
      hash.update(`\n${targets.kind} ${targets.count}\n`);
      for (const piece of targets.contents?.() ?? []) hash.update(piece);
    }
    return hash.digest('hex');
  }

  /** The targets of this kind, null where there are none. */
  target<T extends Targets>(kind: T['kind']): T | null {
    return (this.info.targets.find((targets) => targets.kind === kind) as T | undefined) ?? null;
  }

  /** [count], index into `classes`, -1 when unlabeled; null when nothing is labeled. */
  get labels(): Int32Array | null {
    return this.target<ClassTargets>('classes')?.labels ?? null;
  }

  get classes(): readonly string[] | null {
    return this.target<ClassTargets>('classes')?.classes ?? null;
  }

  /** The samples frame by frame; null where they are no videos. */
  asVideos(): Videos | null {
    return null;
  }

  /** The sides of aligned pairs, sample by sample; null where samples are single. */
  sides(): readonly [first: Dataset, second: Dataset] | null {
    return null;
  }

  /** The samples as an encoder of this spec takes them: this set, one side of a pair, or null when none of them fits. */
  seenBy(spec: SampleSpec): Dataset | null {
    return this.spec.modality === spec.modality ? this : null;
  }

  /** The samples at these positions, in this order, as a data set. */
  subset(indices: ArrayLike<number>): this {
    const positions = this.checked(indices);
    const { ids, splits, targets, fingerprint, labeledAs, owners } = this.info;
    const rows = this.identityOf(positions);
    const info: DatasetInfo = {
      ...this.info,
      ids: Array.from(positions, (i) => ids[i]!),
      splits: Array.from(positions, (i) => splits[i]!),
      ...(labeledAs === undefined ? {} : { labeledAs: Array.from(positions, (i) => labeledAs[i]!) }),
      ...(owners === undefined ? {} : { owners: Array.from(positions, (i) => owners[i]!) }),
      targets: targets.map((part) => part.subset(positions)),
      fingerprint: createHash('sha256').update(fingerprint).update(new Uint8Array(rows.buffer)).digest('hex'),
    };
    return this.derive(info, positions) as this;
  }

  /** The samples of one side of the source's own division; `train` is all that is neither validation nor test. */
  only(split: Split): this {
    const isOn = (own: Split | null) => own === split || (split === 'train' && own === null);
    const indices = [...this.splits.keys()].filter((i) => isOn(this.splits[i]!));
    if (indices.length === 0) throw noSplit(this.name, split, this.plural);
    return indices.length === this.count ? this : this.subset(indices);
  }

  /** The samples that have a label. Throws DATA when there are none. */
  labeled(): this {
    const { labels } = this;
    const indices = [...this.ids.keys()].filter((i) => labels !== null && labels[i]! >= 0);
    if (indices.length === 0) {
      const remedy = `Sort the ${this.plural} into class folders, or give a table of ids and labels.`;
      throw new AutodidactError('DATA', `${this.name} has no labels`, { remedy });
    }
    return indices.length === this.count ? this : this.subset(indices);
  }

  /**
   * Parts the samples at random: `held` gets the fraction, `kept` the rest; with the same share of every class when all
   * samples are labeled. Samples of one owner (see `owners`) are on the same side, and the fraction is of owners. The same seed gives the
   * same parts.
   *
   * @throws AutodidactError `DATA` when a part would be empty: every class has a single sample, or all are parts of one
   */
  holdOut(fraction: number, seed = 0): Parts<this> {
    const { owners } = this;
    const isLabeled = this.labels?.every((label) => label >= 0) ?? false;
    const strata = isLabeled ? this.labels! : new Int32Array(this.count);
    const { kept, held } = splitByOwner(strata, owners, { fraction, seed });
    if (held.length === 0) {
      const isOfOne = this.count > 1 && new Set(owners).size === 1;
      const why = isOfOne
        ? `all are parts of ${owners[0]}`
        : isLabeled && this.count > 1
          ? 'every class has a single one'
          : 'there is only one';
      throw new AutodidactError('DATA', `None of the ${this.plural} of ${this.name} can be held out: ${why}`, {
        remedy: `Give ${this.plural} of their own for the test (--test), or more of them.`,
      });
    }
    return { kept: this.subset(kept), held: this.subset(held) };
  }

  /** The same samples with other targets of one kind; `skipped` is added to what was skipped. */
  withTargets(targets: Targets, skipped: readonly Skipped[] = []): this {
    if (targets.count !== this.count)
      throw expected(`targets of ${this.count} ${this.plural}`, 'targets', targets.count, { code: 'SHAPE' });
    const others = this.info.targets.filter(({ kind }) => kind !== targets.kind);
    const info = { ...this.info, targets: [targets, ...others], skipped: [...this.info.skipped, ...skipped] };
    return this.derive(info, null) as this;
  }

  /** The same samples with other labels, [count], index into `classes` or -1. */
  withLabels(classes: readonly string[], labels: Int32Array, skipped: readonly Skipped[] = []): this {
    if (labels.length !== this.count) throw expected(`${this.count} labels`, 'labels', labels, { code: 'SHAPE' });
    return this.withTargets(new ClassTargets(classes, labels), skipped);
  }

  /**
   * The same samples with labels numbered by another data set's classes, so that a test set opened on its own agrees with its
   * training set. Throws DATA when it has a class that is not among them.
   */
  withClasses(classes: readonly string[]): this {
    const own = this.target<ClassTargets>('classes');
    return own === null ? this : this.withTargets(own.numberedBy(classes, this.name));
  }

  summary(): DatasetSummary {
    const { name, count, spec, labels, splits, skipped, partial, fingerprint, note } = this;
    const inSplit = { train: 0, val: 0, test: 0, none: 0 };
    for (const split of splits) inSplit[split ?? 'none'] += 1;
    return {
      ...{ name, count, spec },
      perClass: this.target<ClassTargets>('classes')?.counts().perClass ?? null,
      unlabeled: labels ? labels.filter((label) => label < 0).length : count,
      targets: this.targets.map(({ kind }) => kind),
      targetCounts: this.targets.map((targets) => {
        let known = 0;
        for (let i = 0; i < targets.count; i++) if (targets.isKnown(i)) known += 1;
        const classes = targets.classes && [...targets.classes];
        return {
          kind: targets.kind,
          known,
          unknown: count - known,
          ...(classes && { classes }),
          ...targets.counts?.(),
        };
      }),
      splits: inSplit,
      ...{ skipped: [...skipped], partial: [...partial], fingerprint, note },
      amounts: this.amounts(),
    };
  }

  /** What samples are made of, counted. */
  protected amounts(): Amounts | null {
    return null;
  }

  /** One phrase: "photos: 1,204 images of 96 x 96, color, 10 classes, 3 skipped". */
  describe(): string {
    const noun = this.count === 1 ? this.plural.replace(/s$/, '') : this.plural;
    const kinds = this.targets.map(({ kind }) => kind);
    const known = kinds.length > 0 ? `with ${kinds.join(' and ')}` : 'unlabeled';
    const parts = [
      `${this.count.toLocaleString('en')} ${noun} of ${this.form()}`,
      this.classes ? `${this.classes.length} classes` : known,
    ];
    if (this.skipped.length > 0) parts.push(`${this.skipped.length} skipped`);
    if (this.partial.length > 0) parts.push(`${this.partial.length} read in part`);
    return `${this.name}: ${parts.join(', ')}`;
  }

  /** What identifies the samples at these positions among all of the source, for a subset's fingerprint. */
  protected identityOf(positions: Int32Array): Int32Array {
    return positions;
  }

  /** @throws AutodidactError `USAGE` for a position out of range */
  protected checked(indices: ArrayLike<number>): Int32Array {
    return Int32Array.from(indices, (index) => {
      if (Number.isInteger(index) && index >= 0 && index < this.count) return index;
      throw expected(`positions from 0 to ${this.count - 1}`, 'indices', index);
    });
  }
}

/** The error for a side of the division that is not there. */
export function noSplit(name: string, split: Split, plural = 'images'): AutodidactError {
  return new AutodidactError('DATA', `${name} has no ${split} ${plural}`, {
    remedy: 'Put the files below train/ and test/, give a manifest with a column split, or hold a part out.',
  });
}
