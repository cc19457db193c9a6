import { z } from 'zod';
import { AutodidactError } from '../errors.js';
import { parseValues } from '../options.js';
import { trainingOptions } from './config.js';

/** The format of the configurations that are written now. */
const FORMAT = 1;

const count = z.int().min(0);

/** config.json of a run: all that is needed to make the networks again and to continue. */
const runConfig = z.object({
  format: z.literal(FORMAT),
  method: z.string(),
  options: z.record(z.string(), z.unknown()),
  training: trainingOptions,
  data: z
    .object({
      count: z.int().min(1),
      channels: z.int().min(1).max(65_536),
      imageSize: z.int().min(1).max(65_536),
      /** One number per channel, as in `std`. */
      mean: z.array(z.number()).readonly(),
      std: z.array(z.number().positive()).readonly(),
      spec: z.string(),
      split: z.enum(['train', 'test', 'all']),
      name: z.string(),
      fingerprint: z.string(),
      skipped: count,
      limit: z.int().min(1).nullable(),
      /** The size and channels that were asked for, to find the same pack again. */
      asked: z.object({ size: z.int().min(1).nullable(), channels: z.literal(['auto', 1, 3]) }),
    })
    .refine(({ channels, mean, std }) => mean.length === channels && std.length === channels, {
      path: ['mean'],
      message: 'as many numbers in `mean` and `std` as there are channels',
    }),
  versions: z.object({ autodidact: z.string(), libtorch: z.string(), node: z.string() }),
  machine: z.object({
    platform: z.string(),
    cpu: z.string(),
    cores: count,
    threads: count,
    memoryBytes: count,
    device: z.string(),
  }),
  createdAt: z.string(),
});

export type RunConfig = z.output<typeof runConfig>;

/** Brings a configuration of an earlier format to the present one, one format at a time. */
export function upgrade(json: Record<string, unknown>): Record<string, unknown> {
  // Format 1 is the first. Each later one adds its step: if (json.format === 1) json = { ...json, format: 2, <what is new> };
  return json;
}

/**
 * Reads the text of a config.json.
 * @param path where it comes from, for messages
 * @throws AutodidactError `CHECKPOINT` that names the first value that does not fit
 */
export function parseRunConfig(text: string, path: string): RunConfig {
  const json = parseObject(text, path);
  if (typeof json.format === 'number' && json.format > FORMAT)
    throw new AutodidactError('CHECKPOINT', `${path} has the format ${json.format} of a later version of autodidact`, {
      remedy: `This version reads formats up to ${FORMAT}; update it.`,
    });
  try {
    return parseValues(runConfig, upgrade(json));
  } catch (error) {
    throw damaged(path, error instanceof Error ? error.message : String(error), error);
  }
}

function parseObject(text: string, path: string): Record<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw damaged(path, 'it is not JSON', error);
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw damaged(path, 'it holds no JSON object');
  return json as Record<string, unknown>;
}

function damaged(path: string, reason: string, cause?: unknown): AutodidactError {
  return new AutodidactError('CHECKPOINT', `Could not read the configuration ${path}: ${reason}`, {
    remedy: 'Bring the file back from a copy, or start a new run.',
    cause,
  });
}
