import { threeSigma } from './gates.js';
import { inOrder } from './protocols.js';
import {
  type Comparison,
  ENCODERS,
  type EncoderKind,
  type EvaluationResult,
  type EvaluationSummary,
} from './result.js';
import { worthOf } from './worth.js';

const TITLES: Record<EncoderKind, string> = {
  pretrained: 'pretrained',
  random: 'random init',
  'data-dependent': 'data-dependent init',
  supervised: 'supervised',
  'pseudo-label': 'pseudo-label',
  'pseudo-label-ramp': 'pseudo-label, ramp',
  vat: 'VAT + EntMin',
  uda: 'UDA',
  's4l-rotation': 'S4L rotation',
  moam: 'MOAM',
  'bag-of-words': 'bag of words',
  'frequent-tag': 'most frequent tag',
  pixels: 'raw pixels',
  identity: 'identity copy',
};

type Compared = Pick<EvaluationResult, 'summary' | 'comparisons' | 'score'>;

/** One line of a table: a protocol with an amount of labels and a figure, and what each encoder has. */
export interface Line {
  protocol: string;
  labels: string;
  labelCount: number;
  metric: string;
  figures: Map<EncoderKind, EvaluationSummary>;
  /** The encoder that is better than every other of the line, where the intervals say so. */
  best: EncoderKind | null;
}

/**
 * The lines of a result. Training from scratch belongs to no protocol: it is shown on every line of its amount of labels.
 */
export function linesOf({ summary, comparisons, score }: Compared): Line[] {
  const unique = <Value>(values: readonly Value[]) => [...new Set(values)];
  const measured = inOrder(summary.map(({ protocol }) => protocol)).filter((protocol) => protocol !== 'supervised');
  const protocols = measured.length > 0 ? measured : ['supervised'];
  const amounts = unique(summary.map(({ labels }) => labels));
  const metrics = unique(summary.map(({ metric }) => metric));
  return protocols.flatMap((protocol) =>
    amounts.flatMap((labels) =>
      metrics.flatMap((metric): Line[] => {
        const entries = summary.filter(
          (entry) =>
            entry.labels === labels &&
            entry.metric === metric &&
            (entry.protocol === protocol || entry.protocol === 'supervised'),
        );
        if (entries.length === 0) return [];
        const figures = new Map(entries.map((entry) => [entry.encoder, entry]));
        const compared = comparisons.filter((entry) => entry.protocol === protocol && entry.labels === labels);
        const best = metric === score.metric ? leaderOf([...figures.keys()], compared) : null;
        return [{ protocol, labels, labelCount: entries[0]!.labelCount, metric, figures, best }];
      }),
    ),
  );
}

/** The encoder of which each comparison with another of the line says that it is better. */
function leaderOf(encoders: readonly EncoderKind[], comparisons: readonly Comparison[]): EncoderKind | null {
  if (encoders.length < 2) return null;
  const beats = (one: EncoderKind, other: EncoderKind) =>
    comparisons.some(
      ({ encoder, against, verdict }) =>
        (encoder === one && against === other && verdict === 'better') ||
        (encoder === other && against === one && verdict === 'worse'),
    );
  return encoders.find((one) => encoders.every((other) => other === one || beats(one, other))) ?? null;
}

/**
 * Whether it was worth it, then the summary as an aligned table for a terminal: one line per protocol and amount of labels, one column per encoder, mean
 * and standard deviation, `*` behind an encoder that is better than every other of the line; then what the figures are, and what
 * the comparisons show.
 */
export function renderTable(result: EvaluationResult): string {
  const { header, body } = cells(result, (text, isBest) => `${text}${isBest ? ' *' : '  '}`);
  const widths = header.map((title, i) => Math.max(title.length, ...body.map((row) => row[i]!.length)));
  const lines = [header, ...body].map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd(),
  );
  const worth = worthOf(result);
  return [
    ...(worth === null ? [] : [worth, '']),
    lines[0],
    widths.map((width) => '-'.repeat(width)).join('  '),
    ...lines.slice(1),
    '',
    legend(result, '*'),
  ].join('\n');
}

/** The same table in Markdown; an encoder that is better than every other of the line is bold. */
export function renderMarkdown(result: EvaluationResult): string {
  const { header, body } = cells(result, (text, isBest) => (isBest ? `**${text}**` : text));
  const line = (row: readonly string[]) => `| ${row.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...body.map(line), '', legend(result, 'bold')].join('\n');
}

function cells(
  result: EvaluationResult,
  show: (text: string, isBest: boolean) => string,
): { header: string[]; body: string[][] } {
  const { summary, score } = result;
  const encoders = ENCODERS.filter((encoder) => summary.some((entry) => entry.encoder === encoder));
  const lines = linesOf(result);
  const hasSeveral = new Set(lines.map(({ metric }) => metric)).size > 1;
  const body = lines.map(({ protocol, labels, labelCount, metric, figures, best }) => [
    protocol,
    `${labels} (${labelCount.toLocaleString('en')})`,
    ...(hasSeveral ? [metric] : []),
    ...encoders.map((encoder) => {
      const figure = figures.get(encoder);
      return figure === undefined ? '-' : show(written(figure, score.isShare), encoder === best);
    }),
  ]);
  const columns = ['protocol', 'labels', ...(hasSeveral ? ['figure'] : [])];
  return { header: [...columns, ...encoders.map((encoder) => TITLES[encoder])], body };
}

function legend(result: EvaluationResult, mark: string): string {
  const { score, options, floor, testCount, notes } = result;
  const seeds = Math.max(...result.summary.map(({ n }) => n));
  const figure = seeds > 1 ? `mean ± standard deviation over ${seeds} seeds` : 'one seed';
  const classes = result.classes.length > 0 ? ` of ${result.classes.length} classes` : '';
  const layer = options.layer === null ? '' : `, features of ${options.layer}`;
  const unit = score.isShare ? ' in %' : '';
  const bound = (value: number) => (score.isShare ? `${number(value, true)} %` : number(value, false));
  const chance =
    score.metric === 'accuracy'
      ? ` Always answering the most frequent class gives ${bound(floor)}; ${chanceBound(threeSigma(floor, testCount), bound)} (three sigma).`
      : ` The best constant answer gives ${bound(floor)}.`;
  return [
    `${score.title}${unit} on ${testCount.toLocaleString('en')} test samples${classes}${layer}, ${figure}; ${mark} marks what is better than every other of a line.${chance}`,
    ...sentencesOf(result),
    ...trainedOf(result),
    ...notes,
  ].join('\n');
}

/** How long the networks that were trained from scratch were trained; the lengths are chosen by validation. */
function trainedOf({ rows, score }: EvaluationResult): string[] {
  const scores = rows.filter(({ metric, protocol }) => metric === score.metric && protocol === 'supervised');
  const described = [...new Set(scores.map(({ encoder }) => encoder))].flatMap((encoder) => {
    const own = scores.filter((row) => row.encoder === encoder);
    const passes = own.map(({ details }) => details.passes).filter((count) => typeof count === 'number');
    const steps = range(own.map(({ steps }) => steps).filter((count) => count !== null));
    if (steps === null) return [];
    return [
      `${TITLES[encoder]} ${steps} steps${passes.length > 0 ? ` (${range(passes)} samples through the network)` : ''}`,
    ];
  });
  return described.length === 0 ? [] : [`Trained from scratch for: ${described.join(', ')}.`];
}

/** "500" or "500 to 2,000"; null without any. */
function range(values: readonly number[]): string | null {
  if (values.length === 0) return null;
  const [low, high] = [Math.min(...values), Math.max(...values)].map((value) => value.toLocaleString('en'));
  return low === high ? low! : `${low} to ${high}`;
}

/** Of few test samples even a score without an error may be chance. */
function chanceBound(threshold: number, bound: (value: number) => string): string {
  if (threshold < 1) return `above ${bound(threshold)} is better than chance`;
  return 'with so few test samples no score is better than chance';
}

/** What the comparisons show, in at most two sentences. */
export function sentencesOf(result: Compared & Pick<EvaluationResult, 'testCount'>): string[] {
  const losses = lossesOf(result);
  const undecided = result.comparisons.filter(
    ({ encoder, verdict }) => encoder === 'pretrained' && verdict === 'no difference can be shown',
  );
  const isOneSeed = result.comparisons.some(({ seeds }) => seeds === 1);
  return [
    ...(losses === null ? [] : [losses]),
    ...(undecided.length === 0
      ? []
      : [
          `No difference can be shown between the pretrained encoder and ${undecided.map((entry) => described(entry, result)).join(', or ')}.`,
        ]),
    ...(isOneSeed ? ['With one seed the comparisons account for the choice of test samples only.'] : []),
  ];
}

/**
 * One sentence that names every line where another encoder is better than the pretrained one, as the intervals of the paired
 * differences say; null when there is none.
 */
export function lossesOf(result: Compared): string | null {
  const losses = result.comparisons.filter(({ encoder, verdict }) => encoder === 'pretrained' && verdict === 'worse');
  if (losses.length === 0) return null;
  return `The pretrained encoder loses to ${losses.map((entry) => described(entry, result)).join(', to ')}.`;
}

function described({ protocol, labels, against, difference, interval }: Comparison, { score }: Compared): string {
  const shown = (value: number) => `${value > 0 ? '+' : ''}${number(value, score.isShare)}`;
  const range = interval === null ? '' : `, ${shown(interval[0])} to ${shown(interval[1])}`;
  const amount = labels === 'none' ? 'without labels' : `with ${labels}`;
  return `${TITLES[against]} in ${protocol} ${amount} (${shown(difference)}${score.isShare ? ' points' : ''}${range})`;
}

function written({ mean, std, n }: EvaluationSummary, isShare: boolean): string {
  return n > 1 ? `${number(mean, isShare)} ± ${number(std, isShare)}` : number(mean, isShare);
}

const number = (value: number, isShare: boolean): string =>
  isShare ? (100 * value).toFixed(1) : String(Number(value.toPrecision(4)));
