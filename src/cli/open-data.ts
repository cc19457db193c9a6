import type { Command } from 'commander';
import { z } from 'zod';
import type { Dataset } from '../data/index.js';
import type { OpenOptions } from '../modalities/modality.js';
import { parseValues } from '../options.js';
import type { RunConfig } from '../train/run-config.js';
import type { OtherData } from '../train/run-data.js';
import { say } from './output.js';
import { Progress } from './progress.js';
import { addSchemaOptions, givenValues, type OptionShape, written } from './schema-options.js';

export const DATA_HELP =
  'A folder of images, sounds, videos or texts, a manifest (.csv, .tsv, .jsonl), a .npy or IDX file, the name of a data set (`autodidact data list`), text:<file or folder>, pair:<first>,<second> or patches:<videos>';

const splits = z.enum(['train', 'val', 'test', 'all']);

/** Which samples of the data, and in what form. */
const dataOptions = z.object({
  split: splits.default('train').describe("Side of the data's own division; all samples where they have none"),
  size: z.number().int().min(1).max(4096).optional().describe('Side of the square images in pixels'),
  channels: z
    .literal(['auto', 1, 3])
    .default('auto')
    .describe('1 for gray, 3 for color; auto takes 1 when every image is gray'),
  length: z.number().int().min(1).optional().describe('Samples per sound'),
  frames: z.number().int().min(1).max(100_000).optional().describe('Frames of a clip of a video'),
  fps: z.number().positive().max(1000).optional().describe('Frames per second of a clip'),
  tokenizer: z
    .string()
    .min(1)
    .optional()
    .describe('Of text: words, characters, bpe or wordpiece, which is then learned, or a tokenizer.json'),
  vocabulary: z.number().int().min(1).max(1_000_000).optional().describe('Tokens of a tokenizer that is learned'),
  context: z.number().int().min(1).max(1_000_000).optional().describe('Tokens of a window of text'),
  limit: z.number().int().min(1).optional().describe('Take only so many samples, drawn at random'),
});

export type DataOptions = z.output<typeof dataOptions>;

/** Those that say how samples are brought into their form. */
export const FORM_OPTIONS: readonly (keyof DataOptions)[] = [
  ...(['size', 'channels', 'length', 'frames', 'fps', 'tokenizer', 'vocabulary', 'context'] as const),
];

/** Adds --split, --size, --channels, --length, --frames, --fps, --tokenizer, --vocabulary, --context and --limit, or some of them. */
export function addDataOptions(
  command: Command,
  { split = 'train', omit = [] }: { split?: DataOptions['split']; omit?: readonly (keyof DataOptions)[] } = {},
): void {
  const hint = ({ name, default: value }: OptionShape): string => {
    if (['frames', 'fps', 'tokenizer', 'vocabulary', 'context'].includes(name))
      return 'default: chosen by the method, or by the data';
    if (name === 'size' || name === 'length') return 'default: chosen by the data';
    if (name === 'limit') return 'default: all';
    return `default: ${name === 'split' ? split : written(value)}`;
  };
  addSchemaOptions(command, without(omit), hint);
}

/** What `addDataOptions` read. @throws AutodidactError `USAGE` */
export function readDataOptions(command: Command, split: DataOptions['split'] = 'train'): DataOptions {
  return parseValues(dataOptions, { split, ...givenDataOptions(command) });
}

/** Those of them that a person gave. */
export function givenDataOptions(command: Command): Record<string, unknown> {
  return givenValues(command, dataOptions);
}

/** Opens data, with progress while they are packed at the first opening, and says what was found. */
export async function openData(spec: string, options: OpenOptions): Promise<Dataset> {
  const { openData: open } = await import('../modalities/registry.js');
  return announced((onProgress) => open(spec, { ...options, onProgress }));
}

/** The data of a run as it saw them; another spec or split in the same form. */
export async function openRunData(config: RunConfig, other: OtherData = {}): Promise<Dataset> {
  const { openRunData: open } = await import('../train/run-data.js');
  return announced((onProgress) => open(config, { ...other, onProgress }));
}

/** The spec as it is kept in a run: a path that leads to the same data from every folder, a name as it is. */
export async function lastingSpec(spec: string): Promise<string> {
  const { resolveData } = await import('../modalities/registry.js');
  return resolveData(spec);
}

/** Shows progress while data are read, then says what was found. */
export async function announced(
  open: (onProgress: (done: number, total: number, unit?: string) => void) => Promise<Dataset>,
): Promise<Dataset> {
  const progress = new Progress('reading data', 'samples');
  let dataset: Dataset;
  try {
    dataset = await open((done, total, unit) => progress.update(done, total, undefined, unit));
  } finally {
    progress.stop();
  }
  sayData(dataset);
  return dataset;
}

/** Says what was found in data. */
export function sayData(dataset: Dataset): void {
  say(dataset.describe());
  if (dataset.note !== null) say(dataset.note);
  for (const { id, reason } of dataset.skipped.slice(0, 3)) say(`skipped: ${id} (${reason})`);
  if (dataset.skipped.length > 3)
    say(`skipped: ${dataset.skipped.length - 3} more (\`autodidact data inspect\` lists all)`);
  for (const { id, reason } of dataset.partial.slice(0, 3)) say(`read in part: ${id} (${reason})`);
  if (dataset.partial.length > 3)
    say(`read in part: ${dataset.partial.length - 3} more (\`autodidact data inspect\` lists all)`);
}

function without(omit: readonly (keyof DataOptions)[]): z.ZodObject {
  const kept = Object.entries(dataOptions.shape).filter(([name]) => !omit.includes(name as keyof DataOptions));
  return z.object(Object.fromEntries(kept));
}
