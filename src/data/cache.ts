import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { ioError } from '../errors.js';
import { makeFolders } from '../files.js';

/** The parts of the cache: packed images and fetched data sets. */
export type CacheRoom = 'packs' | 'datasets';

/**
 * The folder of one part of the cache: in `cacheFolder` when given, else in AUTODIDACT_CACHE, else in
 * XDG_CACHE_HOME/autodidact, else in ~/.cache/autodidact.
 */
export function cachePath(room: CacheRoom, cacheFolder?: string): string {
  const shared = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(resolve(cacheFolder ?? (process.env.AUTODIDACT_CACHE || join(shared, 'autodidact'))), room);
}

/** The same folder, created if needed. Throws IO when it cannot be created. */
export async function makeCachePath(room: CacheRoom, cacheFolder?: string): Promise<string> {
  const path = cachePath(room, cacheFolder);
  try {
    makeFolders(path);
  } catch (cause) {
    throw ioError('create the cache folder (AUTODIDACT_CACHE chooses another)', path, cause);
  }
  return path;
}
