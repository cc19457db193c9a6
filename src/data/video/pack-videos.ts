import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AutodidactError, expected } from '../../errors.js';
import { writeAtomically } from '../../files.js';
import { makeCachePath } from '../cache.js';
import type { PixelShape } from '../decode.js';
import { PACK_VERSION, type Pack, PackWriter, readPack } from '../pack-file.js';
import { recordBytes } from '../records.js';
import { saysMissing } from '../regular-file.js';
import type { Skipped } from '../sources/source.js';
import type { VideoSource } from '../sources/video-source.js';

export interface PackVideosOptions extends AskedShape {
  /** Frames per second to keep at most. */
  rate: number;
  cacheFolder?: string;
  /** Called with the number of videos done, with a fraction for the one at work, and the number of all. */
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

/** How the frames are asked for. */
export interface AskedShape {
  /** Side of the square frames in pixels; default: as for images. */
  size?: number;
  /** Largest side to choose where `size` is left out. */
  mostSize?: number;
  /** 1 for gray; color by default. */
  channels?: 'auto' | number;
}

/** Raised whenever the same videos would give another pack. */
const PACKER = 'videos-1';

/**
 * Decodes these entries of a source, one after the other, into a pack in the cache, or finds the one made before. A video that cannot be read is
 * left out and listed; of one that is damaged, what can be read is kept, which is listed too.
 *
 * @throws AutodidactError `DATA` when no video remains, `IO` when the system is at fault, after which nothing is kept, `INTERRUPTED`
 */
export async function packVideos(
  source: VideoSource,
  entries: readonly number[],
  options: PackVideosOptions,
): Promise<Pack> {
  const { rate, cacheFolder, signal, onProgress } = options;
  const folder = await makeCachePath('packs', cacheFolder);
  const content = await contentKey(source, entries, signal);
  const shape = await shapeOf(source, entries, options, join(folder, `${content}.shape.json`));
  const key = keyOf([PACKER, PACK_VERSION, content, shape, rate]);
  const found = await readPack(folder, key);
  if (found !== null) return found;
  const layout = { dtype: 'uint8' as const, shape: [shape.height, shape.width, shape.channels], isVarying: true };
  const writer = await PackWriter.create(folder, key, layout, (source.frames ?? 0) * recordBytes(layout));
  try {
    const kept: string[] = [];
    const skipped: Skipped[] = [...source.skipped];
    const flaws: Skipped[] = [];
    for (const [i, entry] of entries.entries()) {
      checkSignal(signal);
      const { id } = source.entries[entry]!;
      const progress = (share: number): void => onProgress?.(Math.round(10 * (i + share)) / 10, entries.length);
      const result = await source.read(entry, { shape, rate, signal, onProgress: progress }, (frame) => {
        if (frame.length !== recordBytes(layout))
          throw expected(`${recordBytes(layout)} bytes`, `a frame of ${id}`, frame.length, { code: 'SHAPE' });
        return writer.append(frame);
      });
      checkSignal(signal);
      if ('reason' in result) skipped.push({ id, reason: result.reason });
      else {
        writer.addTimes(result.times);
        writer.endRecord();
        kept.push(id);
        if (result.flaw !== null) flaws.push({ id, reason: result.flaw });
      }
      progress(1);
    }
    if (kept.length === 0) throw noneLeft(source.name, skipped);
    return await writer.commit({
      ...{ kind: 'videos', count: kept.length, details: {}, ids: kept, skipped },
      ...{ labels: null, classes: null, masks: null, splits: kept.map(() => null) },
      ...(flaws.length > 0 ? { flaws } : {}),
    });
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

const keyOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 32);

/** Changes with the files. */
async function contentKey(source: VideoSource, entries: readonly number[], signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  const add = (value: unknown) => hash.update(`${JSON.stringify(value)}\n`);
  add([source.kind, source.skipped]);
  for (const entry of entries) {
    checkSignal(signal);
    // A file that has gone since it was listed is left out with that reason, and not under the key of one that is there.
    const identity = await source.identity(entry).catch((error) => {
      if (saysMissing(error)) return null;
      throw error;
    });
    add([source.entries[entry]!.id, identity]);
  }
  return hash.digest('hex').slice(0, 32);
}

async function remembered(path: string): Promise<PixelShape | null> {
  try {
    return shapeSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return null;
  }
}

const shapeSchema = z.object({ height: z.int().positive(), width: z.int().positive(), channels: z.int().positive() });

/** The shape of the frames that was asked for, or that suits the files, which is remembered at this path. */
async function shapeOf(
  source: VideoSource,
  entries: readonly number[],
  { size, mostSize = Number.POSITIVE_INFINITY, channels = 'auto', signal }: AskedShape & { signal?: AbortSignal },
  path: string,
): Promise<PixelShape> {
  const inColor = (side: number): PixelShape => ({ height: side, width: side, channels: 3 });
  let usual = size === undefined ? source.shape : inColor(size);
  usual ??= await remembered(path);
  if (usual === null) {
    usual = await source.usualShape(entries, signal);
    writeAtomically(path, JSON.stringify(usual));
  }
  const side = size ?? Math.min(usual.height, mostSize);
  return { height: side, width: side, channels: channels === 'auto' ? usual.channels : channels };
}

function checkSignal(signal?: AbortSignal): void {
  if (signal?.aborted) throw new AutodidactError('INTERRUPTED', 'Packing the videos was interrupted; nothing was kept');
}

function noneLeft(name: string, skipped: readonly Skipped[]): AutodidactError {
  const some = skipped.slice(0, 3).map(({ id, reason }) => `${id} (${reason})`);
  const failed =
    skipped.length === 1
      ? `The video of ${name} could not be read`
      : `None of the ${skipped.length} videos of ${name} could be read`;
  return new AutodidactError('DATA', `${failed}: ${some.join(', ')}`);
}
