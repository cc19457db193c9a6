import type { ReportedCell, ReportedEvaluation } from './evaluations.js';
import { formatCount } from './format.js';
import { type Html, type HtmlValue, html } from './html.js';

/** A list of terms and what they are. */
export function drawFacts(facts: readonly (readonly [term: string, ...values: HtmlValue[]])[]): Html {
  return html`<dl class="facts">${facts.map(
    ([term, ...values]) => html`<div><dt>${term}</dt>${values.map((value) => html`<dd>${value}</dd>`)}</div>
`,
  )}</dl>`;
}

/**
 * An evaluation as a table with bars, under a line that says what was measured and when.
 * @param presentStep step of the encoder that the run has now, null where it has none
 */
export function drawEvaluation(evaluation: ReportedEvaluation, presentStep: number | null): Html {
  const { step, data, date, isOfThisEncoder, columns, groups, sentences } = evaluation;
  const origin = [step === null ? null : `Encoder of step ${formatCount(step)}`, data, date?.slice(0, 10)].filter(
    Boolean,
  );
  const now = presentStep === null ? '' : `, which stands at step ${formatCount(presentStep)}`;
  return html`<article class="evaluation${isOfThisEncoder === false && ' outdated'}">
${origin.length > 0 && html`<p class="origin">${origin.join(' · ')}</p>`}
${isOfThisEncoder === false && html`<p class="missing">These are not scores of the present encoder${now}. Run <code>autodidact evaluate &lt;run&gt;</code> to measure it.</p>`}
<table>
<caption class="unseen">Scores by protocol, amount of labels and encoder</caption>
<thead><tr>${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead>
${groups.map(
  ({ title, rows }) => html`<tbody><tr><th scope="rowgroup" colspan="${columns.length}">${title}</th></tr>
${rows.map(
  ({ name, note, cells }) =>
    html`<tr><th scope="row">${name}${note !== null && html`<small>${note}</small>`}</th>${cells.map(drawCell)}</tr>
`,
)}</tbody>
`,
)}</table>
${sentences.map((sentence) => html`<p class="sentence">${withCode(sentence)}</p>`)}
</article>`;
}

/** What stands between backticks as code. */
function withCode(sentence: string): HtmlValue[] {
  return sentence.split('`').map((part, i) => (i % 2 === 1 ? html`<code>${part}</code>` : part));
}

function drawCell({ text, note, isBest, bar }: ReportedCell, column: number): Html {
  const share = (value: number): string => `${(100 * Math.min(1, Math.max(0, value))).toFixed(1)}%`;
  const words = html`${text}${note !== null && html` <small>${note}</small>`}`;
  const shown = isBest ? html`<b>${words}</b>` : words;
  if (bar === null) return html`<td class="none">${shown}</td>`;
  const { value, low, high, floor } = bar;
  const whisker =
    high > low && html`<i class="whisker" style="left:${share(low)};right:calc(100% - ${share(high)})"></i>`;
  return html`<td class="${column === 0 ? 'own' : 'other'}">${shown}<span class="bar" aria-hidden="true"><i style="width:${share(value)}"></i>${whisker}<i class="chance" style="left:${share(floor)}"></i></span></td>`;
}

/** The resolved configuration, folded up. */
export function drawConfiguration(config: unknown): Html {
  return html`<details><summary>Show the resolved configuration</summary><pre tabindex="0"><code>${JSON.stringify(config, null, 2)}</code></pre></details>`;
}

/** Messages, each once, with how often it came. */
export function drawWarnings(messages: readonly string[]): Html {
  const counts = new Map<string, number>();
  for (const message of messages) counts.set(message, (counts.get(message) ?? 0) + 1);
  return html`<ul class="warnings">${[...counts].map(
    ([message, count]) => html`<li>${message}${count > 1 && html` <span class="unit">(${count} times)</span>`}</li>`,
  )}</ul>`;
}
