import type { Dataset } from '../data/index.js';
import type { Tensor } from '../engine/index.js';
import type { Encoder } from '../methods/method.js';
import { type ExtractOptions, extractFor, rowsAt } from './features.js';
import type { Cell, Setting } from './setting.js';
import { type Frozen, pick } from './task.js';

/** What protocols on frozen features read of one encoder. */
export interface FrozenFeatures {
  /** The features, targets and owners of these training samples. */
  select(positions: Int32Array): Frozen;
  /** (R, ...) */
  reference: Tensor;
  test: Frozen;
  dispose(): void;
}

interface Options extends Pick<ExtractOptions, 'layer' | 'batchSize' | 'signal'> {
  onProgress(work: 'training features' | 'test features', done: number, total: number): void;
}

/** Features of the test samples, and of those training samples that these cells or the reference need. */
export async function extractFrozen(
  { task, train, test, reference }: Setting,
  network: Encoder,
  cells: readonly Cell[],
  { onProgress, ...options }: Options,
): Promise<FrozenFeatures> {
  const read = (data: Dataset, work: 'training features' | 'test features') =>
    extractFor(task, network, data, { ...options, onProgress: (done, total) => onProgress(work, done, total) });
  const positions = union([reference, ...cells.map(({ chosen }) => chosen)]);
  const rowOf = new Map(Array.from(positions, (position, row) => [position, row]));
  const pool = await read(train.data.subset(positions), 'training features');
  const rowsOf = (chosen: Int32Array) =>
    rowsAt(
      pool,
      chosen.map((position) => rowOf.get(position)!),
    );
  const { owners } = train.data;
  const held: Tensor[] = [pool];
  const dispose = () => {
    for (const features of held) features.dispose();
  };
  try {
    held.push(rowsOf(reference));
    held.push(await read(test.data, 'test features'));
  } catch (error) {
    dispose();
    throw error;
  }
  return {
    select: (chosen) => ({
      features: rowsOf(chosen),
      targets: pick(train.targets, chosen),
      owners: Array.from(chosen, (position) => owners[position]!),
    }),
    reference: held[1]!,
    test: { features: held[2]!, targets: test.targets },
    dispose,
  };
}

function union(parts: readonly Int32Array[]): Int32Array {
  return Int32Array.from(new Set(parts.flatMap((part) => [...part]))).sort();
}
