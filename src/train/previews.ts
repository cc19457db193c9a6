import { type Dataset, samplesTo } from '../data/index.js';
import { type Device, Generator, keep, noGrad, randomState, scope, setRandomState } from '../engine/index.js';
import type { Method, Preview } from '../methods/method.js';
import { previewData } from './preview-data.js';
import { writePreviews } from './preview-files.js';
import type { RunFolder } from './run-folder.js';

const SEED = 20_180_321;
const GOLDEN_RATIO = (1 + Math.sqrt(5)) / 2;

/**
 * What the method shows of its task on fixed samples. Leaves the training's random numbers and the networks' modes as they were; the
 * tiles' tensors are kept and belong to the caller.
 */
export function previewOf(method: Method, dataset: Dataset, device: Device): Preview[] {
  const count = Math.min(method.previewSamples, dataset.count);
  // Spread over the data, at uneven distances: classes that come in turn would show only some of them otherwise. Neighbors are at least
  // (stride - 1) / GOLDEN_RATIO + 1 apart, so that no sample is shown twice.
  const stride = dataset.count / count;
  const indices = Array.from({ length: count }, (_, i) =>
    Math.floor(i * stride + ((i * GOLDEN_RATIO) % 1) * (stride - 1)),
  );
  const random = new Map([...new Set<Device>(['cpu', device])].map((name) => [name, randomState(name)]));
  const modes = method.modules().map(([, module]) => [module, module.isTraining] as const);
  try {
    return scope(() =>
      noGrad(() => {
        const samples = samplesTo(dataset.collate(indices), device) as never;
        const previews = method.eval().preview({ samples, indices }, new Generator(SEED, device));
        for (const tile of previews.flatMap(({ rows }) => rows.flat())) if (tile.image) keep(tile.image);
        return previews;
      }),
    );
  } finally {
    for (const [module, isTraining] of modes) module.isTraining = isTraining;
    for (const [name, state] of random) {
      setRandomState(state, name);
      state.dispose();
    }
  }
}

/** Writes what the method shows of its task at this step into the run folder. Returns the names of the JSON files in `previews`. */
export async function showPretext(
  folder: RunFolder,
  method: Method,
  dataset: Dataset,
  device: Device,
  step: number,
): Promise<string[]> {
  const live = previewOf(method, dataset, device);
  try {
    return [await writePreviews(folder, { step, isTrained: step > 0, previews: live.map(previewData) })];
  } finally {
    for (const { image } of live.flatMap(({ rows }) => rows.flat())) image?.dispose();
  }
}
