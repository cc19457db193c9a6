import { z } from 'zod';
import type { SampleSpec } from '../data/index.js';
import { AutodidactError } from '../errors.js';
import { parseJson, sealed, unsealed } from '../json.js';
import { hasModality, modalityNamed } from '../modalities/registry.js';
import { parseValues } from '../options.js';
import { trainingOptions } from './config.js';
import { presentOptions } from './earlier-options.js';

/** The format of the configurations that are written now. */
const FORMAT = 2;

const count = z.int().min(0);

const origin = z.enum(['paper', 'small', 'fitted', 'given']);
/** Where a value of a plan comes from. */
export type Origin = z.output<typeof origin>;

export const planRecord = z.object({
  recipe: z.enum(['paper', 'small']),
  /** By the name of the option or setting. */
  origins: z.record(z.string(), origin),
  notes: z.array(z.string()),
});
/** How the settings of a run came about. */
export type PlanRecord = z.output<typeof planRecord>;

const runSource = z.object({
  /** What a person typed, with absolute paths. */
  spec: z.string(),
  split: z.enum(['train', 'val', 'test', 'all']),
  limit: z.int().min(1).nullable(),
  /** The form that was asked for, to find the same pack again. */
  asked: z.object({
    size: z.int().min(1).nullable(),
    channels: z.union([z.literal('auto'), z.int().min(1)]),
    length: z.int().min(1).nullable(),
    /** Of clips of videos. */
    frames: z.int().min(1).optional(),
    fps: z.number().positive().optional(),
    /** Of text. */
    tokenizer: z.string().optional(),
    vocabulary: z.int().min(1).optional(),
    context: z.int().min(1).optional(),
    form: z.enum(['stream', 'sentences']).optional(),
    room: z.int().min(0).optional(),
  }),
});
/** How data were asked for, to find them again. */
export type RunSource = z.output<typeof runSource>;

/** Checked by the schema of its modality. One that is not registered here is kept as it is: it is refused where it is needed. */
const sampleSpec = z.looseObject({ modality: z.string() }).transform((spec, context): SampleSpec => {
  if (!hasModality(spec.modality)) return spec;
  const checked = modalityNamed(spec.modality).schema.safeParse(spec);
  if (checked.success) return checked.data as SampleSpec;
  for (const issue of checked.error.issues) context.addIssue({ ...issue } as never);
  return z.NEVER;
});

/** config.json of a run: all that is needed to make the networks again and to continue. */
const runConfig = z.object({
  format: z.literal(FORMAT),
  method: z.string(),
  options: z.record(z.string(), z.unknown()),
  training: trainingOptions,
  /** Left out by runs of format 1. */
  plan: planRecord.optional(),
  /** The run or file whose weights the backbone started from. */
  init: z.string().optional(),
  data: runSource.extend({
    /** What a sample looks like. */
    samples: sampleSpec,
    count: z.int().min(1),
    name: z.string(),
    fingerprint: z.string(),
    skipped: count,
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

/** What format 1 kept of the data: every sample was a square image, sounds packed row by row among them. */
const dataOfFormat1 = z.looseObject({
  channels: z.int().min(1).max(65_536),
  imageSize: z.int().min(1).max(65_536),
  /** One number per channel, as in `std`. */
  mean: z.array(z.number()),
  std: z.array(z.number()),
  asked: z.object({ size: z.int().min(1).nullable(), channels: z.literal(['auto', 1, 3]) }),
});

const SOUND_RATE_OF_FORMAT_1 = 8000;

/**
 * Brings a configuration of an earlier format to the present one, one format at a time.
 * @throws ZodError or AutodidactError for a value that the earlier format had not
 */
export function upgrade(json: Record<string, unknown>): Record<string, unknown> {
  if (json.format !== 1) return json;
  const { channels, imageSize, mean, std, asked, ...rest } = parseValues(
    dataOfFormat1,
    (json.data ?? {}) as Record<string, unknown>,
  );
  const isSound = json.method === 'cpc-sound';
  const length = imageSize ** 2;
  const samples = isSound
    ? { modality: 'sound', rate: SOUND_RATE_OF_FORMAT_1, length }
    : { modality: 'image', channels, height: imageSize, width: imageSize, mean, std };
  return { ...json, format: 2, data: { ...rest, samples, asked: { ...asked, length: isSound ? length : null } } };
}

/**
 * Reads the text of a config.json.
 * @param path where it comes from, for messages
 * @throws AutodidactError `CHECKPOINT` that names the first value that does not fit
 */
export function parseRunConfig(text: string, path: string): RunConfig {
  const { values: json, isIntact } = unsealed(parseObject(text, path));
  if (typeof json.format === 'number' && json.format > FORMAT)
    throw new AutodidactError('CHECKPOINT', `${path} has the format ${json.format} of a later version of autodidact`, {
      remedy: `This version reads formats up to ${FORMAT}; update it.`,
    });
  if (isIntact === false)
    throw new AutodidactError('CHECKPOINT', `${path} was changed since it was written: its checksum does not fit`, {
      remedy:
        'Bring the file back from a copy, or start a new run. If you meant the change, delete the checksum in it.',
    });
  try {
    const { options, ...config } = parseValues(runConfig, upgrade(json));
    return { ...config, options: presentOptions(config.method, options) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw damaged(path, reason.replace(/\.$/, ''), error);
  }
}

/** The text of a config.json; `checksum` in it seals the rest. */
export function formatRunConfig(config: RunConfig): string {
  return `${JSON.stringify(sealed(config), null, 2)}\n`;
}

function parseObject(text: string, path: string): Record<string, unknown> {
  let json: unknown;
  try {
    json = parseJson(text);
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
