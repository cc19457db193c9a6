import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { AutodidactError, expected, ioError } from '../errors.js';
import { cachePath, makeCachePath } from './cache.js';
import { decompressed } from './sources/records.js';

/** A data set that can be brought here without root. */
export interface Fetchable {
  about: string;
  licence: string;
  /** Each file's name without `.gz`, and the SHA-256 of its decompressed content: the same whoever compressed it. */
  files: Record<string, string>;
  /** The Debian package that holds the files, plain or gzipped. */
  debianPackage?: string;
  /** Folders on the web that hold the files, gzipped. */
  addresses: string[];
}

/** Every data set that `fetchDataset` knows. A new one is added here. */
export const fetchables: Record<string, Fetchable> = {
  'fashion-mnist': {
    about: 'the whole of Fashion-MNIST, 60,000 + 10,000 grey images of clothes, 31 MB',
    licence: 'MIT, Zalando SE',
    files: {
      'train-images-idx3-ubyte': 'c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888',
      'train-labels-idx1-ubyte': 'bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9',
      't10k-images-idx3-ubyte': '5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b',
      't10k-labels-idx1-ubyte': '0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34',
    },
    debianPackage: 'dataset-fashion-mnist',
    addresses: [
      'https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion',
      'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com',
    ],
  },
};

export interface FetchOptions {
  /** Default: see `cachePath`. */
  cacheFolder?: string;
  /** Says in a sentence what is being tried. */
  onStep?: (sentence: string) => void;
  /** Called while a file comes from the web; `total` is 0 when the server does not say it. */
  onProgress?: (doneBytes: number, totalBytes: number) => void;
  signal?: AbortSignal;
}

/** The folder of a fetched data set, null when it has not been fetched. */
export async function fetchedFolder(name: string, cacheFolder?: string): Promise<string | null> {
  const folder = join(cachePath('datasets', cacheFolder), name);
  const isThere = await stat(folder).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
  return isThere ? folder : null;
}

/**
 * Brings a whole data set into the cache and returns its folder; when it is there already, at once. Tries Debian's package
 * first (downloaded and unpacked without root), then the official addresses; the content is checked by SHA-256.
 * Throws USAGE for an unknown name, IO when every way failed, with what each one said, INTERRUPTED on `signal`.
 */
export async function fetchDataset(name: string, options: FetchOptions = {}): Promise<string> {
  const entry = Object.hasOwn(fetchables, name) ? fetchables[name] : undefined;
  if (!entry) throw expected(`one of ${Object.keys(fetchables).join(', ')}`, 'data set', name);
  return fetchEntry(name, entry, options);
}

/** The same for any entry. */
export async function fetchEntry(name: string, entry: Fetchable, options: FetchOptions = {}): Promise<string> {
  const { cacheFolder, onStep, signal } = options;
  const present = await fetchedFolder(name, cacheFolder);
  if (present !== null) return present;
  const root = await makeCachePath('datasets', cacheFolder);
  const failures: string[] = [];
  for (const way of waysTo(entry)) {
    const temporary = await mkdtemp(join(root, `.${name}-`)).catch((cause) => {
      throw ioError('write', root, cause);
    });
    try {
      onStep?.(`Trying ${way.name}`);
      const complete = join(temporary, 'complete');
      await mkdir(complete);
      await way.bring(temporary, complete, options);
      await checkSums(complete, entry);
      return await putInPlace(complete, join(root, name));
    } catch (error) {
      if (signal?.aborted)
        throw new AutodidactError('INTERRUPTED', `Fetching ${name} was interrupted; nothing was kept`);
      failures.push(`${way.name}: ${reasonOf(error)}`);
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  }
  throw new AutodidactError('IO', `Could not fetch ${name} (${failures.join('; ')})`, {
    remedy: `Check the network, or put the files ${Object.keys(entry.files).join(', ')} (.gz too) into ${join(root, name)}.`,
  });
}

interface Way {
  name: string;
  /** Puts the files into `complete`; `scratch` is an empty folder to work in. */
  bring(scratch: string, complete: string, options: FetchOptions): Promise<void>;
}

function waysTo(entry: Fetchable): Way[] {
  const { debianPackage, addresses } = entry;
  const ways: Way[] = [];
  if (debianPackage !== undefined) {
    ways.push({
      name: `Debian's package ${debianPackage}`,
      bring: (scratch, complete, { signal }) => bringPackage(debianPackage, entry, scratch, complete, signal),
    });
  }
  for (const address of addresses) {
    ways.push({ name: address, bring: (_, complete, options) => bringFiles(address, entry, complete, options) });
  }
  return ways;
}

const run = promisify(execFile);

async function bringPackage(name: string, entry: Fetchable, scratch: string, complete: string, signal?: AbortSignal) {
  await run('apt-get', ['download', name], { cwd: scratch, signal }).catch((error) => {
    if (error.code === 'ENOENT') throw new Error('apt-get is not here');
    const last = String(error.stderr ?? error.message)
      .trim()
      .split('\n')
      .at(-1);
    throw new Error(`${last} (\`sudo apt-get update\` may help)`);
  });
  const archive = (await readdir(scratch)).find((file) => file.endsWith('.deb'));
  if (archive === undefined) throw new Error('apt-get brought no package');
  const unpacked = join(scratch, 'unpacked');
  await run('dpkg-deb', ['-x', join(scratch, archive), unpacked], { signal });
  for (const path of await readdir(unpacked, { recursive: true })) {
    if (basename(path).replace(/\.gz$/, '') in entry.files)
      await copyFile(join(unpacked, path), join(complete, basename(path)));
  }
}

async function bringFiles(address: string, entry: Fetchable, complete: string, { onProgress, signal }: FetchOptions) {
  for (const file of Object.keys(entry.files)) {
    const response = await fetch(`${address}/${file}.gz`, { signal });
    if (!response.ok || !response.body) throw new Error(`${file}.gz: HTTP status ${response.status}`);
    const total = Number(response.headers.get('content-length') ?? 0);
    let done = 0;
    const body = Readable.fromWeb(response.body).on('data', (chunk: Uint8Array) => {
      done += chunk.length;
      onProgress?.(done, total);
    });
    await pipeline(body, createWriteStream(join(complete, `${file}.gz`)), { signal });
  }
}

/** Throws when a file is missing or its decompressed content is not the known one. */
async function checkSums(folder: string, { files }: Fetchable): Promise<void> {
  const names = await readdir(folder);
  for (const [file, sum] of Object.entries(files)) {
    const name = [file, `${file}.gz`].find((candidate) => names.includes(candidate));
    if (name === undefined) throw new Error(`${file} is missing`);
    const hash = createHash('sha256');
    for await (const chunk of decompressed(join(folder, name))) hash.update(chunk);
    const received = hash.digest('hex');
    if (received !== sum) throw new Error(`${name} has the SHA-256 ${received} instead of ${sum}`);
  }
}

/** When another process was faster, its folder stays. */
async function putInPlace(complete: string, folder: string): Promise<string> {
  try {
    await rename(complete, folder);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : '';
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw cause;
  }
  return folder;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // fetch() says only "fetch failed"; why is in the cause.
  return error.cause instanceof Error ? `${error.message} (${error.cause.message || error.cause.name})` : error.message;
}
