import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import type { ImageDataset } from '../data/dataset.js';
import type { OpenOptions } from '../data/open.js';
import { parseValues } from '../options.js';
import type { RunConfig } from '../train/run-folder.js';
import { say } from './output.js';
import { Progress } from './progress.js';
import { addSchemaOptions, givenValues, type OptionShape, written } from './schema-options.js';

export const DATA_HELP =
  'A folder of images, a manifest (.csv, .tsv, .jsonl), a .npy or IDX file, or the name of a data set (`autodidact data list`)';

const splits = z.enum(['train', 'test', 'all']);

/** Which images of the data, and in what form. */
const imageOptions = z.object({
  split: splits.default('train').describe("Side of the data's own division; all images where they have none"),
  size: z.number().int().min(1).max(4096).optional().describe('Side of the square images in pixels'),
  channels: z
    .literal(['auto', 1, 3])
    .default('auto')
    .describe('1 for gray, 3 for color; auto takes 1 when every image is gray'),
  limit: z.number().int().min(1).optional().describe('Take only so many images, evenly spread over the data'),
});

export type ImageOptions = z.output<typeof imageOptions>;

/** Adds --split, --size, --channels and --limit, or some of them. */
export function addImageOptions(
  command: Command,
  { split = 'train', omit = [] }: { split?: ImageOptions['split']; omit?: readonly (keyof ImageOptions)[] } = {},
): void {
  const hint = ({ name, default: value }: OptionShape): string => {
    if (name === 'size') return 'default: chosen by the images';
    if (name === 'limit') return 'default: all';
    return `default: ${name === 'split' ? split : written(value)}`;
  };
  addSchemaOptions(command, without(omit), hint);
}

/** What `addImageOptions` read. @throws AutodidactError `USAGE` */
export function readImageOptions(command: Command, split: ImageOptions['split'] = 'train'): ImageOptions {
  return parseValues(imageOptions, { split, ...givenValues(command, imageOptions) });
}

/** Opens images, with progress while they are packed at the first opening, and says what was found. */
export async function openData(
  spec: string,
  options: Omit<ImageOptions, 'channels'> & Pick<OpenOptions, 'channels' | 'labels' | 'signal'>,
): Promise<ImageDataset> {
  const { openImages } = await import('../data/open.js');
  const progress = new Progress('reading images', 'images');
  let dataset: ImageDataset;
  try {
    const onProgress = (done: number, total: number): void => progress.update(done, total);
    dataset = await openImages(spec, { ...options, onProgress });
  } finally {
    progress.stop();
  }
  const { height, width } = dataset.size;
  // The networks and their pretext tasks take square images.
  if (height !== width) return openData(spec, { ...options, size: Math.min(height, width) });
  say(dataset.describe());
  if (dataset.note !== null) say(dataset.note);
  for (const { id, reason } of dataset.skipped.slice(0, 3)) say(`skipped: ${id} (${reason})`);
  if (dataset.skipped.length > 3)
    say(`skipped: ${dataset.skipped.length - 3} more (\`autodidact data inspect\` lists all)`);
  return dataset;
}

/** The spec as it is kept in a run: a path that leads to the same data from every folder, a name as it is. */
export async function lastingSpec(spec: string): Promise<string> {
  const { namedBy } = await import('../data/sources/named.js');
  const named = namedBy(spec);
  if (named === undefined) return existsSync(spec) ? resolve(spec) : spec;
  const { name, source, variant } = named;
  return source.resolve === undefined ? spec : `${name}:${source.resolve(variant)}`;
}

/** Only gray and color are made of each other; other channels are as the source has them. */
const isPicture = (channels: number): channels is 1 | 3 => channels === 1 || channels === 3;

/** The images of a run as it saw them; another spec or split in the same form. */
export async function openRunData(
  { data }: RunConfig,
  other: { spec?: string; split?: ImageOptions['split']; limit?: number; labels?: string; signal?: AbortSignal } = {},
): Promise<ImageDataset> {
  const { spec = data.spec, split = data.split, ...rest } = other;
  // Asked for in the same words, the images are found packed.
  const isSame = spec === data.spec && split === data.split;
  const form = isSame
    ? { size: data.asked.size ?? undefined, channels: data.asked.channels, limit: data.limit ?? undefined }
    : { size: data.imageSize, channels: isPicture(data.channels) ? data.channels : ('auto' as const) };
  return openData(spec, { ...form, split, ...rest });
}

function without(omit: readonly (keyof ImageOptions)[]): z.ZodObject {
  const kept = Object.entries(imageOptions.shape).filter(([name]) => !omit.includes(name as keyof ImageOptions));
  return z.object(Object.fromEntries(kept));
}
