import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Problem } from './problem.mjs';
import { runLogged, tail } from './process.mjs';

/**
 * Compiles src/ into dist/ when something changed since the last time, and removes what was compiled from sources that are gone.
 *
 * @param {{ root: string, env: NodeJS.ProcessEnv, report: (line: string) => void }} context
 */
export async function ensureTypeScript({ root, env, report }) {
  const label = 'TypeScript';
  if (!existsSync(join(root, 'tsconfig.build.json'))) return; // the small project of tests/setup.test.ts
  const stampFile = join(root, 'dist', '.typescript-stamp');
  const sources = sourceFiles(root);
  const stamp = fingerprint(root, [...sources, 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json']);
  const outputs = sources.flatMap(outputsOf);
  removeAllBut(outputs, root);
  const areOutputsThere = outputs.every((file) => existsSync(join(root, file)));
  if (areOutputsThere && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp)
    return report(`${label}: ready`);

  report(`${label}: compiling`);
  // tsc goes by its own record of what it wrote, and would not notice that a file has been deleted.
  if (!areOutputsThere) rmSync(join(root, 'dist', '.tsbuildinfo'), { force: true });
  const log = join(root, 'dist', 'tsc.log');
  const command = [join(root, 'node_modules', '.bin', 'tsc'), '-p', 'tsconfig.build.json', '--pretty', 'false'];
  const { isOk, output, seconds } = await runLogged(command, { cwd: root, log, env, label, report });
  if (!isOk)
    throw new Problem(`src/ could not be compiled; the compiler's output is in ${log}`, {
      details: tail(output),
      fix: 'correct the errors above, or go back to the last commit',
    });
  writeFileSync(stampFile, stamp);
  report(`${label}: compiled (${seconds} s)`);
}

/** The files that tsconfig.build.json includes, relative to the root. @param {string} root */
function sourceFiles(root) {
  return readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.ts$/.test(name) && !/\.(test|test-util|d)\.ts$/.test(name))
    .map((name) => join('src', name))
    .sort();
}

/** @param {string} file */
function outputsOf(file) {
  const stem = file.replace(/^src/, 'dist').replace(/\.ts$/, '');
  return [`${stem}.js`, `${stem}.d.ts`];
}

/** @param {string[]} outputs @param {string} root */
function removeAllBut(outputs, root) {
  const known = new Set(outputs);
  for (const name of readdirSync(join(root, 'dist'), { recursive: true, encoding: 'utf8' })) {
    const file = join('dist', name);
    if (/\.(js|d\.ts|map)$/.test(file) && !known.has(file)) rmSync(join(root, file));
  }
}

/** @param {string} root @param {string[]} files */
function fingerprint(root, files) {
  const hash = createHash('sha256');
  for (const file of files) {
    const { mtimeMs, size } = statSync(join(root, file), { throwIfNoEntry: false }) ?? { mtimeMs: 0, size: 0 };
    hash.update(`${file} ${mtimeMs} ${size}\n`);
  }
  return hash.digest('hex');
}
