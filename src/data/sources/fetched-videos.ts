import { join } from 'node:path';
import { AutodidactError } from '../../errors.js';
import { fetchedFolder } from '../fetch.js';
import { films } from './films.js';
import { videoFiles } from './video-files.js';
import type { VideoSource } from './video-source.js';

/** The name of the data set. */
export const FETCHED = 'videos';

/**
 * The videos that `autodidact data fetch videos` brings.
 * @throws AutodidactError `NOT_FOUND` before that
 */
export async function fetchedVideos(cacheFolder?: string): Promise<VideoSource> {
  const folder = await fetchedFolder(FETCHED, cacheFolder);
  if (folder === null)
    throw new AutodidactError('NOT_FOUND', 'The videos of the data set videos are not here yet', {
      remedy: 'Bring them with `autodidact data fetch videos`. If you mean a folder of yours, write ./videos.',
    });
  return videoFiles({
    ...{ name: FETCHED, kind: 'fetched videos', classes: null, skipped: [] },
    files: films.map(({ file, split }) => ({
      id: file,
      path: join(folder, file),
      parts: [{ id: file, label: -1, split }],
    })),
  });
}
