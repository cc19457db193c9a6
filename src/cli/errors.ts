import { CommanderError } from 'commander';
import { AutodidactError } from '../errors.js';
import { say, visible } from './output.js';

/**
 * Reports what ended a command and returns the exit code: 0 after help and version, 2 for wrong usage, 130 after an interrupt,
 * 1 for the rest. People get one sentence on stderr, programs (`--json`) one line `{"error": {"code", "message"}}`.
 *
 * @param worded puts the message of an error that was raised on purpose into the words of the command line
 */
export function reportError(
  error: unknown,
  isJson: boolean,
  worded: (message: string) => string = (message) => message,
): number {
  const { code, message, exitCode } = understood(error, worded);
  if (exitCode === 0) return 0;
  if (isJson) process.stderr.write(`${JSON.stringify({ error: { code, message } })}\n`);
  else say(`autodidact: ${message}`);
  if (process.env.AUTODIDACT_DEBUG === '1' && error instanceof Error) {
    say(...stackOf(error));
    if (error.cause instanceof Error) say('caused by', ...stackOf(error.cause));
  }
  return exitCode;
}

function understood(
  error: unknown,
  worded: (message: string) => string,
): { code: string; message: string; exitCode: number } {
  if (error instanceof AutodidactError)
    return { code: error.code, message: ended(worded(error.message)), exitCode: error.exitCode };
  // Commander says with 0 that it showed the help or the version.
  if (error instanceof CommanderError)
    return { code: 'USAGE', message: ended(usageSentence(error.message)), exitCode: error.exitCode === 0 ? 0 : 2 };
  const message = error instanceof Error ? error.message : String(error);
  const advice = process.env.AUTODIDACT_DEBUG === '1' ? '' : ' (AUTODIDACT_DEBUG=1 shows where)';
  return { code: 'INTERNAL', message: `${message}${advice}`, exitCode: 1 };
}

/** "error: unknown option '--tempreture'\n(Did you mean --temperature?)" as sentences. */
function usageSentence(message: string): string {
  const [first = '', ...rest] = message.replace(/^error: /, '').split('\n');
  const advice = rest.map((line) => line.replace(/^\((.*)\)$/, '$1')).join(' ');
  return `${first.charAt(0).toUpperCase()}${first.slice(1)}${advice === '' ? '' : `. ${advice}`}`;
}

function ended(sentence: string): string {
  return /[.?!]$/.test(sentence) ? sentence : `${sentence}.`;
}

/** The lines of a stack, the first of which hold the message. */
function stackOf({ message, stack = '' }: Error): string[] {
  return stack.replace(message, () => visible(message)).split('\n');
}
