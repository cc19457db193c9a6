import { type Job, startJob } from '../job.js';
import { checkKnown } from '../options.js';
import { compareAll } from './comparison.js';
import { fingerprint } from './features.js';
import { parseLabelAmount } from './label-amounts.js';
import { type EvaluationExamples, type EvaluationProgress, Measuring } from './measuring.js';
import { describedData, type EvaluationResult, type EvaluationRow, summarize } from './result.js';
import { EVALUATE_OPTIONS, type EvaluateOptions, prepare, type Setting } from './setting.js';

/** What an evaluation reports while it works. */
export type EvaluationEvent =
  /** The options have been checked and the work begins: the result without its rows, to which they can be added one by one. */
  | { type: 'start'; result: EvaluationResult }
  | ({ type: 'progress' } & EvaluationProgress)
  /** Rows come as they are measured: a failure later on loses none of them. */
  | { type: 'row'; row: EvaluationRow }
  /** What the pretrained encoder answers to some of the test samples, for tasks whose answers have places in a sample. */
  | ({ type: 'examples' } & EvaluationExamples);

/**
 * Measures an encoder by protocols, amounts of labels and seeds, beside the same network at random initialization and
 * trained on the labels alone. All get the same labels, the same test samples and the same budget. Choices (penalties,
 * learning rates, steps) are made within the training labels. The encoder is bit-equal afterwards; this is checked.
 *
 * Fine-tuning the whole of a random network is the supervised baseline and not repeated for `random`. A training that diverges is
 * reported in the notes and has no row.
 *
 * @throws AutodidactError `USAGE` for unknown protocols, tasks or amounts, `DATA` when labels are missing or do not suffice, or when
 *   the samples are not what the encoder was trained on, `INTERRUPTED` on `signal`
 */
export function evaluate(options: EvaluateOptions): Job<EvaluationEvent, EvaluationResult> {
  return startJob(async (emit) => {
    const started = performance.now();
    checkKnown(options, EVALUATE_OPTIONS, 'evaluate');
    const setting = prepare(options);
    const empty = emptyResult(setting, options);
    emit({ type: 'start', result: empty });
    const isDue = coarse();
    const measuring = new Measuring(setting, options, {
      progress: (progress) => {
        if (isDue(progress)) emit({ type: 'progress', ...progress });
      },
      row: (row) => emit({ type: 'row', row }),
      examples: (examples) => emit({ type: 'examples', ...examples }),
    });
    await measuring.run();
    const { rows, measured, notes } = measuring;
    return {
      ...empty,
      isComplete: true,
      rows,
      summary: summarize(rows),
      comparisons: compareAll(measured, empty.score),
      notes: [...empty.notes, ...notes],
      seconds: (performance.now() - started) / 1000,
    };
  });
}

function emptyResult(setting: Setting, options: EvaluateOptions): EvaluationResult {
  const { task, encoder, protocols, baselines, seeds, train, test, notes } = setting;
  const { run, sources = {}, labels = [1], layer, knn, linear, finetune } = options;
  const { title, better, isShare } = task;
  return {
    date: new Date().toISOString(),
    step: run?.step ?? null,
    encoder: fingerprint(encoder.backbone),
    task: task.name,
    score: { metric: task.score, title, better, isShare },
    data: { train: describedData(options.train, sources.train), test: describedData(options.test, sources.test) },
    options: {
      protocols: [...protocols],
      labels: [...new Set(labels.map((amount) => parseLabelAmount(amount).name))],
      ...{ seeds: [...seeds], baselines: [...baselines], layer: layer ?? null },
      settings: JSON.parse(JSON.stringify({ knn, linear, finetune })) as Record<string, unknown>,
    },
    ...{ isComplete: false, rows: [], summary: [], comparisons: [] },
    floor: task.floor(test.targets),
    testCount: test.data.count,
    classes: [...(task.classes?.(train.targets) ?? [])],
    notes: [...notes],
    seconds: 0,
  };
}

/** Lets through the beginning and the end of a piece of work, and a report for every percent between. */
function coarse(): (progress: EvaluationProgress) => boolean {
  let last = '';
  return ({ encoder, work, labels, seed, done, total }) => {
    const place = `${encoder} ${work} ${labels} ${seed} ${Math.floor((100 * done) / total)}`;
    if (place === last && done !== total) return false;
    last = place;
    return true;
  };
}
