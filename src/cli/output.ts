import { relative } from 'node:path';

/** Writes lines for the person who reads the results. Each stays one line, whatever names from data are in it. */
export function print(...lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${visible(line)}\n`).join(''));
}

/** Writes one JSON value as one line on stdout. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
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

/** A duration: `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return 'unknown';
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.round((whole % 3600) / 60)} min`;
}

/** A number of bytes: `812 B`, `3.4 MB`. */
export function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

/** A loss or a metric with four significant digits. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  return value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential(2) : Number(value.toPrecision(4)).toString();
}

/** `1 step`, `1,200 steps`. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

/** A rate: whole from 10 on, `1,234`. */
export function rounded(rate: number): string {
  return rate >= 10 ? Math.round(rate).toLocaleString('en') : rate.toFixed(1);
}

/** A path as one would type it from here. */
export function shownPath(path: string): string {
  const fromHere = relative('.', path);
  return fromHere.startsWith('..') ? path : fromHere || '.';
}
