import { Command } from 'commander';
import { z } from 'zod';
import type { ImageDataset } from '../data/dataset.js';
import { expected } from '../errors.js';
import type { EvaluationProgress } from '../evaluate/protocol.js';
import { type EvaluationResult, PROTOCOLS } from '../evaluate/result.js';
import { writeAtomically } from '../files.js';
import { nearest, parseValues } from '../options.js';
import type { RunConfig } from '../train/run-config.js';
import { lastingSpec, openRunData } from './open-data.js';
import { print, printJson, say } from './output.js';
import { Progress } from './progress.js';
import { writeRunReport } from './run-report.js';
import { addSchemaOptions, givenValues, written } from './schema-options.js';

/** Share of the labeled images that scores where the data have no test images of their own. */
const HELD_OUT = 0.2;
const BASELINES = ['random', 'data-dependent', 'supervised'] as const;
const USUAL_BASELINES: string[] = ['random', 'supervised'];

const options = z.object({
  protocol: z
    .array(z.string())
    .default(['knn', 'linear'])
    .describe(`How the encoder is used, some of ${PROTOCOLS.join(', ')}`),
  labels: z
    .array(z.string())
    .default(['100%'])
    .describe('How many labels may be used: shares such as 1%, numbers per class such as 10/class'),
  seeds: z.number().int().min(1).max(100).default(3).describe('Repetitions, each with its own choice of labels'),
  baselines: z
    .array(z.string())
    .default(USUAL_BASELINES)
    .describe(
      'What stands beside the encoder: random initialization, initialization from the data, supervised training; or none',
    ),
  layer: z.string().optional().describe('Layer of the backbone to read (default: the last)'),
  limit: z.number().int().min(1).optional().describe('Take only so many images for training, and so many for testing'),
  budget: z
    .number()
    .int()
    .min(1)
    .default(500)
    .describe('Optimizer steps of each training, in fine-tuning as in supervised training'),
  device: z.string().default('auto').describe('cpu, cuda, cuda:1, mps, or auto'),
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
        'initialization and trained on the labels alone. Writes evaluation.json and report.html into the run folder.',
    )
    .argument('<run>', 'a run folder, such as runs/simclr-1')
    .option('--data <spec>', "Labeled images; their train split teaches (default: the run's own data)")
    .option(
      '--test <spec>',
      'Images that score (default: the test split of the data, else a fifth of the labeled images)',
    )
    .option('--label-file <file>', 'A table with the columns id and label for images without labels of their own');
  addSchemaOptions(command, options, ({ default: value }) => (value === undefined ? '' : `default: ${written(value)}`));
  return command
    .option('--json', 'Print all measurements as one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  autodidact evaluate runs/simclr-1\n' +
        '  autodidact evaluate runs/simclr-1 --data ./labeled --protocol knn,linear,finetune --labels 1%,10%,100%',
    )
    .action((run: string, given: Given) =>
      evaluateRun(run, given, parseValues(options, givenValues(command, options))),
    );
}

async function evaluateRun(path: string, given: Given, settings: z.output<typeof options>): Promise<void> {
  const baselines = chosen('baselines', settings.baselines, BASELINES);
  const protocols = chosen('protocol', settings.protocol, PROTOCOLS);
  const [{ loadRun }, { evaluate }, { parseLabelAmount }, { renderTable }, { RunFolder }] = await Promise.all([
    import('../train/load.js'),
    import('../evaluate/protocol.js'),
    import('../evaluate/label-amounts.js'),
    import('../evaluate/table.js'),
    import('../train/run-folder.js'),
  ]);
  for (const amount of settings.labels) parseLabelAmount(amount);
  const config = RunFolder.open(path).readConfig();
  // Loaded first: a damaged checkpoint is told before the images are read.
  const run = loadRun(path, { device: settings.device });
  say(...run.warnings);
  const { train, test } = await openBoth(config, given, settings.limit);
  const view = new EvaluationView();
  let result: EvaluationResult;
  try {
    result = await evaluate({
      ...{ run, train, test, protocols, baselines },
      labels: settings.labels,
      seeds: Array.from({ length: settings.seeds }, (_, seed) => seed),
      layer: settings.layer,
      finetune: { steps: settings.budget },
      onProgress: (progress) => view.show(progress),
    });
  } finally {
    view.stop();
  }
  const file = run.folder.file('evaluation.json');
  writeAtomically(file, `${JSON.stringify(result, null, 2)}\n`);
  const report = await writeRunReport(run.folder, { run, dataset: test });
  if (given.json) printJson({ run: path, method: config.method, step: run.step, ...result, file, report });
  else print(...renderTable(result).split('\n'), '', `report  ${report}`);
}

/** The images that teach and those that score. */
async function openBoth(
  config: RunConfig,
  { data, test: testSpec, labelFile: labels }: Given,
  limit: number | undefined,
): Promise<{ train: ImageDataset; test: ImageDataset }> {
  const spec = data === undefined ? config.data.spec : await lastingSpec(data);
  const limits = limit === undefined ? {} : { limit };
  const train = await openRunData(config, { spec, split: 'train', labels, ...limits });
  if (testSpec !== undefined)
    return { train, test: await openRunData(config, { spec: testSpec, split: 'all', ...limits }) };
  if (await hasTestImages(spec)) {
    const test = await openRunData(config, { spec, split: 'test', ...limits });
    if (labels === undefined || test.labels !== null) return { train, test };
    return { train, test: await openRunData(config, { spec, split: 'test', labels, ...limits }) };
  }
  const { kept, held } = train.labeled().holdOut(HELD_OUT);
  say(
    `${train.name} has no test images: ${held.count} of its ${kept.count + held.count} labeled images score, the others teach` +
      (spec === config.data.spec ? '; without labels, all took part in pretraining' : ''),
  );
  return { train: kept, test: held };
}

async function hasTestImages(spec: string): Promise<boolean> {
  const { openSource } = await import('../data/open.js');
  const source = await openSource(spec);
  const items: readonly { split: string | null }[] = source.form === 'files' ? source.files : source.parts;
  return items.some(({ split }) => split === 'test');
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
      this.progress = new Progress(label, work.endsWith('features') ? 'images' : 'steps');
    }
    this.progress?.update(done, total);
  }

  stop(): void {
    this.progress?.stop();
  }
}
