import { relative } from 'node:path';

/** Writes lines for the person who reads the results. Each stays one line, whatever names from data are in it. */
export function print(...lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${visible(line)}\n`).join(''));
}

const toStdout = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);
let writeJson = toStdout;

/** Writes one JSON value as one line on stdout. */
export function printJson(value: unknown): void {
  writeJson(value);
}

/** Runs commands as a part of another one: gives the JSON values that they would print. */
export async function collectJson(work: () => Promise<unknown>): Promise<unknown[]> {
  const values: unknown[] = [];
  writeJson = (value) => void values.push(value);
  try {
    await work();
  } finally {
    writeJson = toStdout;
  }
  return values;
}

/** Writes lines beside the results: progress, notes, warnings. Each stays one line, whatever names from data are in it. */
export function say(...lines: readonly string[]): void {
  process.stderr.write(lines.map((line) => `${visible(line)}\n`).join(''));
}

/** Control characters, separators of lines and paragraphs, and what turns the direction of the text around it. */
const INVISIBLE = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu;
const SHORT_ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Text as one line that a terminal takes for nothing else: a file name may hold line breaks, which forge lines, and escape codes.
 * `\n`, `\x1b` and `\u202e` stand for such characters.
 */
export function visible(text: string): string {
  return text.replace(INVISIBLE, (character) => {
    const code = character.codePointAt(0)!.toString(16);
    return (
      SHORT_ESCAPES[character] ?? (code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u${code.padStart(4, '0')}`)
    );
  });
}

/** Width of the terminal in columns; wide where the output goes to a file or a pipe. */
export function columns(): number {
  return process.stdout.isTTY ? Math.max(60, process.stdout.columns) : 160;
}

/** Rows as aligned lines; columns that hold only numbers are flush right. The last column is cut at the terminal's edge. */
export function table(rows: readonly (readonly string[])[], header?: readonly string[]): string[] {
  const all = (header === undefined ? rows : [header, ...rows]).map((row) => row.map(visible));
  const count = Math.max(0, ...all.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, i) => Math.max(...all.map((row) => row[i]?.length ?? 0)));
  const isRight = widths.map((_, i) => rows.length > 0 && rows.every((row) => /^-?[\d.,]*%?$/.test(row[i] ?? '')));
  const lines = all.map((row) =>
    row
      .map((cell, i) => {
        if (isRight[i]) return cell.padStart(widths[i]!);
        return i === row.length - 1 ? cell : cell.padEnd(widths[i]!);
      })
      .join('  ')
      .trimEnd(),
  );
  return lines.map((line) => shorten(line, columns()));
}

/** Text of at most so many characters, cut off with an ellipsis. */
export function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).trimEnd()}…`;
}

/** A path as one would type it from here. */
export function shownPath(path: string): string {
  const fromHere = relative('.', path);
  return fromHere.startsWith('..') ? path : fromHere || '.';
}

/** A word as one types it into a shell: between quotes where it has signs that the shell reads. */
export const quoted = (word: string): string => (/[?*&;()\s]/.test(word) ? `"${word}"` : word);
