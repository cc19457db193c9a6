import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { AutodidactError, ioError } from '../errors.js';
import { makeFolders, readIfThere, removePartials, writeAtomically } from '../files.js';
import { parseJson, sealed, unsealed } from '../json.js';
import { canHaveWritten } from '../train/processes.js';
import { RunFolder, removeIfEmpty } from '../train/run-folder.js';
import { RunLock } from '../train/run-lock.js';
import { methodPlan } from './plans.js';
import { compareRequest } from './request.js';

const CONFIG = 'comparison.json';
const RESULT = 'result.json';
const LOCK = '.lock';
const FORMAT = 1;

const described = z.object({
  name: z.string(),
  count: z.int(),
  fingerprint: z.string(),
  /** See `Dataset.targetsFingerprint`; null in comparisons of earlier versions, too. */
  targets: z.string().nullable().default(null),
});

/** comparison.json: all that is needed to go on bit for bit. */
const configSchema = z.object({
  format: z.literal(FORMAT),
  request: compareRequest,
  source: z.object({
    data: z.string(),
    test: z.string().optional(),
    /** See `OpenOptions`; the labels are a file. */
    open: z.record(z.string(), z.unknown()),
  }),
  data: z.object({ train: described, test: described.nullable(), plural: z.string() }),
  /** Of each pretraining. */
  budget: z.object({ unit: z.enum(['seconds', 'steps', 'images']), amount: z.number().positive() }),
  /** By the name of the competitor; a sentence for a method that could not begin. */
  plans: z.record(z.string(), z.union([methodPlan, z.string()])),
  /** By the name of the competitor. */
  encoders: z
    .record(
      z.string(),
      z.object({
        path: z.string(),
        fingerprint: z.string(),
        /** "resnet18, width 32" */
        network: z.string(),
        /** Seconds of training per sample that passes the encoder. */
        secondsPerPass: z.number().min(0),
      }),
    )
    .default({}),
  /** The competitor whose network the baselines have. */
  reference: z.string(),
  threads: z.int().min(1),
  createdAt: z.string(),
});

export type CompareConfig = z.output<typeof configSchema>;

const figures = z.record(z.string(), z.number());

/** What one competitor came to in one block. */
const cellSchema = z.object({
  competitor: z.string(),
  /** Of successive halving, from 0. */
  rung: z.int().min(0),
  block: z.string(),
  /** Why it has no score; null where it has one. */
  failure: z.string().nullable(),
  score: z.number().nullable(),
  /** Figures of the task, the score first; or the scores without labels. */
  measures: figures,
  /** Samples that scored. */
  samples: z.int().min(0),
  labelCount: z.int().min(0),
  seconds: z.object({ pretraining: z.number(), evaluation: z.number() }),
  /** Of pretraining, or of supervised training. */
  steps: z.int().min(0),
  /** Passes over the samples. */
  epochs: z.number().min(0),
  peakBytes: z.number().min(0),
  warnings: z.array(z.string()),
});

export type Cell = z.output<typeof cellSchema>;

/** A folder with the cells of a comparison, each written once and whole: whatever ends the process, what was measured stays. */
export class CompareFolder {
  readonly path: string;
  private lock: RunLock | undefined;

  private constructor(path: string) {
    this.path = resolve(path);
  }

  /** @throws AutodidactError `NOT_FOUND` when there is no comparison at the path */
  static open(path: string): CompareFolder {
    const folder = new CompareFolder(path);
    if (existsSync(folder.file(CONFIG))) return folder;
    throw new AutodidactError('NOT_FOUND', `Expected a folder with a ${CONFIG} at ${path}, found none`, {
      remedy: 'Give the folder that `autodidact compare` printed, such as runs/compare-1.',
    });
  }

  /**
   * A new folder, claimed for this process.
   * @throws AutodidactError `IO` when there is something of this kind already, or what `claim` throws
   */
  static create(path: string): CompareFolder {
    const folder = new CompareFolder(path);
    folder.checkFree();
    folder.claim();
    try {
      // Another process may have begun, and even ended, in between.
      folder.checkFree();
    } catch (error) {
      folder.release();
      throw error;
    }
    return folder;
  }

  private checkFree(): void {
    for (const name of [CONFIG, 'config.json'])
      if (existsSync(this.file(name)))
        throw new AutodidactError(
          'IO',
          `There is a ${name === CONFIG ? 'comparison' : 'run'} at ${this.path} already`,
          {
            remedy: name === CONFIG ? 'Continue it with --resume, or choose another --out.' : 'Choose another --out.',
          },
        );
  }

  /** The first of <root>/compare-1, -2, ... that is free. */
  static nextPath(root: string): string {
    return RunFolder.nextPath(root, 'compare');
  }

  /** Claims the folder for this process. @throws AutodidactError `IO` when it cannot be made, or another living process writes to it */
  claim(): void {
    try {
      makeFolders(this.path);
    } catch (error) {
      throw ioError('make the folder', this.path, error);
    }
    this.lock ??= RunLock.take(this.file(LOCK));
    removePartials(this.path, canHaveWritten);
    removePartials(this.file('cells'), canHaveWritten);
  }

  /** Gives the folder free, and removes it where nothing was written. */
  release(): void {
    this.lock?.release();
    this.lock = undefined;
    removeIfEmpty(this.path);
  }

  file(...names: string[]): string {
    return join(this.path, ...names);
  }

  writeConfig(config: CompareConfig): void {
    try {
      mkdirSync(this.file('cells'), { recursive: true });
    } catch (error) {
      throw ioError('make the folder', this.file('cells'), error);
    }
    writeAtomically(this.file(CONFIG), `${JSON.stringify(sealed(config), null, 2)}\n`);
  }

  /** @throws AutodidactError `CHECKPOINT` when the file is damaged */
  readConfig(): CompareConfig {
    const found = readSealed(this.file(CONFIG), configSchema);
    if (found !== null) return found;
    throw new AutodidactError('CHECKPOINT', `Could not read ${this.file(CONFIG)}: it is damaged`, {
      remedy: 'Bring the file back from a copy, or begin a new comparison.',
    });
  }

  /** The cell where it was measured; null otherwise, or where its file is damaged: it is measured again. */
  readCell(competitor: string, rung: number, block: string): Cell | null {
    const cell = readSealed(this.cellFile(competitor, rung, block), cellSchema);
    const isIt = cell?.competitor === competitor && cell.rung === rung && cell.block === block;
    return isIt ? cell : null;
  }

  writeCell(cell: Cell): void {
    const { competitor, rung, block } = cell;
    writeAtomically(this.cellFile(competitor, rung, block), `${JSON.stringify(sealed(cell))}\n`);
  }

  /** Every cell that was measured. */
  cells(): Cell[] {
    if (!existsSync(this.file('cells'))) return [];
    return readdirSync(this.file('cells'))
      .filter((name) => name.endsWith('.json'))
      .sort()
      .flatMap((name) => readSealed(this.file('cells', name), cellSchema) ?? []);
  }

  /** The run folder of a pretraining. */
  runPath(competitor: string, rung: number, block: string): string {
    return this.file('runs', nameOf(competitor, rung, block));
  }

  /** Frees the space of a run's checkpoints, which nothing needs once its cell is written; the encoder stays. */
  dropCheckpoints(competitor: string, rung: number, block: string): void {
    rmSync(join(this.runPath(competitor, rung, block), 'checkpoints'), { recursive: true, force: true });
  }

  writeResult(result: object): string {
    const path = this.file(RESULT);
    writeAtomically(path, `${JSON.stringify(result, null, 2)}\n`);
    return path;
  }

  private cellFile(competitor: string, rung: number, block: string): string {
    return this.file('cells', `${nameOf(competitor, rung, block)}.json`);
  }
}

function nameOf(competitor: string, rung: number, block: string): string {
  return `${competitor}.rung-${rung}.block-${block}`;
}

/** The values of a file whose seal holds and that pass the schema; null otherwise. */
function readSealed<Schema extends z.ZodObject>(path: string, schema: Schema): z.output<Schema> | null {
  const bytes = readIfThere(path);
  if (bytes === null) return null;
  try {
    const { values, isIntact } = unsealed(parseJson(bytes.toString()) as Record<string, unknown>);
    const parsed = schema.safeParse(values);
    return isIntact === true && parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
