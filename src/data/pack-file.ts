import { createHash, randomBytes } from 'node:crypto';
import { open, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { scope, type Tensor } from '../engine/index.js';
import { AutodidactError, ioError } from '../errors.js';
import { sealed, unsealed } from '../json.js';
import { BlockFile } from './block-file.js';
import { isIntact, sumsOf } from './checksums.js';
import { decodeObjects, shownObjects } from './objects.js';
import { PackedRecords, RECORD_TYPES, type RecordLayout, recordBytes } from './records.js';
import { readRegular } from './regular-file.js';
import { BoxTargets, ClassTargets, MaskTargets, type Targets } from './targets.js';

/** Raised whenever packs made before must not be used any more. */
export const PACK_VERSION = 4;

const splitSchema = z.enum(['train', 'val', 'test']).nullable();

const layoutSchema = z.object({
  dtype: z.enum(RECORD_TYPES),
  shape: z.array(z.int().positive()).max(8),
  isVarying: z.boolean(),
});

const indexSchema = z.object({
  version: z.literal(PACK_VERSION),
  /** SHA-256 over those of the records' blocks, the offsets, the times, the shape and the ids: the same on every machine. */
  fingerprint: z.string(),
  /** Of the blocks of each file of the pack, see `sumsOf`, by the ending of its name behind `.records`: '', '.offsets', '.masks'. */
  checksums: z.record(z.string(), z.string()),
  kind: z.string(),
  count: z.int().positive(),
  layout: layoutSchema,
  /** What else the modality needs to know, such as a sampling rate. */
  details: z.record(z.string(), z.union([z.number(), z.string()])),
  ids: z.array(z.string()),
  /** [count], index into `classes`, -1 when unlabeled; null when nothing is labeled. */
  labels: z.array(z.int()).nullable(),
  classes: z.array(z.string()).nullable(),
  /** The file of masks, one (H, W) per record, and the classes of their pixels; null when there is none. */
  masks: z
    .object({
      classes: z.array(z.string()),
      shape: z.tuple([z.int(), z.int()]),
      /** One byte per record, 1 where it has a mask, in base64; without it, all have one. */
      known: z.base64().optional(),
    })
    .nullable(),
  /** The objects in the records' images, see `encodeObjects`, and how the images were brought to one size. */
  objects: z
    .object({
      classes: z.array(z.string()),
      pointNames: z.array(z.string()),
      fit: z.enum(['crop', 'stretch']),
      images: z.base64(),
    })
    .optional(),
  /** Whether there is a file of the items' times, in seconds from the start of their record. */
  hasTimes: z.boolean().optional(),
  splits: z.array(splitSchema),
  skipped: z.array(z.object({ id: z.string(), reason: z.string() })),
  /** Records that were read in part, and why. */
  flaws: z.array(z.object({ id: z.string(), reason: z.string() })).optional(),
  /** What the user should know of the records, in sentences. */
  notes: z.array(z.string()).optional(),
});

/** The JSON file beside the records. */
export type PackIndex = z.infer<typeof indexSchema>;

/** What a source says of its records when a pack is complete. */
export type PackDescription = Omit<PackIndex, 'version' | 'fingerprint' | 'checksums' | 'layout' | 'hasTimes'>;

/** A pack on disk: records one after the other, their offsets where they vary in length, their masks, the times of items, and the index. */
export interface Pack {
  index: PackIndex;
  /** `<path>.offsets`, `<path>.masks` and `<path>.times` lie beside it. */
  path: string;
}

const recordsName = (key: string) => `${key}.records`;
const indexName = (key: string) => `${key}.json`;

/** The records of a pack. */
export function recordsOf({ index, path }: Pack): PackedRecords {
  return new PackedRecords(path, index.layout, index.count, index.layout.isVarying ? `${path}.offsets` : null);
}

/** What the pack knows of its records. */
export function targetsOf({ index, path }: Pack): Targets[] {
  const { labels, classes, masks, objects, count, layout } = index;
  const targets: Targets[] = [];
  if (labels !== null && classes !== null) targets.push(new ClassTargets(classes, Int32Array.from(labels)));
  const isMasked = masks?.known === undefined ? null : new Uint8Array(Buffer.from(masks.known, 'base64'));
  if (masks !== null && (isMasked === null || isMasked.includes(1))) {
    const [height, width] = masks.shape;
    const records = new PackedRecords(
      `${path}.masks`,
      { dtype: 'uint8', shape: [height, width], isVarying: false },
      count,
    );
    const read = (rows: Int32Array): Tensor => scope(() => records.copy(rows));
    targets.push(
      new MaskTargets(
        masks.classes,
        { height, width },
        read,
        Int32Array.from({ length: count }, (_, i) => i),
        isMasked,
      ),
    );
  }
  if (objects !== undefined) {
    const [height, width] = layout.shape as [number, number];
    const images = decodeObjects(objects.images, objects.pointNames.length);
    const shown = images.map((image) => image && shownObjects(image, { height, width }, objects.fit));
    const boxes = new BoxTargets(objects.classes, { height, width }, shown);
    const points = boxes.asPoints(objects.pointNames);
    targets.push(boxes, boxes.asLabels(), ...(points === null ? [] : [points]));
  }
  return targets;
}

/** The pack of this key; null when there is none, or it is damaged or of an earlier version (it is then made again). */
export async function readPack(folder: string, key: string): Promise<Pack | null> {
  const path = join(folder, recordsName(key));
  try {
    const text = (await readRegular(join(folder, indexName(key)), MOST_INDEX_BYTES)).toString();
    const { values, isIntact: isIndexIntact } = unsealed(JSON.parse(text) as Record<string, unknown>);
    if (isIndexIntact !== true) return null;
    const index = indexSchema.parse(values);
    for (const [ending, sums] of Object.entries(index.checksums)) {
      const { size } = await stat(`${path}${ending}`);
      if (!(await isIntact(`${path}${ending}`, size, sums))) return null;
    }
    return { index, path };
  } catch {
    return null;
  }
}

/** JavaScript's strings end at 512 MiB. */
const MOST_INDEX_BYTES = 500_000_000;

/** What the index holds of a record. */
interface Indexed {
  id: string;
  label: number;
  split: string | null;
}

/**
 * Refuses what would have a larger index than can be read again, before hours of decoding.
 * @throws AutodidactError `DATA`
 */
export function checkIndexSize(records: readonly Indexed[], name: string): void {
  let bytes = 0;
  // Each with a comma, texts with quotes as well; without a split, null.
  for (const { id, label, split } of records)
    bytes += Buffer.byteLength(id) + 3 + String(label).length + 1 + (split === null ? 5 : split.length + 3);
  if (bytes <= MOST_INDEX_BYTES) return;
  const shown = (count: number) => `${Math.round(count / 1e6)} MB`;
  const most = `an index holds ${shown(MOST_INDEX_BYTES)}`;
  throw new AutodidactError(
    'DATA',
    `The ids, labels and splits of ${name} take ${shown(bytes)} for ${records.length.toLocaleString('en')} samples, and ${most}`,
    { remedy: 'Take a limit, or shorter paths: ids count from the folder that is given.' },
  );
}

const STALE_MS = 60 * 60 * 1000;

/** What the names of a pack's files end with, the records' own first. */
const ENDINGS = ['', '.offsets', '.times', '.masks'] as const;
type Ending = (typeof ENDINGS)[number];

/**
 * Writes a pack under temporary names that get their final ones when it is complete. Every write may throw IO (the disk is
 * full, ...); call `abandon` then, which leaves nothing behind.
 */
export class PackWriter {
  private readonly offsets: bigint[] = [0n];
  private readonly times: Float64Array[] = [];
  /** By the endings of their names. */
  private readonly files = new Map<Ending, BlockFile>();

  private constructor(
    private readonly folder: string,
    private readonly key: string,
    private readonly layout: RecordLayout,
    private readonly temporary: string,
  ) {}

  /** `bytes` is the most that will be written: refused at once when the disk has less room. */
  static async create(folder: string, key: string, layout: RecordLayout, bytes: number): Promise<PackWriter> {
    await removeStale(folder).catch(failedAt(folder));
    const free = await freeBytes(folder).catch(failedAt(folder));
    checkRoom(bytes, free, folder);
    const temporary = join(folder, `${key}.${randomBytes(6).toString('hex')}.tmp`);
    const writer = new PackWriter(folder, key, layout, temporary);
    await writer.file('');
    return writer;
  }

  /** Appends one or more whole records of fixed size, or a part of a record of varying length. The bytes are copied. */
  async append(bytes: Uint8Array): Promise<void> {
    await (await this.file('')).append(bytes);
    if (this.layout.isVarying) this.items += BigInt(bytes.length / recordBytes(this.layout));
  }

  private items = 0n;

  /** Ends a record of varying length: everything appended since the last call belongs to it. */
  endRecord(): void {
    this.offsets.push(this.items);
  }

  /** Adds the times, in seconds, of the items that were appended last. Packs have times of all items or of none. */
  addTimes(times: Float64Array): void {
    this.times.push(times);
  }

  /** Appends the masks of the records that were appended last, uint8 (n, H, W). */
  async appendMasks(masks: Uint8Array): Promise<void> {
    await (await this.file('.masks')).append(masks);
  }

  /** Makes the pack visible under its key. */
  async commit(described: PackDescription): Promise<Pack> {
    const { layout } = this;
    if (layout.isVarying) await (await this.file('.offsets')).append(bytesOf(BigInt64Array.from(this.offsets)));
    for (const times of this.times) await (await this.file('.times')).append(bytesOf(times));
    const hash = createHash('sha256');
    const checksums: Record<string, string> = {};
    const ended = await Promise.all([...this.files].map(async ([ending, file]) => [ending, await file.end()] as const));
    const digestsOf = new Map(ended);
    for (const ending of ENDINGS) {
      const digests = digestsOf.get(ending);
      if (digests === undefined) continue;
      checksums[ending] = sumsOf(digests);
      if (ending !== '.masks') hash.update(digests);
    }
    const index: PackIndex = {
      version: PACK_VERSION,
      fingerprint: hash.update(JSON.stringify([...layout.shape, described.ids])).digest('hex'),
      checksums,
      layout: { ...layout, shape: [...layout.shape] },
      ...(this.files.has('.times') ? { hasTimes: true } : {}),
      ...described,
    };
    const path = join(this.folder, recordsName(this.key));
    try {
      await writeSynced(`${this.temporary}.json`, JSON.stringify(sealed(index)));
      // The records are there once all that lies beside them is, the pack once the index is.
      for (const ending of [...this.files.keys()].reverse())
        await rename(`${this.temporary}${ending}`, `${path}${ending}`);
      await rename(`${this.temporary}.json`, join(this.folder, indexName(this.key)));
    } catch (cause) {
      throw ioError('write', path, cause);
    }
    return { index, path };
  }

  /** Removes what has been written. Never throws. */
  async abandon(): Promise<void> {
    for (const file of this.files.values()) await file.abandon();
    for (const ending of [...ENDINGS, '.json']) await rm(`${this.temporary}${ending}`, { force: true }).catch(() => {});
  }

  private async file(ending: Ending): Promise<BlockFile> {
    const found = this.files.get(ending);
    if (found !== undefined) return found;
    const made = await BlockFile.create(`${this.temporary}${ending}`);
    this.files.set(ending, made);
    return made;
  }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: NodeJS.TypedArray): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

const failedAt = (path: string) => (cause: unknown) => {
  throw ioError('write', path, cause);
};

async function writeSynced(path: string, content: string): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Throws IO when `needed` bytes do not fit into `free` bytes. */
export function checkRoom(needed: number, free: number, folder: string): void {
  if (needed <= free) return;
  const shown = (bytes: number) => (bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`);
  throw new AutodidactError('IO', `Packing needs ${shown(needed)} in ${folder}, which has ${shown(free)} free`, {
    remedy: 'Free some space, set AUTODIDACT_CACHE to a folder on another disk, or take a smaller size or limit.',
  });
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** What a killed process left: temporary files that nobody has written to for an hour. */
async function removeStale(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!/\.tmp(\.json|\.offsets|\.masks|\.times)?$/.test(name)) continue;
    const path = join(folder, name);
    const changed = await stat(path).catch(() => null);
    if (changed && Date.now() - changed.mtimeMs > STALE_MS) await rm(path, { force: true }).catch(() => {});
  }
}
