import { Command } from 'commander';
import { z } from 'zod';
import type { Dataset } from '../data/index.js';
import { AutodidactError, expected } from '../errors.js';
import type { EvaluationEvent } from '../evaluate/evaluate.js';
import type { EvaluationExamples, EvaluationProgress } from '../evaluate/measuring.js';
import { PROPAGATION } from '../evaluate/propagation/options.js';
import { PROTOCOLS } from '../evaluate/protocols.js';
import type { EvaluationResult, EvaluationRow } from '../evaluate/result.js';
import { RETRIEVAL, RETRIEVAL_RULES } from '../evaluate/retrieval/options.js';
import { BASELINES } from '../evaluate/setting.js';
import { tasks } from '../evaluate/tasks/registry.js';
import type { Job } from '../job.js';
import { PROPAGATION_RULES } from '../networks/propagation/rule.js';
import { nearest, parseValues } from '../options.js';
import type { LoadedEncoder } from '../train/load-encoder.js';
import { ENCODER_HELP, encoderOptions, openEncoder } from './encoder-argument.js';
import { Interrupt } from './interrupt.js';
import { announced, lastingSpec, openData } from './open-data.js';
import { print, printJson, say, shownPath } from './output.js';
import { Progress } from './progress.js';
import { writeRunReport } from './run-report.js';
import { addSchemaOptions, givenValues, written } from './schema-options.js';

/** Share of the labeled samples that scores where the data have no test samples of their own. */
const HELD_OUT = 0.2;
const USUAL_BASELINES: string[] = ['random', 'supervised'];
const ALL_LABELS: string[] = ['100%'];
const RULES = Object.keys(PROPAGATION_RULES);

const options = z.object({
  task: z
    .enum([...tasks.map(({ name }) => name), PROPAGATION, RETRIEVAL] as string[] as [string, ...string[]])
    .default('classification')
    .describe('What is asked of the samples'),
  protocol: z
    .array(z.string())
    .optional()
    .describe(
      `How the encoder is used, some of ${PROTOCOLS.join(', ')} (default: knn,linear; linear for masks and several labels, finetune-head for ` +
        `boxes); for ${PROPAGATION} some of ` +
        `${RULES.join(', ')} (default: ${RULES[0]}); for ${RETRIEVAL} some of ${RETRIEVAL_RULES.join(', ')} (default: both)`,
    ),
  freezeUntil: z
    .array(z.string())
    .default([])
    .describe('Layers up to which finetune leaves the backbone as it is, one measurement for each; none trains all'),
  labels: z
    .array(z.string())
    .default(ALL_LABELS)
    .describe('How many labels may be used: shares such as 1%, numbers per class such as 10/class'),
  seeds: z.number().int().min(1).max(100).default(3).describe('Repetitions, each with its own choice of labels'),
  baselines: z
    .array(z.string())
    .optional()
    .describe(
      `What stands beside the encoder, some of ${BASELINES.join(', ')}; or none (default: ${USUAL_BASELINES.join(',')} and, of texts, bag-of-words; random for ${PROPAGATION}, random,bag-of-words for ${RETRIEVAL})`,
    ),
  layer: z
    .string()
    .optional()
    .describe(
      `Layer of the backbone to read, or several joined by + (default: the last; for ${PROPAGATION} the last with a fine map)`,
    ),
  size: z
    .number()
    .int()
    .min(1)
    .max(4096)
    .optional()
    .describe(`For ${PROPAGATION}: side of the frames in pixels (default: chosen by the data)`),
  limit: z.number().int().min(1).optional().describe('Take only so many samples for training, and so many for testing'),
  budget: z
    .number()
    .int()
    .min(1)
    .default(500)
    .describe(
      'Optimizer steps of each training of the search; it goes on while validation improves, up to 16 times that',
    ),
  ...encoderOptions.shape,
});

interface Given {
  data?: string;
  test?: string;
  labelFile?: string;
  json?: boolean;
}

/** `evaluate <run>`. */
export function evaluateCommand(): Command {
  const command = new Command('evaluate')
    .description(
      'Measures what a run has learnt: few labels on top of the frozen or fine-tuned encoder, beside the same network at random ' +
        'initialization and trained on the labels alone. Adds to evaluation.json and writes report.html in the run folder.',
    )
    .argument('<encoder>', ENCODER_HELP)
    .option('--data <spec>', "Labeled data; their train split teaches (default: the run's own data)")
    .option(
      '--test <spec>',
      'Data that score (default: the test split of the data, else a fifth of the labeled samples)',
    )
    .option('--label-file <file>', 'A table with the columns id and label for data without labels of their own');
  addSchemaOptions(command, options, ({ default: value }) => (value === undefined ? '' : `default: ${written(value)}`));
  return command
    .option('--json', 'Print all measurements as one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  autodidact evaluate runs/simclr-1\n' +
        '  autodidact evaluate runs/simclr-1 --data ./labeled --protocol knn,linear,finetune --labels 1%,10%,100%\n' +
        '  autodidact evaluate runs/simclr-1 --protocol finetune --freeze-until layer2,layer3\n' +
        '  autodidact evaluate runs/simclr-1 --task detection --data ./annotated --layer layer3+layer4\n' +
        "  autodidact evaluate runs/simclr-1 --task propagation --data 'synthetic:sprites'\n" +
        "  autodidact evaluate runs/bert-1 --task retrieval --data 'text:addresses?pairs=adjacent'",
    )
    .action((run: string, given: Given) =>
      evaluateRun(run, given, parseValues(options, named(givenValues(command, options)))),
    );
}

type Settings = z.output<typeof options>;

/** The values with the task's other name. */
function named(values: Record<string, unknown>): Record<string, unknown> {
  return values.task === 'propagate' ? { ...values, task: PROPAGATION } : values;
}

/** A task with its options checked: opens the data, then measures. */
type Begin = (
  loaded: LoadedEncoder,
  signal: AbortSignal,
) => Promise<{ job: Job<EvaluationEvent, EvaluationResult>; shown: Dataset | null }>;

async function evaluateRun(path: string, given: Given, settings: Settings): Promise<void> {
  const untrained: Record<string, typeof propagationOf> = { [PROPAGATION]: propagationOf, [RETRIEVAL]: retrievalOf };
  const begin = untrained[settings.task]?.(given, settings) ?? (await taskOf(given, settings));
  const [{ renderTable }, { addEvaluation }] = await Promise.all([
    import('../evaluate/table.js'),
    import('../evaluate/records.js'),
  ]);
  // Loaded first: a damaged checkpoint is reported before the data are read.
  const loaded = await openEncoder(path, settings);
  const { run } = loaded;
  // An encoder without a run has no folder to keep what was measured in: it is printed.
  const file = run?.folder.file('evaluation.json') ?? null;
  const interrupt = new Interrupt('stopping; what was measured is kept; again to quit at once');
  const view = new EvaluationView();
  const rows: EvaluationRow[] = [];
  const examples: EvaluationExamples[] = [];
  let started: EvaluationResult | undefined;
  try {
    const { job, shown } = await begin(loaded, interrupt.signal);
    for await (const event of job) {
      if (event.type === 'start') started = event.result;
      if (event.type === 'row') rows.push(event.row);
      if (event.type === 'progress') view.show(event);
      if (event.type === 'examples') examples.push(event);
    }
    view.stop();
    const result = await job;
    if (file !== null) addEvaluation(file, result);
    // First of all, so that nothing that fails afterwards takes it away.
    if (!given.json) print(...renderTable(result).split('\n'));
    if (run === undefined) {
      if (given.json) printJson({ source: path, ...result });
      return;
    }
    const pictures: string[] = [];
    if (examples.length > 0) {
      const { writeAnswers } = await import('../export/report/answers.js');
      for (const one of examples)
        pictures.push(shownPath(await writeAnswers(run.folder, one, result.task, result.step)));
    }
    const report = await writeRunReport(run.folder, shown === null ? undefined : { run, dataset: shown });
    if (given.json) printJson({ run: path, method: run.config.method, ...result, file, report, pictures });
    else print('', ...pictures.map((picture) => `answers  ${picture}`), `report  ${report}`);
  } catch (error) {
    view.stop();
    if (started !== undefined && rows.length > 0) {
      const { summarize } = await import('../evaluate/result.js');
      const notes = [...started.notes, 'This evaluation ended before everything was measured.'];
      const partial = { ...started, rows, summary: summarize(rows), notes };
      if (file !== null) addEvaluation(file, partial);
      if (!given.json) print(...renderTable(partial).split('\n'));
      if (file !== null) say(`${rows.length} rows were measured and are kept in ${file}`);
    }
    if (interrupt.signal.aborted) {
      process.exitCode = interrupt.exitCode;
      return;
    }
    throw error;
  } finally {
    interrupt.stop();
  }
}

/** A task that heads and probes are trained for. */
async function taskOf(given: Given, settings: Settings): Promise<Begin> {
  const { task, freezeUntil, labels, seeds, layer, budget, limit, size } = settings;
  if (size !== undefined)
    throw expected(`--size with --task ${PROPAGATION} alone`, 'size', size, {
      remedy: 'An encoder meets samples of the size that it was trained on.',
    });
  const baselines = settings.baselines && chosen('baselines', settings.baselines, BASELINES);
  const [{ evaluate }, { parseLabelAmount }, { parseProtocols, usualProtocols }, { findTask }] = await Promise.all([
    import('../evaluate/evaluate.js'),
    import('../evaluate/label-amounts.js'),
    import('../evaluate/protocols.js'),
    import('../evaluate/tasks/registry.js'),
  ]);
  for (const amount of labels) parseLabelAmount(amount);
  const protocols = settings.protocol ?? usualProtocols(findTask(task));
  parseProtocols(protocols, freezeUntil);
  return async (loaded, signal) => {
    const { train, test, sources } = await openBoth(loaded, given, limit);
    const job = evaluate({
      ...{ run: loaded, train, test, sources, protocols, task, freezeUntil, labels, layer, signal },
      ...(baselines === undefined ? {} : { baselines }),
      seeds: Array.from({ length: seeds }, (_, seed) => seed),
      finetune: { steps: budget },
    });
    return { job, shown: train };
  };
}

/** Following masks and joints through videos, for which nothing is trained. */
function propagationOf({ data, test: testSpec, labelFile }: Given, settings: Settings): Begin {
  const { protocol: rules, baselines, seeds, layer, limit, size } = settings;
  if (labelFile !== undefined || settings.freezeUntil.length > 0 || settings.labels.join() !== ALL_LABELS.join())
    throw new AutodidactError('USAGE', `${PROPAGATION} trains nothing and takes no labels but those of first frames`, {
      remedy: 'Leave out --labels, --label-file and --freeze-until.',
    });
  return async (loaded, signal) => {
    const { evaluatePropagation } = await import('../evaluate/propagation/evaluate-propagation.js');
    const spec = data === undefined ? ownData(loaded) : await lastingSpec(data);
    const scored = testSpec === undefined ? spec : await lastingSpec(testSpec);
    const form = { ...(size === undefined ? {} : { size }), ...(limit === undefined ? {} : { limit }) };
    const hasTest = testSpec === undefined && (await hasTestSamples(spec));
    const test = await openData(scored, { ...form, split: hasTest ? 'test' : 'all' });
    const train = hasTest ? await openData(spec, { ...form, split: 'train' }) : null;
    const job = evaluatePropagation({
      ...{ run: loaded, test, sources: { train: spec, test: scored }, signal },
      seeds: Array.from({ length: seeds }, (_, seed) => seed),
      ...(train === null ? {} : { train }),
      ...(rules === undefined ? {} : { rules }),
      ...(baselines === undefined ? {} : { baselines }),
      ...(layer === undefined ? {} : { layer }),
    });
    return { job, shown: null };
  };
}

/** Finding the partners of samples, for which nothing is trained. */
function retrievalOf({ data, test: testSpec, labelFile }: Given, settings: Settings): Begin {
  const { protocol: rules, baselines, seeds, layer, limit } = settings;
  const isAsked = labelFile !== undefined || settings.size !== undefined || settings.freezeUntil.length > 0;
  if (isAsked || settings.labels.join() !== ALL_LABELS.join())
    throw new AutodidactError('USAGE', `${RETRIEVAL} trains nothing and takes no labels`, {
      remedy: 'Leave out --labels, --label-file, --freeze-until and --size.',
    });
  return async (loaded, signal) => {
    const { evaluateRetrieval } = await import('../evaluate/retrieval/evaluate-retrieval.js');
    const spec = data === undefined ? ownData(loaded) : await lastingSpec(data);
    const scored = testSpec === undefined ? spec : await lastingSpec(testSpec);
    const open = (other: string, split: 'train' | 'test' | 'all') =>
      announced((onProgress) =>
        loaded.open({ spec: other, split, isLabeled: true, onProgress, ...(limit === undefined ? {} : { limit }) }),
      );
    const hasTest = testSpec === undefined && (await hasTestSamples(spec));
    const test = await open(scored, hasTest ? 'test' : 'all');
    const train = hasTest ? await open(spec, 'train') : null;
    const job = evaluateRetrieval({
      ...{ run: loaded, test, sources: { train: spec, test: scored }, signal },
      seeds: Array.from({ length: seeds }, (_, seed) => seed),
      ...(train === null ? {} : { train }),
      ...(rules === undefined ? {} : { rules }),
      ...(baselines === undefined ? {} : { baselines }),
      ...(layer === undefined ? {} : { layer }),
    });
    return { job, shown: null };
  };
}

/** The samples that teach and those that score. */
async function openBoth(
  loaded: LoadedEncoder,
  { data, test: testSpec, labelFile: labels }: Given,
  limit: number | undefined,
): Promise<{ train: Dataset; test: Dataset; sources: { train: string; test: string } }> {
  const spec = data === undefined ? ownData(loaded) : await lastingSpec(data);
  const asked = { labels, isLabeled: true, ...(limit === undefined ? {} : { limit }) };
  const open = (other: string, split: 'train' | 'test' | 'all') =>
    announced((onProgress) => loaded.open({ spec: other, split, ...asked, onProgress }));
  const train = await open(spec, 'train');
  if (testSpec !== undefined) {
    const test = await open(await lastingSpec(testSpec), 'all');
    return { train, test, sources: { train: spec, test: testSpec } };
  }
  const sources = { train: spec, test: spec };
  if (await hasTestSamples(spec)) return { train, test: await open(spec, 'test'), sources };
  // Without anything known of them, nothing is parted: `evaluate` says what is missing.
  if (train.targets.length === 0) return { train, test: train, sources };
  const known = train.labels === null ? train : train.labeled();
  const { kept, held } = known.holdOut(HELD_OUT);
  say(
    `${train.name} has no test ${train.plural}: ${held.count} of its ${known.count} labeled ${train.plural} score, the others teach` +
      (spec === loaded.run?.config.data.spec ? '; without labels, all took part in pretraining' : ''),
  );
  return { train: kept, test: held, sources };
}

/** The data of the run that an encoder comes from. @throws AutodidactError `USAGE` for an encoder without a run */
function ownData({ run }: LoadedEncoder): string {
  if (run !== undefined) return run.config.data.spec;
  throw new AutodidactError('USAGE', 'An encoder without a run has no data of its own', { remedy: 'Give --data.' });
}

/** Whether the data have a test side of their own. */
async function hasTestSamples(spec: string): Promise<boolean> {
  const { hasSplit } = await import('../modalities/registry.js');
  return hasSplit(spec, 'test');
}

function chosen<Name extends string>(option: string, given: readonly string[], names: readonly Name[]): Name[] {
  return given.map((name) => {
    const found = names.find((known) => known === name);
    if (found !== undefined) return found;
    throw expected(`some of ${names.join(', ')}`, option, name, {
      remedy: `Did you mean \`${nearest(name, names)}\`?`,
    });
  });
}

/** What is counted in pieces of work that take no optimizer steps. */
const UNITS: Record<string, string> = { 'training features': 'samples', 'test features': 'samples', videos: 'videos' };

/** One bar per piece of work. */
class EvaluationView {
  private label: string | undefined;
  private progress: Progress | undefined;

  show({ encoder, work, labels, seed, done, total }: EvaluationProgress): void {
    const cell = labels === undefined ? '' : ` with ${labels} of the labels, seed ${seed}`;
    const label = work === encoder ? `${work}${cell}` : `${encoder}: ${work}${cell}`;
    if (label !== this.label) {
      this.stop();
      this.label = label;
      this.progress = new Progress(label, UNITS[work] ?? 'steps');
    }
    this.progress?.update(done, total);
  }

  stop(): void {
    this.progress?.stop();
  }
}
