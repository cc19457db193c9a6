import type { ComparedRow, CompareResult } from '../../compare/result.js';
import { differenceInWords, legend, meanInWords, verdictInWords } from '../../compare/table.js';
import { freshInWords } from '../../compare/verdict.js';
import { LABEL_FREE_TITLES } from '../../evaluate/label-free.js';
import { formatBytes, formatCount, formatDuration, formatNumber } from '../report/format.js';
import { type Html, html } from '../report/html.js';

/** The table of a comparison: the leader first, what has no rank last. */
export function drawTable(result: CompareResult): Html {
  const { score, rows, price } = result;
  const figures = Object.keys(LABEL_FREE_TITLES).filter((name) => rows.some(({ labelFree }) => name in labelFree));
  const measured = score === null ? figures.map((name) => LABEL_FREE_TITLES[name]!) : ['Score', 'Behind the leader'];
  const columns = ['Method', ...measured, 'Verdict', 'Time', 'Memory', ...(price === null ? [] : ['Cost'])];
  return html`<div class="scroll"><table class="compared"><caption class="unseen">Competitors by score</caption>
<thead><tr>${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead>
<tbody>${rows.map((row) => {
    const leads = row.name === result.ranking?.leader.name;
    return html`<tr class="${leads ? 'leads' : row.failure !== null ? 'failed' : ''}"><th scope="row">${row.title}<small>${described(row)}</small></th>${
      score === null ? figures.map((name) => html`<td>${figureOf(row, name)}</td>`) : scored(row, score.isShare)
    }<td>${score === null ? withoutLabels(row) : verdictInWords(row, result)}</td><td>${formatDuration(row.seconds + row.evaluationSeconds)}</td><td>${row.peakBytes > 0 ? formatBytes(row.peakBytes) : '–'}</td>${
      price !== null && html`<td>${row.cost === null ? '–' : row.cost.toFixed(2)}</td>`
    }</tr>
`;
  })}</tbody></table></div>
${legend(result).map((sentence) => html`<p class="sentence">${sentence}</p>`)}`;
}

function described({ network, steps, epochs, kind }: ComparedRow): string {
  const trained =
    steps > 0 ? `${formatCount(steps)} steps, ${formatNumber(Number(epochs.toPrecision(3)))} passes` : null;
  const over = kind === 'supervised' ? ' over the labels' : '';
  const asItIs = kind === 'encoder' ? 'as it is' : null;
  return [network, asItIs, trained === null ? null : trained + over].filter((part) => part !== null).join(' · ');
}

function scored(row: ComparedRow, isShare: boolean): Html {
  const { mean, std, scores } = row;
  return html`<td>${mean === null ? '–' : meanInWords(mean, std!, isShare, scores.length)}</td><td>${differenceInWords(row, isShare)}</td>`;
}

function figureOf({ labelFree }: ComparedRow, name: string): string {
  return labelFree[name] === undefined ? '–' : formatNumber(Number(labelFree[name].toPrecision(3)));
}

function withoutLabels({ failure, refusal }: ComparedRow): string {
  if (failure !== null) return `failed: ${failure}`;
  return refusal === null ? 'not ranked' : `refused: ${refusal}`;
}

/** The winner, and what stands beside it, on new blocks and the test samples. */
export function drawFresh(result: CompareResult, fresh: NonNullable<CompareResult['fresh']>): Html {
  const { score, data } = result;
  const { isShare } = score!;
  const standings = new Map(fresh.ranking.others.map((standing) => [standing.name, standing]));
  const isGiven = result.rows.find(({ name }) => name === result.ranking?.leader.name)?.kind === 'encoder';
  return html`<p>The leader was ${isGiven ? 'scored' : 'trained'} again on ${freshInWords(fresh.blocks)}, ${isGiven ? '' : 'and scored '}on ${formatCount(data.testCount ?? 0)} test ${data.plural}. Nothing was chosen by these scores: they are the ones to expect.</p>
<table class="compared"><thead><tr><th scope="col">Method</th><th scope="col">Score</th><th scope="col">Behind the leader</th></tr></thead><tbody>${fresh.rows.map(
    ({ name, title, mean, std, scores }) =>
      html`<tr class="${name === result.ranking?.leader.name ? 'leads' : ''}"><th scope="row">${title}</th><td>${meanInWords(mean, std, isShare, scores.length)}</td><td>${differenceInWords({ standing: standings.get(name) ?? null }, isShare)}</td></tr>
`,
  )}</tbody></table>`;
}
