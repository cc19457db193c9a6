import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import type { Dataset } from '../data/index.js';
import { AutodidactError, expected } from '../errors.js';
import type { MethodDefinition } from '../methods/method.js';
import { findMethod, methods } from '../methods/registry.js';
import { exampleData } from '../modalities/registry.js';
import { type TrainingOptions, trainingOptions } from '../train/config.js';
import type { TrainResult } from '../train/loop.js';
import type { RecipeChoice } from '../train/plan.js';
import { stepName } from '../train/preview-files.js';
import type { RunEvent } from '../train/run-events.js';
import { RunFolder } from '../train/run-folder.js';
import { Interrupt } from './interrupt.js';
import { addMethodOptions, addTrainingOptions, noMethod } from './method-options.js';
import { nextSteps } from './next-steps.js';
import { addDataOptions, DATA_HELP, readDataOptions, sayData } from './open-data.js';
import { print, printJson, quoted, say, shownPath } from './output.js';
import { Progress } from './progress.js';
import { writeRunReport } from './run-report.js';
import { givenValues } from './schema-options.js';
import { TrainingView } from './training-view.js';

/** `pretrain <method>` with a subcommand per method, and `pretrain --resume <run>`. */
export function pretrainCommand(): Command {
  const command = new Command('pretrain')
    .description(
      'Learns a representation from unlabeled data by a pretext task, and keeps it in a run folder. Ctrl-C saves and stops ' +
        '(exit code 130, after SIGTERM 143); the run then continues with --resume as if it had never stopped.',
    )
    .usage('<method> --data <spec> [options]\n       autodidact pretrain --resume <run>')
    .argument('[method]')
    .option('--resume <run>', 'Continue a run that was stopped, from its newest checkpoint')
    .option('--data <spec>', 'With --resume: where the data of the run are now, when they were moved')
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
    .action(
      async (
        _method: string | undefined,
        { resume: run, json, data }: { resume?: string; json?: boolean; data?: string },
      ) => {
        if (run === undefined) throw noMethod(command.args, 'autodidact pretrain simclr --data ./photos');
        const [word] = command.args;
        if (word === undefined) return continueRun(run, json ?? false, data);
        throw expected('nothing beside `--resume` and `--data`', 'pretrain', word, {
          remedy: 'A run goes on with the options that it began with.',
        });
      },
    );
  for (const definition of methods) command.addCommand(methodCommand(definition));
  // What was typed before the name of a method holds for it too.
  return command.hook('preSubcommand', (_, method) => {
    const { resume, ...before } = command.opts<{ resume?: string; data?: string; json?: boolean }>();
    if (resume !== undefined) throw eitherOr(method.name(), resume);
    for (const [name, value] of Object.entries(before)) method.setOptionValueWithSource(name, value, 'cli');
  });
}

function eitherOr(method: string, run: string): AutodidactError {
  return expected('either a method or `--resume`', 'pretrain', `${method} --resume ${run}`, {
    remedy: `A run goes on with the method and the options that it began with: autodidact pretrain --resume ${run}`,
  });
}

interface Given {
  data: string;
  out?: string;
  recipe: RecipeChoice;
  budget?: string;
  init?: string;
  json?: boolean;
}

function methodCommand(definition: MethodDefinition): Command {
  const { name, title, summary, paper } = definition;
  const command = new Command(name)
    .summary(summary)
    .description(`${title}: ${summary}\n${paper.authors}, "${paper.title}", ${paper.year}, ${paper.url}`)
    .option('--data <spec>', DATA_HELP)
    .addOption(new Option('--resume <run>').hideHelp())
    .option('--out <folder>', `The run folder to make (default: the first of runs/${name}-1, -2, ... that is free)`)
    .option(
      '--init <run or file>',
      "What the backbone starts from: a run, its encoder.safetensors, or weights with torchvision's or timm's names",
    )
    .option(
      '--budget <time>',
      'Time that training may take, such as 30m or 2h: settles threads, width, batch and epochs by some trial steps ' +
        '(default: about 30m on a CPU, none on a GPU; --epochs comes before it)',
    )
    .addOption(
      new Option('--recipe <choice>', "Starting values of all options: the paper's, or those for small samples")
        .choices(['auto', 'small', 'paper'])
        .default('auto', 'auto: small up to 64 pixels a side'),
    )
    .option('--json', 'Print one JSON object at the end');
  addDataOptions(command);
  addMethodOptions(command.optionsGroup('Options of the method:'), definition);
  addTrainingOptions(command.optionsGroup('Options of the training:'), definition);
  const [own, known] = exampleData(definition).map(quoted);
  return command
    .addHelpText(
      'after',
      `\nExamples:\n  autodidact pretrain ${name} --data ${own}\n  autodidact pretrain ${name} --data ${known} --epochs 5 --out runs/try`,
    )
    .action(({ resume, ...given }: Partial<Given> & Omit<Given, 'data'> & { resume?: string }) => {
      if (resume !== undefined) throw eitherOr(name, resume);
      const { data } = given;
      // Not left to commander, which would ask for data beside --resume.
      if (data === undefined) throw new AutodidactError('USAGE', "Required option '--data <spec>' not specified");
      return startRun(definition, command, { ...given, data });
    });
}

async function startRun(definition: MethodDefinition, command: Command, given: Given): Promise<void> {
  const open = readDataOptions(command);
  const options = givenValues(command, definition.options);
  const training = givenValues(command, trainingOptions);
  const { pretrain } = await import('../pretrain.js');
  await supervised(given.json ?? false, definition.name, async ({ signal }) => {
    const { data, out, recipe, budget, init } = given;
    const progress = new Progress('reading data', 'samples');
    const seen = new Seen();
    try {
      const result = await pretrain({
        ...{ method: definition, data, options, training, recipe, budget, init, out, signal },
        open: { ...open, onProgress: (done, total, unit) => progress.update(done, total, undefined, unit) },
        onData(dataset) {
          progress.stop();
          sayData(dataset);
          seen.dataset = dataset;
        },
        onNote: say,
        onStart: (settings, run) => seen.start(run, settings),
        onEvent: (event) => seen.show(event),
      });
      return { seen, result };
    } finally {
      progress.stop();
      await seen.stop();
    }
  });
}

async function continueRun(run: string, isJson: boolean, data: string | undefined): Promise<void> {
  const { resumeRun } = await import('../pretrain.js');
  const folder = RunFolder.open(run);
  const config = folder.readConfig();
  await supervised(isJson, config.method, async ({ signal }) => {
    const progress = new Progress('reading data', 'samples');
    const seen = new Seen();
    try {
      seen.start(run, config.training, folder.events());
      const result = await resumeRun(run, {
        ...{ data, signal },
        onProgress: (done, total, unit) => progress.update(done, total, undefined, unit),
        onData(dataset) {
          progress.stop();
          sayData(dataset);
          seen.dataset = dataset;
        },
        onEvent: (event) => seen.show(event),
      });
      return { seen, result };
    } finally {
      progress.stop();
      await seen.stop();
    }
  });
}

/** What a person sees of a run, and the data that its report shows. */
class Seen {
  dataset: Dataset | undefined;
  view: TrainingView | undefined;
  private run = '';
  /** Pictures are drawn one preview after the other, while the training goes on. */
  private drawing: Promise<unknown> = Promise.resolve();

  start(run: string, training: TrainingOptions, earlier?: readonly RunEvent[]): void {
    this.run = run;
    this.view = new TrainingView(training, earlier);
    // A killed process may not have come to drawing what it saved.
    for (const event of earlier ?? []) if (event.type === 'preview' && !isDrawn(run, event.step)) this.draw(event.step);
  }

  show(event: RunEvent): void {
    this.view?.show(event, this.dataset?.plural);
    if (event.type === 'preview') this.draw(event.step);
  }

  private draw(step: number): void {
    this.drawing = this.drawing.then(() => draw(this.run, step));
  }

  async stop(): Promise<void> {
    this.view?.stop();
    await this.drawing;
  }
}

const isDrawn = (run: string, step: number): boolean => existsSync(join(run, 'previews', `${stepName(step)}.png`));

/** Draws the pictures of a preview; a failure is said and stops nothing, since its values are saved. */
async function draw(run: string, step: number): Promise<void> {
  try {
    const { drawPreviews } = await import('../export/pictures/draw-previews.js');
    await drawPreviews(run, step);
  } catch (error) {
    say(`note: the preview of step ${step} was not drawn: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Lets a run train while Ctrl-C stops it softly, then writes its report and says where everything is. */
async function supervised(
  isJson: boolean,
  method: string,
  work: (interrupt: Interrupt) => Promise<{ seen: Seen; result: TrainResult }>,
): Promise<void> {
  const interrupt = new Interrupt('stopping after this step; again to quit at once');
  try {
    const { seen, result } = await work(interrupt);
    const { folder, reason, step, seconds } = result;
    const run = shownPath(folder.path);
    const isFinished = reason === 'finished';
    const report = isFinished ? await reportOn(folder, seen.dataset!) : null;
    const summary = { run, method, reason, step, seconds, ...seen.view?.last, report };
    if (isJson) printJson(summary);
    if (!isFinished) {
      say(`stopped after step ${step}; continue with: autodidact pretrain --resume ${run}`);
      process.exitCode = interrupt.exitCode;
    } else if (!isJson) print(`run     ${run}`, `report  ${report}`, '', ...nextSteps(findMethod(method), run));
  } finally {
    interrupt.stop();
  }
}

async function reportOn(folder: RunFolder, dataset: Dataset): Promise<string> {
  const { loadRun } = await import('../train/load.js');
  const run = loadRun(folder.path);
  try {
    return await writeRunReport(folder, { run, dataset });
  } finally {
    run.method.dispose();
  }
}
