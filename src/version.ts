import { readFileSync } from 'node:fs';
import { native } from './engine/bridge.js';

const packageFile = new URL('../package.json', import.meta.url);

/** The version of this package, from its package.json. */
export function packageVersion(): string {
  return (JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string }).version;
}

export function versions(): { autodidact: string; libtorch: string; node: string } {
  return { autodidact: packageVersion(), libtorch: native().version(), node: process.versions.node };
}
