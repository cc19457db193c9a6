import type { Dataset } from '../data/index.js';
import { type Device, selectDevice, threads } from '../engine/index.js';
import { AutodidactError } from '../errors.js';
import { type Job, startJob } from '../job.js';
import type { MethodDefinition } from '../methods/method.js';
import { versions } from '../version.js';
import { saveAssets } from './checkpoint.js';
import type { TrainingOptions } from './config.js';
import { machineOf } from './machine.js';
import { Run, type TrainResult, type Watcher } from './run.js';
import type { PlanRecord, RunConfig, RunSource } from './run-config.js';
import type { RunEvent } from './run-events.js';
import { RunFolder } from './run-folder.js';

export type { TrainResult, Watcher } from './run.js';

export interface TrainRequest {
  definition: MethodDefinition;
  /** The method's options, already parsed. */
  options: Record<string, unknown>;
  training: TrainingOptions;
  dataset: Dataset;
  /** How the data were asked for, to find them again on resume. */
  source: RunSource;
  /** How the settings came about; left out when they were all given. */
  plan?: PlanRecord;
  /** A run or file of weights that the backbone starts from, see `readStartWeights`. */
  init?: string;
  /** The run folder to make. */
  out: string;
}

/** Starts a new run. */
export function train(request: TrainRequest, watcher: Watcher = {}): Job<RunEvent, TrainResult> {
  return startJob(async (emit) => {
    const device = selectDevice(request.training.device);
    const folder = RunFolder.create(request.out);
    let run: Run;
    try {
      const config = configOf(request, device);
      run = new Run(folder, config, request.definition, request.dataset, device, watched(watcher, emit));
      saveAssets(folder, request.dataset.assets);
      folder.writeConfig(config);
    } catch (error) {
      folder.discard();
      throw error;
    }
    return run.run();
  });
}

/**
 * Continues a run from its newest checkpoint, bit for bit as if it had never stopped (same machine, same thread count).
 * A damaged checkpoint is set aside with a warning, and the run goes on from the one before it.
 * @throws AutodidactError `DATA` when the data are not those of the run, `CHECKPOINT` without a checkpoint that can be read, `IO`
 *   when another process writes to the run
 */
export function resume(
  path: string,
  definition: MethodDefinition,
  dataset: Dataset,
  watcher: Watcher = {},
): Job<RunEvent, TrainResult> {
  return startJob(async (emit) => {
    const folder = RunFolder.open(path);
    folder.lock();
    let run: Run;
    try {
      const config = folder.readConfig();
      if (dataset.fingerprint !== config.data.fingerprint)
        throw new AutodidactError(
          'DATA',
          `The data at ${config.data.spec} have changed since the run at ${path} began`,
          {
            remedy: 'Bring back the same files, or start a new run.',
          },
        );
      const device = selectDevice(config.training.device);
      // The same number of threads gives the same sums, bit for bit.
      if (device === 'cpu' && process.env.AUTODIDACT_THREADS === undefined) threads(config.machine.threads);
      run = new Run(folder, config, definition, dataset, device, watched(watcher, emit));
    } catch (error) {
      folder.unlock();
      throw error;
    }
    return run.run();
  });
}

function watched(watcher: Watcher, emit: (event: RunEvent) => void): Watcher {
  return {
    ...watcher,
    onEvent(event) {
      emit(event);
      watcher.onEvent?.(event);
    },
  };
}

function configOf(
  { dataset, source, definition, options, training, plan, init }: TrainRequest,
  device: Device,
): RunConfig {
  return {
    format: 2,
    method: definition.name,
    options,
    training,
    ...(plan === undefined ? {} : { plan }),
    ...(init === undefined ? {} : { init }),
    data: {
      ...source,
      samples: dataset.spec,
      count: dataset.count,
      name: dataset.name,
      fingerprint: dataset.fingerprint,
      skipped: dataset.skipped.length,
    },
    versions: versions(),
    machine: machineOf(device),
    createdAt: new Date().toISOString(),
  };
}
