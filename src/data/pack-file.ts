import { createHash, randomBytes } from 'node:crypto';
import { type FileHandle, open, readdir, readFile, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AutodidactError, ioError } from '../errors.js';
import { MOST_CHANNELS } from './channels.js';

/** Raised whenever packs made before must not be used any more. */
export const PACK_VERSION = 1;

const splitSchema = z.enum(['train', 'val', 'test']).nullable();

const indexSchema = z.object({
  version: z.literal(PACK_VERSION),
  /** SHA-256 over the shape, the pixels and the ids: the same on every machine. */
  fingerprint: z.string(),
  kind: z.string(),
  count: z.int().positive(),
  height: z.int().positive(),
  width: z.int().positive(),
  channels: z.int().min(1).max(MOST_CHANNELS),
  ids: z.array(z.string()),
  /** [count], index into `classes`, -1 when unlabeled; null when nothing is labeled. */
  labels: z.array(z.int()).nullable(),
  classes: z.array(z.string()).nullable(),
  splits: z.array(splitSchema),
  skipped: z.array(z.object({ id: z.string(), reason: z.string() })),
});

/** The JSON file beside the pixels. */
export type PackIndex = z.infer<typeof indexSchema>;

/** A pack on disk: uint8 pixels, count x height x width x channels, and their index. */
export interface Pack {
  index: PackIndex;
  pixelPath: string;
}

const pixelName = (key: string) => `${key}.pixels`;
const indexName = (key: string) => `${key}.json`;

/** The pack of this key; null when there is none or it is not whole (it is then made again). */
export async function readPack(folder: string, key: string): Promise<Pack | null> {
  const pixelPath = join(folder, pixelName(key));
  try {
    const index = indexSchema.parse(JSON.parse(await readFile(join(folder, indexName(key)), 'utf8')));
    const { size } = await stat(pixelPath);
    return size === index.count * index.height * index.width * index.channels ? { index, pixelPath } : null;
  } catch {
    return null;
  }
}

const BUFFER_BYTES = 4 * 1024 * 1024;
const STALE_MS = 60 * 60 * 1000;

/**
 * Writes a pack under temporary names that get their final ones when it is whole. Every write may throw IO (the disk is
 * full, ...); call `abandon` then, which leaves nothing behind.
 */
export class PackWriter {
  private readonly buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  private buffered = 0;
  private readonly hash = createHash('sha256');

  private constructor(
    private readonly folder: string,
    private readonly key: string,
    private readonly temporary: string,
    private readonly handle: FileHandle,
  ) {}

  /** `bytes` is the most that will be written: refused at once when the disk has less room. */
  static async create(folder: string, key: string, bytes: number): Promise<PackWriter> {
    await removeStale(folder).catch(failedAt(folder));
    const free = await freeBytes(folder).catch(failedAt(folder));
    checkRoom(bytes, free, folder);
    const temporary = join(folder, `${key}.${randomBytes(6).toString('hex')}.tmp`);
    return new PackWriter(folder, key, temporary, await open(temporary, 'wx').catch(failedAt(temporary)));
  }

  /** Appends one or more whole images. */
  async append(pixels: Uint8Array): Promise<void> {
    this.hash.update(pixels);
    for (let at = 0; at < pixels.length; ) {
      const piece = pixels.subarray(at, at + BUFFER_BYTES - this.buffered);
      this.buffer.set(piece, this.buffered);
      this.buffered += piece.length;
      at += piece.length;
      if (this.buffered === BUFFER_BYTES) await this.flush();
    }
  }

  /** Makes the pack visible under its key. */
  async commit(described: Omit<PackIndex, 'version' | 'fingerprint'>): Promise<Pack> {
    await this.flush();
    const { height, width, channels, ids } = described;
    const fingerprint = this.hash.update(JSON.stringify([height, width, channels, ids])).digest('hex');
    const index: PackIndex = { version: PACK_VERSION, fingerprint, ...described };
    const pixelPath = join(this.folder, pixelName(this.key));
    try {
      await this.handle.sync();
      await this.handle.close();
      await writeSynced(`${this.temporary}.json`, JSON.stringify(index));
      await rename(this.temporary, pixelPath);
      await rename(`${this.temporary}.json`, join(this.folder, indexName(this.key)));
    } catch (cause) {
      throw ioError('write', pixelPath, cause);
    }
    return { index, pixelPath };
  }

  /** Removes what has been written. Never throws. */
  async abandon(): Promise<void> {
    await this.handle.close().catch(() => {});
    for (const path of [this.temporary, `${this.temporary}.json`]) await rm(path, { force: true }).catch(() => {});
  }

  private async flush(): Promise<void> {
    await this.handle.appendFile(this.buffer.subarray(0, this.buffered)).catch(failedAt(this.temporary));
    this.buffered = 0;
  }
}

const failedAt = (path: string) => (cause: unknown) => {
  throw ioError('write', path, cause);
};

async function writeSynced(path: string, text: string): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    await handle.writeFile(text);
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
    if (!/\.tmp(\.json)?$/.test(name)) continue;
    const path = join(folder, name);
    const changed = await stat(path).catch(() => null);
    if (changed && Date.now() - changed.mtimeMs > STALE_MS) await rm(path, { force: true }).catch(() => {});
  }
}
