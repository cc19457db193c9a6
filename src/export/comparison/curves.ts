import type { CompareResult } from '../../compare/result.js';
import { type Curve, drawCurve, ticks } from '../report/curves.js';
import { formatNumber } from '../report/format.js';
import { type Html, html } from '../report/html.js';
import type { ShownRun } from './shown-run.js';

// The drawing's own units; the page scales it.
const WIDTH = 900;
const LEFT = 250;
const RIGHT = 24;
const ROW = 30;
const TOP = 8;
const BOTTOM = 34;

/** Every block of every competitor as a dot, its mean as a stroke; nothing where there are no scores. */
export function drawScores({ rows, ranking, score }: CompareResult): Html {
  const shown = rows.filter(({ scores }) => scores.length > 0);
  if (score === null || shown.length === 0) return html``;
  const all = shown.flatMap(({ scores }) => scores);
  const [least, most] = [Math.min(...all, ...(score.isShare ? [score.floor] : [])), Math.max(...all)];
  const pad = (most - least || Math.abs(most) || 1) * 0.04;
  const [low, high] = [least - pad, most + pad];
  const toX = (value: number): number => LEFT + ((value - low) / (high - low)) * (WIDTH - LEFT - RIGHT);
  const px = (value: number): number => Math.round(value * 10) / 10;
  const height = TOP + ROW * shown.length + BOTTOM;
  const bottom = height - BOTTOM;
  const written = (value: number) =>
    score.isShare ? `${Number((100 * value).toPrecision(4))} %` : formatNumber(value);
  return html`<figure class="dots"><svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Scores of all competitors by block">
${ticks(low, high, 6).map(
  (value) =>
    html`<line class="grid" x1="${px(toX(value))}" x2="${px(toX(value))}" y1="${TOP}" y2="${bottom}"/><text class="soft" x="${px(toX(value))}" y="${bottom + 16}" text-anchor="middle">${written(value)}</text>`,
)}
${score.isShare && html`<line class="chance" x1="${px(toX(score.floor))}" x2="${px(toX(score.floor))}" y1="${TOP}" y2="${bottom}"/><text class="soft" x="${px(toX(score.floor) + 4)}" y="${bottom + 30}">best constant answer</text>`}
${shown.map(({ name, title, scores, mean }, i) => {
  const y = TOP + ROW * (i + 0.5);
  return html`<g class="${name === ranking?.leader.name ? 'leads' : ''}"><text x="${LEFT - 14}" y="${y + 4}" text-anchor="end">${title}</text><line class="row" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}"/>${scores.map(
    (value) => html`<circle cx="${px(toX(value))}" cy="${y}" r="5"/>`,
  )}<line class="mean" x1="${px(toX(mean!))}" x2="${px(toX(mean!))}" y1="${y - 10}" y2="${y + 10}"/></g>`;
})}
</svg></figure>`;
}

/** The loss of every method in the first block. Losses of different methods cannot be compared with each other. */
export function drawLosses(runs: readonly ShownRun[]): Html {
  const curves = runs.flatMap(({ title, folder }): Curve[] => {
    const steps = folder.events().filter((event) => event.type === 'step');
    if (steps.length === 0) return [];
    return [
      {
        ...{ title, unit: 'loss', x: steps.map(({ step }) => step), y: steps.map(({ loss }) => loss ?? Number.NaN) },
        isSmoothed: true,
      },
    ];
  });
  if (curves.length === 0) return html`<p class="missing">No training step was recorded.</p>`;
  return html`<p>The loss of each method in the first block. Losses of different methods say nothing about each other.</p><div class="curves">${curves.map(drawCurve)}</div>`;
}
