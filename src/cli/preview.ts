import { extname } from 'node:path';
import { Command } from 'commander';
import type { Dataset } from '../data/index.js';
import type { Device } from '../engine/index.js';
import { AutodidactError, expected } from '../errors.js';
import { ensureParent, writeAtomically } from '../files.js';
import type { Method, MethodDefinition } from '../methods/method.js';
import { methods } from '../methods/registry.js';
import { exampleData } from '../modalities/registry.js';
import { planRun } from '../train/plan.js';
import { addMethodOptions, noMethod } from './method-options.js';
import {
  addDataOptions,
  announced,
  DATA_HELP,
  type DataOptions,
  FORM_OPTIONS,
  givenDataOptions,
  lastingSpec,
  openRunData,
  readDataOptions,
} from './open-data.js';
import { print, printJson, quoted, say } from './output.js';
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
    .requiredOption('--out <file.png>', 'The picture to write')
    .option('--run <folder>', 'A run whose networks answer; its options are used')
    .option('--device <name>', 'cpu, cuda, cuda:1, mps, or auto', 'auto')
    .option('--json', 'Print the paths as JSON');
  addDataOptions(command);
  addMethodOptions(command.optionsGroup('Options of the method:'), definition);
  return command
    .addHelpText(
      'after',
      `\nExample:\n  autodidact preview ${name} --data ${quoted(exampleData(definition)[1])} --out ${name}.png`,
    )
    .action((given: Given) => preview(definition, command, given));
}

async function preview(definition: MethodDefinition, command: Command, given: Given): Promise<void> {
  if (extname(given.out).toLowerCase() !== '.png') throw expected('a file that ends in .png', 'out', given.out);
  const options = givenValues(command, definition.options);
  const images = readDataOptions(command);
  const [{ previewOf }, { previewData }, { drawSheet }] = await Promise.all([
    import('../train/previews.js'),
    import('../train/preview-data.js'),
    import('../export/pictures/sheet.js'),
  ]);
  const { method, dataset, device, step } =
    given.run === undefined
      ? await untrained(definition, options, given, images)
      : await trained(definition, command, { ...given, run: given.run }, images);
  const previews = previewOf(method, dataset, device);
  ensureParent(given.out);
  writeAtomically(given.out, await drawSheet({ step, isTrained: step > 0, previews: previews.map(previewData) }));
  for (const { image } of previews.flatMap(({ rows }) => rows.flat())) image?.dispose();
  method.dispose();
  if (given.json) printJson({ method: definition.name, run: given.run ?? null, step, pictures: [given.out] });
  else print(given.out);
}

interface Shown {
  method: Method;
  dataset: Dataset;
  device: Device;
  /** Steps that the network was trained for. */
  step: number;
}

async function untrained(
  definition: MethodDefinition,
  options: Record<string, unknown>,
  { data, device: wanted }: Given,
  images: DataOptions,
): Promise<Shown> {
  const [{ buildMethod }, { selectDevice }, { openForMethod }, { reviewData }] = await Promise.all([
    import('../train/build.js'),
    import('../engine/index.js'),
    import('../train/open-settled.js'),
    import('../train/usable.js'),
  ]);
  const device = selectDevice(wanted);
  const dataset = await announced(async (onProgress) => {
    const asked = { definition, options, device, recipe: 'auto' as const, open: { ...images, onProgress } };
    return (await openForMethod(data, asked)).opened;
  });
  const { spec, count, assets } = dataset;
  // An untrained network answers at random, whatever its size: a small one does.
  const isSmall = definition.recipes.small;
  const plan = planRun(definition, { spec, count }, 'auto', {
    options,
    training: { backbone: isSmall.backbone, width: isSmall.width ?? null },
  });
  say(...reviewData(definition, plan.options, dataset));
  const method = buildMethod(definition, plan.options, plan.training, { spec, count }, { seed: 0, device, assets });
  return { method, dataset, device, step: 0 };
}

async function trained(
  definition: MethodDefinition,
  command: Command,
  { data, run: path, device: wanted }: Given & { run: string },
  { split, limit }: DataOptions,
): Promise<Shown> {
  const asked = givenDataOptions(command);
  const settled = [
    ...Object.keys(givenValues(command, definition.options)),
    ...FORM_OPTIONS.filter((name) => asked[name] !== undefined),
  ];
  const [own] = settled;
  if (own !== undefined)
    throw new AutodidactError('USAGE', `The option \`${own}\` was settled when the run at ${path} began`, {
      remedy: 'Leave it out, or leave out --run.',
    });
  const { loadRun } = await import('../train/load.js');
  const { RunFolder } = await import('../train/run-folder.js');
  const folder = RunFolder.open(path);
  const config = folder.readConfig();
  if (config.method !== definition.name)
    throw expected(`a run of ${definition.name}`, 'run', `${path}, a run of ${config.method}`);
  const { readAssets } = await import('../train/checkpoint.js');
  const assets = readAssets(folder);
  const dataset = await openRunData(config, { spec: await lastingSpec(data), split, limit, assets });
  const { reviewData } = await import('../train/usable.js');
  const { method, device, step, warnings } = loadRun(path, { device: wanted });
  say(...warnings, ...reviewData(definition, config.options, dataset));
  return { method, dataset, device, step };
}
