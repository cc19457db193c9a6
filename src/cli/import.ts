import { Argument, Command } from 'commander';
import { nextSteps } from './next-steps.js';
import { print, printJson, say, shownPath } from './output.js';

interface Given {
  out?: string;
  json?: boolean;
}

/** `import <method> <folder>`. */
export function importCommand(): Command {
  return new Command('import')
    .description(
      'Makes a run of a published GPT or BERT, without training: to write texts, to measure, to embed, to export.',
    )
    .addArgument(new Argument('<method>', 'what the model is a run of').choices(['gpt', 'bert']))
    .argument(
      '<folder>',
      'with model.safetensors, config.json and tokenizer.json, as the Python package transformers has it',
    )
    .option('--out <folder>', 'The run folder to make (default: the first of runs/<method>-1, -2, ... that is free)')
    .option('--json', 'Print the run as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  autodidact import gpt ./gpt2 --out runs/gpt2\n  autodidact generate runs/gpt2 --prompt "The"',
    )
    .action(asRun);
}

async function asRun(method: 'gpt' | 'bert', source: string, { out, json }: Given): Promise<void> {
  const [{ importTextModel }, { RunFolder }, { findMethod }] = await Promise.all([
    import('../train/import-text-model.js'),
    import('../train/run-folder.js'),
    import('../methods/registry.js'),
  ]);
  const { folder, network, notes } = importTextModel(method, source, out ?? RunFolder.nextPath('runs', method));
  say(...notes);
  const { family, architecture, width, depth, length, vocabulary } = network;
  if (json) return printJson({ run: folder.path, family, architecture, width, depth, length, vocabulary, notes });
  const path = shownPath(folder.path);
  print(
    `${path}: ${family}, ${depth} blocks, ${width} dimensions, ${length} tokens of ${vocabulary}`,
    ...nextSteps(findMethod(method), path, './labeled-texts'),
  );
}
