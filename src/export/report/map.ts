import { formatCount } from './format.js';
import type { Embedding } from './gather.js';
import { Html, html, jsonScript } from './html.js';
import { DARK_THEME, distinctColors, LIGHT_THEME } from './palette.js';
import { isExact } from './thumbnails.js';

export type MapData = Pick<Embedding, 'ids' | 'points' | 'labels' | 'classes' | 'sprite'>;

// The drawing's own units.
const WIDTH = 1000;
const LEAST_HEIGHT = 520;
const MOST_HEIGHT = 700;
const MARGIN = 24;

/**
 * A scatter of the points colored by class, with a legend, and the data for the page's script to show what is behind a point.
 * @param plural what the points stand for: "images"
 */
export function drawMap(map: MapData, plural: string): Html {
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
  const slots = new Map(used.map((c, slot) => [c, slot]));
  const classOf = (i: number): string => (labels === null ? 'k' : `k k${slots.get(labels[i]!) ?? 'none'}`);
  const dots = points.map((point, i) => `<circle ${at(point)} class="${classOf(i)}"/>`).join('');
  const counts = used.map((c) => labels!.filter((label) => label === c).length);
  const unlabeled = labels === null ? 0 : labels.filter((label) => label < 0).length;
  const colored = used.length > 0 ? `, colored by ${used.length} classes` : '';
  const description = `${formatCount(points.length)} ${plural} as points${colored}; those that the encoder finds alike lie close together.`;

  return html`${used.length > 0 && new Html(`<style>${colorsOf(used.length)}</style>`)}
<figure class="map">
<div class="canvas"><svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${description}">
<g class="dots">${new Html(dots)}</g><circle class="ring" r="9" visibility="hidden"/></svg>
<div class="tip" hidden>${
    !Array.isArray(sprite) &&
    html`<div class="thumb${isExact(sprite) && ' pixels'}" style="background-image:url(${sprite.image})"></div>`
  }<p></p></div></div>
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
  ...(Array.isArray(sprite)
    ? { texts: sprite }
    : { sprite: { columns: sprite.columns, rows: sprite.rows, width: sprite.width, height: sprite.height } }),
})}`;
}

/** A rule per class and theme. */
function colorsOf(count: number): string {
  const rules = (theme: typeof LIGHT_THEME): string =>
    distinctColors(count, theme)
      .map((color, slot) => `.k${slot}{--own:${color}}`)
      .join('');
  return `${rules(LIGHT_THEME)}@media (prefers-color-scheme:dark){${rules(DARK_THEME)}}`;
}

const tenth = (value: number): number => Math.round(value * 10) / 10;
