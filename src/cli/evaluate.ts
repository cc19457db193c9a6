import { Command } from 'commander';
import { expected } from '../errors.js';
import type { EvaluationExamples, EvaluationProgress } from '../evaluate/measuring.js';
import { PROPAGATION } from '../evaluate/propagation/options.js';
import type { EvaluationResult, EvaluationRow } from '../evaluate/result.js';
import { BASELINES } from '../evaluate/setting.js';
import { nearest, parseValues } from '../options.js';
import { ENCODER_HELP, openEncoder } from './encoder-argument.js';
import { openBoth } from './evaluate-data.js';
import { type Begin, type Given, options, type Settings } from './evaluate-options.js';
import { untrained } from './evaluate-untrained.js';
import { Interrupt } from './interrupt.js';
import { print, printJson, say, shownPath } from './output.js';
import { Progress } from './progress.js';
import { writeRunReport } from './run-report.js';
import { addSchemaOptions, givenValues, written } from './schema-options.js';

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

/** The values with the task's other name. */
function named(values: Record<string, unknown>): Record<string, unknown> {
  return values.task === 'propagate' ? { ...values, task: PROPAGATION } : values;
}

async function evaluateRun(path: string, given: Given, settings: Settings): Promise<void> {
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
      const isKept = file !== null && addEvaluation(file, partial);
      if (!given.json) print(...renderTable(partial).split('\n'));
      if (isKept) say(`${rows.length} rows were measured and are kept in ${file}`);
      else if (file !== null) say(`the same evaluation, complete, is in ${file} and stays`);
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
    const { train, test, sources, notes } = await openBoth(loaded, given, { task, limit });
    const job = evaluate({
      ...{ run: loaded, train, test, sources, notes, protocols, task, freezeUntil, labels, layer, signal },
      ...(baselines === undefined ? {} : { baselines }),
      seeds: Array.from({ length: seeds }, (_, seed) => seed),
      finetune: { steps: budget },
    });
    return { job, shown: train };
  };
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
