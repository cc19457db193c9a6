import { createHash } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, utimesSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { put, temporaryFolder } from '../../tests/data-files.js';
import { type Fetchable, fetchDataset, fetchEntry, fetchedFolder } from './fetch.js';

const at = temporaryFolder();
const CONTENT: Record<string, string> = { one: 'first file', two: 'second file' };
const sums = Object.fromEntries(
  Object.entries(CONTENT).map(([name, text]) => [name, createHash('sha256').update(text).digest('hex')]),
);

let server: Server;
let address: string;
const requests: string[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    requests.push(request.url!);
    const [, folder, file = ''] = request.url!.split('/');
    const text = CONTENT[file.replace(/\.gz$/, '')];
    if (folder === 'none' || text === undefined) response.writeHead(404).end();
    else response.end(gzipSync(folder === 'forged' ? `${text}!` : text));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());
afterEach(() => vi.unstubAllEnvs());

const entry = (more: Partial<Fetchable>): Fetchable => ({
  about: '',
  license: '',
  files: sums,
  addresses: [],
  ...more,
});

/** Stands in for apt-get and dpkg-deb: a package is a text, unpacked it is two files, one of them gzipped. */
function fakeDebian(name: string, secondText: string): void {
  const bin = at(name);
  put(join(bin, 'two.gz'), gzipSync(secondText));
  const target = '"$3/usr/share/datasets/x"';
  const unpack = `/bin/mkdir -p ${target} && printf 'first file' > ${target}/one && /bin/cp ${join(bin, 'two.gz')} ${target}/`;
  const tools = { 'apt-get': '[ "$1" = download ] && printf x > "$2_1_all.deb"', 'dpkg-deb': unpack };
  for (const [tool, script] of Object.entries(tools)) chmodSync(put(join(bin, tool), `#!/bin/sh\n${script}\n`), 0o755);
  vi.stubEnv('PATH', `${bin}:${process.env.PATH}`);
}

describe('fetchEntry', () => {
  it('takes the Debian package when it can', async () => {
    fakeDebian('bin-good', CONTENT.two!);
    const cacheFolder = at('debian');
    const folder = await fetchEntry('x', entry({ debianPackages: ['dataset-x'], addresses: [`${address}/x`] }), {
      cacheFolder,
    });
    expect(readdirSync(folder).sort()).toEqual(['one', 'two.gz']);
    expect(readdirSync(join(cacheFolder, 'datasets'))).toEqual(['x']);
    expect(await fetchedFolder('x', cacheFolder)).toBe(folder);
    expect(requests).toEqual([]);
  });

  it('goes on to the web when the package is damaged, then to the next address, and reports each step', async () => {
    fakeDebian('bin-bad', 'forged');
    const steps: string[] = [];
    const progress: number[] = [];
    const addresses = [`${address}/none`, `${address}/good`];
    const folder = await fetchEntry('y', entry({ debianPackages: ['dataset-y'], addresses }), {
      cacheFolder: at('web'),
      onStep: (step) => steps.push(step),
      onProgress: (done) => progress.push(done),
    });
    expect(steps).toEqual([`Trying Debian's package dataset-y`, ...addresses.map((tried) => `Trying ${tried}`)]);
    expect(readFileSync(join(folder, 'one.gz'))).toEqual(gzipSync('first file'));
    expect(progress.length).toBeGreaterThan(0);
  });

  it('fetches nothing twice', async () => {
    const options = { cacheFolder: at('twice') };
    const folder = await fetchEntry('z', entry({ addresses: [`${address}/good`] }), options);
    const before = requests.length;
    expect(await fetchEntry('z', entry({ addresses: [`${address}/good`] }), options)).toBe(folder);
    expect(requests).toHaveLength(before);
  });

  it('says what each way said when all fail, and leaves nothing behind', async () => {
    vi.stubEnv('PATH', at('empty'));
    const addresses = [`${address}/none`, `${address}/forged`, 'http://127.0.0.1:1'];
    const cacheFolder = at('failed');
    const failure = fetchEntry('w', entry({ debianPackages: ['dataset-w'], addresses }), { cacheFolder });
    await expect(failure).rejects.toMatchObject({ code: 'IO' });
    const message = await failure.catch((error: Error) => error.message);
    expect(message).toMatch(/package dataset-w: apt-get is not here/);
    expect(message).toMatch(/none: one\.gz: HTTP status 404/);
    expect(message).toMatch(/forged: one\.gz has the SHA-256 [0-9a-f]{64} instead of/);
    expect(message).toMatch(/127\.0\.0\.1:1: fetch failed \(/);
    expect(message).toMatch(/put the files one, two \(\.gz too\) into/);
    expect(readdirSync(join(cacheFolder, 'datasets'))).toEqual([]);
    expect(await fetchedFolder('w', cacheFolder)).toBeNull();
  });

  it('hints at stale package lists', async () => {
    chmodSync(
      put(at('bin-stale', 'apt-get'), '#!/bin/sh\necho "E: Unable to locate package $2" >&2\nexit 100\n'),
      0o755,
    );
    vi.stubEnv('PATH', `${at('bin-stale')}:${process.env.PATH}`);
    const failure = fetchEntry('v', entry({ debianPackages: ['dataset-v'] }), { cacheFolder: at('stale') });
    await expect(failure).rejects.toThrow(/E: Unable to locate package dataset-v \(`sudo apt-get update` may help\)/);
  });

  it('takes each file from the package it is in, by its path where names are not unique', async () => {
    const bin = at('bin-several');
    const unpack = `case "$2" in *first*) d=a; t='first file';; *) d=b; t='second file';; esac
mkdir -p "$3/usr/$d" && printf "$t" > "$3/usr/$d/same.bin" && printf other > "$3/usr/$d/more.bin"`;
    const tools = { 'apt-get': 'printf x > "$2_1_all.deb"', 'dpkg-deb': unpack };
    for (const [tool, script] of Object.entries(tools))
      chmodSync(put(join(bin, tool), `#!/bin/sh\n${script}\n`), 0o755);
    vi.stubEnv('PATH', `${bin}:${process.env.PATH}`);
    const debianPackages = ['first', 'second'];
    const paths = { one: 'usr/a/same.bin', two: 'usr/b/same.bin' };
    const folder = await fetchEntry('s', entry({ debianPackages, paths }), { cacheFolder: at('several') });
    expect(readdirSync(folder).sort()).toEqual(['one', 'two']);
    expect(readFileSync(join(folder, 'two'), 'utf8')).toBe('second file');
  });

  it('stops at once when the disk is full, says so, and leaves nothing behind', async () => {
    fakeDebian('bin-full', CONTENT.two!);
    const script =
      '#!/bin/sh\necho "tar: x: Cannot write: No space left on device\ndpkg-deb: error: tar failed" >&2\nexit 2\n';
    chmodSync(put(at('bin-full', 'dpkg-deb'), script), 0o755);
    const before = requests.length;
    const cacheFolder = at('full');
    const full = entry({ debianPackages: ['dataset-f'], addresses: [`${address}/good`] });
    await expect(fetchEntry('f', full, { cacheFolder })).rejects.toMatchObject({
      code: 'IO',
      message: expect.stringMatching(/disk of .*full.* is full; nothing was kept\. Free some space.*AUTODIDACT_CACHE/),
    });
    expect(readdirSync(join(cacheFolder, 'datasets'))).toEqual([]);
    expect(requests).toHaveLength(before);
  });

  it('keeps nothing when it is interrupted at work', async () => {
    chmodSync(put(at('bin-slow', 'apt-get'), '#!/bin/sh\nprintf x > half.deb\nexec sleep 60\n'), 0o755);
    vi.stubEnv('PATH', `${at('bin-slow')}:${process.env.PATH}`);
    const controller = new AbortController();
    const cacheFolder = at('interrupted');
    const options = { cacheFolder, signal: controller.signal, onStep: () => setTimeout(() => controller.abort(), 50) };
    await expect(fetchEntry('i', entry({ debianPackages: ['x'] }), options)).rejects.toMatchObject({
      code: 'INTERRUPTED',
      message: 'Fetching i was interrupted; nothing was kept',
    });
    expect(readdirSync(join(cacheFolder, 'datasets'))).toEqual([]);
  });

  it('removes what a killed process left an hour ago, but not what is being fetched', async () => {
    const cacheFolder = at('stale');
    const [old, young, other] = ['.x-abcdef', '.x-ghijkl', 'x-abcdef'].map((name) =>
      join(cacheFolder, 'datasets', name),
    );
    for (const folder of [old!, young!, other!]) put(join(folder, 'complete', 'one.gz'), 'half');
    const before = new Date(Date.now() - 2 * 60 * 60 * 1000);
    for (const folder of [old!, young!, other!]) {
      utimesSync(join(folder, 'complete'), before, before);
      utimesSync(folder, before, before);
    }
    for (const folder of [old!, other!]) utimesSync(join(folder, 'complete', 'one.gz'), before, before);
    await fetchEntry('x', entry({ addresses: [`${address}/x`] }), { cacheFolder });
    expect(readdirSync(join(cacheFolder, 'datasets')).sort()).toEqual(['.x-ghijkl', 'x', 'x-abcdef']);
  });

  it('stops on a signal', async () => {
    const options = { cacheFolder: at('stopped'), signal: AbortSignal.abort() };
    await expect(fetchEntry('u', entry({ addresses: [address] }), options)).rejects.toMatchObject({
      code: 'INTERRUPTED',
    });
  });
});

describe('fetchDataset', () => {
  it('names what it knows', async () => {
    await expect(fetchDataset('imagenet')).rejects.toThrow(/one of fashion-mnist, photos.*"imagenet"/);
  });
});
