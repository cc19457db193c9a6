import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import { ops, scope, type Tensor, tensor } from '../../engine/index.js';
import { AutodidactError } from '../../errors.js';
import { counted } from '../../format.js';
import { type MaskFile, readMaskFileNow } from '../mask-file.js';
import { mapInOrder } from '../parallel.js';
import { readText } from '../regular-file.js';
import { resizeMask } from '../resize-mask.js';
import { frameFolders } from './frame-folders.js';
import { fileIdentity, type Split, splitFromName, valAsTest } from './source.js';
import type { KeptFrames, VideoSource } from './video-source.js';

const IMAGES = 'JPEGImages';
const ANNOTATIONS = 'Annotations';
const SETS = 'ImageSets';
/** The resolution that published figures are of. */
const USUAL_RESOLUTION = '480p';

/** Whether a folder has the layout of DAVIS: `JPEGImages` with a folder for each video, and `Annotations`. PASCAL VOC has images there. */
export async function isAnnotated(folder: string): Promise<boolean> {
  if (!(await isFolder(join(folder, ANNOTATIONS)))) return false;
  const videos = await readdir(join(folder, IMAGES), { withFileTypes: true }).catch(() => []);
  return videos.length > 0 && videos.every((entry) => entry.isDirectory() || entry.name.startsWith('.'));
}

/**
 * Folders of frames with a mask for each frame, in the layout of DAVIS: `JPEGImages/480p/<video>/00000.jpg`,
 * `Annotations/480p/<video>/00000.png`, and lists of names in `ImageSets/2017/{train,val}.txt`; without the folder of the resolution, as in
 * YouTube-VOS, and without lists, too. Masks are PNGs whose palette entries, or grays, are the numbers of the objects; in masks of
 * only 0 and 255, as in DAVIS 2016, 255 is object 1.
 *
 * @param frameRate frames per second at which they were taken
 * @throws AutodidactError `DATA` for a video that lacks masks, `NOT_FOUND`, `IO`
 */
export async function annotatedFrames(folder: string, frameRate: number): Promise<VideoSource> {
  const root = resolve(folder);
  const resolution = await resolutionOf(join(root, IMAGES));
  const [images, masks] = [join(root, IMAGES, resolution), join(root, ANNOTATIONS, resolution)];
  const source = await frameFolders(images, frameRate);
  const maskOf = (frame: string): string => join(masks, frame.slice(0, -extname(frame).length).concat('.png'));
  const listed = await readLists(join(root, SETS));
  const entries = source.entries
    .map((entry, at) => ({ id: entry.id, at, split: listed.get(entry.id) ?? null }))
    // Where there are lists, they say which videos count.
    .filter(({ split }) => listed.size === 0 || split !== null);
  if (entries.length === 0)
    throw new AutodidactError('DATA', `None of the videos that ${SETS} lists is in ${images}`, {
      remedy: `It lists ${[...listed.keys()][0]}; a video there is ${source.entries[0]!.id}.`,
    });
  const parts = valAsTest(entries.map(({ id, split }) => ({ id, label: -1, split })));
  const framesOf = (entry: number): readonly string[] => source.framesOf(entries[entry]!.at);
  await checkMasks(entries.flatMap((_, entry) => framesOf(entry)).map(maskOf), folder);
  return {
    ...source,
    ...{ name: basename(root), kind: 'annotated frames', classes: null },
    note: `Masks of ${counted(entries.length, 'video')}${resolution === '' ? '' : ` at ${resolution}`}, at ${frameRate} frames a second.`,
    entries: entries.map(({ id }, i) => ({ id, parts: [parts[i]!] })),
    async identity(entry) {
      const hash = createHash('sha256').update(await source.identity(entries[entry]!.at));
      for await (const one of mapInOrder([...framesOf(entry)], (frame) => fileIdentity(maskOf(frame))))
        hash.update(one);
      return hash.digest('hex');
    },
    usualShape: (chosen, signal) =>
      source.usualShape(
        chosen.map((entry) => entries[entry]!.at),
        signal,
      ),
    read: (entry, options, onFrame) => source.read(entries[entry]!.at, options, onFrame),
    targets: [
      {
        kind: 'frame-masks',
        read: (entry, numbers, kept) => {
          const paths = framesOf(entry).map(maskOf);
          const wanted = Array.from(numbers, (number) => paths[Math.round(kept.times[number]! * frameRate)]!);
          return stackedMasks(wanted, kept);
        },
      },
    ],
  };
}

/** uint8 (T, H, W). */
function stackedMasks(paths: readonly string[], { shape }: KeptFrames): Tensor {
  return scope(() =>
    ops.stack(
      paths.map((path) => {
        const mask = readMaskFileNow(path);
        const from = { height: mask.height, width: mask.width, channels: 1 };
        return tensor(resizeMask(numbersOf(mask), from, shape, 'crop'), { shape: [shape.height, shape.width] });
      }),
      0,
    ),
  );
}

/** Numbers of objects. */
function numbersOf({ data, palette }: MaskFile): Uint8Array {
  const isBinary = palette === null && data.every((value) => value === 0 || value === 255);
  return isBinary ? data.map((value) => (value === 255 ? 1 : 0)) : data;
}

/** The folder of the resolution, '' where videos lie there directly. */
async function resolutionOf(images: string): Promise<string> {
  const names = (await readdir(images, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .sort();
  const nested = [];
  for (const name of names) {
    const within = await readdir(join(images, name), { withFileTypes: true });
    if (within.some((entry) => entry.isDirectory())) nested.push(name);
  }
  return nested.includes(USUAL_RESOLUTION) ? USUAL_RESOLUTION : (nested[0] ?? '');
}

/** The split of each listed video: of the newest year that has lists. */
async function readLists(folder: string): Promise<Map<string, Split>> {
  const found = new Map<string, Split>();
  const years = (await isFolder(folder)) ? (await readdir(folder)).sort().reverse() : [];
  for (const year of years) {
    const names = (await isFolder(join(folder, year))) ? await readdir(join(folder, year)) : [];
    for (const name of names.sort()) {
      const split = extname(name) === '.txt' ? splitFromName(basename(name, '.txt')) : undefined;
      if (split === undefined) continue;
      for (const line of (await readText(join(folder, year, name))).split(/\r?\n/))
        if (line.trim() !== '') found.set(line.trim(), split);
    }
    if (found.size > 0) break;
  }
  return found;
}

async function checkMasks(paths: readonly string[], folder: string): Promise<void> {
  const missing: string[] = [];
  const exists = async (path: string) => ((await stat(path).catch(() => null))?.isFile() ? null : path);
  for await (const path of mapInOrder([...paths], exists)) if (path !== null) missing.push(path);
  if (missing.length === 0) return;
  throw new AutodidactError(
    'DATA',
    `${folder} lacks ${missing.length} of ${paths.length} masks, such as ${missing[0]}`,
    {
      remedy: `Give a mask for every frame, list the videos that have them in ${SETS}/<year>/train.txt and val.txt, or give the folder ${IMAGES} alone.`,
    },
  );
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() ?? false;
}
