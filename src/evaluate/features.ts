import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { checkWeights } from '../backbones/check-weights.js';
import { type Dataset, samplesTo } from '../data/index.js';
import { type Device, noGrad, ops, scope, type Tensor, tensor } from '../engine/index.js';
import type { Module } from '../engine/nn/index.js';
import { AutodidactError, expected } from '../errors.js';
import type { Encoder } from '../methods/method.js';
import { checkStopped } from './inputs.js';
import { type Reading, readingOf, seenFor } from './reading.js';
import type { Task } from './task.js';

/** Frozen features and what they belong to. */
export interface LabeledFeatures {
  /** Float (N, D). */
  features: Tensor;
  /** [N], class indices from 0. */
  labels: Int32Array;
}

export interface ExtractOptions {
  /** An intermediate layer of the backbone by name, or several joined by `+`; by default its last features. */
  layer?: string;
  /** Samples per forward pass. Default 256. */
  batchSize?: number;
  /** Where the batches and the result go; by default where the backbone's weights are. */
  device?: Device;
  /** Called after every batch with the number of samples done so far. */
  onProgress?: (done: number, total: number) => void;
  /** Stops between two batches. */
  signal?: AbortSignal;
}

/**
 * The backbone's features of every sample of a data set, in its order: eval mode, no graph, no augmentation. Yields to the
 * event loop between batches. The modes are restored afterwards, and parameters and buffers are checked to be bit-equal to
 * what they were: the check hashes the weights twice, milliseconds against seconds of forward passes, so it always runs.
 *
 * @returns float32 (N, D)
 * @throws AutodidactError `DATA` without samples, or when they are not what the encoder takes; `CHECKPOINT` when a weight is not
 *   finite, `DIVERGED` when a feature is not; `ENGINE` when the forward pass changed the backbone; `INTERRUPTED` on `signal`
 */
export function extractFeatures(encoder: Encoder, dataset: Dataset, options: ExtractOptions = {}): Promise<Tensor> {
  return extractFor({ name: 'features', reads: 'vector' }, encoder, dataset, options);
}

/**
 * As `extractFeatures`, the map of a layer: float32 (N, C, h, w).
 * @throws AutodidactError also `USAGE` for a layer whose map has a single place or none
 */
export function extractMaps(encoder: Encoder, dataset: Dataset, options: ExtractOptions = {}): Promise<Tensor> {
  return extractFor({ name: 'maps', reads: 'map' }, encoder, dataset, options);
}

/** As `extractFeatures`, what a task reads: float32 (N, D) or (N, D, h, w). */
export function extractFor(
  task: Pick<Task, 'reads' | 'name'>,
  encoder: Encoder,
  dataset: Dataset,
  options: ExtractOptions = {},
): Promise<Tensor> {
  return extract(encoder, dataset, { task, read: readingOf(task) }, options);
}

async function extract(
  encoder: Encoder,
  dataset: Dataset,
  { task, read }: { task: Pick<Task, 'reads' | 'name'>; read: Reading },
  { layer, batchSize = 256, device = deviceOf(encoder.backbone), onProgress, signal }: ExtractOptions,
): Promise<Tensor> {
  const { backbone } = encoder;
  const { count } = dataset;
  if (count < 1) throw expected(`at least one of the ${dataset.plural}`, 'dataset', count, { code: 'DATA' });
  if (!(Number.isInteger(batchSize) && batchSize >= 1)) throw expected('a whole number from 1', 'batchSize', batchSize);
  const seen = seenFor(task, encoder, dataset);
  checkWeights(backbone);

  const before = fingerprint(backbone);
  const restoreModes = rememberModes(backbone);
  let features: Tensor | null = null;
  try {
    backbone.eval();
    for (let from = 0; from < seen.count; from += batchSize) {
      checkStopped(signal);
      const indices = Int32Array.from({ length: Math.min(batchSize, seen.count - from) }, (_, i) => from + i);
      const rows = scope(() =>
        noGrad(() => read(encoder, samplesTo(seen.collate(indices), device), layer).to('float32')),
      ); // (B, ...)
      features ??= ops.empty([seen.count, ...rows.shape.slice(1)], { device });
      const all = features;
      scope(() => void noGrad(() => all.narrow(0, from, indices.length).copy_(rows)));
      rows.dispose();
      onProgress?.(from + indices.length, seen.count);
      await setImmediate();
    }
    if (fingerprint(backbone) !== before)
      throw new AutodidactError(
        'ENGINE',
        'The backbone changed while its features were read, so that they are not frozen',
        {
          remedy: 'A forward pass in eval mode must not write to parameters or buffers; look for one that does.',
        },
      );
    const bad = firstInfinite(features!);
    if (bad !== null)
      throw new AutodidactError('DIVERGED', `The features of ${seen.ids[bad]} are not finite`, {
        remedy: 'The weights are; look for a number in the sample that is not, or one too large for the network.',
      });
    return features!;
  } catch (error) {
    features?.dispose();
    throw error;
  } finally {
    restoreModes();
  }
}

/** @throws AutodidactError `DATA` for a row with NaN or infinity */
export function checkFeatures(features: Tensor, name: string): void {
  const row = firstInfinite(features);
  if (row !== null) throw expected('finite features', name, `NaN or infinity in row ${row}`, { code: 'DATA' });
}

/** @throws AutodidactError `SHAPE` for another number of labels than rows, `DATA` for a label that is no class */
export function checkLabels({ features, labels }: LabeledFeatures, name: string, classes: number): void {
  const count = features.size(0);
  if (labels.length !== count) throw expected(`${count} labels`, name, labels.length, { code: 'SHAPE' });
  const wrong = labels.findIndex((label) => !(Number.isInteger(label) && label >= 0 && label < classes));
  if (wrong < 0) return;
  throw expected(`labels from 0 to ${classes - 1}`, `${name}, row ${wrong}`, labels[wrong], {
    code: 'DATA',
    remedy: 'Leave out rows without a label.',
  });
}

/** Position along the first dimension of the first NaN or infinity; null when all is finite. */
function firstInfinite(values: Tensor): number | null {
  return scope(() => {
    const finite = values.detach().isfinite();
    if (finite.all().item()) return null;
    const bad = finite.logicalNot().reshape([values.ndim === 0 ? 1 : values.size(0), -1]);
    return bad
      .sum(1)
      .toNumbers()
      .findIndex((count) => count > 0);
  });
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

/** The rows of these samples as features of their own. */
export function selectRows({ features, labels }: LabeledFeatures, rows: Int32Array): LabeledFeatures {
  return { features: rowsAt(features, rows), labels: Int32Array.from(rows, (row) => labels[row]!) };
}

/** The rows (R, ...) at these positions. */
export function rowsAt(features: Tensor, rows: Int32Array): Tensor {
  return scope(() => noGrad(() => features.indexSelect(0, tensor(rows, { device: features.device }))));
}

function rememberModes(module: Module): () => void {
  const modes = module.modules().map(([, inner]) => [inner, inner.isTraining] as const);
  return () => {
    for (const [inner, isTraining] of modes) inner.isTraining = isTraining;
  };
}
