import { createHash } from 'node:crypto';
import { AutodidactError, expected } from '../errors.js';
import { makeCachePath } from './cache.js';
import { DECODER, decodeImage, type Fit, type PixelShape, readHeader, reshape, UnreadableImage } from './decode.js';
import type { FloatScale } from './float-pixels.js';
import type { ImageHeader } from './image-header.js';
import type { ImageObject } from './objects.js';
import { checkIndexSize, PACK_VERSION, type Pack, PackWriter, readPack } from './pack-file.js';
import { CollectedMarks, type Marks, readMarks } from './pack-marks.js';
import { mapInOrder } from './parallel.js';
import { Prng } from './prng.js';
import { recordBytes } from './records.js';
import { saysMissing } from './regular-file.js';
import { resizeMask } from './resize-mask.js';
import { floatRange, shallowNote, unlessUnreadable } from './sample-ranges.js';
import {
  type FileSource,
  fileIdentity,
  type ImageSource,
  idIn,
  type LabeledPixels,
  type PixelSource,
  type Split,
} from './sources/source.js';

/** How images are brought to one size and stored. */
export interface PackOptions {
  /** Side of the square in pixels; default: see `defaultSide` for files, the stored size for pixel data. */
  size?: number;
  /** How an image becomes a square. Default `crop`. */
  fit?: Fit;
  /** `auto` (the default): for files 1 when all headers say gray, else 3; for pixel data the stored number. */
  channels?: 'auto' | number;
  /** Take only this many images, drawn at random; the same seed draws the same ones, and a smaller limit some of these. */
  limit?: number;
  /** Seed of the draw that `limit` makes. Default 0. */
  seed?: number;
  /** Default: see `cachePath`. */
  cacheFolder?: string;
  /** Called with the number of images done and the number of all. */
  onProgress?: (done: number, total: number) => void;
  /** Stops the packing, which throws INTERRUPTED and leaves nothing behind. */
  signal?: AbortSignal;
}

/** Common input sizes of networks, for photographs of mixed size. */
const SIDES = [32, 64, 96, 128, 160, 192, 224];

/** Above this the list of images no longer fits into the memory of JavaScript. */
const MOST_IMAGES = 20_000_000;

/**
 * Decodes and resizes a source once into a flat file in the cache, or finds the one made before. Damaged images are left out
 * and listed. Throws USAGE for options out of range, DATA when no image remains or a pixel file is damaged, IO when the cache
 * cannot be written or an image cannot be read now (permission, memory, too many open files), INTERRUPTED on `signal`.
 */
export async function pack(source: ImageSource, options: PackOptions = {}): Promise<Pack> {
  checkOptions(source, options);
  const folder = await makeCachePath('packs', options.cacheFolder);
  const drawn = draw(entriesOf(source), options);
  checkIndexSize(drawn, source.name);
  const entries = await identify(source, drawn);
  const key = packKey(source, entries, options);
  return (await readPack(folder, key)) ?? (await write(folder, key, source, entries, options));
}

function checkOptions(source: ImageSource, options: PackOptions): void {
  const { size, channels = 'auto', fit = 'crop', limit, seed = 0 } = options;
  if (size !== undefined && !(Number.isInteger(size) && size >= 1 && size <= 4096)) {
    throw expected('a whole number of pixels from 1 to 4096', 'size', size);
  }
  if (limit !== undefined && !(Number.isInteger(limit) && limit >= 1))
    throw expected('a whole number from 1', 'limit', limit);
  if (!Number.isSafeInteger(seed)) throw expected('a whole number', 'seed', seed);
  if (!['crop', 'stretch'].includes(fit)) throw expected('"crop" or "stretch"', 'fit', fit);
  if (source.form === 'files' || source.channels === 1 || source.channels === 3) {
    if (channels !== 'auto' && channels !== 1 && channels !== 3) throw expected('1, 3 or "auto"', 'channels', channels);
    return;
  }
  // Measured or rendered channels are not resized and have no gray form.
  const { name, height, width, channels: own } = source;
  if (channels !== 'auto' && channels !== own)
    throw expected(`"auto" or the ${own} channels of ${name}`, 'channels', channels);
  if (size !== undefined && (size !== height || size !== width))
    throw expected(`the ${width} x ${height} pixels of ${name}`, 'size', size, {
      remedy: `Images of ${own} channels are not resized: let the source make them of this size.`,
    });
}

/** One image of either form of source. */
interface Entry {
  id: string;
  label: number;
  split: Split | null;
  /** Its position among all images of the source. */
  at: number;
  /** Of a file: its path, size and time of change; null when there is no such file. */
  identity?: string | null;
}

function entriesOf(source: ImageSource): Entry[] {
  const count = source.form === 'files' ? source.files.length : source.parts.reduce((sum, part) => sum + part.count, 0);
  if (count > MOST_IMAGES) {
    throw expected(`at most ${MOST_IMAGES.toLocaleString('en')} images`, source.name, count, { code: 'DATA' });
  }
  if (source.form === 'files') return source.files.map(({ id, label, split }, at) => ({ id, label, split, at }));
  const entries: Entry[] = [];
  for (const part of source.parts) {
    const { labels, split, count } = part;
    for (let i = 0; i < count; i++) {
      entries.push({ id: idIn(part, i), label: labels?.[i] ?? -1, split, at: entries.length });
    }
  }
  return entries;
}

/** `limit` of them in their order: the first of a seeded permutation, whatever the order of the source is. */
function draw(entries: Entry[], { limit = entries.length, seed = 0 }: PackOptions): Entry[] {
  if (limit >= entries.length) return entries;
  const drawn = new Prng(seed).permutation(entries.length).subarray(0, limit).sort();
  return Array.from(drawn, (i) => entries[i]!);
}

/** Adds the identity of files. Throws IO when the system does not say whether a file is there. */
async function identify(source: ImageSource, entries: Entry[]): Promise<Entry[]> {
  if (source.form === 'pixels') return entries;
  const identified: Entry[] = [];
  const work = async (entry: Entry) => ({ ...entry, identity: await identityOf(source.files[entry.at]!.path) });
  for await (const entry of mapInOrder(entries, work, 64)) identified.push(entry);
  return identified;
}

const identityOf = (path: string): Promise<string | null> =>
  fileIdentity(path).catch((error) => {
    if (saysMissing(error)) return null;
    throw error;
  });

/** Names the pack: changes with the files (path, size, time of change), their labels and the options. */
function packKey(source: ImageSource, entries: Entry[], options: PackOptions): string {
  const { size = null, fit = 'crop', channels = 'auto' } = options;
  const hash = createHash('sha256');
  const add = (value: unknown) => hash.update(`${JSON.stringify(value)}\n`);
  add([PACK_VERSION, source.kind, size, fit, channels, source.classes, source.skipped]);
  if (source.form === 'files') add(source.annotations === undefined ? DECODER : [DECODER, source.annotations.identity]);
  else add([source.height, source.width, source.channels, ...source.parts.map((part) => part.identity)]);
  for (const entry of entries) add(entry);
  return hash.digest('hex').slice(0, 32);
}

/** One or more successive images, with labels when these result from generating them; or why one image is left out. */
type Result =
  | {
      images: number;
      pixels: Uint8Array;
      labels?: Int32Array;
      masks?: Uint8Array;
      objects?: ImageObject[][];
      annotated?: Marks;
      /** Of a file of 16 bits a sample, the highest of the bytes that are kept of them. */
      highest?: number;
    }
  | { images: 1; reason: string };

async function write(folder: string, key: string, source: ImageSource, entries: Entry[], options: PackOptions) {
  const { fit = 'crop', onProgress, signal } = options;
  const headers: Headers = new Map();
  const shape =
    source.form === 'files' ? await planFiles(source, entries, options, headers) : planPixels(source, options);
  const floats = await floatRange(
    source.form === 'files'
      ? entries.map((entry) => ({ path: source.files[entry.at]!.path, header: headers.get(entry) }))
      : [],
    () => checkSignal(signal),
  );
  const layout = { dtype: 'uint8' as const, shape: [shape.height, shape.width, shape.channels], isVarying: false };
  const writer = await PackWriter.create(folder, key, layout, entries.length * recordBytes(layout));
  try {
    const kept: Entry[] = [];
    const skipped = [...source.skipped];
    const marks = new CollectedMarks(source, fit);
    const deep = { images: 0, highest: 0 };
    const results =
      source.form === 'files'
        ? decoded(source, entries, shape, fit, { headers, scale: floats.scale })
        : converted(source, entries, shape, fit);
    let done = 0;
    for await (const result of results) {
      checkSignal(signal);
      if ('reason' in result) {
        skipped.push({ id: entries[done]!.id, reason: result.reason });
      } else {
        await writer.append(result.pixels);
        if (result.masks !== undefined) await writer.appendMasks(result.masks);
        if (result.objects !== undefined) marks.addObjects(result.objects);
        if (result.annotated !== undefined) marks.add(entries[done]!.id, result.annotated);
        if (result.highest !== undefined) {
          deep.images += 1;
          deep.highest = Math.max(deep.highest, result.highest);
        }
        for (let i = 0; i < result.images; i++) {
          const entry = entries[done + i]!;
          kept.push({ ...entry, label: result.labels?.[i] ?? entry.label });
        }
      }
      done += result.images;
      onProgress?.(done, entries.length);
    }
    if (kept.length === 0) throw noneLeft(source.name, skipped);
    const isLabeled = source.classes !== null;
    const { masks, objects, flaws } = await marks.collected();
    const notes = [floats.note, shallowNote(deep.images, deep.highest)].filter((note) => note != null);
    return await writer.commit({
      kind: source.kind,
      count: kept.length,
      details: {},
      ids: kept.map(({ id }) => id),
      labels: isLabeled ? kept.map(({ label }) => label) : null,
      classes: source.classes,
      masks: masks === null ? null : { ...masks, shape: [shape.height, shape.width] },
      ...(objects === null ? {} : { objects }),
      ...(flaws.length === 0 ? {} : { flaws }),
      ...(notes.length === 0 ? {} : { notes }),
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

/** The headers of image files that were read. */
type Headers = Map<Entry, ImageHeader>;

/** Reads as many headers as it takes to choose the size and the channels, and puts them into `headers`. */
async function planFiles(
  source: FileSource,
  entries: Entry[],
  options: PackOptions,
  headers: Headers,
): Promise<PixelShape> {
  const { size, channels = 'auto', signal } = options;
  let isGray = true;
  let i = 0;
  if (size === undefined || channels === 'auto') {
    const read = ({ at }: Entry) => readHeader(source.files[at]!.path).catch(unlessUnreadable);
    for await (const header of mapInOrder(entries, read)) {
      checkSignal(signal);
      const entry = entries[i++]!;
      if (!header) continue;
      headers.set(entry, header);
      isGray &&= header.isGray;
      if (size !== undefined && !isGray) break;
    }
  }
  const side = size ?? defaultSide([...headers.values()]);
  return { height: side, width: side, channels: channels !== 'auto' ? channels : isGray && headers.size > 0 ? 1 : 3 };
}

/**
 * The default side for files: their shorter side when all have one size and it is at most 96 pixels; otherwise the largest
 * of 32, 64, 96, 128, 160, 192, 224 up to the median shorter side.
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

async function* decoded(
  source: FileSource,
  entries: Entry[],
  shape: PixelShape,
  fit: Fit,
  { headers, scale }: { headers: Headers; scale?: FloatScale },
): AsyncGenerator<Result> {
  const work = async (entry: Entry): Promise<Result> => {
    const { path } = source.files[entry.at]!;
    try {
      const { pixels, header } = await decodeImage(path, shape, fit, { known: headers.get(entry), scale });
      const highest = header.depth === 'ushort' ? pixels.reduce((most, byte) => Math.max(most, byte), 0) : undefined;
      if (source.annotations === undefined) return { images: 1, pixels, highest };
      const annotated = await readMarks(source.annotations, entry.id, header, shape, fit);
      return { images: 1, pixels, highest, annotated, ...(annotated.mask === null ? {} : { masks: annotated.mask }) };
    } catch (error) {
      if (!(error instanceof UnreadableImage)) throw error;
      // The key of the pack holds the file, so its absence must not be stored under it.
      if (error.isMissing && entry.identity !== null) {
        throw new AutodidactError('IO', `${path} disappeared while the images were packed`, { cause: error });
      }
      return { images: 1, reason: error.message };
    }
  };
  yield* mapInOrder(entries, work);
}

async function* converted(source: PixelSource, entries: Entry[], shape: PixelShape, fit: Fit): AsyncGenerator<Result> {
  const isSame = (['height', 'width', 'channels'] as const).every((name) => source[name] === shape[name]);
  const maskBytes = source.height * source.width;
  const bytes = maskBytes * source.channels;
  const wanted = new Set(entries.map(({ at }) => at));
  type Image = Partial<LabeledPixels> & { pixels: Uint8Array };
  const convert = async ({ pixels, masks, ...rest }: Image) => ({
    ...rest,
    pixels: await reshape(pixels, source, shape, fit),
    masks: masks && resizeMask(masks, source, shape, fit),
  });
  let at = 0;
  for (const part of source.parts) {
    for await (const made of part.pixels()) {
      const { pixels: piece, labels, masks, objects }: Image = made instanceof Uint8Array ? { pixels: made } : made;
      const images = piece.length / bytes;
      const inPiece = Array.from({ length: images }, (_, i) => i).filter((i) => wanted.has(at + i));
      at += images;
      if (isSame && inPiece.length === images) {
        yield { images, pixels: piece, labels, masks, objects };
        continue;
      }
      const chosen = inPiece.map((i) => ({
        pixels: piece.subarray(i * bytes, (i + 1) * bytes),
        labels: labels?.subarray(i, i + 1),
        masks: masks?.subarray(i * maskBytes, (i + 1) * maskBytes),
        objects: objects?.slice(i, i + 1),
      }));
      if (isSame) for (const image of chosen) yield { images: 1, ...image };
      else for await (const image of mapInOrder(chosen, convert)) yield { images: 1, ...image };
    }
  }
}
