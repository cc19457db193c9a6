import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { put, temporaryFolder } from '../../tests/data-files.js';
import { fetchEntry } from './fetch.js';

const at = temporaryFolder();
afterEach(() => vi.unstubAllEnvs());

/** Stands in for npm: `npm pack` brings an archive with some files. Returns the checksum of it. */
function fakeNpm(name: string, files: Readonly<Record<string, string>>): string {
  for (const [file, content] of Object.entries(files)) put(at(name, 'package', file), content);
  execFileSync('tar', ['-czf', at(name, 'archive.tgz'), '-C', at(name), 'package']);
  mkdirSync(at(name, 'bin'));
  const script = `#!/bin/sh\n[ "$1" = pack ] && [ "$2" = 'texts@1.2.3' ] || exit 3\nfor last; do :; done\n/bin/cp ${at(name, 'archive.tgz')} "$last/texts-1.2.3.tgz"\n`;
  chmodSync(put(at(name, 'bin', 'npm'), script), 0o755);
  vi.stubEnv('PATH', `${at(name, 'bin')}:${process.env.PATH}`);
  return `sha512-${createHash('sha512')
    .update(readFileSync(at(name, 'archive.tgz')))
    .digest('base64')}`;
}

const entryOf = (integrity: string, more: object = {}) => ({
  ...{ about: '', license: '', files: {}, addresses: [] },
  npmPackages: [
    { ...{ name: 'texts', version: '1.2.3', from: 'data', ending: '.json', to: 'letters', integrity }, ...more },
  ],
});

describe('packages of npm', () => {
  it('give the files of one folder with one ending', async () => {
    const files = {
      'data/a.json': '{}',
      'data/b.json': '[]',
      'data/a.txt': 'x',
      'index.js': 'x',
      'package.json': '{}',
    };
    const integrity = fakeNpm('good', files);
    const folder = await fetchEntry('good', entryOf(integrity), { cacheFolder: at('cache') });
    expect(readdirSync(folder)).toEqual(['letters']);
    expect(readdirSync(join(folder, 'letters'))).toEqual(['a.json', 'b.json']);
  });

  it('give the files without an ending', async () => {
    const integrity = fakeNpm('bare', { ca01: 'x', README: 'y', 'package.json': '{}' });
    const folder = await fetchEntry('bare', entryOf(integrity, { from: '.', ending: '' }), {
      cacheFolder: at('cache'),
    });
    expect(readdirSync(join(folder, 'letters'))).toEqual(['README', 'ca01']);
  });

  it('that are not the ones that were meant are refused, and nothing is kept', async () => {
    fakeNpm('other', { 'data/a.json': '{}' });
    const cacheFolder = at('refused');
    const failure = fetchEntry('other', entryOf('sha512-abc'), { cacheFolder });
    await expect(failure).rejects.toThrow(/texts 1\.2\.3 has the checksum sha512-\S+ instead of sha512-abc/);
    await expect(failure).rejects.toThrow('copy the folder');
    expect(readdirSync(join(cacheFolder, 'datasets'))).toEqual([]);
  });

  it('need npm', async () => {
    vi.stubEnv('PATH', at('nowhere'));
    await expect(fetchEntry('none', entryOf('sha512-abc'), { cacheFolder: at('none') })).rejects.toThrow(
      'npm is not here',
    );
  });
});
