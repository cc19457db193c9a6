import { join } from 'node:path';
import type { CompareResult } from '../../compare/result.js';
import { writeAtomically } from '../../files.js';
import { formatBytes, formatCount, formatDuration, formatNumber, plural } from '../report/format.js';
import { type Html, html, page, type Section } from '../report/html.js';
import { drawPretext } from '../report/pretext.js';
import { SCRIPT } from '../report/script.js';
import { STYLE } from '../report/style.js';
import { drawConfiguration, drawFacts } from '../report/tables.js';
import { drawLosses, drawScores } from './curves.js';
import { runsOf, type ShownRun } from './shown-run.js';
import { COMPARISON_STYLE } from './style.js';
import { drawFresh, drawTable } from './tables.js';

/**
 * Writes report.html into the folder of a comparison: one page that opens offline, the verdict first, then the table, the winner on
 * samples that chose nothing, the losses, every pretext task on the user's own data, and how it came about.
 *
 * @returns the path of the page
 * @throws AutodidactError `IO` when it cannot be written
 */
export async function writeComparison(result: CompareResult): Promise<string> {
  const runs = runsOf(result);
  const sections: Section[] = [
    { id: 'verdict', title: 'Verdict', body: verdict(result) },
    { id: 'scores', title: result.score === null ? 'Scores without labels' : 'Scores', body: scores(result) },
    ...(result.fresh === null
      ? []
      : [{ id: 'fresh', title: 'On samples that chose nothing', body: drawFresh(result, result.fresh) }]),
    ...(methodsIn(result) === 0
      ? []
      : [
          { id: 'tasks', title: `The pretext tasks on your ${result.data.plural}`, body: await pretexts(runs) },
          { id: 'training', title: 'Training', body: drawLosses(runs) },
        ]),
    { id: 'notes', title: 'How it was done', body: method(result) },
    { id: 'configuration', title: 'All figures', body: drawConfiguration(result) },
  ];
  const head = drawHead(result);
  const path = join(result.folder, 'report.html');
  const title = `Comparison on ${result.data.name}`;
  writeAtomically(path, page({ title, head, sections, style: STYLE + COMPARISON_STYLE, script: SCRIPT }));
  return path;
}

const methodsIn = ({ rows }: CompareResult): number => rows.filter(({ kind }) => kind === 'method').length;

/** What competes, in one sentence. */
function competing(result: CompareResult): string {
  const methods = methodsIn(result);
  const encoders = result.rows.filter(({ kind }) => kind === 'encoder').length;
  const asTheyAre = `${plural(encoders, 'encoder')} as ${encoders === 1 ? 'it is' : 'they are'}`;
  if (methods === 0) return `${asTheyAre}, beside what needs no pretraining.`;
  const given = encoders === 0 ? '' : ` ${asTheyAre} and`;
  return `${methods} ways to learn without labels, each with the same budget on the same samples, beside${given} what needs no pretraining.`;
}

function drawHead(result: CompareResult): Html {
  const { data, score, blocks, budget, seconds, date, price } = result;
  const each =
    budget.unit === 'seconds' ? formatDuration(budget.amount) : `${formatCount(budget.amount)} ${budget.unit}`;
  const cost = price === null ? null : (price * seconds.all) / 3600;
  return html`<p class="kicker">Comparison of ${methodsIn(result) === 0 ? 'encoders' : 'pretext tasks'} · ${date.slice(0, 10)}</p>
<h1>What serves <span>${data.name}</span></h1>
<p class="lead">${competing(result)}</p>
${drawFacts([
  [
    'Data',
    html`<b>${data.name}</b>`,
    `${formatCount(data.count)} ${data.plural} to learn from`,
    data.testCount !== null && `${formatCount(data.testCount)} for the end`,
  ],
  score === null
    ? ['Labels', html`<b>none</b>`, 'so that nothing can be ranked']
    : [
        'Labels',
        html`<b>${formatCount(score.labelCount)}</b>`,
        `${score.labels} of the labeled samples`,
        `scored by ${score.protocol}`,
      ],
  [
    'Budget',
    html`<b>${each}</b>`,
    methodsIn(result) === 0 ? 'for supervised training' : 'for each pretraining',
    `${plural(blocks, 'block')} of seed, labels and validation`,
  ],
  [
    'Spent',
    html`<b>${formatDuration(seconds.all)}</b>`,
    `${formatDuration(seconds.pretraining)} of it pretraining`,
    cost !== null && `${formatNumber(Number(cost.toPrecision(3)))} at ${formatNumber(price!)} an hour`,
  ],
])}`;
}

function verdict({ conclusion, command }: CompareResult): Html {
  const [first, ...others] = conclusion;
  return html`<p class="verdict">${first}</p>
${others.map((sentence) => html`<p>${sentence}</p>`)}
${command !== null && html`<p class="missing">To train the leader in full: <code>${command}</code></p>`}`;
}

function scores(result: CompareResult): Html {
  return html`${drawScores(result)}${drawTable(result)}`;
}

async function pretexts(runs: readonly ShownRun[]): Promise<Html> {
  const parts: Html[] = [];
  for (const { title, folder } of runs) {
    const drawn = await drawPretext(folder, Number.MAX_SAFE_INTEGER);
    parts.push(
      html`<details class="task" open><summary>${title}</summary>${drawn ?? html`<p class="missing">No preview was saved.</p>`}</details>
`,
    );
  }
  if (parts.length === 0) return html`<p class="missing">No method began to train.</p>`;
  return html`<p>What each method asks of the network, with its answers before training and after it, in the first block.</p>${parts}`;
}

function method(result: CompareResult): Html {
  const { blocks, held, margin, fresh, score, notes, rows } = result;
  const reference = methodsIn(result) === 0 ? 'of the first encoder' : 'that most methods use';
  const sentences =
    score === null
      ? [
          `Each competitor went through ${plural(blocks, 'block')}; a fifth of the samples, at most 2,000, took no part and was measured.`,
        ]
      : [
          `Each block has its own seed, its own choice of labels and its own ${formatCount(held)} validation samples, which take no part in pretraining. All competitors go through the same blocks, so that differences are taken within them.`,
          `The intervals are Student's over the blocks, at levels that hold for all comparisons with the leader together (Holm), lowered for the leader's being the best of several: of forty comparisons of equal methods one shows a difference.`,
          `"Not worse by more than" is a one-sided test with a margin of ${formatNumber(score.isShare ? 100 * margin : margin)}${score.isShare ? ' points' : ''}.`,
          ...(fresh === null
            ? []
            : [
                `The mean of a leader is the best of several and a little too high; the ${fresh.blocks} fresh blocks and the test samples are there to correct that. They choose nothing.`,
              ]),
          `Random initialization is the strongest of four ways to use the untrained network; supervised training searches rate, decay and length within the budget of one pretraining. Both have the network ${reference}.`,
        ];
  const peak = Math.max(0, ...rows.map(({ peakBytes }) => peakBytes));
  return html`${[...sentences, ...notes].map((sentence) => html`<p>${sentence}</p>`)}${peak > 0 && html`<p>The process held at most ${formatBytes(peak)} of memory.</p>`}`;
}
