import { extname, join, parse } from 'node:path';
import { Command } from 'commander';
import type { ImageDataset } from '../data/dataset.js';
import type { Device } from '../engine/index.js';
import { AutodidactError, expected } from '../errors.js';
import { ensureParent, writeAtomically } from '../files.js';
import type { Method, MethodDefinition } from '../methods/method.js';
import { methods, parseMethodOptions } from '../methods/registry.js';
import { addMethodOptions, noMethod } from './method-options.js';
import {
  addImageOptions,
  DATA_HELP,
  type ImageOptions,
  lastingSpec,
  openData,
  openRunData,
  readImageOptions,
} from './open-data.js';
import { print, printJson, say } from './output.js';
import { planRun } from './plan.js';
import { givenValues } from './schema-options.js';

/** `preview <method>`, with a subcommand per method. */
export function previewCommand(): Command {
  const command = new Command('preview')
    .description('Shows a pretext task in pictures: with the answers of an untrained network, or of a run with --run.')
    .usage('<method> --data <spec> --out <file.png> [options]')
    .argument('[method]')
    .addHelpText(
      'after',
      '\nExample:\n  autodidact preview rotation --data ./photos --out rotation.png\n' +
        '\n`autodidact preview <method> --help` lists the options of a method.',
    )
    // What follows the name of a method belongs to the method's command.
    .enablePositionalOptions()
    .allowUnknownOption()
    .allowExcessArguments()
    .action(() => {
      throw noMethod(command.args, 'autodidact preview rotation --data ./photos --out rotation.png');
    });
  for (const definition of methods) command.addCommand(methodCommand(definition));
  return command;
}

interface Given {
  data: string;
  out: string;
  run?: string;
  device: string;
  json?: boolean;
}

function methodCommand(definition: MethodDefinition): Command {
  const { name, title, summary } = definition;
  const command = new Command(name)
    .summary(summary)
    .description(`${title}: ${summary}`)
    .requiredOption('--data <spec>', DATA_HELP)
    .requiredOption('--out <file.png>', 'The picture to write; further pictures get -2, -3, ... before the ending')
    .option('--run <folder>', 'A run whose networks answer; its options are used')
    .option('--device <name>', 'cpu, cuda, cuda:1, mps, or auto', 'auto')
    .option('--json', 'Print the paths as JSON');
  addImageOptions(command);
  addMethodOptions(command.optionsGroup('Options of the method:'), definition);
  return command
    .addHelpText('after', `\nExample:\n  autodidact preview ${name} --data fashion-mnist --out ${name}.png`)
    .action((given: Given) => preview(definition, command, given));
}

async function preview(definition: MethodDefinition, command: Command, given: Given): Promise<void> {
  if (extname(given.out).toLowerCase() !== '.png') throw expected('a file that ends in .png', 'out', given.out);
  const options = givenValues(command, definition.options);
  const images = readImageOptions(command);
  const [{ previewOf }, { renderPreview }] = await Promise.all([
    import('../train/previews.js'),
    import('../train/picture.js'),
  ]);
  const { method, dataset, device } =
    given.run === undefined
      ? await untrained(definition, options, given, images)
      : await trained(definition, options, { ...given, run: given.run }, images);
  ensureParent(given.out);
  const paths: string[] = [];
  for (const picture of previewOf(method, dataset, device)) {
    const path = paths.length === 0 ? given.out : numbered(given.out, paths.length + 1);
    writeAtomically(path, await renderPreview(picture));
    for (const { image } of picture.rows.flat()) image.dispose();
    paths.push(path);
  }
  method.dispose();
  if (given.json) printJson({ method: definition.name, run: given.run ?? null, pictures: paths });
  else print(...paths);
}

interface Shown {
  method: Method;
  dataset: ImageDataset;
  device: Device;
}

async function untrained(
  definition: MethodDefinition,
  options: Record<string, unknown>,
  { data, device: wanted }: Given,
  images: ImageOptions,
): Promise<Shown> {
  // As in pretraining: a wrong option is told before the images are read.
  parseMethodOptions(definition, options, false);
  const [{ buildMethod }, { describeData }, { selectDevice }] = await Promise.all([
    import('../train/build.js'),
    import('../train/statistics.js'),
    import('../engine/index.js'),
  ]);
  const device = selectDevice(wanted);
  const dataset = await openData(data, images);
  const description = describeData(dataset);
  const plan = planRun(definition, description, 'auto', { options, training: {} });
  const method = buildMethod(definition, plan.options, plan.training, description, { seed: 0, device });
  return { method, dataset, device };
}

async function trained(
  definition: MethodDefinition,
  options: Record<string, unknown>,
  { data, run: path, device: wanted }: Given & { run: string },
  { split, limit }: ImageOptions,
): Promise<Shown> {
  const [own] = Object.keys(options);
  if (own !== undefined)
    throw new AutodidactError('USAGE', `The option \`${own}\` was settled when the run at ${path} began`, {
      remedy: 'Leave it out, or leave out --run.',
    });
  const { loadRun } = await import('../train/load.js');
  const { RunFolder } = await import('../train/run-folder.js');
  const config = RunFolder.open(path).readConfig();
  if (config.method !== definition.name)
    throw expected(`a run of ${definition.name}`, 'run', `${path}, a run of ${config.method}`);
  const dataset = await openRunData(config, { spec: await lastingSpec(data), split, limit });
  const { method, device, warnings } = loadRun(path, { device: wanted });
  say(...warnings);
  return { method, dataset, device };
}

/** `picture.png` and 2 give `picture-2.png`. */
function numbered(path: string, number: number): string {
  const { dir, name, ext } = parse(path);
  return join(dir, `${name}-${number}${ext}`);
}
