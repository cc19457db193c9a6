import { createHash } from 'node:crypto';
import { AutodidactError, expected } from '../errors.js';
import { makeCachePath } from './cache.js';
import { decode, type Fit, type Header, type PixelShape, readHeader, reasonOf, reshape } from './decode.js';
import { PACK_VERSION, type Pack, PackWriter, readPack } from './pack-file.js';
import { mapInOrder } from './parallel.js';
import { recordBytes } from './records.js';
import { resizeMask } from './resize-mask.js';
import {
  type FileSource,
  fileIdentity,
  type ImageSource,
  type PixelSource,
  type Skipped,
  type Split,
} from './sources/source.js';

/** How images are brought to one size and stored. */
export interface PackOptions {
  /** Side of the square in pixels; default: see `defaultSide` for files, the stored size for pixel data. */
  size?: number;
  /** How an image that is no square becomes one. Default `crop`. */
  fit?: Fit;
  /** `auto` (the default): for files 1 when every image is gray by its header, else 3; for pixel data its own number. */
  channels?: 'auto' | number;
  /** Take only so many images, evenly spread over the list. */
  limit?: number;
  /** Default: see `cachePath`. */
  cacheFolder?: string;
  /** Called with the number of images done and the number of all. */
  onProgress?: (done: number, total: number) => void;
  /** Stops the packing; it then throws INTERRUPTED and leaves nothing behind. */
  signal?: AbortSignal;
}

/** The best known sizes of networks' inputs, for photographs of mixed size. */
const SIDES = [32, 64, 96, 128, 160, 192, 224];

/**
 * Decodes and resizes a source once into a flat file in the cache, or finds the one made before. Images that do not decode
 * are left out and listed. Throws USAGE for options out of range, DATA when no image remains or a pixel file is damaged,
 * IO when the cache cannot be written, INTERRUPTED on `signal`.
 */
export async function pack(source: ImageSource, options: PackOptions = {}): Promise<Pack> {
  checkOptions(source, options);
  const folder = await makeCachePath('packs', options.cacheFolder);
  const entries = spread(entriesOf(source), options.limit);
  const key = await packKey(source, entries, options);
  return (await readPack(folder, key)) ?? (await write(folder, key, source, entries, options));
}

function checkOptions(source: ImageSource, { size, channels = 'auto', fit = 'crop', limit }: PackOptions): void {
  if (size !== undefined && !(Number.isInteger(size) && size >= 1 && size <= 4096)) {
    throw expected('a whole number of pixels from 1 to 4096', 'size', size);
  }
  if (limit !== undefined && !(Number.isInteger(limit) && limit >= 1))
    throw expected('a whole number from 1', 'limit', limit);
  if (!['crop', 'stretch'].includes(fit)) throw expected('"crop" or "stretch"', 'fit', fit);
  if (source.form === 'files' || source.channels === 1 || source.channels === 3) {
    if (channels !== 'auto' && channels !== 1 && channels !== 3) throw expected('1, 3 or "auto"', 'channels', channels);
    return;
  }
  // Pixels that are no picture have no other size and no gray.
  const { name, height, width, channels: own } = source;
  if (channels !== 'auto' && channels !== own)
    throw expected(`"auto" or the ${own} channels of ${name}`, 'channels', channels);
  if (size !== undefined && (size !== height || size !== width))
    throw expected(`the ${width} x ${height} pixels of ${name}`, 'size', size, {
      remedy: `Images of ${own} channels are not resized: let the source make them of this size.`,
    });
}

/** One image, of either form of source. */
interface Entry {
  id: string;
  label: number;
  split: Split | null;
  /** Its place among all images of the source. */
  at: number;
}

function entriesOf(source: ImageSource): Entry[] {
  if (source.form === 'files') return source.files.map(({ id, label, split }, at) => ({ id, label, split, at }));
  const entries: Entry[] = [];
  for (const { idPrefix, ids, labels, split, count } of source.parts) {
    for (let i = 0; i < count; i++) {
      entries.push({ id: ids?.[i] ?? `${idPrefix}${i}`, label: labels?.[i] ?? -1, split, at: entries.length });
    }
  }
  return entries;
}

/** At most `limit` of them, evenly spread: a list sorted by class keeps its balance. */
function spread(entries: Entry[], limit = entries.length): Entry[] {
  if (limit >= entries.length) return entries;
  return Array.from({ length: limit }, (_, i) => entries[Math.floor((i * entries.length) / limit)]!);
}

/** Names the pack: changes with the files (place, size, time of change), their labels and the options. */
async function packKey(source: ImageSource, entries: Entry[], options: PackOptions): Promise<string> {
  const { size = null, fit = 'crop', channels = 'auto' } = options;
  const hash = createHash('sha256');
  const add = (value: unknown) => hash.update(`${JSON.stringify(value)}\n`);
  add([PACK_VERSION, source.kind, size, fit, channels, source.classes, source.skipped]);
  if (source.form === 'pixels') {
    add([source.height, source.width, source.channels, ...source.parts.map((part) => part.identity)]);
    for (const entry of entries) add(entry);
  } else {
    const identify = ({ at }: Entry) => fileIdentity(source.files[at]!.path).catch(() => 'missing');
    let i = 0;
    for await (const identity of mapInOrder(entries, identify, 64)) add([entries[i++], identity]);
  }
  return hash.digest('hex').slice(0, 32);
}

/** An image that came through, or why it did not. `images` successive ones may come in one piece, with labels of their own. */
type Result =
  | { images: number; pixels: Uint8Array; labels?: Int32Array; masks?: Uint8Array }
  | { images: 1; reason: string };

async function write(folder: string, key: string, source: ImageSource, entries: Entry[], options: PackOptions) {
  const { fit = 'crop', onProgress, signal } = options;
  const shape = source.form === 'files' ? await planFiles(source, entries, options) : planPixels(source, options);
  const layout = { dtype: 'uint8' as const, shape: [shape.height, shape.width, shape.channels], isVarying: false };
  const writer = await PackWriter.create(folder, key, layout, entries.length * recordBytes(layout));
  try {
    const kept: Entry[] = [];
    const skipped = [...source.skipped];
    const failures: { failure: Skipped; path: string }[] = [];
    const results =
      source.form === 'files' ? decoded(source, entries, shape, fit) : converted(source, entries, shape, fit);
    let done = 0;
    for await (const result of results) {
      checkSignal(signal);
      if ('reason' in result) {
        const entry = entries[done]!;
        const failure = { id: entry.id, reason: result.reason };
        skipped.push(failure);
        if (source.form === 'files') failures.push({ failure, path: source.files[entry.at]!.path });
      } else {
        await writer.append(result.pixels);
        if (result.masks !== undefined) await writer.appendMasks(result.masks);
        for (let i = 0; i < result.images; i++) {
          const entry = entries[done + i]!;
          kept.push({ ...entry, label: result.labels?.[i] ?? entry.label });
        }
      }
      done += result.images;
      onProgress?.(done, entries.length);
    }
    // The decoder keeps one message for all its threads: only an image that is read alone gets its own.
    for (const { failure, path } of failures) failure.reason = (await failureOf(path, shape, fit)) ?? failure.reason;
    if (kept.length === 0) throw noneLeft(source.name, skipped);
    const isLabeled = source.classes !== null;
    const maskClasses = source.form === 'pixels' ? (source.maskClasses ?? null) : null;
    return await writer.commit({
      kind: source.kind,
      count: kept.length,
      details: {},
      ids: kept.map(({ id }) => id),
      labels: isLabeled ? kept.map(({ label }) => label) : null,
      classes: source.classes,
      masks: maskClasses === null ? null : { classes: maskClasses, shape: [shape.height, shape.width] },
      splits: kept.map(({ split }) => split),
      skipped,
    });
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

function checkSignal(signal?: AbortSignal): void {
  if (signal?.aborted) throw new AutodidactError('INTERRUPTED', 'Packing the images was interrupted; nothing was kept');
}

function noneLeft(name: string, skipped: { id: string; reason: string }[]): AutodidactError {
  const some = skipped.slice(0, 3).map(({ id, reason }) => `${id} (${reason})`);
  return new AutodidactError(
    'DATA',
    `None of the ${skipped.length} images of ${name} could be read: ${some.join(', ')}`,
  );
}

function planPixels(
  { height, width, channels: own }: PixelSource,
  { size, channels = 'auto' }: PackOptions,
): PixelShape {
  return { height: size ?? height, width: size ?? width, channels: channels === 'auto' ? own : channels };
}

/** Reads the headers as far as needed to settle the size and the channels. */
async function planFiles(source: FileSource, entries: Entry[], options: PackOptions): Promise<PixelShape> {
  const { size, channels = 'auto', signal } = options;
  const headers: Header[] = [];
  let isGray = true;
  if (size === undefined || channels === 'auto') {
    const read = ({ at }: Entry) => readHeader(source.files[at]!.path).catch(() => null);
    for await (const header of mapInOrder(entries, read)) {
      checkSignal(signal);
      if (!header) continue;
      headers.push(header);
      isGray &&= header.isGray;
      if (size !== undefined && !isGray) break;
    }
  }
  const side = size ?? defaultSide(headers);
  return { height: side, width: side, channels: channels !== 'auto' ? channels : isGray && headers.length > 0 ? 1 : 3 };
}

/**
 * The side for files when none is asked: their own (the shorter) when all are of one size of at most 96 pixels; otherwise
 * the largest of 32, 64, 96, 128, 160, 192, 224 that is not above the median shorter side.
 */
export function defaultSide(headers: { height: number; width: number }[]): number {
  const [first] = headers;
  if (!first) return 224;
  const side = Math.min(first.height, first.width);
  const isUniform = headers.every(({ height, width }) => height === first.height && width === first.width);
  if (isUniform && side <= 96) return side;
  const shorter = Float64Array.from(headers, ({ height, width }) => Math.min(height, width)).sort();
  const median = shorter[shorter.length >> 1]!;
  return SIDES.findLast((candidate) => candidate <= median) ?? SIDES[0]!;
}

/** Why this file cannot be decoded, or nothing when it can. */
async function failureOf(path: string, shape: PixelShape, fit: Fit): Promise<string | undefined> {
  try {
    await decode(path, shape, fit);
    return undefined;
  } catch (error) {
    return reasonOf(path, error);
  }
}

async function* decoded(source: FileSource, entries: Entry[], shape: PixelShape, fit: Fit): AsyncGenerator<Result> {
  const work = async ({ at }: Entry): Promise<Result> => {
    const { path } = source.files[at]!;
    try {
      return { images: 1, pixels: await decode(path, shape, fit) };
    } catch (error) {
      return { images: 1, reason: await reasonOf(path, error) };
    }
  };
  yield* mapInOrder(entries, work);
}

async function* converted(source: PixelSource, entries: Entry[], shape: PixelShape, fit: Fit): AsyncGenerator<Result> {
  const isSame = (['height', 'width', 'channels'] as const).every((name) => source[name] === shape[name]);
  const maskBytes = source.height * source.width;
  const bytes = maskBytes * source.channels;
  const wanted = new Set(entries.map(({ at }) => at));
  type Image = { pixels: Uint8Array; labels?: Int32Array; masks?: Uint8Array };
  const convert = async ({ pixels, labels, masks }: Image) => ({
    pixels: await reshape(pixels, source, shape, fit),
    labels,
    masks: masks && resizeMask(masks, source, shape, fit),
  });
  let at = 0;
  for (const part of source.parts) {
    for await (const made of part.pixels()) {
      const { pixels: piece, labels, masks }: Image = made instanceof Uint8Array ? { pixels: made } : made;
      const images = piece.length / bytes;
      const inPiece = Array.from({ length: images }, (_, i) => i).filter((i) => wanted.has(at + i));
      at += images;
      if (isSame && inPiece.length === images) {
        yield { images, pixels: piece, labels, masks };
        continue;
      }
      const chosen = inPiece.map((i) => ({
        pixels: piece.subarray(i * bytes, (i + 1) * bytes),
        labels: labels?.subarray(i, i + 1),
        masks: masks?.subarray(i * maskBytes, (i + 1) * maskBytes),
      }));
      if (isSame) for (const image of chosen) yield { images: 1, ...image };
      else for await (const image of mapInOrder(chosen, convert)) yield { images: 1, ...image };
    }
  }
}
