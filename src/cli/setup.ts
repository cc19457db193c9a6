import { Command } from 'commander';
import { bridgePlace } from '../../native/find-libtorch.mjs';
import { libtorchInfo, packageRoot } from '../engine/libtorch.js';
import { AutodidactError } from '../errors.js';
import { print, printJson, say } from './output.js';

/** What scripts/lib/ throws on purpose (problem.mjs there). */
interface Problem extends Error {
  name: 'Problem';
  lines: string[];
  fix?: string;
  /** The end of a log. */
  details?: string;
}

type SetUp = (report: (line: string) => void) => Promise<void>;

/** `setup`: in an installed package what `npm run setup` is in a clone. */
export function setupCommand(): Command {
  return new Command('setup')
    .description(
      'Fetches libtorch, unless the machine has one, and compiles the bridge to it. Once after each installation.',
    )
    .option('--json', 'Print the libtorch that is used as JSON')
    .addHelpText('after', '\nExample:\n  autodidact setup')
    .action(async ({ json: isJson }: { json?: boolean }) => {
      const setUp = await load();
      try {
        await setUp(isJson ? say : print);
      } catch (error) {
        throw understood(error);
      }
      const { version, folder, source, cuda } = libtorchInfo();
      if (isJson) printJson({ libtorch: { version, folder, source, cuda } });
    });
}

/** The set-up is plain JavaScript outside src/, since in a clone it runs before anything is compiled. */
async function load(): Promise<SetUp> {
  const scripts = new URL('../../scripts/lib/', import.meta.url);
  const { isClone } = bridgePlace(packageRoot());
  return isClone
    ? (await import(new URL('setup.mjs', scripts).href)).setup
    : (await import(new URL('engine.mjs', scripts).href)).setupEngine;
}

function understood(error: unknown): unknown {
  if (isProblem(error)) {
    if (error.details !== undefined) say(error.details);
    return new AutodidactError('ENGINE', error.lines.join('; '), {
      remedy: error.fix && `Fix: ${error.fix}`,
      cause: error,
    });
  }
  // The operating system's refusals (disk full, no permission) say what and where.
  if (error instanceof Error && 'syscall' in error) return new AutodidactError('IO', error.message, { cause: error });
  return error;
}

const isProblem = (error: unknown): error is Problem => error instanceof Error && error.name === 'Problem';
