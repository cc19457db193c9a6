import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Dataset, tensorsOf } from '../../../src/data/index.js';
import { scope } from '../../../src/engine/index.js';
import type { OpenOptions } from '../../../src/modalities/modality.js';
import { modalityOf, openData } from '../../../src/modalities/registry.js';

/** What was read of files that may be damaged. */
export interface Reading {
  /** Of everything that was read. */
  digest: string;
  /** What was left out or replaced by something older, with the reason that was given; null where all was read. */
  refused: string | null;
}

/** A kind of file that is read back, and how. */
export interface Subject {
  name: string;
  /** How many cases it gets, beside those of other subjects. */
  weight: number;
  /**
   * `equal`: the files guard their content, so that damage is noticed or bears on nothing. `plausible`: other content than was
   * written may be read, as changed pixels, as long as it is of the right form.
   */
  holds: 'equal' | 'plausible';
  /** Names of the files that are damaged; by default all. */
  damaged?: RegExp;
  /** Whether older content stands in for a file that is missing, without a word. */
  mayBeMissing?: boolean;
  /** Writes the intact files into an empty folder. */
  write(folder: string): Promise<void>;
  /**
   * Reads the files.
   * @param way 0 or 1: some subjects are read in two ways
   * @throws Implausible for what cannot be right
   */
  read(folder: string, way: number): Promise<Reading>;
}

/** What was read cannot be right, and no error said so. */
export class Implausible extends Error {}

export function demand(isTrue: boolean, what: string): void {
  if (!isTrue) throw new Implausible(what);
}

/** A digest of JSON values and bytes. */
export function digestOf(...parts: unknown[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part instanceof Uint8Array ? part : (JSON.stringify(part) ?? 'undefined'));
  return hash.digest('hex');
}

/** The samples of a data set at all positions, or some. */
export function bytesOf(dataset: Dataset, positions: Iterable<number> = dataset.ids.keys()): Buffer {
  return scope(() => Buffer.concat(tensorsOf(dataset.collate([...positions])).map((tensor) => tensor.toBytes())));
}

/** Everything that a data set says of its samples, checked for its form. */
export function readingOf(dataset: Dataset): Reading {
  const { count, ids, labels, classes, splits, spec, skipped, note } = dataset;
  const parsed = modalityOf(spec).schema.safeParse(spec);
  demand(parsed.success, `its samples are ${JSON.stringify(spec)}`);
  demand(count > 0 && ids.length === count && splits.length === count, `${count} samples with ${ids.length} names`);
  demand(
    labels === null || labels.every((label) => label >= -1 && label < classes!.length),
    `labels ${labels} of ${classes?.length} classes`,
  );
  demand(new Set(ids).size === count, 'two samples have one name');
  const described = [spec, ids, splits, labels && [...labels], classes, skipped, note, dataset.describe()];
  const refused =
    skipped.length === 0 ? null : skipped.map(({ id, reason }) => `${id.slice(0, 80)}: ${reason}`).join('; ');
  return { digest: digestOf(described, dataset.summary(), bytesOf(dataset)), refused };
}

/** Opens data with a cache of their own. */
export async function openAlone(folder: string, spec: string, options: OpenOptions = {}): Promise<Dataset> {
  const cacheFolder = join(folder, '.cache');
  mkdirSync(cacheFolder, { recursive: true });
  return openData(spec, { cacheFolder, ...options });
}

export async function readData(folder: string, spec = folder, options: OpenOptions = {}): Promise<Reading> {
  return readingOf(await openAlone(folder, spec, options));
}
