import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * A folder with a peer's npm package, in the cache; installed without its scripts when it is not there.
 *
 * @param size what to expect of the download, for the person who waits
 */
export function peerNode(name: string, size: string): string {
  const cache =
    process.env.AUTODIDACT_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'autodidact');
  const folder = join(cache, 'peers', `npm-${name}`);
  if (!existsSync(join(folder, 'node_modules', name))) {
    process.stderr.write(`installing ${name} into a folder of its own (${size})\n`);
    mkdirSync(folder, { recursive: true });
    execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', folder, name], {
      stdio: 'inherit',
    });
  }
  return folder;
}
