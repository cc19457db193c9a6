import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Problem } from './problem.mjs';

/** @typedef {{ name: string, about: string }} Program a file's name without its ending, its docstring's first line */

/** @param {string} folder @param {string} ending @returns {Program[]} */
export function listPrograms(folder, ending) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith(ending) && !file.endsWith('.test.ts'))
    .sort()
    .map((file) => {
      const about = readFileSync(join(folder, file), 'utf8').match(/^\s*\/\*\*[\s*]*(.*?)\s*(\*\/|\n)/)?.[1] ?? '';
      return { name: file.slice(0, -ending.length), about };
    });
}

/** @param {string} kind @param {Program[]} programs @returns {number} the exit code */
export function printPrograms(kind, programs) {
  if (programs.length === 0) throw new Problem(`there is no ${kind} yet`);
  const width = Math.max(...programs.map(({ name }) => name.length));
  for (const { name, about } of programs) console.log(`${name.padEnd(width)}  ${about}`.trimEnd());
  return 0;
}

/**
 * The programs with these names, all of them when no name is given. An unknown name is a usage error that lists the names.
 *
 * @param {string} kind
 * @param {Program[]} programs
 * @param {string[]} names
 */
export async function pickPrograms(kind, programs, names) {
  if (programs.length === 0) throw new Problem(`there is no ${kind} yet`);
  const known = programs.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const near = await nearest(unknown, known);
    throw new Problem(`there is no ${kind} named "${unknown}"${near ? `; did you mean "${near}"?` : ''}`, {
      details: `the names: ${known.join(', ')}`,
      exitCode: 2,
    });
  }
  return programs.filter(({ name }) => names.length === 0 || names.includes(name));
}

/** @param {string} name @param {string[]} known */
async function nearest(name, known) {
  try {
    const { closest, distance } = await import('fastest-levenshtein');
    const near = closest(name, known);
    return distance(name, near) <= Math.max(2, name.length / 2) ? near : undefined;
  } catch {
    return undefined; // the packages are not installed yet
  }
}
