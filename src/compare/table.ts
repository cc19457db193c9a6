import { LABEL_FREE_TITLES } from '../evaluate/label-free.js';
import { duration, figure, size } from '../format.js';
import type { ComparedRow, CompareResult } from './result.js';
import { tied } from './statistics.js';

/** A comparison as lines for a terminal: the conclusion, then the table. */
export function renderComparison(result: CompareResult): string {
  const { header, body } = cellsOf(result);
  const widths = header.map((title, i) => Math.max(title.length, ...body.map((row) => row[i]!.length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd();
  return [
    ...result.conclusion,
    ...(result.command === null ? [] : [`In full: ${result.command}`]),
    '',
    line(header),
    widths.map((width) => '-'.repeat(width)).join('  '),
    ...body.map(line),
    '',
    ...legend(result),
    ...result.notes,
  ].join('\n');
}

/** The rows of the table as texts. */
export function cellsOf(result: CompareResult): { header: string[]; body: string[][] } {
  const { score, rows, price } = result;
  const costs = ['time', 'memory', ...(price === null ? [] : ['cost'])];
  const costsOf = ({ seconds, evaluationSeconds, peakBytes, cost }: ComparedRow) => [
    duration(seconds + evaluationSeconds),
    peakBytes > 0 ? size(peakBytes) : '-',
    ...(price === null ? [] : [cost === null ? '-' : cost.toFixed(2)]),
  ];
  if (score === null) {
    const names = Object.keys(LABEL_FREE_TITLES).filter((name) => rows.some(({ labelFree }) => name in labelFree));
    return {
      header: ['method', ...names.map((name) => LABEL_FREE_TITLES[name]!), ...costs, 'ranked'],
      body: rows.map((row) => [
        row.title,
        ...names.map((name) =>
          row.labelFree[name] === undefined ? '-' : figure(Number(row.labelFree[name].toPrecision(3))),
        ),
        ...costsOf(row),
        row.failure !== null ? 'failed' : row.refusal === null ? 'not ranked' : 'refused',
      ]),
    };
  }
  return {
    header: ['method', score.title.toLowerCase(), 'behind the leader', 'verdict', ...costs],
    body: rows.map((row) => [
      row.title,
      row.mean === null ? '-' : meanInWords(row.mean, row.std!, score.isShare, row.scores.length),
      differenceInWords(row, score.isShare),
      verdictInWords(row, result),
      ...costsOf(row),
    ]),
  };
}

export function meanInWords(mean: number, std: number, isShare: boolean, n: number): string {
  const written = (value: number) => (isShare ? (100 * value).toFixed(1) : String(Number(value.toPrecision(4))));
  return n > 1 ? `${written(mean)} ± ${written(std)}` : written(mean);
}

/** "2.1 (0.4 to 3.8)"; "-" for the leader and for what has no rank. */
export function differenceInWords({ standing }: Pick<ComparedRow, 'standing'>, isShare: boolean): string {
  if (standing === null) return '-';
  // A share cannot differ by more than all.
  const written = (value: number) =>
    isShare ? (100 * Math.max(-1, Math.min(1, value))).toFixed(1) : String(Number(value.toPrecision(3)));
  const { difference, interval } = standing;
  return interval === null
    ? written(difference)
    : `${written(difference)} (${written(interval[0])} to ${written(interval[1])})`;
}

export function verdictInWords(
  { name, standing, failure, leftAfter, isCut }: ComparedRow,
  result: CompareResult,
): string {
  const { ranking, margin, score } = result;
  if (standing === null && name === ranking?.leader.name) return tied(ranking).length > 0 ? 'tied' : 'leads';
  if (failure !== null) return `failed: ${failure.length > 60 ? `${failure.slice(0, 59)}…` : failure}`;
  if (leftAfter !== null) return `given up in round ${leftAfter}`;
  if (standing === null) return 'not measured in all blocks';
  const limit = score!.isShare
    ? `${Number((100 * margin).toPrecision(3))} ${margin === 0.01 ? 'point' : 'points'}`
    : String(margin);
  if (standing.outcome === 'worse') return isCut ? 'worse, but cut by the budget' : 'worse';
  if (standing.outcome === 'no difference can be shown') return standing.difference === 0 ? 'tied' : standing.outcome;
  return `not worse by more than ${limit}`;
}

/** What the figures of the table are. */
export function legend({ score, blocks, held, data, price }: CompareResult): string[] {
  if (score === null)
    return [
      `Means over ${blocks} ${blocks === 1 ? 'block' : 'blocks'} of ${held.toLocaleString('en')} ${data.plural} that took no part in training. Time is that of one block.`,
      'Ranks and dimensions grow with the number of samples: compare them within this table only.',
    ];
  const unit = score.isShare ? ' in %' : '';
  const spread = blocks > 1 ? `mean ± standard deviation over ${blocks} blocks` : 'one block';
  return [
    `${score.title}${unit} by ${score.protocol} with ${score.labelCount.toLocaleString('en')} labels (${score.labels}) on ${held.toLocaleString('en')} validation ${data.plural}, ${spread}. Differences are taken within blocks; the intervals and verdicts stand together (Holm), with one error in forty comparisons of equal methods.`,
    `Time is that of one block; supervised training includes its search${price === null ? '' : '; cost is for all blocks'}. Memory is the most that the process held.`,
  ];
}
