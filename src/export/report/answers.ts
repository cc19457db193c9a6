import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import type { EvaluationExamples } from '../../evaluate/measuring.js';
import { makeFolders, systemCode, writeAtomically } from '../../files.js';
import type { RunFolder } from '../../train/run-folder.js';
import { drawAnswers } from '../pictures/answers.js';
import { dataUri, type Html, html } from './html.js';

/** Where the sheets lie in a run folder. */
const FOLDER = 'predictions';
const WEBP = { quality: 86, smartSubsample: true };

/**
 * Draws answers of an evaluation into the run folder, as `predictions/<task>-<protocol>.png`; a sheet of the same name is replaced.
 * @returns the path of the picture
 */
export async function writeAnswers(
  folder: RunFolder,
  examples: EvaluationExamples,
  task: string,
  step: number | null,
): Promise<string> {
  const { protocol, labels } = examples;
  const of = step === null ? '' : `, encoder of step ${step.toLocaleString('en')}`;
  const picture = await drawAnswers(`${task}, ${protocol} with ${labels} of the labels${of}`, examples);
  makeFolders(folder.file(FOLDER));
  const file = folder.file(join(FOLDER, `${task}-${protocol}.png`));
  writeAtomically(file, picture);
  return file;
}

/** The sheets of a run folder for a page; null without any. */
export async function drawSavedAnswers(folder: RunFolder): Promise<Html | null> {
  const names = sheetsIn(folder.file(FOLDER));
  if (names.length === 0) return null;
  const figures = names.map(async (name) => {
    const title = name.replace(/\.png$/, '');
    try {
      const { data, info } = await sharp(readFileSync(folder.file(join(FOLDER, name))))
        .webp(WEBP)
        .toBuffer({ resolveWithObject: true });
      return html`<figure class="stage"><img src="${dataUri('image/webp', data)}" width="${info.width}" height="${info.height}" style="height:auto" alt="Samples, what is there, and what is answered: ${title}"></figure>
`;
    } catch {
      return html`<p class="missing">The picture ${name} could not be read.</p>`;
    }
  });
  return html`<h3>What the pretrained encoder answers</h3>${await Promise.all(figures)}`;
}

function sheetsIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.png'))
      .sort();
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}
