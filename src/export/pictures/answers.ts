import sharp, { type Sharp } from 'sharp';
import { VOC_PALETTE } from '../../data/mask-file.js';
import { scope } from '../../engine/index.js';
import type { MarkedBox, Marks } from '../../evaluate/marks.js';
import type { EvaluationExamples } from '../../evaluate/measuring.js';
import { percent } from '../../format.js';
import { modalityOf } from '../../modalities/registry.js';
import { type Pixels, toPixels } from '../../train/pixels.js';
import type { PreviewData, TileData } from '../../train/preview-data.js';
import { overlay, visibleColor } from '../propagated/overlay.js';
import { SMALLEST_TILE } from './layout.js';
import { measure, outline, type TextStyle } from './outline.js';
import { enlarge } from './resize.js';
import { drawTiles } from './sheet.js';

/** Side from which on boxes with names can be read. */
const SIDE = 256;
const NAME = { size: 17, isBold: true } as const;
const LEGEND: TextStyle = { size: 23, color: '#0f172a' };
const STROKE = 3;
/** Color of an object's class; PASCAL VOC's first color is that of the ground. */
const colorOf = (object: number): string => `rgb(${visibleColor(object + 1, VOC_PALETTE).join()})`;

/**
 * Answers to test samples beside the truth, as a PNG contact sheet: rows of sample, truth and answer, the best, typical and the worst.
 * @param title such as "Detection, fine-tuned"
 */
export async function drawAnswers(title: string, { data, classes, examples }: EvaluationExamples): Promise<Buffer> {
  const rows: TileData<Pixels>[][] = [];
  for (const { position, rank, caption, truth, answer } of examples) {
    const picture = scope(() => {
      const shown = modalityOf(data.spec).show(data.collate([position]) as never, 0, data.spec);
      return shown.kind === 'picture' ? toPixels(shown.image) : null;
    });
    if (picture === null) continue;
    rows.push([
      tileOf(enlarge(picture, SIDE), `${rank}: ${data.ids[position]}`),
      tileOf(await marked(picture, truth, classes), 'truth'),
      tileOf(await marked(picture, answer, classes), caption),
    ]);
  }
  const isMask = examples.some(({ truth }) => truth.kind === 'mask');
  if (isMask) rows.push(...(await legend(classes)));
  const preview: PreviewData<Pixels> = {
    title,
    explanation: `Each row: a test sample, what is there, and what the encoder with its head answers; the best, typical and the worst of some. ${isMask ? 'Colors are classes.' : 'Numbers are probabilities.'}`,
    ...{ chance: null, right: null, rows },
  };
  return drawTiles(preview);
}

const tileOf = (picture: Pixels, caption: string): TileData<Pixels> => ({
  ...{ caption, isCorrect: null, shown: { kind: 'picture', ...picture } },
});

function marked(picture: Pixels, marks: Marks, classes: readonly string[]): Promise<Pixels> {
  return marks.kind === 'boxes' ? withBoxes(picture, marks.boxes, classes) : Promise.resolve(withMask(picture, marks));
}

/** The mask over the enlarged picture, so that outlines are thin. */
function withMask(picture: Pixels, { height, width, pixels }: Marks & { kind: 'mask' }): Pixels {
  return overlay(enlarge(picture, SIDE), { height, width, data: pixels }, VOC_PALETTE);
}

async function withBoxes(picture: Pixels, boxes: readonly MarkedBox[], classes: readonly string[]): Promise<Pixels> {
  const large = enlarge(picture, SIDE);
  const { width, height, data } = large;
  const scale = width / picture.width;
  // The surest on top.
  const drawn = [...boxes]
    .sort((a, b) => (a.score ?? 1) - (b.score ?? 1))
    .map(({ box, class: label, score }) => {
      const color = colorOf(label);
      const [left, top] = [box.left * scale, box.top * scale];
      const name = `${classes[label]}${score === null ? '' : ` ${percent(score)}`}`;
      const room = measure(name, NAME) + 6;
      const x = Math.max(0, Math.min(left, width - room));
      const line = NAME.size + 4;
      // Above the box where there is room.
      const y = top >= line ? top - line : Math.max(0, top);
      const text = outline(name, x + 3, y + NAME.size, { ...NAME, color: '#fff' });
      return (
        `<rect x="${left}" y="${top}" width="${box.width * scale}" height="${box.height * scale}" fill="none" stroke="${color}" stroke-width="${STROKE}"/>` +
        `<rect x="${x}" y="${y}" width="${room}" height="${line}" fill="${color}"/>${text}`
      );
    });
  return rendered(sharp(data, { raw: { width, height, channels: 3 } }), drawn.join(''), width, height);
}

/** Classes in one list: a longer one would be made smaller than can be read. */
const LISTED = 12;
/** Lists side by side, as many as there are pictures of a sample. */
const COLUMNS = 3;

/** Rows of lists of the classes with their colors, all but the ground. */
async function legend(classes: readonly string[]): Promise<TileData<Pixels>[][]> {
  const rows: TileData<Pixels>[][] = [];
  for (let from = 1, i = 0; from < classes.length; from += LISTED, i++) {
    if (i % COLUMNS === 0) rows.push([]);
    rows.at(-1)!.push(tileOf(await list(classes.slice(from, from + LISTED), from - 1), 'classes'));
  }
  return rows;
}

/** A list of classes with their colors. @param first number of the first one among the objects */
function list(classes: readonly string[], first: number): Promise<Pixels> {
  const line = 34;
  const width = Math.ceil(Math.max(SMALLEST_TILE, ...classes.map((name) => measure(name, LEGEND) + 60)));
  const height = Math.max(SMALLEST_TILE, classes.length * line + 16);
  const entries = classes.map((name, c) => {
    const top = 8 + c * line;
    return `<rect x="12" y="${top + 3}" width="28" height="28" fill="${colorOf(first + c)}"/>${outline(name, 52, top + 25, LEGEND)}`;
  });
  const paper = sharp({ create: { width, height, channels: 3, background: '#fff' } });
  return rendered(paper, entries.join(''), width, height);
}

async function rendered(picture: Sharp, svg: string, width: number, height: number): Promise<Pixels> {
  const input = Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${svg}</svg>`);
  const data = await picture
    .composite([{ input, left: 0, top: 0 }])
    .removeAlpha()
    .raw()
    .toBuffer();
  return { width, height, data };
}
