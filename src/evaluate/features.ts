import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { type Dataset, samplesTo } from '../data/index.js';
import { type Device, noGrad, ops, scope, type Tensor, tensor } from '../engine/index.js';
import type { Module } from '../engine/nn/index.js';
import { AutodidactError, expected } from '../errors.js';
import type { Encoder } from '../methods/method.js';

/** Frozen features and what they belong to. */
export interface LabeledFeatures {
  /** Float (N, D). */
  features: Tensor;
  /** [N], class indices from 0. */
  labels: Int32Array;
}

export interface ExtractOptions {
  /** An intermediate layer of the backbone by name; by default its last features. */
  layer?: string;
  /** Images per forward pass. Default 256. */
  batchSize?: number;
  /** Where the batches and the result go; by default where the backbone's weights are. */
  device?: Device;
  /** Called after every batch with the number of images done so far. */
  onProgress?: (done: number, total: number) => void;
}

/**
 * The backbone's features of every image of a data set, in its order: eval mode, no graph, no augmentation. Yields to the
 * event loop between batches. The modes are restored afterwards, and parameters and buffers are checked to be bit-equal to
 * what they were: the check hashes the weights twice, milliseconds against seconds of forward passes, so it always runs.
 *
 * @returns float32 (N, D)
 * @throws AutodidactError `DATA` without images, `ENGINE` when the forward pass changed the backbone
 */
export async function extractFeatures(
  encoder: Encoder,
  dataset: Pick<Dataset, 'count' | 'collate'>,
  options: ExtractOptions = {},
): Promise<Tensor> {
  const { backbone } = encoder;
  const { layer, batchSize = 256, device = deviceOf(backbone), onProgress } = options;
  const { count } = dataset;
  if (count < 1) throw expected('at least one image', 'dataset', count, { code: 'DATA' });
  if (!(Number.isInteger(batchSize) && batchSize >= 1)) throw expected('a whole number from 1', 'batchSize', batchSize);

  const before = fingerprint(backbone);
  const restoreModes = rememberModes(backbone);
  let features: Tensor | null = null;
  try {
    backbone.eval();
    for (let from = 0; from < count; from += batchSize) {
      const indices = Int32Array.from({ length: Math.min(batchSize, count - from) }, (_, i) => from + i);
      const rows = scope(() =>
        noGrad(() =>
          backbone.features(encoder.prepare(samplesTo(dataset.collate(indices), device) as never), layer).to('float32'),
        ),
      ); // (B, D)
      features ??= ops.empty([count, rows.size(1)], { device });
      const all = features;
      scope(() => void noGrad(() => all.narrow(0, from, indices.length).copy_(rows)));
      rows.dispose();
      onProgress?.(from + indices.length, count);
      await setImmediate();
    }
  } finally {
    restoreModes();
  }
  if (fingerprint(backbone) !== before)
    throw new AutodidactError(
      'ENGINE',
      'The backbone changed while its features were read, so that they are not frozen',
      {
        remedy: 'A forward pass in eval mode must not write to parameters or buffers; look for one that does.',
      },
    );
  return features!;
}

/** SHA-256 over the names, dtypes, shapes and bytes of all parameters and buffers: equal only for bit-equal networks. */
export function fingerprint(module: Module): string {
  const hash = createHash('sha256');
  for (const [name, value] of module.stateDict()) {
    hash.update(`${name} ${value.dtype} ${value.shape.join()}\n`);
    hash.update(value.toBytes());
  }
  return hash.digest('hex');
}

/** The device of a module's first parameter or buffer; the CPU when it has none. */
export function deviceOf(module: Module): Device {
  const [first] = module.stateDict().values();
  return first?.device ?? 'cpu';
}

/** The rows of these images as features of their own. */
export function selectRows({ features, labels }: LabeledFeatures, rows: Int32Array): LabeledFeatures {
  return {
    features: scope(() => noGrad(() => features.indexSelect(0, tensor(rows, { device: features.device })))),
    labels: Int32Array.from(rows, (row) => labels[row]!),
  };
}

function rememberModes(module: Module): () => void {
  const modes = module.modules().map(([, inner]) => [inner, inner.isTraining] as const);
  return () => {
    for (const [inner, isTraining] of modes) inner.isTraining = isTraining;
  };
}
