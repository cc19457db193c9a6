import { setImmediate } from 'node:timers/promises';
import sharp from 'sharp';
import type { Dataset } from '../../data/index.js';
import { noGrad, scope } from '../../engine/index.js';
import { modalityOf } from '../../modalities/registry.js';
import { type Pixels, toPixels, toPng } from '../../train/pixels.js';
import { type PictureFile, readPicture } from '../../train/preview-files.js';
import type { RunFolder } from '../../train/run-folder.js';
import { shrink } from '../pictures/resize.js';
import { dataUri } from './html.js';

/** What a page shows of one sample. */
export type Thumbnail =
  | {
      kind: 'picture';
      /** A data URI. */
      source: string;
      width: number;
      height: number;
    }
  | { kind: 'text'; text: string };

/** Thumbnails of equal size in one picture, row by row. */
export interface Sprite {
  /** The picture as a data URI. */
  image: string;
  columns: number;
  rows: number;
  /** Size of one thumbnail in pixels. */
  width: number;
  height: number;
}

/** Longest side of a picture on a page, in pixels. */
const LARGEST = 192;
/** Pictures up to this side are kept exactly, and shown pixel by pixel. */
const EXACT = 64;
/** Longest side of a thumbnail of a sprite. */
const SPRITE_TILE = 48;
const WEBP = { quality: 86, smartSubsample: true };
/** Samples in memory at a time. */
const CHUNK = 128;

/** Whether a picture is so small that it is shown pixel by pixel. */
export function isExact({ width, height }: { width: number; height: number }): boolean {
  return Math.max(width, height) <= EXACT;
}

/** A saved picture for a page, null when the file cannot be read. */
export async function pictureOf(folder: RunFolder, picture: PictureFile): Promise<string | null> {
  try {
    const { bytes, pixels } = await readPicture(folder, picture);
    if (isExact(picture)) return dataUri('image/png', bytes);
    return (await thumbnailOf(pixels)).source;
  } catch {
    return null;
  }
}

/** What a page shows of the samples at these positions, in their order. */
export async function thumbnailsOf(dataset: Dataset, positions: readonly number[]): Promise<Thumbnail[]> {
  const thumbnails: Thumbnail[] = [];
  for await (const shown of showSamples(dataset, positions))
    thumbnails.push(typeof shown === 'string' ? { kind: 'text', text: shown } : await thumbnailOf(shown));
  return thumbnails;
}

async function thumbnailOf(pixels: Pixels): Promise<Extract<Thumbnail, { kind: 'picture' }>> {
  const { width, height } = pixels;
  if (isExact(pixels)) return { kind: 'picture', source: dataUri('image/png', await toPng(pixels)), width, height };
  const small = await shrink(pixels, LARGEST);
  const webp = await imageOf(small).webp(WEBP).toBuffer();
  return { kind: 'picture', source: dataUri('image/webp', webp), width: small.width, height: small.height };
}

/** Very small pictures of the samples at these positions in one sprite, or their texts. */
export async function spriteOf(dataset: Dataset, positions: readonly number[]): Promise<Sprite | string[]> {
  const columns = Math.ceil(Math.sqrt(positions.length));
  const rows = Math.ceil(positions.length / columns);
  const texts: string[] = [];
  let canvas: Pixels | null = null;
  let tile = { width: 0, height: 0 };
  let i = 0;
  for await (const shown of showSamples(dataset, positions)) {
    if (typeof shown === 'string') {
      texts.push(shown);
      continue;
    }
    const small = await shrink(shown, SPRITE_TILE);
    if (canvas === null) {
      tile = { width: small.width, height: small.height };
      const [width, height] = [columns * tile.width, rows * tile.height];
      canvas = { width, height, data: new Uint8Array(width * height * 3) };
    }
    paste(await fitted(small, tile), canvas, (i % columns) * tile.width, Math.floor(i / columns) * tile.height);
    i++;
  }
  if (canvas === null) return texts;
  const webp = await imageOf(canvas).webp(WEBP).toBuffer();
  return { image: dataUri('image/webp', webp), columns, rows, ...tile };
}

/** Each sample as its modality shows it: a picture or a text. */
async function* showSamples(dataset: Dataset, positions: readonly number[]): AsyncIterable<Pixels | string> {
  const { spec } = dataset;
  const modality = modalityOf(spec);
  for (let from = 0; from < positions.length; from += CHUNK) {
    const part = positions.slice(from, from + CHUNK);
    yield* scope(() =>
      noGrad(() => {
        const samples = dataset.collate(part);
        return part.map((_, i) =>
          scope(() => {
            const shown = modality.show(samples as never, i, spec);
            return shown.kind === 'text' ? shown.text : toPixels(shown.image);
          }),
        );
      }),
    );
    await setImmediate();
  }
}

/** The picture at the size of the first one, on black where its form is another. */
async function fitted(pixels: Pixels, { width, height }: { width: number; height: number }): Promise<Pixels> {
  if (pixels.width === width && pixels.height === height) return pixels;
  const data = await imageOf(pixels).resize(width, height, { fit: 'contain' }).removeAlpha().raw().toBuffer();
  return { width, height, data };
}

function imageOf({ width, height, data }: Pixels) {
  return sharp(data, { raw: { width, height, channels: 3 } });
}

function paste(from: Pixels, onto: Pixels, left: number, top: number): void {
  const bytes = from.width * 3;
  for (let y = 0; y < from.height; y++)
    onto.data.set(from.data.subarray(y * bytes, (y + 1) * bytes), ((top + y) * onto.width + left) * 3);
}
