import { type Device, selectDevice } from '../engine/index.js';
import { AutodidactError } from '../errors.js';
import type { Encoder, Method, MethodDefinition } from '../methods/method.js';
import { findMethod, parseMethodOptions } from '../methods/registry.js';
import { modalityOf } from '../modalities/registry.js';
import { buildEncoder, buildMethod } from './build.js';
import { damageWarnings, readAssets, readCheckpoint, readNewestCheckpoint } from './checkpoint.js';
import type { RunConfig } from './run-config.js';
import { RunFolder } from './run-folder.js';

/** A finished or stopped run, ready for use. */
export interface LoadedRun {
  folder: RunFolder;
  config: RunConfig;
  definition: MethodDefinition;
  /** In eval mode, with the weights of the checkpoint. */
  method: Method;
  /** The network that survives, with its preparation of samples. */
  encoder: Encoder;
  device: Device;
  /** The checkpoint's step. */
  step: number;
  /** Files of its data and its model; `openRunData` reads other data with them. */
  assets: ReadonlyMap<string, Uint8Array>;
  /** Sentences about newer checkpoints that are damaged; empty when there are none. */
  warnings: readonly string[];
  /**
   * The same encoder untrained, with the initialization of this seed.
   * @param isOrdinary whether it starts as its architecture does, without what the method asks of the initialization
   */
  makeFresh(seed: number, isOrdinary?: boolean): Encoder;
}

/**
 * Opens a run folder and loads its newest checkpoint that is not damaged, or the one that is named.
 * @throws AutodidactError `NOT_FOUND` without a run or a checkpoint, `CHECKPOINT` when it, or every one, is damaged or does not fit
 */
export function loadRun(path: string, options: { checkpoint?: string; device?: string } = {}): LoadedRun {
  const folder = RunFolder.open(path);
  const config = folder.readConfig();
  const definition = findMethod(config.method);
  const methodOptions = parseMethodOptions(definition, config.options, false);
  const device = selectDevice(options.device ?? 'auto');
  const assets = readAssets(folder);
  const { samples: spec, count } = config.data;
  modalityOf(spec).checkAssets?.(spec, assets);
  const found =
    options.checkpoint === undefined
      ? readNewestCheckpoint(folder, definition.name)
      : { path: options.checkpoint, checkpoint: readCheckpoint(options.checkpoint, definition.name), damaged: [] };
  if (found === undefined)
    throw new AutodidactError('NOT_FOUND', `Expected a checkpoint in ${folder.file('checkpoints')}, found none`, {
      remedy: 'Let the run finish at least one epoch, or continue it with --resume.',
    });
  const { checkpoint } = found;
  const { seed } = config.training;
  const method = buildMethod(definition, methodOptions, config.training, { spec, count }, { seed, device, assets });
  method.loadStateDict(checkpoint.method);
  for (const tensors of [checkpoint.method, checkpoint.rest, ...checkpoint.optimizers.values()])
    for (const value of tensors.values()) value.dispose();
  return {
    folder,
    config,
    definition,
    method: method.eval(),
    encoder: method.encoder,
    device,
    step: checkpoint.position.step,
    assets,
    warnings: damageWarnings(found),
    makeFresh: (freshSeed, isOrdinary) =>
      buildEncoder(definition, methodOptions, config.training, spec, { seed: freshSeed, device, assets, isOrdinary }),
  };
}
