import type { PreviewData, TileData } from '../../train/preview-data.js';
import { type PictureFile, readPreviews, type SavedPreviews } from '../../train/preview-files.js';
import type { RunFolder } from '../../train/run-folder.js';
import { describeTile, scoreOf, stageOf } from '../pictures/words.js';
import { type Html, html } from './html.js';
import { isExact, pictureOf } from './thumbnails.js';

type Saved = PreviewData<PictureFile>;

/** What the network answered at one step. */
interface Stage {
  when: string;
  preview: Saved;
}

/** A sheet of an earlier version is one large picture with text in it, and needs its width. */
const SHEET = 640;
/** Pictures wider than this times their height, such as waveforms, are given more room. */
const WIDE = 1.6;

/**
 * The pretext task with the answers of the untrained network beside the newest ones; null when nothing was saved.
 * @param lastStep previews of later steps belong to a branch of the run that was given up
 */
export async function drawPretext(folder: RunFolder, lastStep: number): Promise<Html | null> {
  const damaged: string[] = [];
  const saved = (await readPreviews(folder, (file) => damaged.push(file))).filter(({ step }) => step <= lastStep);
  const notes = damaged.length > 0 && html`<p class="missing">Could not be read: ${damaged.join(', ')}.</p>`;
  if (saved.length === 0) return damaged.length > 0 ? html`${notes}` : null;
  const titles = [...new Set(saved.flatMap(({ previews }) => previews.map(({ title }) => title)))];
  const parts = titles.map(async (title) => {
    const stages = saved.flatMap((step) => stagesOf(step, title));
    const shown = stages.length > 1 ? [stages[0]!, stages.at(-1)!] : stages;
    const figures = await Promise.all(shown.map((stage) => drawStage(folder, stage)));
    const most = Math.max(...shown.map(({ preview }) => mostTiles(preview)));
    return html`<h3>${title}</h3><p>${shown.at(-1)!.preview.explanation}</p><div class="stages" style="--n:${most}">${figures}</div>
`;
  });
  return html`${await Promise.all(parts)}${notes}`;
}

function stagesOf(step: SavedPreviews, title: string): Stage[] {
  return step.previews
    .filter((preview) => preview.title === title)
    .map((preview) => ({ when: stageOf(step), preview }));
}

async function drawStage(folder: RunFolder, { when, preview }: Stage): Promise<Html> {
  const score = scoreOf(preview);
  const rows = preview.rows.filter((row) => row.length > 0);
  const tiles = rows.flat().map(({ shown }) => shown);
  const isText = tiles.some(({ kind }) => kind === 'text');
  const isWide = tiles.some((shown) => shown.kind === 'picture' && shown.width > WIDE * shown.height);
  const drawn = await Promise.all(rows.map((row) => Promise.all(row.map((tile) => drawTile(folder, tile)))));
  return html`<figure class="stage"><figcaption>${when}${score !== null && html`<span>${score}</span>`}</figcaption>
<div class="rows${isText && ' texts'}${isWide && ' wide'}" style="--n:${mostTiles(preview)}">${drawn.map(
    (tiles) => html`<ol class="tiles">${tiles}</ol>
`,
  )}</div></figure>
`;
}

function mostTiles({ rows }: Saved): number {
  return Math.max(1, ...rows.map((row) => row.length));
}

async function drawTile(folder: RunFolder, tile: TileData<PictureFile>): Promise<Html> {
  const { caption, isCorrect, shown } = tile;
  const kind = isCorrect === null ? '' : isCorrect ? 'right' : 'wrong';
  const mark = isCorrect !== null && html`<i aria-hidden="true">${isCorrect ? '✓' : '✗'}</i> `;
  // A picture has it in its alternative text.
  const verdict =
    isCorrect !== null &&
    shown.kind === 'text' &&
    html`<span class="unseen">${isCorrect ? ' (right)' : ' (wrong)'}</span>`;
  const isSheet = shown.kind === 'picture' && shown.width > SHEET;
  const below = (caption !== null || isCorrect !== null) && html`<span>${mark}${caption}${verdict}</span>`;
  return html`<li class="${isSheet ? 'sheet' : kind}">${await drawShown(folder, tile)}${below}</li>`;
}

async function drawShown(folder: RunFolder, tile: TileData<PictureFile>): Promise<Html> {
  const { shown } = tile;
  if (shown.kind === 'text') return html`<p>${shown.text}</p>`;
  const { file, width, height } = shown;
  const source = await pictureOf(folder, shown);
  if (source === null) return html`<p>The picture ${file} could not be read.</p>`;
  return html`<img src="${source}" width="${width}" height="${height}"${isExact(shown) && html` class="pixels"`} alt="${describeTile(tile)}">`;
}
