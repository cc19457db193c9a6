import {
  ENCODERS,
  type EncoderKind,
  type EvaluationResult,
  type EvaluationSummary,
  PROTOCOLS,
} from '../../evaluate/result.js';
import { lossesOf } from '../../evaluate/table.js';
import { formatCount, formatPercent, plural } from './format.js';
import { type Html, type HtmlValue, html } from './html.js';

/** A list of terms and what they are. */
export function drawFacts(facts: readonly (readonly [term: string, ...values: HtmlValue[]])[]): Html {
  return html`<dl class="facts">${facts.map(
    ([term, ...values]) => html`<div><dt>${term}</dt>${values.map((value) => html`<dd>${value}</dd>`)}</div>
`,
  )}</dl>`;
}

const COLUMNS: Record<EncoderKind, string> = {
  pretrained: 'Pretrained',
  random: 'Random init',
  'data-dependent': 'Data-dependent init',
  supervised: 'Supervised',
};

const ROWS: Record<string, string> = {
  knn: 'k-NN',
  linear: 'Linear probe',
  'finetune-head': 'Fine-tuned head',
  'finetune-top': 'Fine-tuned top layers',
  finetune: 'Fine-tuned',
  supervised: 'Supervised',
};

/** The accuracies as a table with bars: a row per protocol and amount of labels, a column per encoder. */
export function drawEvaluation(result: EvaluationResult): Html {
  const { summary, chance } = result;
  const encoders = ENCODERS.filter((encoder) => summary.some((figure) => figure.encoder === encoder));
  const protocols: string[] = PROTOCOLS.filter((protocol) => summary.some((figure) => figure.protocol === protocol));
  const groups = protocols.length > 0 ? protocols : ['supervised'];
  const amounts = [...new Map(summary.map(({ labels, labelCount }) => [labels, labelCount]))];
  const body = groups.map((protocol) => {
    const rows = amounts.flatMap(([labels, count]) => {
      // Training from scratch has no protocol: it stands beside every protocol with as many labels.
      const figures = summary.filter(
        (figure) => figure.labels === labels && (figure.protocol === protocol || figure.protocol === 'supervised'),
      );
      return figures.some((figure) => figure.protocol === protocol) ? [{ labels, count, figures }] : [];
    });
    return html`<tbody><tr><th scope="rowgroup" colspan="${encoders.length + 1}">${ROWS[protocol] ?? protocol}</th></tr>
${rows.map(
  ({ labels, count, figures }) =>
    html`<tr><th scope="row">${labels}<small>${plural(count, 'image')}</small></th>${drawFigures(figures, encoders, chance)}</tr>
`,
)}</tbody>
`;
  });
  return html`<p id="evaluation-note">Top-1 accuracy on ${formatCount(result.testCount)} test images of ${result.classes.length} classes${result.layer !== null && html`, features of <code>${result.layer}</code>`}. ${explainDeviation(summary)} The thin line in each bar is chance, ${formatPercent(chance)}; bold is the best of a row. Random init is the same network untrained, supervised the same network trained on those labels alone.</p>
<table class="evaluation" aria-describedby="evaluation-note">
<caption class="unseen">Accuracy by protocol, amount of labels and encoder</caption>
<thead><tr><th scope="col">Labels</th>${encoders.map((encoder) => html`<th scope="col">${COLUMNS[encoder]}</th>`)}</tr></thead>
${body}</table>
<p class="verdict">${verdict(summary, encoders)}</p>`;
}

function drawFigures(figures: readonly EvaluationSummary[], encoders: readonly EncoderKind[], chance: number): Html[] {
  const best = Math.max(...figures.map(({ mean }) => mean));
  return encoders.map((encoder) => {
    const figure = figures.find((candidate) => candidate.encoder === encoder);
    if (figure === undefined) return html`<td class="none">not measured</td>`;
    return drawFigure(figure, chance, figures.length > 1 && figure.mean === best);
  });
}

function drawFigure({ encoder, mean, std, n }: EvaluationSummary, chance: number, isBest: boolean): Html {
  const share = (value: number): string => `${(100 * Math.min(1, Math.max(0, value))).toFixed(1)}%`;
  const text = html`${formatPercent(mean)}${n > 1 && html` <small>± ${(100 * std).toFixed(1)}</small>`}`;
  const whisker =
    n > 1 && html`<i class="whisker" style="left:${share(mean - std)};right:calc(100% - ${share(mean + std)})"></i>`;
  return html`<td class="${encoder}">${isBest ? html`<b>${text}</b>` : text}<span class="bar" aria-hidden="true"><i style="width:${share(mean)}"></i>${whisker}<i class="chance" style="left:${share(chance)}"></i></span></td>`;
}

function explainDeviation(summary: readonly EvaluationSummary[]): string {
  const most = Math.max(...summary.map(({ n }) => n));
  return most > 1
    ? `Mean ± standard deviation over up to ${most} seeds.`
    : 'One seed: differences of a few percent may be luck.';
}

function verdict(summary: readonly EvaluationSummary[], encoders: readonly EncoderKind[]): string {
  const losses = lossesOf(summary);
  if (losses !== null) return losses;
  if (!encoders.includes('pretrained')) return 'The pretrained encoder itself was not measured.';
  if (encoders.length === 1)
    return 'No baseline was measured: whether pretraining helped cannot be told from these figures alone.';
  return 'The pretrained encoder is behind no baseline that was measured.';
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
