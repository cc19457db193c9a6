import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ENCODERS, type EncoderKind, type EvaluationSummary, PROTOCOLS } from '../../evaluate/result.js';
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

const FILE = 'evaluation.json';

/**
 * What the report shows of a run's evaluations: those of the present encoder first.
 * @param presentStep step of the encoder that the run has now, null where it has none
 */
export function readEvaluations(folder: RunFolder, presentStep: number | null): ReportedEvaluation[] {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(folder.file(FILE), 'utf8'));
  } catch {
    return [];
  }
  const all = reportedEvaluations(json, presentStep);
  return [...all].sort((a, b) => Number(a.isOfThisEncoder === false) - Number(b.isOfThisEncoder === false));
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

const evaluation = z.object({
  summary: z.array(
    z.object({
      encoder: z.enum(ENCODERS),
      protocol: z.enum([...PROTOCOLS, 'supervised']),
      labels: z.string(),
      labelCount: z.number(),
      mean: z.number(),
      std: z.number(),
      n: z.number(),
    }),
  ),
  chance: z.number(),
  testCount: z.number(),
  classes: z.array(z.string()),
  layer: z.string().nullable(),
});

/**
 * evaluation.json as the page shows it; nothing where it is of another form. The file names no step and gives no verdicts, so that
 * nothing is marked as the best.
 */
export function reportedEvaluations(json: unknown, _presentStep: number | null): ReportedEvaluation[] {
  const { data } = evaluation.safeParse(json);
  if (data === undefined || data.summary.length === 0) return [];
  const { summary, chance, testCount, classes, layer } = data;
  const encoders = ENCODERS.filter((encoder) => summary.some((figure) => figure.encoder === encoder));
  const protocols: string[] = PROTOCOLS.filter((protocol) => summary.some((figure) => figure.protocol === protocol));
  const layerNote = layer === null ? '' : `, features of ${layer}`;
  return [
    {
      ...{ step: null, isOfThisEncoder: null, data: null, date: null },
      columns: ['Labels', ...encoders.map((encoder) => COLUMNS[encoder])],
      groups: (protocols.length > 0 ? protocols : ['supervised']).map((protocol) => ({
        title: ROWS[protocol] ?? protocol,
        rows: rowsOf(summary, protocol, encoders, chance),
      })),
      sentences: [
        `Top-1 accuracy on ${formatCount(testCount)} test images of ${classes.length} classes${layerNote}. ${explainDeviation(summary)} The thin line in each bar is chance, ${formatPercent(chance)}. Random init is the same network untrained, supervised the same network trained on those labels alone.`,
        'This evaluation does not say which differences are larger than chance, nor at which step of the run it was measured. `autodidact evaluate <run>` measures anew.',
      ],
    },
  ];
}

function rowsOf(
  summary: readonly EvaluationSummary[],
  protocol: string,
  encoders: readonly EncoderKind[],
  chance: number,
): ReportedGroup['rows'] {
  const amounts = new Map(summary.map(({ labels, labelCount }) => [labels, labelCount]));
  return [...amounts].flatMap(([labels, count]) => {
    // Training from scratch has no protocol: it stands beside every protocol with as many labels.
    const figures = summary.filter(
      (figure) => figure.labels === labels && (figure.protocol === protocol || figure.protocol === 'supervised'),
    );
    if (!figures.some((figure) => figure.protocol === protocol)) return [];
    const cells = encoders.map((encoder) =>
      cellOf(
        figures.find((figure) => figure.encoder === encoder),
        chance,
      ),
    );
    return [{ name: labels, note: plural(count, 'image'), cells }];
  });
}

function cellOf(figure: EvaluationSummary | undefined, chance: number): ReportedCell {
  if (figure === undefined) return { text: 'not measured', note: null, isBest: false, bar: null };
  const { mean, std, n } = figure;
  const note = n > 1 ? `± ${(100 * std).toFixed(1)}` : null;
  return {
    text: formatPercent(mean),
    note,
    isBest: false,
    bar: { value: mean, low: mean - std, high: mean + std, floor: chance },
  };
}

function explainDeviation(summary: readonly EvaluationSummary[]): string {
  const most = Math.max(...summary.map(({ n }) => n));
  return most > 1
    ? `Mean ± standard deviation over up to ${most} seeds.`
    : 'One seed: differences of a few percent may be luck.';
}
