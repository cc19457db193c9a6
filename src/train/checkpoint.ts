import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Generator, randomState, setRandomState, type Tensor, tensor } from '../engine/index.js';
import type { Optimizer } from '../engine/optim/index.js';
import { readSafetensors, writeSafetensors } from '../engine/safetensors.js';
import { AutodidactError, ioError } from '../errors.js';
import { makeFolders, writeAtomically } from '../files.js';

import type { Method } from '../methods/method.js';
import { respelled } from '../options.js';
import { EpochMeter } from './epoch-meter.js';
import type { RunFolder } from './run-folder.js';

/** Where a run stands between two steps. */
export interface Position {
  /** Steps done. */
  step: number;
  /** The epoch in progress and the batches of it that are done. */
  epoch: number;
  batch: number;
  stage: number;
}

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

const FORMAT = 'autodidact-checkpoint-1';

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
  saveAssets(folder, state.method);
  writeSafetensors(path, tensors, {
    format: FORMAT,
    method: methodName,
    position: JSON.stringify(state.position),
    meter: JSON.stringify(state.meter.state()),
  });
  for (const value of made) value.dispose();
  for (const old of folder.checkpoints().slice(0, -keep)) rmSync(old, { force: true });
  return path;
}

function saveAssets(folder: RunFolder, method: Method): void {
  const assets = method.assets();
  if (assets.size === 0) return;
  try {
    makeFolders(folder.file('assets'));
  } catch (error) {
    throw ioError('make the folder', folder.file('assets'), error);
  }
  for (const [name, bytes] of assets) writeAtomically(folder.file('assets', name), bytes);
}

/** Reads the files that `Method.assets` gave. */
export function readAssets(folder: RunFolder): Map<string, Uint8Array> {
  const path = folder.file('assets');
  try {
    return new Map(readdirSync(path).map((name) => [name, readFileSync(join(path, name))]));
  } catch {
    return new Map();
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
 * Reads a checkpoint of this method.
 * @throws AutodidactError `CHECKPOINT` when the file is truncated, of another kind, or of another method
 */
export function readCheckpoint(path: string, methodName: string): Checkpoint {
  const { tensors, metadata } = readSafetensors(path);
  if (metadata.format !== FORMAT)
    throw new AutodidactError(
      'CHECKPOINT',
      `Expected a checkpoint of a run, received ${path}, which holds something else`,
    );
  if (metadata.method !== methodName)
    throw new AutodidactError(
      'CHECKPOINT',
      `Expected a checkpoint of ${methodName}, received ${path}, which was written by ${metadata.method}`,
    );
  const checkpoint: Checkpoint = {
    position: JSON.parse(metadata.position ?? '{}') as Position,
    meter: EpochMeter.of(JSON.parse(metadata.meter ?? '{}')),
    method: new Map(),
    optimizers: new Map(),
    rest: new Map(),
  };
  for (const [key, value] of tensors) {
    const [kind, ...rest] = respelled(key).split('.') as [string, ...string[]];
    if (kind === 'method') checkpoint.method.set(rest.join('.'), value);
    else if (kind === 'optimizer') {
      const turn = rest.shift()!;
      const state = checkpoint.optimizers.get(turn) ?? new Map<string, Tensor>();
      checkpoint.optimizers.set(turn, state.set(rest.join('.'), value));
    } else checkpoint.rest.set(key, value);
  }
  return checkpoint;
}

/** Puts a checkpoint's content into freshly made networks, optimizers and generators. */
export function restore(
  checkpoint: Checkpoint,
  state: Omit<TrainingState, 'position' | 'order' | 'meter'>,
): Pick<TrainingState, 'position' | 'order' | 'meter'> {
  state.method.loadStateDict(checkpoint.method);
  for (const [turn, optimizer] of state.optimizers) {
    const saved = checkpoint.optimizers.get(turn);
    if (saved !== undefined) optimizer.loadStateDict(saved);
  }
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

function needed(checkpoint: Checkpoint, key: string): Tensor {
  const value = checkpoint.rest.get(key);
  if (value === undefined) throw new AutodidactError('CHECKPOINT', `Expected \`${key}\` in the checkpoint, found none`);
  return value;
}
