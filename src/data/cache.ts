import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { ioError } from '../errors.js';
import { makeFolders } from '../files.js';

/** What the cache keeps: packed images, and whole data sets that were fetched. */
export type CacheRoom = 'packs' | 'datasets';

/**
 * Where a room of the cache lies: below `cacheFolder` when given, else below AUTODIDACT_CACHE, else in
 * XDG_CACHE_HOME/autodidact, else in ~/.cache/autodidact.
 */
export function cachePath(room: CacheRoom, cacheFolder?: string): string {
  const shared = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(resolve(cacheFolder ?? (process.env.AUTODIDACT_CACHE || join(shared, 'autodidact'))), room);
}

/** The same, created when it is not there. Throws IO when it cannot be. */
export async function makeCachePath(room: CacheRoom, cacheFolder?: string): Promise<string> {
  const path = cachePath(room, cacheFolder);
  try {
    makeFolders(path);
  } catch (cause) {
    throw ioError('create the cache folder (AUTODIDACT_CACHE chooses another)', path, cause);
  }
  return path;
}
