import { threeSigma } from './gates.js';
import { ENCODERS, type EncoderKind, type EvaluationResult, type EvaluationSummary, PROTOCOLS } from './result.js';

const TITLES: Record<EncoderKind, string> = {
  pretrained: 'pretrained',
  random: 'random init',
  'data-dependent': 'data-dependent init',
  supervised: 'supervised',
};

/** One line of the table: a protocol with an amount of labels, and the figure of each encoder. */
interface Line {
  protocol: string;
  labels: string;
  labelCount: number;
  figures: Map<EncoderKind, EvaluationSummary>;
}

/**
 * The summary as an aligned table for a terminal: one line per protocol and amount of labels, one column per encoder, mean
 * and standard deviation in percent, `*` behind the best of a line; then what the figures are, and where the pretrained
 * encoder loses.
 */
export function renderTable(result: EvaluationResult): string {
  const { header, body } = cells(result, (figure, isBest) => `${percent(figure)}${isBest ? ' *' : '  '}`);
  const widths = header.map((title, i) => Math.max(title.length, ...body.map((row) => row[i]!.length)));
  const lines = [header, ...body].map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd(),
  );
  return [
    lines[0],
    widths.map((width) => '-'.repeat(width)).join('  '),
    ...lines.slice(1),
    '',
    legend(result, '*'),
  ].join('\n');
}

/** The same table in Markdown; the best of a line is bold. */
export function renderMarkdown(result: EvaluationResult): string {
  const { header, body } = cells(result, (figure, isBest) => (isBest ? `**${percent(figure)}**` : percent(figure)));
  const line = (row: readonly string[]) => `| ${row.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...body.map(line), '', legend(result, 'bold')].join('\n');
}

function cells(
  { summary }: EvaluationResult,
  show: (figure: EvaluationSummary, isBest: boolean) => string,
): { header: string[]; body: string[][] } {
  const encoders = ENCODERS.filter((encoder) => summary.some((entry) => entry.encoder === encoder));
  const body = linesOf(summary).map(({ protocol, labels, labelCount, figures }) => {
    const best = Math.max(...[...figures.values()].map(({ mean }) => mean));
    return [
      protocol,
      `${labels} (${labelCount.toLocaleString('en')})`,
      ...encoders.map((encoder) => {
        const figure = figures.get(encoder);
        return figure === undefined ? '-' : show(figure, figures.size > 1 && figure.mean === best);
      }),
    ];
  });
  return { header: ['protocol', 'labels', ...encoders.map((encoder) => TITLES[encoder])], body };
}

/** Training from scratch has no protocol of its own to stand in: it is shown on every line of its amount of labels. */
function linesOf(summary: readonly EvaluationSummary[]): Line[] {
  const amounts = [...new Set(summary.map(({ labels }) => labels))];
  const protocols = PROTOCOLS.filter((protocol) => summary.some((entry) => entry.protocol === protocol));
  return (protocols.length > 0 ? protocols : ['supervised' as const]).flatMap((protocol) =>
    amounts.flatMap((labels) => {
      const entries = summary.filter(
        (entry) => entry.labels === labels && (entry.protocol === protocol || entry.protocol === 'supervised'),
      );
      const figures = new Map(entries.map((entry) => [entry.encoder, entry]));
      return entries.length > 0 ? [{ protocol, labels, labelCount: entries[0]!.labelCount, figures }] : [];
    }),
  );
}

function legend(result: EvaluationResult, mark: string): string {
  const seeds = Math.max(...result.summary.map(({ n }) => n));
  const figure = seeds > 1 ? `mean ± standard deviation over ${seeds} seeds` : 'one seed';
  const classes = `${result.classes.length} classes`;
  const layer = result.layer === null ? '' : `, features of ${result.layer}`;
  const what = `Top-1 accuracy in % on ${result.testCount.toLocaleString('en')} test images of ${classes}${layer}, ${figure}; ${mark} marks the best of a line. Always answering the most frequent class gives ${inPercent(result.chance)} %; above ${inPercent(threeSigma(result.chance, result.testCount))} % is no chance (three sigma).`;
  const losses = lossesOf(result.summary);
  return losses === null ? what : `${what}\n${losses}`;
}

/** One sentence that names every line where another encoder does better than the pretrained one; null when none does. */
export function lossesOf(summary: readonly EvaluationSummary[]): string | null {
  const losses = linesOf(summary).flatMap(({ protocol, labels, figures }) => {
    const own = figures.get('pretrained');
    if (own === undefined) return [];
    return [...figures.values()]
      .filter(({ mean }) => mean > own.mean)
      .map(
        (other) =>
          `${TITLES[other.encoder]} in ${protocol} with ${labels} (${inPercent(own.mean)} against ${inPercent(other.mean)} %)`,
      );
  });
  return losses.length === 0 ? null : `The pretrained encoder loses to ${losses.join(', to ')}.`;
}

function percent({ mean, std, n }: EvaluationSummary): string {
  return n > 1 ? `${inPercent(mean)} ± ${inPercent(std)}` : inPercent(mean);
}

const inPercent = (share: number): string => (100 * share).toFixed(1);
