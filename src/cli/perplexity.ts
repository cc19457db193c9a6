import { Command } from 'commander';
import type { Dataset, TokensSpec } from '../data/index.js';
import { counted, figure } from '../format.js';
import { addDataOptions, DATA_HELP, FORM_OPTIONS, lastingSpec, openRunData, readDataOptions } from './open-data.js';
import { print, printJson, say } from './output.js';

interface Given {
  data?: string;
  device: string;
  json?: boolean;
}

/** `perplexity <run>`. */
export function perplexityCommand(): Command {
  const command = new Command('perplexity')
    .description('Measures how well a language model expects a text, per token, byte and word.')
    .argument('<run>', 'a run folder of a language model, such as runs/gpt-1')
    .option('--data <spec>', `${DATA_HELP} (default: the test texts of the run's own data)`)
    .option('--device <name>', 'cpu, cuda, cuda:1, mps, or auto', 'auto')
    .option('--json', 'Print the figures as JSON');
  addDataOptions(command, { split: 'all', omit: [...FORM_OPTIONS] });
  return command
    .addHelpText('after', '\nExample:\n  autodidact perplexity runs/gpt-1 --data ./held-out')
    .action((run: string, given: Given) => measure(run, command, given));
}

async function measure(path: string, command: Command, given: Given): Promise<void> {
  const { split, limit } = readDataOptions(command, given.data === undefined ? 'test' : 'all');
  const [{ openGpt }, { perplexity }] = await Promise.all([
    import('./open-gpt.js'),
    import('../evaluate/language/perplexity.js'),
  ]);
  const { run, gpt, tokenizer } = openGpt(path, given.device);
  const spec = given.data === undefined ? {} : { spec: await lastingSpec(given.data) };
  const dataset = await openRunData(run.config, { ...spec, split, limit, assets: run.assets });
  const found = perplexity(gpt, tokenizer, dataset as Dataset as Dataset<TokensSpec>);
  if (found.unknown > 0)
    say(
      `${figure((100 * found.unknown) / found.tokens)} % of the tokens stand for what the tokenizer does not know: they flatter all figures, and those per byte and word do not compare with other tokenizers'`,
    );
  if (given.json) return printJson({ run: path, data: dataset.name, ...found });
  print(
    `${dataset.name}: ${counted(found.tokens, 'token')}, ${counted(found.bytes, 'byte')}, ${counted(found.words, 'word')}`,
    `perplexity ${figure(found.perToken)} per token, ${figure(found.perByte)} per byte, ${figure(found.perWord)} per word`,
    `${figure(found.nats / found.tokens)} nats per token, ${figure(found.bitsPerByte)} bits per byte`,
  );
}
