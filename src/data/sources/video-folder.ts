import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { AutodidactError, expected } from '../../errors.js';
import { encodeLabels, listed } from '../labels.js';
import { column, labelColumn, normalizeId, optionalColumn, readTable, type Table } from '../table.js';
import { openFolder } from './folder.js';
import { IMAGE_FILES } from './folder-listing.js';
import { splitColumn, whyNoFile } from './manifest.js';
import { type Skipped, valAsTest } from './source.js';
import { isVideoName, VIDEO_FILES, type VideoFile, videoFiles } from './video-files.js';
import type { VideoSource } from './video-source.js';

/**
 * A folder of videos, nested as deep as one likes; splits and classes are read from the names of its folders, as those of images.
 * @throws AutodidactError as `openFolder`
 */
export async function videoFolder(folder: string): Promise<VideoSource> {
  const { files, classes, name, skipped, note } = await openFolder(folder, VIDEO_FILES);
  return videoFiles({
    ...{ name, kind: 'video folder', classes, skipped, ...(note !== undefined && { note }) },
    files: files.map(({ id, path, label, split }) => ({ id, path, parts: [{ id, label, split }] })),
  });
}

/** One video. */
export function singleVideo(path: string): VideoSource {
  const id = basename(path);
  const file: VideoFile = { id, path: resolve(path), parts: [{ id, label: -1, split: null }] };
  return videoFiles({ name: id, kind: 'video', classes: null, skipped: [], files: [file] });
}

/** The levels of folders that are entered in search of the first files. */
const DEPTH = 4;

/** Whether the first files found in a folder are videos; photographs with a few videos among them are images. */
export async function holdsVideos(folder: string, depth = DEPTH): Promise<boolean> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const shown = entries.filter(({ name }) => !name.startsWith('.')).sort((a, b) => (a.name < b.name ? -1 : 1));
  const names = shown.filter((entry) => entry.isFile()).map(({ name }) => name);
  const videos = names.filter(isVideoName).length;
  const images = names.filter((name) => IMAGE_FILES.endings.includes(extname(name).toLowerCase())).length;
  if (videos > 0 || images > 0) return videos > images;
  if (depth === 0) return false;
  for (const entry of shown)
    if (entry.isDirectory() && (await holdsVideos(join(folder, entry.name), depth - 1))) return true;
  return false;
}

const TABLE_ENDINGS = ['.csv', '.tsv', '.jsonl', '.ndjson'];

/** Whether a path is that of a table, by its ending. */
export const isTable = (path: string): boolean => TABLE_ENDINGS.includes(extname(path).toLowerCase());

/** Whether a table lists videos. */
export async function listsVideos(path: string): Promise<boolean> {
  if (!(await stat(path).catch(() => null))?.isFile()) return false;
  const table = await readTable(path).catch(() => null);
  const paths = table && optionalColumn(table, 'path');
  return paths?.[0] !== undefined && isVideoName(paths[0]);
}

/**
 * A table of videos, CSV or JSON Lines: column `path` (relative to the table's folder, or absolute), optionally `label` or `class`, `split`,
 * `start` and `end` in seconds; several rows may take parts of one video, which is then decoded once.
 *
 * @throws AutodidactError `DATA` for a missing column, an unknown split or a time that is none, or when no video remains
 */
export async function videoTable(path: string): Promise<VideoSource> {
  const table = await readTable(path);
  const root = dirname(resolve(path));
  const ids = column(table, 'path').map(normalizeId);
  const names = labelColumn(table) ?? ids.map(() => null);
  const splits = splitColumn(table);
  const ranges = rangeColumns(table);
  const rows = ids.map((id, i) => ({ id, name: names[i]!, split: splits[i]!, range: ranges[i] }));
  const skipped: Skipped[] = [];
  const files = new Map<string, (typeof rows)[number][]>();
  const seen = new Set<string>();
  for (const row of valAsTest(rows)) {
    const key = partId(row);
    const isRepeated = seen.has(key);
    seen.add(key);
    const known = files.get(row.id);
    const reason = known === undefined ? await whyNoFile(resolve(root, row.id)) : null;
    if (isRepeated) skipped.push({ id: key, reason: 'listed more than once; the first line counts' });
    else if (reason !== null) skipped.push({ id: key, reason });
    else if (known === undefined) files.set(row.id, [row]);
    else known.push(row);
  }
  if (files.size === 0) {
    const missing = ids.length > 0 ? `none of its files exists, such as ${listed(ids.slice(0, 1))}` : 'it has no rows';
    throw new AutodidactError('DATA', `${path} gives no videos: ${missing}`, {
      remedy: `Paths are taken relative to ${root}.`,
    });
  }
  // The classes are those of the videos that are there.
  const { classes, labels } = encodeLabels([...files.values()].flat().map(({ name }) => name));
  let at = 0;
  return videoFiles({
    ...{ name: basename(path), kind: 'video table', classes, skipped },
    files: [...files].map(([id, parts]) => ({
      ...{ id, path: resolve(root, id) },
      parts: parts.map(({ split, range, ...part }) => ({
        ...{ id: partId({ ...part, range }), label: labels[at++]!, split },
        ...(range !== undefined && { range }),
      })),
    })),
  });
}

type Range = { from: number; to: number };

const partId = ({ id, range }: { id: string; range: Range | undefined }): string =>
  range === undefined ? id : `${id}@${range.from}-${range.to}`;

/** Where no end is given, the end of the video. */
const LATEST = 1e9;

function rangeColumns(table: Table): (Range | undefined)[] {
  const starts = optionalColumn(table, 'start') ?? table.rows.map(() => '');
  const ends = optionalColumn(table, 'end') ?? table.rows.map(() => '');
  return starts.map((start, i) => {
    const end = ends[i]!;
    if (start.trim() === '' && end.trim() === '') return undefined;
    const from = start.trim() === '' ? 0 : Number(start);
    const to = end.trim() === '' ? LATEST : Number(end);
    if (from >= 0 && to > from && to <= LATEST) return { from, to };
    throw expected(
      'a start and a later end in seconds',
      `line ${table.lines[i]} of ${table.path}`,
      `${start} to ${end}`,
      {
        code: 'DATA',
      },
    );
  });
}
