import type { Dataset } from '../data/index.js';
import type { LoadedRun } from '../train/load.js';
import type { RunFolder } from '../train/run-folder.js';
import { shownPath } from './output.js';
import { Progress } from './progress.js';

/**
 * Writes report.html into a run folder and returns its path, as one would type it from here.
 *
 * @param shown the loaded run, and the data for the neighbors and the map of its features. They are gathered unless those that the run
 *   has are of the same encoder and of more samples; without data, or where data cannot be shown, what was gathered before stays
 */
export async function writeRunReport(folder: RunFolder, shown?: { run: LoadedRun; dataset: Dataset }): Promise<string> {
  const [{ writeReport }, { refreshEmbedding }] = await Promise.all([
    import('../export/report/report.js'),
    import('../export/report/embedding-file.js'),
  ]);
  const seen = shown?.dataset.seenBy(shown.run.encoder.spec) ?? null;
  if (shown !== undefined && seen !== null) {
    const { encoder, step } = shown.run;
    const progress = new Progress('mapping the features', seen.plural);
    try {
      const onProgress = (done: number, total: number): void => progress.update(done, total);
      await refreshEmbedding(folder, encoder, seen, { step, onProgress });
    } finally {
      progress.stop();
    }
  }
  return shownPath(await writeReport(folder.path));
}
