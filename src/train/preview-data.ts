import { expected } from '../errors.js';
import type { Preview, Tile } from '../methods/method.js';
import { type Pixels, toPixels } from './pixels.js';

/** A preview without tensors. `Picture` says how the pictures are held: in memory (`Pixels`) or as files (`PictureFile`). */
export interface PreviewData<Picture> {
  title: string;
  explanation: string;
  /** Share of answers that a guess gets right, null where nothing is guessed. */
  chance: number | null;
  /** How many of the marked answers are right, null where none is marked. */
  right: { count: number; of: number } | null;
  rows: TileData<Picture>[][];
}

export interface TileData<Picture> {
  caption: string | null;
  /** null where the tile is no answer. */
  isCorrect: boolean | null;
  shown: ({ kind: 'picture' } & Picture) | { kind: 'text'; text: string };
}

/** The previews of one step. */
export interface StepPreviews<Picture> {
  step: number;
  /** Whether the network has been trained at all. */
  isTrained: boolean;
  previews: PreviewData<Picture>[];
}

/**
 * A preview with its pictures as pixels. The tensors of its tiles are left alone.
 * @throws AutodidactError `SHAPE` when a picture has another form than `Tile` says, `USAGE` for a tile that is not one picture or text
 */
export function previewData({ title, explanation, chance, rows }: Preview): PreviewData<Pixels> {
  const answers = rows.flat().flatMap(({ isCorrect }) => (isCorrect === undefined ? [] : [isCorrect]));
  return {
    ...{ title, explanation, chance: chance ?? null },
    right: answers.length === 0 ? null : { count: answers.filter(Boolean).length, of: answers.length },
    rows: rows.map((row) => row.map(tileData)),
  };
}

function tileData({ image, text, caption, isCorrect }: Tile): TileData<Pixels> {
  if ((image === undefined) === (text === undefined))
    throw expected('either an image or a text', 'tile', image === undefined ? 'neither' : 'both');
  return {
    caption: caption ?? null,
    isCorrect: isCorrect ?? null,
    shown: image === undefined ? { kind: 'text', text: text! } : { kind: 'picture', ...toPixels(image) },
  };
}

/** The data with every picture replaced by what `change` makes of it. */
export async function mapPictures<From, To>(
  previews: readonly PreviewData<From>[],
  change: (picture: From) => Promise<To>,
): Promise<PreviewData<To>[]> {
  const tile = async ({ shown, ...rest }: TileData<From>): Promise<TileData<To>> =>
    shown.kind === 'text' ? { ...rest, shown } : { ...rest, shown: { kind: 'picture', ...(await change(shown)) } };
  return Promise.all(
    previews.map(async (preview) => ({
      ...preview,
      rows: await Promise.all(preview.rows.map((row) => Promise.all(row.map(tile)))),
    })),
  );
}
