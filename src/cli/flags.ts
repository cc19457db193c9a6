import type { Command } from 'commander';
import { distance } from 'fastest-levenshtein';

/** Words that other programs use, and ours. */
const SYNONYMS: Readonly<Record<string, string>> = {
  arch: 'backbone',
  model: 'backbone',
  network: 'backbone',
  gpu: 'device',
  cuda: 'device',
  resolution: 'size',
  pretrained: 'init',
  weights: 'init',
};

const words = (name: string): string[] => name.split('-');
const initials = (name: string): string =>
  words(name)
    .map((word) => word[0])
    .join('');

/**
 * The flag that may have been meant by one that does not exist: another spelling of it (`--batchSize`), its initials (`--lr`), one
 * with a letter wrong, with a word more or less (`--image-size`, `--batch`), or the beginning or a part of it; null without any.
 *
 * @param flags names without `--`, such as `batch-size`
 */
export function guessFlag(typed: string, flags: readonly string[]): string | null {
  const name = typed
    .replace(/^-+/, '')
    .replace(/=.*$/s, '')
    .replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    .replaceAll('_', '-');
  if (name === '') return null;
  const byLength = [...flags].sort((a, b) => a.length - b.length);
  const edits = Math.max(1, Math.floor(name.length / 3));
  const [closest] = [...flags].sort((a, b) => distance(name, a) - distance(name, b));
  const rules: ((flag: string) => boolean)[] = [
    (flag) => flag === name,
    (flag) => initials(flag) === name,
    (flag) => flag === SYNONYMS[name],
    (flag) => flag === closest && distance(name, flag) <= edits,
    (flag) => words(name).includes(flag) || words(flag).includes(name),
    (flag) => Math.min(flag.length, name.length) >= 3 && (flag.startsWith(name) || name.startsWith(flag)),
    (flag) => name.length >= 3 && flag[0] === name[0] && isSubsequence(name, flag),
  ];
  for (const rule of rules) {
    const found = byLength.find(rule);
    if (found !== undefined) return found;
  }
  return null;
}

/** Whether the letters of `part` occur in `whole` in their order. */
function isSubsequence(part: string, whole: string): boolean {
  let at = 0;
  for (const letter of whole) if (letter === part[at]) at++;
  return at === part.length;
}

/** The flags of a command that its help shows, without `--`. */
export const flagsOf = (command: Command): string[] =>
  command.options.flatMap(({ long, hidden }) => (long && !hidden ? [long.slice(2)] : []));

/** Option names of a program that stand for a flag of another name. */
const OTHER_NAMES: Readonly<Record<string, string>> = { imageSize: 'size' };

/**
 * A message that names options as a program writes them (`batchSize`), with the flags of the command in their place
 * (`--batch-size`): what it says can then be typed.
 */
export function withFlags(message: string, command: Command): string {
  // The engine's own words for arguments of operators.
  if (message.includes('`aten::')) return message;
  const flags = new Map(command.options.map((option) => [option.attributeName(), option.long]));
  return message.replace(/`([a-z][A-Za-z0-9]*)(?:\.\d+)?`/g, (whole, name: string) => {
    const flag = flags.get(name) ?? flags.get(OTHER_NAMES[name] ?? '');
    return flag ? `\`${flag.replace(/^--no-/, '--')}\`` : whole;
  });
}
