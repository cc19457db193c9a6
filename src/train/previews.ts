import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { type Dataset, samplesTo } from '../data/index.js';
import { type Device, Generator, keep, noGrad, randomState, scope, setRandomState } from '../engine/index.js';
import { writeAtomically } from '../files.js';
import type { Method, Preview } from '../methods/method.js';
import { renderPreview } from './picture.js';
import type { RunFolder } from './run-folder.js';

/** An entry of previews/previews.json. */
export interface SavedPreview {
  step: number;
  title: string;
  explanation: string;
  file: string;
}

const SEED = 20_180_321;
const GOLDEN_RATIO = (1 + Math.sqrt(5)) / 2;

/**
 * The method's pictures on fixed samples. Leaves the training's random numbers and the networks' mode as they were; the tiles'
 * tensors are kept and belong to the caller.
 */
export function previewOf(method: Method, dataset: Dataset, device: Device): Preview[] {
  const count = Math.min(method.previewSamples, dataset.count);
  // Spread over the data, at uneven distances: classes that come in turn would show only some of them otherwise.
  const indices = Array.from({ length: count }, (_, i) =>
    Math.floor(((i + ((i * GOLDEN_RATIO) % 1)) * dataset.count) / count),
  );
  const before = randomState('cpu');
  const wasTraining = method.isTraining;
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
    method.train(wasTraining);
    setRandomState(before, 'cpu');
    before.dispose();
  }
}

/** Writes the pictures of a step to previews/ and adds them to previews.json. Returns the files' names. */
export async function showPretext(
  folder: RunFolder,
  method: Method,
  dataset: Dataset,
  device: Device,
  step: number,
): Promise<string[]> {
  const listPath = folder.file('previews', 'previews.json');
  const earlier = existsSync(listPath) ? (JSON.parse(readFileSync(listPath, 'utf8')) as SavedPreview[]) : [];
  const saved: SavedPreview[] = [];
  for (const [i, preview] of previewOf(method, dataset, device).entries()) {
    const path = folder.file('previews', `step-${String(step).padStart(9, '0')}-${i}.png`);
    writeAtomically(path, await renderPreview(preview));
    for (const tile of preview.rows.flat()) tile.image?.dispose();
    saved.push({ step, title: preview.title, explanation: preview.explanation, file: basename(path) });
  }
  const list = [...earlier.filter((entry) => entry.step !== step), ...saved].sort((a, b) => a.step - b.step);
  writeAtomically(listPath, `${JSON.stringify(list, null, 2)}\n`);
  return saved.map(({ file }) => file);
}
