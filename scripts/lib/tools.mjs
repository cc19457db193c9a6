import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Problem } from './problem.mjs';

/** @typedef {{ command: string[], version: string, name: string }} Compiler */

/** The first g++ that compiles libtorch's C++20 headers. */
const MINIMUM_GCC = 11;

/** Throws when this operating system or Node will never do. @param {string} root */
export function checkNode(root) {
  if (process.platform === 'win32')
    throw new Problem('autodidact does not run on Windows itself', { fix: 'use it inside WSL: wsl --install' });
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const wanted = String(engines.node).replace('>=', '');
  const [major = 0, minor = 0] = wanted.split('.').map(Number);
  const [ourMajor = 0, ourMinor = 0] = process.versions.node.split('.').map(Number);
  if (ourMajor < major || (ourMajor === major && ourMinor < minor))
    throw new Problem(`Node ${process.versions.node} is too old: autodidact needs ${wanted} or newer`, {
      fix: 'install a newer Node, for instance with: nvm install 20',
    });
}

/**
 * The C++ compiler: `CXX` (which may carry arguments, such as `ccache g++`), else g++, c++ or clang++.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {Compiler | string} the compiler, or what is wrong
 */
export function findCompiler(env) {
  const choices = env.CXX?.trim() ? [env.CXX.trim()] : ['g++', 'c++', 'clang++'];
  for (const choice of choices) {
    const command = choice.split(/\s+/);
    const [program = '', ...rest] = command;
    const { status, stdout } = spawnSync(program, [...rest, '--version'], { env, encoding: 'utf8' });
    if (status !== 0) continue;
    const name = stdout.split('\n')[0] ?? '';
    const version = name.replace(/\([^)]*\)/g, '').match(/\d+(\.\d+)+/)?.[0] ?? 'of unknown version';
    const isGcc = !/clang/i.test(name) && /Free Software Foundation/.test(stdout);
    if (isGcc && Number.parseInt(version, 10) < MINIMUM_GCC)
      return `${choice} ${version} is too old: libtorch's headers need g++ ${MINIMUM_GCC} or newer`;
    return { command, version, name };
  }
  return env.CXX?.trim()
    ? `the compiler that CXX names cannot be run: ${env.CXX}`
    : `no C++ compiler: tried ${choices.join(', ')}`;
}

/** The command that installs these Debian packages, or their like elsewhere. @param {string[]} packages */
export function installCommand(packages) {
  if (process.platform === 'darwin') return 'xcode-select --install';
  return `sudo apt-get install ${packages.join(' ')}   (Debian, Ubuntu; elsewhere the packages of the same purpose)`;
}
