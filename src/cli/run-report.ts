import type { Dataset } from '../data/index.js';
import type { LoadedRun } from '../train/load.js';
import type { RunFolder } from '../train/run-folder.js';
import { shownPath } from './output.js';
import { Progress } from './progress.js';

/**
 * Writes report.html into a run folder and returns its path, as one would type it from here.
 *
 * @param shown the loaded run and the samples for the map of its features; without them the map made before is shown again
 */
export async function writeRunReport(folder: RunFolder, shown?: { run: LoadedRun; dataset: Dataset }): Promise<string> {
  const [{ writeReport }, { gatherEmbedding, saveEmbedding }] = await Promise.all([
    import('../export/report/report.js'),
    import('../export/report/gather.js'),
  ]);
  if (shown !== undefined) {
    const seen = shown.dataset.seenBy(shown.run.encoder.spec) ?? shown.dataset;
    const progress = new Progress('mapping the features', seen.plural);
    try {
      const onProgress = (done: number, total: number): void => progress.update(done, total);
      saveEmbedding(folder, await gatherEmbedding(shown.run.encoder, seen, { onProgress }));
    } finally {
      progress.stop();
    }
  }
  return shownPath(await writeReport(folder.path));
}
