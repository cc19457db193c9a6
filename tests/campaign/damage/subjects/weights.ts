/** Files of weights that a run may start from: another run, an encoder, the file of another program. */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { noGrad, type Tensor, tensor } from '../../../../src/engine/index.js';
import { readSafetensors, writeSafetensors } from '../../../../src/engine/safetensors.js';
import { buildEncoder } from '../../../../src/train/build.js';
import { loadRun } from '../../../../src/train/load.js';
import { applyWeights, describeMatch, matchWeights, readStartWeights } from '../../../../src/train/start-weights.js';
import { demand, digestOf, type Reading, type Subject } from '../subject.js';
import { copyRun, definition, tinyRuns } from '../tiny-run.js';

function dispose(tensors: ReadonlyMap<string, Tensor>): void {
  for (const value of tensors.values()) value.dispose();
}

/** The backbone as `--init` lets it start. */
async function start(path: string): Promise<Reading> {
  const { dataset } = await tinyRuns();
  const training = { backbone: 'resnet18', width: 2 };
  const weights = readStartWeights(path);
  const { backbone } = buildEncoder(definition, {}, training, dataset.spec, { seed: 0, device: 'cpu' });
  try {
    const match = matchWeights(backbone, weights);
    const sentence = describeMatch(match, 'the file');
    demand(sentence.length < 2000, `a sentence of ${sentence.length} characters`);
    noGrad(() => applyWeights(backbone, weights, match));
    const values = [...backbone.stateDict()].flatMap(([key, value]) => [key, value.toBytes()]);
    return { digest: digestOf(...values), refused: match.missing.length > 0 ? sentence : null };
  } finally {
    backbone.dispose();
    dispose(weights);
  }
}

async function tensors(path: string): Promise<Reading> {
  const { tensors: read, metadata } = readSafetensors(path);
  const values = [...read].flatMap(([key, value]) => [key, value.dtype, value.shape, value.toBytes()]);
  dispose(read);
  return { digest: digestOf(metadata, ...values), refused: null };
}

const FILE = 'weights.safetensors';

export const weightSubjects: readonly Subject[] = [
  {
    name: 'safetensors of all types',
    weight: 4,
    holds: 'plausible',
    async write(folder) {
      const types = ['uint8', 'int8', 'int16', 'int32', 'int64', 'float16', 'float32', 'float64', 'bool', 'bfloat16'];
      const made = types.map((type, i): [string, Tensor] => [
        `${type}.weight`,
        tensor([...Array(6 + i).keys()]).to(type as 'uint8'),
      ]);
      writeSafetensors(join(folder, FILE), new Map([...made, ['scalar', tensor(3)], ['0', tensor([[1, 2]])]]), {
        format: 'pt',
        note: '{"a": [1, 2]}',
      });
      dispose(new Map(made));
    },
    read: (folder) => tensors(join(folder, FILE)),
  },
  {
    name: 'weights of another program',
    weight: 2,
    holds: 'plausible',
    async write(folder) {
      const { finished } = await tinyRuns();
      const { method, encoder } = loadRun(finished, { device: 'cpu' });
      const named = new Map([...encoder.backbone.stateDict()].map(([key, value]) => [`module.${key}`, value]));
      writeSafetensors(join(folder, FILE), named);
      method.dispose();
    },
    read: (folder) => start(join(folder, FILE)),
  },
  {
    name: 'encoder of a run',
    weight: 2,
    holds: 'equal',
    async write(folder) {
      const { finished } = await tinyRuns();
      cpSync(join(finished, 'encoder.safetensors'), join(folder, 'encoder.safetensors'));
    },
    read: (folder) => start(join(folder, 'encoder.safetensors')),
  },
  {
    name: 'run to start from',
    weight: 2,
    holds: 'equal',
    mayBeMissing: true,
    damaged: /checkpoints|config\.json|encoder/,
    async write(folder) {
      const { finished } = await tinyRuns();
      copyRun(finished, join(folder, 'run'));
      for (const name of ['previews', 'events.jsonl']) rmSync(join(folder, 'run', name), { recursive: true });
    },
    read: (folder) => start(join(folder, 'run')),
  },
];
