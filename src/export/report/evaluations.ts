import { AutodidactError } from '../../errors.js';
import { inOrder } from '../../evaluate/protocols.js';
import { readEvaluations as readSaved, type SavedEvaluation } from '../../evaluate/records.js';
import { ENCODERS, type EncoderKind, type EvaluationSummary, type ScoreTitle } from '../../evaluate/result.js';
import { linesOf, sentencesOf } from '../../evaluate/table.js';
import { worthOf } from '../../evaluate/worth.js';
import type { RunFolder } from '../../train/run-folder.js';
import { formatCount, formatPercent, plural } from './format.js';

/** An evaluation as the page shows it. Whoever writes it decides what is best and what differs; the page compares nothing. */
export interface ReportedEvaluation {
  /** Step of the run at which the encoder was measured; null where it was not recorded. */
  step: number | null;
  /** Whether the encoder of the run is still the one that was measured; null where it cannot be known. */
  isOfThisEncoder: boolean | null;
  /** The data that taught and scored, in a few words. */
  data: string | null;
  /** When it was measured, as ISO 8601. */
  date: string | null;
  /** Whether pretraining was worth it, in one sentence; null where nothing says so. */
  worth: string | null;
  /** Headings of the columns: of the rows' names first, then one per cell. */
  columns: string[];
  groups: ReportedGroup[];
  /** What the figures are, what was chosen, which differences can be shown. */
  sentences: string[];
}

/** Rows under a heading of their own: those of one protocol. */
export interface ReportedGroup {
  title: string;
  rows: { name: string; note: string | null; cells: ReportedCell[] }[];
}

export interface ReportedCell {
  text: string;
  /** Written small behind the text: a deviation, an interval. */
  note: string | null;
  isBest: boolean;
  /** A bar below the text, in [0, 1]: the value, the ends of its interval, and what guessing reaches. */
  bar: { value: number; low: number; high: number; floor: number } | null;
}

const COLUMNS: Record<EncoderKind, string> = {
  pretrained: 'Pretrained',
  random: 'Random init',
  'data-dependent': 'Data-dependent init',
  supervised: 'Supervised',
  'pseudo-label': 'Pseudo-label',
  'pseudo-label-ramp': 'Pseudo-label, ramp',
  vat: 'VAT + EntMin',
  uda: 'UDA',
  's4l-rotation': 'S4L rotation',
  moam: 'MOAM',
  'bag-of-words': 'Bag of words',
  'frequent-tag': 'Most frequent tag',
  pixels: 'Raw pixels',
  identity: 'Identity copy',
};

const ROWS: Record<string, string> = {
  knn: 'k-NN',
  linear: 'Linear probe',
  'finetune-head': 'Fine-tuned head',
  'finetune-top': 'Fine-tuned top layers',
  finetune: 'Fine-tuned',
  supervised: 'Supervised',
};

/**
 * What the report shows of a run's evaluations: those of the present encoder first, the newest before older ones.
 * @param presentStep step of the encoder that the run has now, null where it has none
 */
export function readEvaluations(folder: RunFolder, presentStep: number | null): ReportedEvaluation[] {
  let saved: SavedEvaluation[];
  try {
    saved = readSaved(folder.file('evaluation.json'));
  } catch (error) {
    if (error instanceof AutodidactError && error.code === 'DATA') return [];
    throw error;
  }
  const all = saved
    .toReversed()
    .filter(({ summary }) => summary.length > 0)
    .map((result) => reported(result, presentStep));
  return all.sort((a, b) => Number(a.isOfThisEncoder === false) - Number(b.isOfThisEncoder === false));
}

/** An evaluation as the page shows it. What is best, and what differs, the evaluation has decided. */
export function reported(result: SavedEvaluation, presentStep: number | null): ReportedEvaluation {
  const { summary, score, floor, step, date, data, notes } = result;
  const encoders = ENCODERS.filter((encoder) => summary.some((figure) => figure.encoder === encoder));
  const lines = linesOf(result);
  const hasSeveral = new Set(lines.map(({ metric }) => metric)).size > 1;
  return {
    step,
    isOfThisEncoder: step === null || presentStep === null ? null : step === presentStep,
    data: data === null ? null : dataInWords(data),
    date,
    worth: worthOf(result),
    columns: [hasSeveral ? 'Labels, figure' : 'Labels', ...encoders.map((encoder) => COLUMNS[encoder])],
    groups: inOrder(lines.map(({ protocol }) => protocol)).map((protocol) => ({
      title: titleOf(protocol),
      rows: lines
        .filter((line) => line.protocol === protocol)
        .map(({ labels, labelCount, metric, figures, best }) => ({
          name: hasSeveral ? `${labels}, ${metric}` : labels,
          note: plural(labelCount, 'label'),
          cells: encoders.map((encoder) =>
            cellOf(figures.get(encoder), encoder === best, metric === score.metric ? floor : null, score),
          ),
        })),
    })),
    sentences: [explained(result), ...sentencesOf(result), ...notes],
  };
}

function dataInWords({ train, test }: NonNullable<SavedEvaluation['data']>): string {
  if (train.name === test.name) return `${train.name}, ${formatCount(test.count)} samples score`;
  return `${train.name} teaches, ${test.name} scores (${formatCount(test.count)} samples)`;
}

function titleOf(protocol: string): string {
  return ROWS[protocol] ?? protocol.replace(/^finetune-after-/, 'Fine-tuned after ');
}

function cellOf(
  figure: EvaluationSummary | undefined,
  isBest: boolean,
  floor: number | null,
  { isShare }: ScoreTitle,
): ReportedCell {
  if (figure === undefined) return { text: 'not measured', note: null, isBest: false, bar: null };
  const { mean, std, n } = figure;
  const written = (value: number) => (isShare ? formatPercent(value) : String(Number(value.toPrecision(4))));
  const note = n > 1 ? `± ${isShare ? (100 * std).toFixed(1) : Number(std.toPrecision(2))}` : null;
  const bar = isShare ? { value: mean, low: mean - std, high: mean + std, floor: floor ?? 0 } : null;
  return { text: written(mean), note, isBest, bar };
}

function explained({ score, testCount, classes, options, summary, floor }: SavedEvaluation): string {
  const ofClasses = classes.length > 0 ? ` of ${classes.length} classes` : '';
  const layer = options.layer === null ? '' : `, features of ${options.layer}`;
  const most = Math.max(...summary.map(({ n }) => n));
  const deviation = most > 1 ? ` Mean ± standard deviation over up to ${most} seeds.` : '';
  const constant = score.isShare
    ? ` The thin line in each bar is the best constant answer, ${formatPercent(floor)}.`
    : '';
  return `${score.title} on ${formatCount(testCount)} test samples${ofClasses}${layer}.${deviation}${constant} Random init is the same network untrained, supervised the same network trained on those labels alone. A mark stands where an encoder is better than every other of its line, as the paired intervals say.`;
}
