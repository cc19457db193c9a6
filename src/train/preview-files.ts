import { createHash } from 'node:crypto';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import { z } from 'zod';
import { readHeader, UnreadableImage, withImage } from '../data/decode.js';
import { AutodidactError, ioError } from '../errors.js';
import { makeFolders, readIfThere, writeAtomically } from '../files.js';
import { parseJson } from '../json.js';
import { type Pixels, readPixels, toPng } from './pixels.js';
import { mapPictures, type StepPreviews } from './preview-data.js';
import type { RunFolder } from './run-folder.js';

/** A picture of a saved preview. */
export interface PictureFile {
  /** Relative to the folder `previews` of the run, with `/`. */
  file: string;
  /** In pixels. */
  width: number;
  height: number;
}

/** previews/step-N.json */
export type SavedPreviews = StepPreviews<PictureFile>;

const count = z.number().int().min(0);
const side = z.number().int().min(1);

/** A name below `previews`, nothing outside of it. */
const pictureFile = z.string().regex(/^(?:[\w-]+\/)?[\w-]+\.png$/);

const savedPreviews: z.ZodType<SavedPreviews> = z.object({
  step: count,
  isTrained: z.boolean(),
  previews: z.array(
    z.object({
      title: z.string(),
      explanation: z.string(),
      chance: z.number().min(0).max(1).nullable(),
      right: z.object({ count, of: count }).nullable(),
      rows: z.array(
        z.array(
          z.object({
            caption: z.string().nullable(),
            isCorrect: z.boolean().nullable(),
            shown: z.discriminatedUnion('kind', [
              z.object({ kind: z.literal('picture'), file: pictureFile, width: side, height: side }),
              z.object({ kind: z.literal('text'), text: z.string() }),
            ]),
          }),
        ),
      ),
    }),
  ),
});

/** previews.json of earlier versions: every preview was one picture, a contact sheet. */
const savedSheets = z.array(z.object({ step: count, title: z.string(), explanation: z.string(), file: pictureFile }));
const SHEETS = 'previews.json';

/** The name of a step's files in the folder `previews`, without an ending. */
export function stepName(step: number): string {
  return `step-${String(step).padStart(9, '0')}`;
}

/**
 * Writes previews/step-N.json and its pictures in previews/step-N/, each picture once. The pictures are named by their content and
 * written first: whoever reads the JSON, old or new, finds the pictures that it names. Returns the name of the JSON file.
 */
export async function writePreviews(
  folder: RunFolder,
  { step, isTrained, previews }: StepPreviews<Pixels>,
): Promise<string> {
  const name = stepName(step);
  const pictures = folder.file('previews', name);
  try {
    makeFolders(pictures);
  } catch (error) {
    throw ioError('make the folder', pictures, error);
  }
  const written = new Map<string, Promise<void>>();
  const saved = await mapPictures(previews, async (picture) => {
    const { width, height } = picture;
    const file = `${nameByContent(picture)}.png`;
    const writing = written.get(file) ?? writePicture(folder.file('previews', name, file), picture);
    written.set(file, writing);
    await writing;
    return { file: `${name}/${file}`, width, height };
  });
  writeAtomically(folder.file('previews', `${name}.json`), `${JSON.stringify({ step, isTrained, previews: saved })}\n`);
  for (const file of readdirSync(pictures)) if (!written.has(file)) rmSync(folder.file('previews', name, file));
  return `${name}.json`;
}

async function writePicture(path: string, picture: Pixels): Promise<void> {
  writeAtomically(path, await toPng(picture));
}

function nameByContent({ width, height, data }: Pixels): string {
  return createHash('sha256').update(`${width} x ${height}\n`).update(data).digest('hex').slice(0, 16);
}

/** Names of pictures that say their content; those of earlier versions do not. */
const CONTENT_NAME = /^([0-9a-f]{16})\.png$/;

/**
 * A picture of a saved preview, and its file.
 * @throws AutodidactError `DATA` when the file is damaged, missing, or another picture than the one that was saved, `IO`
 */
export async function readPicture(
  folder: RunFolder,
  { file, width, height }: PictureFile,
): Promise<{ bytes: Uint8Array; pixels: Pixels }> {
  const path = folder.file('previews', file);
  const damaged = (reason: string, cause?: unknown) =>
    new AutodidactError('DATA', `Could not read the picture ${path}: ${reason}`, { cause });
  const read = async (bytes: Uint8Array) => ({ bytes, pixels: await readPixels(bytes) });
  const found = await withImage(path, read).catch((error) => {
    throw error instanceof UnreadableImage ? damaged(error.message, error) : error;
  });
  const { pixels } = found;
  if (pixels.width !== width || pixels.height !== height)
    throw damaged(`it has ${pixels.width} x ${pixels.height} pixels instead of ${width} x ${height}`);
  const name = CONTENT_NAME.exec(basename(file))?.[1];
  if (name !== undefined && name !== nameByContent(pixels)) throw damaged('it is another picture than was saved');
  return found;
}

/**
 * All previews of a run in the order of their steps, those of earlier versions as pictures of their contact sheets.
 * @param onDamaged told the names of files in `previews` that are not what they should be; they are left out
 */
export async function readPreviews(
  folder: RunFolder,
  onDamaged: (file: string) => void = () => {},
): Promise<SavedPreviews[]> {
  const steps = new Map<number, SavedPreviews>();
  for (const saved of await readSheets(folder, onDamaged)) steps.set(saved.step, saved);
  for (const file of namesIn(folder))
    if (/^step-\d+\.json$/.test(file)) {
      const saved = readJson(folder, file, savedPreviews);
      if (saved === null) onDamaged(file);
      else steps.set(saved.step, saved);
    }
  return [...steps.values()].sort((a, b) => a.step - b.step);
}

/** The previews of one step; null when there are none, or they are damaged. */
export function readStepPreviews(folder: RunFolder, step: number): SavedPreviews | null {
  return readJson(folder, `${stepName(step)}.json`, savedPreviews);
}

async function readSheets(folder: RunFolder, onDamaged: (file: string) => void): Promise<SavedPreviews[]> {
  if (!existsSync(folder.file('previews', SHEETS))) return [];
  const list = readJson(folder, SHEETS, savedSheets);
  if (list === null) onDamaged(SHEETS);
  const steps = new Map<number, SavedPreviews>();
  for (const { step, title, explanation, file } of list ?? []) {
    const size = await sizeOf(folder.file('previews', file));
    if (size === null) {
      onDamaged(file);
      continue;
    }
    const sheet = { caption: null, isCorrect: null, shown: { kind: 'picture' as const, file, ...size } };
    const { previews } = steps.get(step) ?? { previews: [] };
    const preview = { title, explanation, chance: null, right: null, rows: [[sheet]] };
    steps.set(step, { step, isTrained: step > 0, previews: [...previews, preview] });
  }
  return [...steps.values()];
}

async function sizeOf(path: string): Promise<{ width: number; height: number } | null> {
  try {
    const { width, height } = await readHeader(path);
    return { width, height };
  } catch {
    return null;
  }
}

function readJson<Value>(folder: RunFolder, file: string, schema: z.ZodType<Value>): Value | null {
  try {
    const parsed = schema.safeParse(parseJson(String(readIfThere(folder.file('previews', file)))));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

function namesIn(folder: RunFolder): string[] {
  const path = folder.file('previews');
  return existsSync(path) ? readdirSync(path).sort() : [];
}
