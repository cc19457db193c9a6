import { Command, Option } from 'commander';
import type { ImageDataset } from '../data/dataset.js';
import { expected } from '../errors.js';
import type { MethodDefinition } from '../methods/method.js';
import { findMethod, methods } from '../methods/registry.js';
import { trainingOptions } from '../train/config.js';
import type { PretrainResult, Watcher } from '../train/loop.js';
import type { RunFolder } from '../train/run-folder.js';
import { Interrupt } from './interrupt.js';
import { addMethodOptions, addTrainingOptions, noMethod } from './method-options.js';
import { addImageOptions, DATA_HELP, lastingSpec, openData, openRunData, readImageOptions } from './open-data.js';
import { print, printJson, say, shownPath } from './output.js';
import { planRun, type RecipeChoice } from './plan.js';
import { writeRunReport } from './run-report.js';
import { givenValues } from './schema-options.js';
import { TrainingView } from './training-view.js';

/** `pretrain <method>` with a subcommand per method, and `pretrain --resume <run>`. */
export function pretrainCommand(): Command {
  const command = new Command('pretrain')
    .description(
      'Learns a representation from unlabeled images by a pretext task, and keeps it in a run folder. Ctrl-C saves and stops ' +
        '(exit code 130, after SIGTERM 143); the run then continues with --resume as if it had never stopped.',
    )
    .usage('<method> --data <spec> [options]\n       autodidact pretrain --resume <run>')
    .argument('[method]')
    .option('--resume <run>', 'Continue a run that was stopped, from its newest checkpoint')
    .option('--json', 'Print one JSON object at the end')
    .addHelpText(
      'after',
      '\nExamples:\n  autodidact pretrain simclr --data ./photos\n  autodidact pretrain --resume runs/simclr-1\n' +
        '\n`autodidact pretrain <method> --help` lists the options of a method.',
    )
    // What follows the name of a method belongs to the method's command.
    .enablePositionalOptions()
    .allowUnknownOption()
    .allowExcessArguments()
    .action(async (_method: string | undefined, { resume: run, json }: { resume?: string; json?: boolean }) => {
      if (run === undefined) throw noMethod(command.args, 'autodidact pretrain simclr --data ./photos');
      const [word] = command.args;
      if (word === undefined) return resumeRun(run, json ?? false);
      throw expected('nothing else beside `--resume`', 'pretrain', word, {
        remedy: 'A run goes on with the data and the options that it began with.',
      });
    });
  for (const definition of methods) command.addCommand(methodCommand(definition));
  return command;
}

interface Given {
  data: string;
  out?: string;
  recipe: RecipeChoice;
  json?: boolean;
}

function methodCommand(definition: MethodDefinition): Command {
  const { name, title, summary, paper } = definition;
  const command = new Command(name)
    .summary(summary)
    .description(`${title}: ${summary}\n${paper.authors}, "${paper.title}", ${paper.year}, ${paper.url}`)
    .requiredOption('--data <spec>', DATA_HELP)
    .option('--out <folder>', `The run folder to make (default: the first of runs/${name}-1, -2, ... that is free)`)
    .addOption(
      new Option('--recipe <choice>', "Starting values of all options: the paper's, or those for small images")
        .choices(['auto', 'small', 'paper'])
        .default('auto', 'auto: small up to 64 pixels a side'),
    )
    .option('--json', 'Print one JSON object at the end');
  addImageOptions(command);
  addMethodOptions(command.optionsGroup('Options of the method:'), definition);
  addTrainingOptions(command.optionsGroup('Options of the training:'), definition);
  return command
    .addHelpText(
      'after',
      `\nExamples:\n  autodidact pretrain ${name} --data ./photos\n  autodidact pretrain ${name} --data fashion-mnist --epochs 5 --out runs/try`,
    )
    .action((given: Given) => startRun(definition, command, given));
}

async function startRun(definition: MethodDefinition, command: Command, given: Given): Promise<void> {
  const images = readImageOptions(command);
  const values = {
    options: givenValues(command, definition.options),
    training: givenValues(command, trainingOptions),
  };
  // Settled once with data that fit, so that a wrong option is told before minutes are spent on reading images.
  planRun(definition, { count: Number.MAX_SAFE_INTEGER, imageSize: images.size ?? 1 }, given.recipe, values);
  const [{ pretrain }, { RunFolder }] = await Promise.all([
    import('../train/loop.js'),
    import('../train/run-folder.js'),
  ]);
  const out = given.out ?? RunFolder.nextPath('runs', definition.name);
  RunFolder.checkFree(out);
  await supervised(given.json ?? false, definition.name, async (interrupt) => {
    const dataset = await openData(given.data, { ...images, signal: interrupt.signal });
    const data = { count: dataset.count, imageSize: dataset.size.height };
    const { options, training, notes } = planRun(definition, data, given.recipe, values);
    for (const note of notes) say(note);
    const view = new TrainingView(training);
    const source = {
      spec: await lastingSpec(given.data),
      split: images.split,
      limit: images.limit ?? null,
      asked: { size: images.size ?? null, channels: images.channels },
    };
    const request = { definition, options, training, dataset, source, out };
    const watcher = await watch(view, dataset, interrupt);
    return { view, dataset, result: await pretrain(request, watcher).finally(() => view.stop()) };
  });
}

async function resumeRun(run: string, isJson: boolean): Promise<void> {
  const [{ resume }, { RunFolder }] = await Promise.all([import('../train/loop.js'), import('../train/run-folder.js')]);
  const folder = RunFolder.open(run);
  const config = folder.readConfig();
  const definition = findMethod(config.method);
  await supervised(isJson, definition.name, async (interrupt) => {
    const dataset = await openRunData(config, { signal: interrupt.signal });
    const events = folder.events();
    const view = new TrainingView(config.training, events);
    const watcher = await watch(view, dataset, interrupt);
    return { view, dataset, result: await resume(run, definition, dataset, watcher).finally(() => view.stop()) };
  });
}

async function watch(view: TrainingView, dataset: ImageDataset, { signal }: Interrupt): Promise<Watcher> {
  const { monitor } = await import('../evaluate/monitor.js');
  return { onEvent: (event) => view.show(event), monitor: monitor(dataset), signal };
}

/** Lets a run train while Ctrl-C stops it softly, then writes its report and says where everything is. */
async function supervised(
  isJson: boolean,
  method: string,
  train: (interrupt: Interrupt) => Promise<{ view: TrainingView; dataset: ImageDataset; result: PretrainResult }>,
): Promise<void> {
  const interrupt = new Interrupt('stopping after this step; again to quit at once');
  try {
    const { view, dataset, result } = await train(interrupt);
    const { folder, reason, step, seconds } = result;
    const run = shownPath(folder.path);
    const isFinished = reason === 'finished';
    const report = isFinished ? await reportOn(folder, dataset) : null;
    const summary = { run, method, reason, step, seconds, ...view.last, report };
    if (isJson) printJson(summary);
    if (!isFinished) {
      say(`stopped after step ${step}; continue with: autodidact pretrain --resume ${run}`);
      process.exitCode = interrupt.exitCode;
    } else if (!isJson) print(`run     ${run}`, `report  ${report}`, '', `Next: autodidact evaluate ${run}`);
  } finally {
    interrupt.stop();
  }
}

async function reportOn(folder: RunFolder, dataset: ImageDataset): Promise<string> {
  const { loadRun } = await import('../train/load.js');
  const run = loadRun(folder.path);
  try {
    return await writeRunReport(folder, { run, dataset });
  } finally {
    run.method.dispose();
  }
}
