import { renameSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { SampleSpec } from '../data/index.js';
import { AutodidactError, ioError } from '../errors.js';
import { readIfThere, writeAtomically } from '../files.js';
import { parseJson } from '../json.js';
import { exclusively } from '../train/run-lock.js';
import { ENCODERS, type EvaluationResult, type EvaluationRow, summarize, VERDICTS } from './result.js';

/** Format of `evaluation.json`; format 1 was a single result without a format. */
const FORMAT = 2;

const encoderSchema = z.enum(ENCODERS);
const intervalSchema = z.tuple([z.number(), z.number()]).nullable();
const detailsSchema = z.record(z.string(), z.union([z.number(), z.string(), z.boolean(), z.null()]));

const rowSchema = z.object({
  encoder: encoderSchema,
  protocol: z.string(),
  task: z.string(),
  metric: z.string(),
  value: z.number(),
  interval: intervalSchema,
  n: z.int(),
  seed: z.int(),
  labels: z.string(),
  labelCount: z.int(),
  steps: z.number().nullable(),
  epochs: z.number().nullable(),
  details: detailsSchema,
});

const summarySchema = rowSchema
  .pick({ encoder: true, protocol: true, task: true, metric: true, labels: true, labelCount: true })
  .extend({ mean: z.number(), std: z.number(), n: z.int() });

const comparisonSchema = z.object({
  protocol: z.string(),
  labels: z.string(),
  metric: z.string(),
  encoder: encoderSchema,
  against: encoderSchema,
  difference: z.number(),
  interval: intervalSchema,
  level: z.number(),
  verdict: z.enum(VERDICTS),
  errors: z.object({ seeds: z.number().nullable(), samples: z.number().nullable() }),
  seeds: z.int(),
});

const dataSchema = z.object({
  name: z.string(),
  spec: z.string().nullable(),
  samples: z.looseObject({ modality: z.string() }) as unknown as z.ZodType<SampleSpec>,
  count: z.int(),
  fingerprint: z.string(),
  targets: z.string().nullable().default(null),
});

const resultSchema = z.object({
  date: z.string().nullable(),
  step: z.int().nullable(),
  encoder: z.string().nullable(),
  task: z.string(),
  score: z.object({
    metric: z.string(),
    title: z.string(),
    better: z.enum(['higher', 'lower']),
    isShare: z.boolean(),
  }),
  data: z.object({ train: dataSchema, test: dataSchema }).nullable(),
  options: z.object({
    protocols: z.array(z.string()),
    labels: z.array(z.string()),
    seeds: z.array(z.int()),
    baselines: z.array(z.string()),
    layer: z.string().nullable(),
    settings: z.record(z.string(), z.unknown()),
  }),
  isComplete: z.boolean().default(true),
  rows: z.array(rowSchema),
  summary: z.array(summarySchema),
  comparisons: z.array(comparisonSchema),
  floor: z.number(),
  testCount: z.int(),
  classes: z.array(z.string()),
  notes: z.array(z.string()),
  seconds: z.number(),
}) satisfies z.ZodType<EvaluationResult>;

const fileSchema = z.object({ format: z.literal(FORMAT), evaluations: z.array(resultSchema) });

/** The single result of format 1: accuracies on images, without what they belong to. */
const format1Schema = z.object({
  rows: z.array(
    z.object({
      encoder: encoderSchema,
      protocol: z.string(),
      labels: z.string(),
      labelCount: z.int(),
      seed: z.int(),
      score: z.number(),
      details: detailsSchema,
    }),
  ),
  chance: z.number(),
  testCount: z.int(),
  classes: z.array(z.string()),
  layer: z.string().nullable(),
  seconds: z.number(),
});

/** An evaluation that was read back. */
export interface SavedEvaluation extends EvaluationResult {
  /** Whether it measured the encoder whose fingerprint was given; null where that is not known. */
  isOfPresentEncoder: boolean | null;
}

/**
 * The evaluations in an `evaluation.json`, oldest first; none when there is no file.
 *
 * @param present fingerprint of the encoder as it is now, see `fingerprint`
 * @throws AutodidactError `DATA` when the file is damaged or of another program, `IO` when it cannot be read
 */
export function readEvaluations(path: string, present?: string): SavedEvaluation[] {
  return read(path).map((result) => ({
    ...result,
    isOfPresentEncoder: present === undefined || result.encoder === null ? null : result.encoder === present,
  }));
}

/**
 * Adds an evaluation to an `evaluation.json`. It takes the place of an earlier one of the same encoder, data, task and options, unless that one is
 * complete and this one is not. A damaged file is kept beside it as `<name>.damaged`, and what can be read of it stays.
 *
 * @returns whether it was added
 * @throws AutodidactError `IO` when the file cannot be written
 */
export function addEvaluation(path: string, result: EvaluationResult): boolean {
  // Two evaluations of a run may end at the same moment.
  return exclusively(`${path}.lock`, () => {
    const earlier = readOrSetAside(path);
    const isSame = (other: EvaluationResult) => isDeepStrictEqual(identity(other), identity(result));
    if (!result.isComplete && earlier.some((other) => other.isComplete && isSame(other))) return false;
    const evaluations = [...earlier.filter((other) => !isSame(other)), result];
    writeAtomically(path, `${JSON.stringify({ format: FORMAT, evaluations }, null, 2)}\n`);
    return true;
  });
}

function readOrSetAside(path: string): EvaluationResult[] {
  try {
    return read(path);
  } catch (error) {
    if (!(error instanceof AutodidactError) || error.code !== 'DATA') throw error;
    const intact = readableIn(path);
    try {
      renameSync(path, `${path}.damaged`);
    } catch (cause) {
      throw ioError('rename', path, cause);
    }
    return intact;
  }
}

/** The evaluations in a damaged file that are none themselves. */
function readableIn(path: string): EvaluationResult[] {
  try {
    const { evaluations } = z
      .object({ format: z.literal(FORMAT), evaluations: z.array(z.unknown()) })
      .parse(parseJson(readIfThere(path)!.toString()));
    return evaluations.flatMap((entry) => {
      const parsed = resultSchema.safeParse(entry);
      return parsed.success ? [parsed.data] : [];
    });
  } catch {
    return [];
  }
}

/** What two evaluations have in common when one repeats the other. */
function identity({ encoder, data, task, options }: EvaluationResult): unknown {
  const prints = [data?.train, data?.test].map((side) => [side?.fingerprint ?? null, side?.targets ?? null]);
  return JSON.parse(JSON.stringify({ encoder, prints, task, options }));
}

function read(path: string): EvaluationResult[] {
  const bytes = readIfThere(path);
  if (bytes === null) return [];
  let json: unknown;
  try {
    json = parseJson(bytes.toString());
  } catch {
    throw damaged(path, 'it is no JSON');
  }
  const isOfFormat1 = typeof json === 'object' && json !== null && !('format' in json) && 'rows' in json;
  const parsed = isOfFormat1 ? format1Schema.safeParse(json) : fileSchema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw damaged(path, `${issue.path.join('.') || 'the whole'}: ${issue.message}`);
  }
  return 'format' in parsed.data ? parsed.data.evaluations : [upgraded(parsed.data)];
}

function damaged(path: string, reason: string): AutodidactError {
  return new AutodidactError('DATA', `${path} holds no evaluations: ${reason}`, {
    remedy: 'Move it away, and evaluate again.',
  });
}

function upgraded(old: z.output<typeof format1Schema>): EvaluationResult {
  const { chance, testCount, classes, layer, seconds } = old;
  const rows = old.rows.map(({ score: value, details, ...row }): EvaluationRow => {
    const steps = typeof details.steps === 'number' ? details.steps : null;
    return {
      ...{ ...row, task: 'classification', metric: 'accuracy', value, interval: null, n: testCount },
      ...{ steps, epochs: null, details },
    };
  });
  const unique = <Value>(values: readonly Value[]) => [...new Set(values)];
  return {
    ...{ date: null, step: null, encoder: null, task: 'classification' },
    score: { metric: 'accuracy', title: 'Top-1 accuracy', better: 'higher', isShare: true },
    data: null,
    options: {
      protocols: unique(rows.map(({ protocol }) => protocol)).filter((protocol) => protocol !== 'supervised'),
      labels: unique(rows.map(({ labels }) => labels)),
      seeds: unique(rows.map(({ seed }) => seed)),
      baselines: unique(rows.map(({ encoder }) => encoder)).filter((encoder) => encoder !== 'pretrained'),
      ...{ layer, settings: {} },
    },
    ...{ isComplete: true, rows, summary: summarize(rows), comparisons: [], floor: chance, testCount, classes },
    notes: [
      'Measured by an earlier version, which kept neither the encoder nor what differences could be compared by.',
    ],
    seconds,
  };
}
