import { formatCount, formatNumber, formatPercent } from './format.js';
import { type Html, html } from './html.js';

/** A curve over the steps of a run. */
export interface Curve {
  title: string;
  /** What the vertical axis measures, where it has a unit. */
  unit?: string;
  /** Steps, ascending. */
  x: readonly number[];
  /** One value per step; what is not finite leaves a gap. */
  y: readonly number[];
  /** `percent` for shares in [0, 1]. */
  format?: 'number' | 'percent';
  /** A value to compare with: a dashed line and its name. */
  reference?: { value: number; label: string };
  /** Draw the smoothed values over the raw ones. */
  isSmoothed?: boolean;
  /** Whether small or large values are good; names the best one below the curve. */
  best?: 'lowest' | 'highest';
}

// The drawing's own units; the page scales it to its column.
const WIDTH = 420;
const HEIGHT = 230;
const LEFT = 50;
const RIGHT = 10;
const TOP = 10;
const BOTTOM = 36;
/** More points than the drawing has columns are thinned to the extremes of each column. */
const MOST_POINTS = 2400;

/** A curve as a figure: SVG with axes, the last and best value, and the data for the page's script to read out. */
export function drawCurve(curve: Curve): Html {
  const kept = thin(curve.y);
  const averages = curve.isSmoothed && curve.y.filter(Number.isFinite).length >= 5 ? smoothed(curve.y) : null;
  const [x, y] = [kept.map((i) => curve.x[i]!), kept.map((i) => curve.y[i]!)];
  const smooth = averages && kept.map((i) => averages[i]!);
  const show = (value: number): string => (curve.format === 'percent' ? formatPercent(value) : formatNumber(value));
  const finite = [...curve.y.keys()].filter((i) => Number.isFinite(curve.y[i]!));
  const heading = html`<b>${curve.title}</b>${curve.unit && html` <span class="unit">${curve.unit}</span>`}`;
  if (finite.length === 0)
    return html`<figure class="curve"><figcaption>${heading}</figcaption><p class="missing">No finite values were recorded.</p></figure>`;

  const range = rangeOf(curve);
  const first = curve.x[finite[0]!]!;
  const last = curve.x[finite.at(-1)!]!;
  const span = last > first ? { low: first, high: last } : { low: first - 1, high: last + 1 };
  const toX = (value: number): number => LEFT + ((value - span.low) / (span.high - span.low)) * (WIDTH - LEFT - RIGHT);
  const toY = (value: number): number =>
    TOP + ((range.high - value) / (range.high - range.low)) * (HEIGHT - TOP - BOTTOM);
  const line = (values: readonly number[], name: string): Html =>
    html`<path class="${name}" d="${pathOf(x, values, toX, toY)}"/>`;

  const summary = summarize(curve, finite, show);
  const id = `clip-${curve.title.replace(/[^A-Za-z0-9]+/g, '-')}`;
  const frame = [LEFT, TOP, WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM, span.low, span.high, range.low, range.high];
  return html`<figure class="curve" tabindex="0" data-frame="${frame.join(' ')}" data-format="${curve.format ?? 'number'}"
 data-x="${x.join(' ')}" data-y="${compact(y)}"${smooth && html` data-smooth="${compact(smooth)}"`}>
<figcaption>${heading} <output></output></figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${curve.title}: ${summary}">
<clipPath id="${id}"><rect x="${LEFT}" y="${TOP - 3}" width="${WIDTH - LEFT - RIGHT + 4}" height="${HEIGHT - TOP - BOTTOM + 6}"/></clipPath>
${axes(span, range, toX, toY, curve.format)}
<g clip-path="url(#${id})">${line(y, smooth ? 'raw' : 'line')}${smooth && line(smooth, 'line')}${
    finite.length === 1 &&
    html`<circle class="only" cx="${px(toX(first))}" cy="${px(toY(curve.y[finite[0]!]!))}" r="3.5"/>`
  }</g>
${curve.reference && drawReference(curve.reference, toY)}
<g class="cursor" visibility="hidden"><line y1="${TOP}" y2="${HEIGHT - BOTTOM}"/><circle r="3.5"/></g>
</svg>
<p class="summary">${summary}</p>
</figure>`;
}

function axes(
  span: Range,
  range: Range,
  toX: (value: number) => number,
  toY: (value: number) => number,
  format: Curve['format'],
): Html {
  const bottom = HEIGHT - BOTTOM;
  const yTicks = ticks(range.low, range.high, 4);
  const step = yTicks.length > 1 ? yTicks[1]! - yTicks[0]! : 1;
  const label = (value: number): string =>
    format === 'percent' ? `${round(100 * value, 100 * step)} %` : tick(value, step);
  const xTicks = ticks(span.low, span.high, 4).filter((value) => Number.isInteger(value) && value >= 0);
  return html`<g class="axes">${yTicks.map(
    (value) =>
      html`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${px(toY(value))}" y2="${px(toY(value))}"/><text x="${LEFT - 6}" y="${px(toY(value) + 4)}" text-anchor="end">${label(value)}</text>`,
  )}<line class="base" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${bottom}" y2="${bottom}"/>${xTicks.map(
    (value) =>
      html`<line class="base" x1="${px(toX(value))}" x2="${px(toX(value))}" y1="${bottom}" y2="${bottom + 4}"/><text x="${px(toX(value))}" y="${bottom + 16}" text-anchor="middle">${formatCount(value)}</text>`,
  )}<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 4}" text-anchor="middle" class="name">optimizer step</text></g>`;
}

function drawReference({ value, label }: { value: number; label: string }, toY: (value: number) => number): Html {
  const y = px(toY(value));
  return html`<g class="reference"><line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}"/><text x="${WIDTH - RIGHT}" y="${px(toY(value) - 5)}" text-anchor="end">${label}</text></g>`;
}

function summarize({ x, y, best }: Curve, finite: readonly number[], show: (value: number) => string): string {
  const end = finite.at(-1)!;
  const gaps = y.length - finite.length;
  const missing = gaps > 0 ? `; ${gaps} of ${y.length} values are not finite` : '';
  if (finite.length === 1) return `${show(y[end]!)} at step ${formatCount(x[end]!)}, the only value${missing}`;
  const start = finite[0]!;
  const ends = `${show(y[start]!)} at step ${formatCount(x[start]!)}, ${show(y[end]!)} at step ${formatCount(x[end]!)}`;
  if (best === undefined) return ends + missing;
  const sign = best === 'lowest' ? 1 : -1;
  const at = finite.reduce((winner, i) => (sign * y[i]! < sign * y[winner]! ? i : winner));
  return `${ends}; ${best} ${show(y[at]!)} at step ${formatCount(x[at]!)}${missing}`;
}

interface Range {
  low: number;
  high: number;
}

/**
 * The values to show: all, unless a few lie further from the middle 98 % than twice their width; then the frame cuts those off.
 * The reference is always shown, and 0 with it.
 */
function rangeOf(curve: Curve): Range {
  const sorted = curve.y.filter(Number.isFinite).sort((a, b) => a - b);
  const cut = Math.floor(sorted.length / 100);
  const [low98, high98] = [sorted[cut]!, sorted.at(-1 - cut)!];
  const shown = [Math.max(sorted[0]!, 3 * low98 - 2 * high98), Math.min(sorted.at(-1)!, 3 * high98 - 2 * low98)];
  if (curve.reference) shown.push(curve.reference.value, 0);
  const [low, high] = [Math.min(...shown), Math.max(...shown)];
  const pad = high > low ? (high - low) * 0.06 : Math.abs(high) * 0.1 || 1;
  const isShare = curve.format === 'percent';
  return {
    low: low >= 0 && low - pad < 0 ? 0 : low - pad,
    high: isShare && high <= 1 ? Math.min(1, high + pad) : high + pad,
  };
}

/**
 * The straight line fitted to the twentieth of the curve around each point, read off at that point: the mean within the curve,
 * without the lag and the jumps that a mean has at the ends. What is not finite stays a gap and counts for nothing.
 */
export function smoothed(values: readonly number[]): number[] {
  const reach = Math.max(2, Math.round(values.length / 40));
  return values.map((value, i) => {
    if (!Number.isFinite(value)) return Number.NaN;
    let [count, place, sum, squares, products] = [0, 0, 0, 0, 0];
    for (let j = Math.max(0, i - reach); j <= Math.min(values.length - 1, i + reach); j++) {
      const near = values[j]!;
      if (!Number.isFinite(near)) continue;
      count++;
      place += j - i;
      sum += near;
      squares += (j - i) ** 2;
      products += (j - i) * near;
    }
    const spread = count * squares - place ** 2;
    return spread > 0 ? (squares * sum - place * products) / spread : value;
  });
}

/** About `count` round numbers from low to high. */
export function ticks(low: number, high: number, count: number): number[] {
  const rough = (high - low) / count;
  if (!(rough > 0) || !Number.isFinite(rough)) return [low];
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * magnitude).find((candidate) => candidate >= rough * 0.999)!;
  const from = Math.ceil(low / step - 1e-9);
  const to = Math.floor(high / step + 1e-9);
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => Number(((from + i) * step).toPrecision(12)));
}

function tick(value: number, step: number): string {
  const size = Math.max(Math.abs(value), step);
  if (value !== 0 && (size >= 1e6 || step < 1e-4))
    return Number(value.toPrecision(3)).toExponential().replace('e+', 'e');
  return round(value, step);
}

/** With as many decimals as the step between ticks needs. */
function round(value: number, step: number): string {
  const decimals = Math.max(0, Math.min(6, Math.ceil(-Math.log10(step) - 1e-9)));
  const needed = Number((step * 10 ** decimals).toPrecision(6)) % 1 === 0 ? decimals : decimals + 1;
  return value.toLocaleString('en', { minimumFractionDigits: needed, maximumFractionDigits: needed });
}

/**
 * Which points to draw: of a long curve, the smallest and the largest finite value of each of as many bins as may be shown, and, as
 * a gap, the first value of the bin that is not finite.
 */
function thin(y: readonly number[]): number[] {
  if (y.length <= MOST_POINTS) return [...y.keys()];
  const bins = MOST_POINTS / 2;
  return Array.from({ length: bins }, (_, bin) => {
    const from = Math.floor((bin * y.length) / bins);
    const to = Math.floor(((bin + 1) * y.length) / bins);
    let [least, most, gap] = [-1, -1, -1];
    for (let i = from; i < to; i++) {
      if (!Number.isFinite(y[i])) {
        if (gap < 0) gap = i;
        continue;
      }
      if (least < 0 || y[i]! < y[least]!) least = i;
      if (most < 0 || y[i]! > y[most]!) most = i;
    }
    return [...new Set([least, most, gap])].filter((i) => i >= 0).sort((i, j) => i - j);
  }).flat();
}

/** One stroke per run of finite values; a single point becomes a dot by its round cap. */
function pathOf(
  x: readonly number[],
  y: readonly number[],
  toX: (value: number) => number,
  toY: (value: number) => number,
): string {
  let path = '';
  let isOpen = false;
  for (const [i, value] of y.entries()) {
    if (!Number.isFinite(value)) {
      isOpen = false;
      continue;
    }
    const at = `${px(toX(x[i]!))} ${px(Math.max(-1e4, Math.min(1e4, toY(value))))}`;
    const isAlone = !isOpen && !Number.isFinite(y[i + 1] ?? Number.NaN);
    path += isOpen ? `L${at}` : `M${at}${isAlone ? 'h0' : ''}`;
    isOpen = true;
  }
  return path;
}

const px = (value: number): number => Math.round(value * 10) / 10;

function compact(values: readonly number[]): string {
  return values.map((value) => (Number.isFinite(value) ? Number(value.toPrecision(5)) : 'NaN')).join(' ');
}
