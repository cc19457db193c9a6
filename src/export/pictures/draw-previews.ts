import { AutodidactError } from '../../errors.js';
import { writeAtomically } from '../../files.js';
import { mapPictures } from '../../train/preview-data.js';
import { readPicture, readStepPreviews, stepName } from '../../train/preview-files.js';
import { RunFolder } from '../../train/run-folder.js';
import { drawSheet } from './sheet.js';

/**
 * Draws the previews of one step of a run as one picture, previews/step-N.png beside the JSON. Returns its path.
 * @throws AutodidactError `NOT_FOUND` when there are no previews of this step, `DATA` when a picture is damaged, `IO`
 */
export async function drawPreviews(run: string, step: number): Promise<string> {
  const folder = RunFolder.open(run);
  const saved = readStepPreviews(folder, step);
  if (saved === null)
    throw new AutodidactError(
      'NOT_FOUND',
      `Expected previews of step ${step} in ${folder.file('previews')}, found none`,
    );
  const previews = await mapPictures(saved.previews, async (picture) => (await readPicture(folder, picture)).pixels);
  const path = folder.file('previews', `${stepName(step)}.png`);
  writeAtomically(path, await drawSheet({ ...saved, previews }));
  return path;
}
