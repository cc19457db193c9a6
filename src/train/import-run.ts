import type { SampleSpec } from '../data/index.js';
import { Generator, noGrad, scope } from '../engine/index.js';
import type { Method, MethodDefinition } from '../methods/method.js';
import { versions } from '../version.js';
import { buildMethod } from './build.js';
import { saveAssets, saveCheckpoint } from './checkpoint.js';
import type { TrainingOptions } from './config.js';
import { originOf, saveEncoder } from './encoder-file.js';
import { EpochMeter } from './epoch-meter.js';
import { machineOf } from './machine.js';
import type { RunConfig } from './run-config.js';
import { RunFolder } from './run-folder.js';

/** A model that was trained by another program, as a run of one of our methods. */
export interface ImportedModel {
  definition: MethodDefinition;
  options: Record<string, unknown>;
  training: TrainingOptions;
  spec: SampleSpec;
  assets: ReadonlyMap<string, Uint8Array>;
  /** What stands for the data, which are not known. */
  name: string;
  asked: RunConfig['data']['asked'];
  fingerprint: string;
  /** Writes the weights into the method. */
  fill(method: Method): void;
}

/** Makes a run at step 0. @throws AutodidactError `IO` when there is a run at this path already, and what `fill` throws */
export function saveImported(
  { definition, options, training, spec, assets, name, asked, fingerprint, fill }: ImportedModel,
  out: string,
): RunFolder {
  const config: RunConfig = {
    ...{ format: 2, method: definition.name, options, training },
    data: {
      ...{ spec: name, split: 'all', limit: null, asked },
      ...{ samples: spec, count: 1, name, skipped: 0, fingerprint },
    },
    ...{ versions: versions(), machine: machineOf('cpu'), createdAt: new Date().toISOString() },
  };
  const method = buildMethod(definition, options, training, { spec, count: 1 }, { seed: 0, device: 'cpu', assets });
  try {
    scope(() => noGrad(() => fill(method)));
    const folder = RunFolder.create(out);
    folder.writeConfig(config);
    saveAssets(folder, assets);
    const position = { step: 0, epoch: 0, batch: 0, stage: 0 };
    const state = {
      method,
      optimizers: new Map(),
      random: new Generator(0),
      position,
      order: null,
      meter: new EpochMeter(),
    };
    saveCheckpoint(folder, definition.name, state, 1);
    saveEncoder(folder.file('encoder.safetensors'), method.encoder, originOf(config, assets));
    folder.unlock();
    return folder;
  } finally {
    method.dispose();
  }
}
