import { createHash } from 'node:crypto';
import { basename, dirname, join, resolve } from 'node:path';
import { AutodidactError } from '../../errors.js';
import { decode, readHeader, UnreadableImage } from '../decode.js';
import { drawPart } from '../draw.js';
import { groupBy } from '../groups.js';
import { encodeLabels } from '../labels.js';
import { defaultSide } from '../pack.js';
import { mapInOrder } from '../parallel.js';
import { readLayout } from './folder-layout.js';
import { listFolder } from './folder-listing.js';
import { fileIdentity, valAsTest } from './source.js';
import type { VideoSource } from './video-source.js';

/** Frames whose headers are read to tell the side of all. */
const SURVEYED = 100;
/** Part of the pack's key. */
const READER = 'frames-1';

/** Folders of frames as videos. */
export interface FrameFolders extends VideoSource {
  /** The images of an entry in their order, relative to the folder. */
  framesOf(entry: number): readonly string[];
}

/** Names in the order of the numbers in them: frame2 before frame10. */
const byNumber = new Intl.Collator('en', { numeric: true }).compare;

/**
 * Folders of frames: every folder that holds images is a video, its images in the order of their names. Splits and classes are read from the
 * folders above, as for images.
 *
 * @param frameRate frames per second at which they were taken
 * @throws AutodidactError `DATA` when there is none
 */
export async function frameFolders(folder: string, frameRate: number): Promise<FrameFolders> {
  const root = resolve(folder);
  const { ids, skipped } = await listFolder(root);
  const videos = groupBy(ids, (id) => dirname(id));
  if (videos.size === 0)
    throw new AutodidactError('DATA', `${folder} holds neither videos nor folders of frames`, {
      remedy: 'Give a folder of videos (.mp4, .avi, .mkv, ...), or one with a folder of images for each video.',
    });
  const names = [...videos.keys()].sort(byNumber);
  // To `readLayout`, a folder of frames is what a file is to images.
  const layout = readLayout(names.map((name) => (name === '.' ? basename(root) : name)));
  const { classes, labels } = encodeLabels(layout.names);
  const parts = valAsTest(names.map((id, i) => ({ id, label: labels[i]!, split: layout.splits[i]! })));
  const framesOf = (entry: number): string[] => videos.get(names[entry]!)!.sort(byNumber);
  const note = [`Folders of frames: ${frameRate} frames a second.`, ...layout.notes].join(' ');
  return {
    ...{ name: basename(root), kind: 'frame folders', classes, skipped, note },
    entries: parts.map((part) => ({ id: part.id, parts: [part] })),

    framesOf,
    shape: null,

    async identity(entry) {
      const hash = createHash('sha256');
      for await (const one of mapInOrder(framesOf(entry), (id) => fileIdentity(join(root, id)))) hash.update(one);
      return JSON.stringify([READER, frameRate, hash.digest('hex')]);
    },

    async usualShape(entries) {
      const all = entries.flatMap(framesOf);
      const some = Array.from(drawPart(all.length, SURVEYED), (i) => join(root, all[i]!));
      const headers = [];
      for await (const header of mapInOrder(some, (path) => readHeader(path).catch(() => null)))
        if (header !== null) headers.push(header);
      const side = defaultSide(headers);
      return { height: side, width: side, channels: 3 };
    },

    async read(entry, { shape, rate, signal, onProgress }, onFrame) {
      const frames = framesOf(entry).map((id, i) => ({ id, time: i / frameRate }));
      const kept = frames.filter(({ time }, i) => i === 0 || slot(time, rate) > slot(frames[i - 1]!.time, rate));
      const times: number[] = [];
      let firstFault: string | null = null;
      const work = ({ id }: (typeof kept)[number]) =>
        decode(join(root, id), shape, 'crop').catch((error) => {
          if (!(error instanceof UnreadableImage)) throw error;
          firstFault ??= `${basename(id)} (${error.message})`;
          return null;
        });
      let i = 0;
      for await (const pixels of mapInOrder(kept, work)) {
        if (signal?.aborted) break;
        if (pixels !== null) {
          times.push(kept[i]!.time);
          await onFrame(pixels);
        }
        onProgress?.(++i / kept.length);
      }
      if (times.length === 0) return { reason: `none of its frames can be read: ${firstFault}` };
      const missing = kept.length - times.length;
      const flaw = missing === 0 ? null : `${missing} of ${kept.length} frames cannot be read, such as ${firstFault}`;
      return { times: Float64Array.from(times), flaw };
    },
  };
}

/** The interval of the wanted rate that a time is in. */
const slot = (time: number, rate: number): number => Math.floor(time * rate + 0.001);
