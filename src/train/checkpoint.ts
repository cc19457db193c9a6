import { readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { type Generator, randomState, setRandomState, type Tensor, tensor } from '../engine/index.js';
import { type Optimizer, Sgd } from '../engine/optim/index.js';
import { readSealed, type SealedContent, writeSealed } from '../engine/sealed-safetensors.js';
import { AutodidactError, ioError } from '../errors.js';
import { isPartial, makeFolders, readIfThere, systemCode, writeAtomically } from '../files.js';
import { parseJson } from '../json.js';
import type { Method } from '../methods/method.js';
import { parseValues, respelled } from '../options.js';
import { EpochMeter } from './epoch-meter.js';
import type { RunFolder } from './run-folder.js';

const count = z.int().min(0);

const position = z.object({
  /** Steps done. */
  step: count,
  /** The epoch in progress and the batches of it that are done. */
  epoch: count,
  batch: count,
  stage: count,
});

/** The epoch's sums so far; JSON has no NaN, which is written as null. */
const means = z.record(
  z.string(),
  z.object({
    sum: z
      .number()
      .nullable()
      .transform((sum) => sum ?? Number.NaN),
    count,
  }),
);

/** Where a run stands between two steps. */
export type Position = z.output<typeof position>;

/** Everything that decides how a run goes on. */
export interface TrainingState {
  method: Method;
  /** One per optimizer group, by the group's name. */
  optimizers: ReadonlyMap<string, Optimizer>;
  random: Generator;
  position: Position;
  /** The order of the epoch in progress when the method chose it itself. */
  order: readonly number[] | null;
  /** Means of the epoch in progress. */
  meter: EpochMeter;
}

/** Sealed by a digest, see `writeSealed`. */
const FORMAT = 'autodidact-checkpoint-2';
/** Without a digest. */
const FIRST_FORMAT = 'autodidact-checkpoint-1';

/** Writes checkpoints/step-<step>.safetensors and removes the oldest beyond `keep`. Returns the path. */
export function saveCheckpoint(folder: RunFolder, methodName: string, state: TrainingState, keep: number): string {
  const tensors = new Map<string, Tensor>();
  for (const [key, value] of state.method.stateDict()) tensors.set(`method.${key}`, value);
  for (const [turn, optimizer] of state.optimizers)
    for (const [key, value] of optimizer.stateDict()) tensors.set(`optimizer.${turn}.${key}`, value);
  const made = [randomState('cpu'), state.random.state, ...(state.order ? [tensor(Int32Array.from(state.order))] : [])];
  ['random.default', 'random.views', 'order'].forEach((key, i) => {
    if (made[i] !== undefined) tensors.set(key, made[i]);
  });
  if (state.random.device !== 'cpu') {
    const deviceState = randomState(state.random.device);
    made.push(deviceState);
    tensors.set('random.device', deviceState);
  }
  const path = folder.file('checkpoints', `step-${String(state.position.step).padStart(9, '0')}.safetensors`);
  saveAssets(folder, state.method.assets());
  const metadata = {
    format: FORMAT,
    method: methodName,
    position: JSON.stringify(state.position),
    meter: JSON.stringify(state.meter.state()),
  };
  writeSealed(path, tensors, metadata);
  for (const value of made) value.dispose();
  const others = folder.checkpoints().filter((file) => file !== path);
  for (const old of others.slice(0, Math.max(0, others.length + 1 - keep))) rmSync(old, { force: true });
  return path;
}

/** Writes files that belong to the data or the model. */
export function saveAssets(folder: RunFolder, assets: ReadonlyMap<string, Uint8Array>): void {
  if (assets.size === 0) return;
  try {
    makeFolders(folder.file('assets'));
  } catch (error) {
    throw ioError('make the folder', folder.file('assets'), error);
  }
  for (const [name, bytes] of assets) writeAtomically(folder.file('assets', name), bytes);
}

/** Reads the files that `saveAssets` wrote. */
export function readAssets(folder: RunFolder): Map<string, Uint8Array> {
  const path = folder.file('assets');
  try {
    const names = readdirSync(path).filter((name) => !isPartial(name));
    return new Map(names.map((name) => [name, readIfThere(join(path, name)) ?? new Uint8Array()]));
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return new Map();
    throw error instanceof AutodidactError ? error : ioError('read', path, error);
  }
}

/** The content of a checkpoint file, grouped by what it belongs to. */
export interface Checkpoint {
  position: Position;
  meter: EpochMeter;
  method: Map<string, Tensor>;
  optimizers: Map<string, Map<string, Tensor>>;
  rest: Map<string, Tensor>;
}

/**
 * Reads a checkpoint of this method. The files of earlier versions have no digest and are read without.
 * @throws AutodidactError `CHECKPOINT` when the file is truncated, changed since it was written, of another kind, or of another
 *   method
 */
export function readCheckpoint(path: string, methodName: string): Checkpoint {
  const content = readSealed(path);
  try {
    return { ...checked(path, content, methodName), ...grouped(content.tensors) };
  } catch (error) {
    for (const value of content.tensors.values()) value.dispose();
    throw error;
  }
}

function checked(
  path: string,
  { metadata, isSealed }: SealedContent,
  methodName: string,
): Pick<Checkpoint, 'position' | 'meter'> {
  const { format, method } = metadata;
  if (format !== FORMAT && format !== FIRST_FORMAT)
    throw new AutodidactError(
      'CHECKPOINT',
      `Expected a checkpoint of a run, received ${path}, which holds something else`,
    );
  if (format === FORMAT && !isSealed)
    throw new AutodidactError('CHECKPOINT', `${path} is damaged: the SHA-256 of its content is missing`, {
      remedy: 'Bring the file back from a copy, or use another checkpoint.',
    });
  if (method !== methodName)
    throw new AutodidactError(
      'CHECKPOINT',
      `Expected a checkpoint of ${methodName}, received ${path}, which was written by ${method}`,
    );
  try {
    return {
      position: parseValues(position, parsed(metadata.position)),
      meter: EpochMeter.of(means.parse(parsed(metadata.meter))),
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AutodidactError('CHECKPOINT', `The position of the run in ${path} is damaged: ${reason}`, {
      cause: error,
    });
  }
}

const parsed = (text = '{}') => parseJson(text) as Record<string, unknown>;

function grouped(tensors: ReadonlyMap<string, Tensor>): Omit<Checkpoint, 'position' | 'meter'> {
  const checkpoint = { method: new Map(), optimizers: new Map<string, Map<string, Tensor>>(), rest: new Map() };
  for (const [key, value] of tensors) {
    const [kind, ...rest] = respelled(key).split('.') as [string, ...string[]];
    if (kind === 'method') checkpoint.method.set(rest.join('.'), value);
    else if (kind === 'optimizer') {
      const turn = rest.shift() ?? '';
      const state = checkpoint.optimizers.get(turn) ?? new Map<string, Tensor>();
      checkpoint.optimizers.set(turn, state.set(rest.join('.'), value));
    } else checkpoint.rest.set(key, value);
  }
  return checkpoint;
}

/** A checkpoint that cannot be used, and why. */
export interface DamagedCheckpoint {
  path: string;
  cause: AutodidactError;
}

/** The newest checkpoint that can be read. */
export interface NewestCheckpoint {
  path: string;
  checkpoint: Checkpoint;
  /** Newer ones that cannot, newest first. */
  damaged: readonly DamagedCheckpoint[];
}

/**
 * Reads the newest checkpoint of a run that is whole; undefined when the run has none at all.
 * @throws AutodidactError `CHECKPOINT` when all are damaged or of another method, with the cause of each; `IO` when one cannot be
 *   read for a reason that may pass
 */
export function readNewestCheckpoint(folder: RunFolder, methodName: string): NewestCheckpoint | undefined {
  const damaged: DamagedCheckpoint[] = [];
  for (;;) {
    const path = folder.checkpoints().findLast((file) => damaged.every((other) => other.path !== file));
    if (path === undefined) break;
    try {
      return { path, checkpoint: readCheckpoint(path, methodName), damaged };
    } catch (error) {
      if (!(error instanceof AutodidactError)) throw error;
      if (error.code === 'CHECKPOINT') damaged.push({ path, cause: error });
      // A training process has replaced it by a newer one.
      else if (error.code !== 'NOT_FOUND' || folder.checkpoints().includes(path)) throw error;
    }
  }
  if (damaged.length <= 1) {
    if (damaged[0] !== undefined) throw damaged[0].cause;
    return undefined;
  }
  const causes = damaged.map(({ cause }) => cause.message.replace(/\.?$/, '.')).join(' ');
  throw new AutodidactError(
    'CHECKPOINT',
    `None of the ${damaged.length} checkpoints of the run can be used. ${causes}`,
  );
}

/** One sentence per damaged checkpoint, which says what is used instead. */
export function damageWarnings({ path, damaged }: NewestCheckpoint): string[] {
  return damaged.map(({ cause }) => `${cause.message.replace(/\.?$/, '.')} Using ${basename(path)} instead`);
}

/** Renames damaged checkpoints to <name>.damaged, so that they neither count as checkpoints nor are lost. */
export function setAside(damaged: readonly DamagedCheckpoint[]): void {
  for (const { path } of damaged)
    try {
      renameSync(path, `${path}.damaged`);
    } catch (error) {
      throw ioError('rename', path, error);
    }
}

/** @throws AutodidactError `CHECKPOINT` when the method has no stage of the checkpoint's number */
export function checkStage({ position }: Pick<Checkpoint, 'position'>, { stages }: Pick<Method, 'stages'>): void {
  const { stage, step } = position;
  if (stage < stages.length) return;
  throw new AutodidactError(
    'CHECKPOINT',
    `Expected a stage from 0 to ${stages.length - 1} (${stages.map(({ name }) => name).join(', ')}) in the checkpoint of step ${step}, received ${stage}`,
    { remedy: REMEDY },
  );
}

const REMEDY = 'Use another checkpoint, or start a new run.';

/**
 * Puts a checkpoint's content into freshly made networks, optimizers and generators.
 * @throws AutodidactError `CHECKPOINT` when it does not fit, or lacks what the optimizers had accumulated
 */
export function restore(
  checkpoint: Checkpoint,
  state: Omit<TrainingState, 'position' | 'order' | 'meter'>,
): Pick<TrainingState, 'position' | 'order' | 'meter'> {
  refuseOtherGroups(checkpoint, state);
  state.method.loadStateDict(checkpoint.method);
  for (const [turn, optimizer] of state.optimizers)
    optimizer.loadStateDict(checkpoint.optimizers.get(turn) ?? new Map());
  setRandomState(needed(checkpoint, 'random.default'), 'cpu');
  state.random.state = needed(checkpoint, 'random.views');
  const deviceState = checkpoint.rest.get('random.device');
  if (deviceState !== undefined && state.random.device !== 'cpu') setRandomState(deviceState, state.random.device);
  return {
    position: checkpoint.position,
    meter: checkpoint.meter,
    order: checkpoint.rest.get('order')?.toNumbers() ?? null,
  };
}

function refuseOtherGroups(
  checkpoint: Checkpoint,
  { method, optimizers }: Pick<TrainingState, 'method' | 'optimizers'>,
): void {
  const remedy = REMEDY;
  for (const turn of checkpoint.optimizers.keys())
    if (!optimizers.has(turn))
      throw new AutodidactError(
        'CHECKPOINT',
        `Expected a checkpoint of the turns ${[...optimizers.keys()].join(', ')}, received one with an optimizer of \`${turn}\``,
        { remedy },
      );
  // Before the first step nothing is accumulated, and a method with an update rule of its own never steps the optimizers.
  if (checkpoint.position.step === 0 || method.update !== undefined) return;
  for (const [turn, optimizer] of optimizers) {
    const accumulates = !(optimizer instanceof Sgd && optimizer.momentum === 0);
    if (accumulates && !checkpoint.optimizers.has(turn))
      throw new AutodidactError(
        'CHECKPOINT',
        `Expected what the optimizer of the turn \`${turn}\` has accumulated in ${checkpoint.position.step} steps, found nothing in the checkpoint`,
        { remedy },
      );
  }
}

function needed(checkpoint: Checkpoint, key: string): Tensor {
  const value = checkpoint.rest.get(key);
  if (value === undefined) throw new AutodidactError('CHECKPOINT', `Expected \`${key}\` in the checkpoint, found none`);
  return value;
}
