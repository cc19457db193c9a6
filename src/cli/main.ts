#!/usr/bin/env node
import { Command } from 'commander';
import { AutodidactError, ioError } from '../errors.js';
import { respelled } from '../options.js';
import { packageVersion } from '../version.js';
import { reportError } from './errors.js';
import { flagsOf, guessFlag, withFlags } from './flags.js';

interface Entry {
  summary: string;
  load: () => Promise<Command>;
}

/** Every command. What is not asked for stays unloaded, so that the help is quick and works on a machine without libtorch. */
const commands: Record<string, Entry> = {
  pretrain: {
    summary: 'Learn a representation from unlabeled data',
    load: async () => (await import('./pretrain.js')).pretrainCommand(),
  },
  evaluate: {
    summary: 'Measure what a run has learnt, with few labels, beside random initialization and supervised training',
    load: async () => (await import('./evaluate.js')).evaluateCommand(),
  },
  compare: {
    summary: 'Find out which pretext task serves your data best, or that none does',
    load: async () => (await import('./compare.js')).compareCommand(),
  },
  preview: {
    summary: 'Show a pretext task in pictures',
    load: async () => (await import('./preview.js')).previewCommand(),
  },
  embed: {
    summary: 'Write the features of samples to a file',
    load: async () => (await import('./embed.js')).embedCommand(),
  },
  export: {
    summary: 'Write an encoder for PyTorch, browsers and other programs',
    load: async () => (await import('./export.js')).exportCommand(),
  },
  search: {
    summary: 'Find the samples that are most like a query',
    load: async () => (await import('./search.js')).searchCommand(),
  },
  duplicates: {
    summary: 'Find samples that show the same thing',
    load: async () => (await import('./duplicates.js')).duplicatesCommand(),
  },
  label: {
    summary: 'Suggest which samples to label next',
    load: async () => (await import('./label.js')).labelCommand(),
  },
  track: {
    summary: 'Follow a box, or the objects of a mask, through a video',
    load: async () => (await import('./track.js')).trackCommand(),
  },
  propagate: {
    summary: 'Follow the objects of a mask through a video',
    load: async () => (await import('./propagate.js')).propagateCommand(),
  },
  generate: {
    summary: 'Continue a text with a language model',
    load: async () => (await import('./generate.js')).generateCommand(),
  },
  perplexity: {
    summary: 'Measure how well a language model expects a text',
    load: async () => (await import('./perplexity.js')).perplexityCommand(),
  },
  'few-shot': {
    summary: 'Ask a language model to solve tasks after some examples',
    load: async () => (await import('./few-shot.js')).fewShotCommand(),
  },
  import: {
    summary: 'Make a run of a published GPT or BERT, without training',
    load: async () => (await import('./import.js')).importCommand(),
  },
  words: {
    summary: 'Ask word vectors for nearest words and analogies; take them in and give them out',
    load: async () => (await import('./words.js')).wordsCommand(),
  },
  report: {
    summary: "Write a run's report.html anew",
    load: async () => (await import('./report.js')).reportCommand(),
  },
  methods: {
    summary: 'List the methods and their options',
    load: async () => (await import('./methods.js')).methodsCommand(),
  },
  data: {
    summary: 'List, inspect and fetch data sets',
    load: async () => (await import('./data.js')).dataCommand(),
  },
  setup: {
    summary: 'Fetch libtorch and compile the bridge to it',
    load: async () => (await import('./setup.js')).setupCommand(),
  },
  doctor: {
    summary: 'Check the installation and say how to mend it',
    load: async () => (await import('./doctor.js')).doctorCommand(),
  },
  demo: {
    summary: 'See the whole path in a few minutes on images that come along',
    load: async () => (await import('./demo.js')).demoCommand(),
  },
};

const EXAMPLES = `
Examples:
  autodidact pretrain simclr --data ./photos
  autodidact pretrain gpt --data ./texts
  autodidact evaluate runs/simclr-1 --data ./labeled --protocol knn,linear,finetune --labels 1%,10%,100%
  autodidact compare --data ./photos --label-file few.csv --methods rotation,simclr,byol --total 1h
  autodidact preview rotation --data ./photos --out rotation.png
  autodidact embed runs/simclr-1 --data ./photos --out photos.parquet
  autodidact export runs/simclr-1
  autodidact search runs/simclr-1 --data ./photos query.jpg
  autodidact methods

\`autodidact <command> --help\` tells everything about a command.`;

/** The program with the command that is asked for; of the others it knows the summaries. */
async function makeProgram(words: readonly string[]): Promise<Command> {
  const program = new Command('autodidact')
    .description('Self-supervised learning: learn from images, videos, sounds and texts that nobody labeled.')
    .version(packageVersion(), '--version', 'Print the version')
    .helpCommand('help [command]', 'Show the help of a command')
    .addHelpText('after', EXAMPLES);
  const operands = words.filter((word) => !word.startsWith('-'));
  const asked = operands[0] === 'help' ? operands[1] : operands[0];
  for (const [name, { summary, load }] of Object.entries(commands))
    program.addCommand((name === asked ? await load() : new Command(name)).summary(summary));
  for (const command of withDescendants(program)) prepare(command);
  return program;
}

function withDescendants(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withDescendants)];
}

/** Errors are thrown and reported in one place; nothing is written or ended by commander. */
function prepare(command: Command): void {
  command
    .exitOverride((error) => {
      const flag = error.code === 'commander.unknownOption' ? /'(-.+)'/s.exec(error.message)?.[1] : undefined;
      if (flag === undefined) throw error;
      const guess = guessFlag(flag, flagsOf(command));
      throw new AutodidactError(
        'USAGE',
        `Unknown option '${flag}'`,
        guess === null ? {} : { remedy: `Did you mean --${guess}?` },
      );
    })
    .hook('preAction', (_, action) => {
      running = action;
    })
    // A flag belongs to the command that it follows.
    .enablePositionalOptions()
    .configureOutput({ outputError: () => {} })
    .optionsGroup('Options:')
    .helpOption('-h, --help', 'Show this help')
    .showSuggestionAfterError();
}

/** The command whose work has begun. */
let running: Command | undefined;

/** Runs one command line and returns the exit code. */
async function run(words: readonly string[]): Promise<number> {
  try {
    const program = await makeProgram(words);
    if (words.length === 0) program.outputHelp();
    else await program.parseAsync(words, { from: 'user' });
    return 0;
  } catch (error) {
    return reportError(error, isJson, (message) => (running === undefined ? message : withFlags(message, running)));
  }
}

const isJson = process.argv.includes('--json');

for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // The reader has gone (`autodidact methods | head`): nobody is left to tell.
    if (error.code !== 'EPIPE') process.exitCode = reportError(ioError('write', 'the output', error), isJson);
  });

// Flags of earlier versions had British names.
const code = await run(process.argv.slice(2).map((word) => word.replace(/^--[^=]+/, respelled)));
if (code !== 0) process.exitCode = code;
