import { execFileSync } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * A Python that has a peer's packages, in a virtual environment of its own in the cache; made when it is not there.
 *
 * @param name of the folder
 * @param check a Python program that ends without an error where the packages are usable
 * @param size what to expect of the download, for the person who waits
 */
export function peerPython(name: string, packages: readonly string[], check: string, size: string): string {
  const cache =
    process.env.AUTODIDACT_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'autodidact');
  const folder = join(cache, 'peers', name);
  const python = join(folder, 'bin', 'python');
  if (!passes(python, check)) {
    process.stderr.write(`installing ${name} into an environment of its own (${size})\n`);
    execFileSync('python3', ['-m', 'venv', folder], { stdio: 'inherit' });
    execFileSync(python, ['-m', 'pip', 'install', '--quiet', ...packages], { stdio: 'inherit' });
  }
  return python;
}

function passes(python: string, check: string): boolean {
  try {
    execFileSync(python, ['-c', check], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
