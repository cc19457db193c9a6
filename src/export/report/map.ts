import { formatCount } from './format.js';
import { Html, html, jsonScript } from './html.js';

/** Thumbnails of equal size in one picture, row by row. */
export interface Sprite {
  /** The picture as a data URI. */
  image: string;
  columns: number;
  rows: number;
  /** Size of one thumbnail in pixels. */
  width: number;
  height: number;
}

export interface MapData {
  /** [N] names. */
  ids: readonly string[];
  /** [N] positions in the unit square. */
  points: readonly (readonly [number, number])[];
  /** [N] index into `classes`, -1 without a label; null when nothing is labeled. */
  labels: readonly number[] | null;
  classes: readonly string[] | null;
  sprite: Sprite;
}

/** Up to so many classes have colors that were chosen to be told apart; more share the color circle. */
const CHOSEN_COLORS = 10;
/** The turn of the color circle, in degrees, that keeps any number of hues apart. */
const GOLDEN_ANGLE = 137.508;
// The drawing's own units.
const WIDTH = 1000;
const LEAST_HEIGHT = 520;
const MOST_HEIGHT = 700;
const MARGIN = 24;

/** A scatter of the points colored by class, with a legend, and the data for the page's script to show thumbnails. */
export function drawMap(map: MapData): Html {
  const { points, labels, classes, sprite, ids } = map;
  const furthest = (axis: 0 | 1): number => points.reduce((most, point) => Math.max(most, point[axis]), 0);
  // A map may be turned as one likes; the wide side lies down.
  const [across, down] = furthest(0) >= furthest(1) ? ([0, 1] as const) : ([1, 0] as const);
  const [width, depth] = [furthest(across) || 1, furthest(down)];
  const scale = Math.min((WIDTH - 2 * MARGIN) / width, (MOST_HEIGHT - 2 * MARGIN) / (depth || 1));
  const height = Math.max(LEAST_HEIGHT, Math.round(depth * scale) + 2 * MARGIN);
  const [left, top] = [(WIDTH - furthest(across) * scale) / 2, (height - depth * scale) / 2];
  const at = (point: readonly [number, number]): string =>
    `cx="${tenth(left + point[across] * scale)}" cy="${tenth(top + point[down] * scale)}"`;

  const used = classes === null || labels === null ? [] : [...classes.keys()].filter((c) => labels.includes(c));
  const isChosen = used.length <= CHOSEN_COLORS;
  const slots = new Map(used.map((c, slot) => [c, slot]));
  const classOf = (i: number): string => (labels === null ? 'k' : `k k${slots.get(labels[i]!) ?? 'none'}`);
  const dots = points.map((point, i) => `<circle ${at(point)} class="${classOf(i)}"/>`).join('');
  const counts = used.map((c) => labels!.filter((label) => label === c).length);
  const unlabeled = labels === null ? 0 : labels.filter((label) => label < 0).length;
  const description = `${formatCount(points.length)} images as points${used.length > 0 ? `, colored by ${used.length} classes` : ''}; images that the encoder finds alike lie close together.`;

  return html`${!isChosen && new Html(`<style>${hues(used.length)}</style>`)}
<figure class="map">
<div class="canvas"><svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${description}">
<g class="dots">${new Html(dots)}</g><circle class="ring" r="9" visibility="hidden"/></svg>
<div class="tip" hidden><div class="thumb${isSmall(sprite) && ' pixels'}" style="background-image:url(${sprite.image})"></div><p></p></div></div>
${
  used.length > 0 &&
  html`<ul class="legend" aria-label="Classes">${used.map(
    (c, slot) =>
      html`<li><button type="button" class="k k${slot}" aria-pressed="false" data-slot="${slot}"><i></i>${classes![c]} <span>${formatCount(counts[slot]!)}</span></button></li>`,
  )}${unlabeled > 0 && html`<li class="unlabeled k knone"><i></i>without a label <span>${formatCount(unlabeled)}</span></li>`}</ul>`
}
</figure>
${jsonScript('map-data', {
  ids,
  names: labels === null || classes === null ? null : labels.map((label) => classes[label] ?? ''),
  columns: sprite.columns,
  rows: sprite.rows,
  width: sprite.width,
  height: sprite.height,
})}`;
}

/** Whether the images are small enough to be shown pixel by pixel. */
export function isSmall({ width, height }: Sprite): boolean {
  return Math.max(width, height) < 48;
}

function hues(count: number): string {
  const rules = Array.from({ length: count }, (_, slot) => {
    const hue = Math.round((slot * GOLDEN_ANGLE) % 360);
    const shift = slot % 2 === 0 ? 0 : 0.12;
    return `.k${slot}{--own:oklch(calc(var(--map-lightness) - ${shift}) 0.15 ${hue})}`;
  });
  return rules.join('');
}

const tenth = (value: number): number => Math.round(value * 10) / 10;
