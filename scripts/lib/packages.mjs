import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Problem } from './problem.mjs';
import { runLogged, tail } from './process.mjs';

const NO_NETWORK = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT/;

/**
 * Installs the npm packages that package-lock.json names, when they are not the ones in node_modules.
 *
 * @param {{ root: string, env: NodeJS.ProcessEnv, report: (line: string) => void }} context
 */
export async function ensurePackages({ root, env, report }) {
  if (!existsSync(join(root, 'package-lock.json')) || isInstalled(root)) return report('npm packages: ready');
  const label = 'npm packages';
  report(`${label}: installing (npm ci)`);
  const log = join(root, 'dist', 'npm-ci.log');
  const command = ['npm', 'ci', '--include=dev', '--no-audit', '--no-fund'];
  const { isOk, output, seconds } = await runLogged(command, { cwd: root, log, env, label, report });
  if (isOk) return report(`${label}: installed (${seconds} s)`);
  const isOffline = NO_NETWORK.test(output);
  const isOutOfDate = output.includes('in sync');
  throw new Problem(isOffline ? 'npm could not reach its package registry' : `npm ci failed; its output is in ${log}`, {
    details: errorLines(output),
    fix: isOffline
      ? "check the network and npm's proxy and registry settings (npm config list), then run `npm run setup` again"
      : isOutOfDate
        ? 'npm install, which brings package-lock.json up to date, then run `npm run setup` again'
        : 'put right what npm says above, then run `npm run setup` again',
  });
}

/** What npm gives as the reason: its first error lines; pages of usage may follow them. @param {string} output */
function errorLines(output) {
  const lines = output.split('\n').filter((line) => /^npm (error|ERR!) \S/.test(line));
  return lines.length > 0 ? lines.slice(0, 8).join('\n') : tail(output);
}

/**
 * Compares the lock file with the record that npm writes into node_modules when an installation is complete. Optional
 * packages are for other platforms, mostly, and may be missing.
 *
 * @param {string} root
 */
function isInstalled(root) {
  const installed = readPackages(join(root, 'node_modules', '.package-lock.json'));
  const wanted = readPackages(join(root, 'package-lock.json'));
  if (!installed || !wanted) return false;
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    const present = installed[path];
    if (path === '') return true;
    return present ? present.version === version : optional === true;
  });
}

/**
 * @param {string} file
 * @returns {Record<string, { version?: string, optional?: boolean }> | null}
 */
function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return null;
  }
}
