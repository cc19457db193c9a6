import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { bridgePlace, cacheFolder, describeTried, findLibtorch, type Search } from '../../native/find-libtorch.mjs';
import { findFfmpeg } from '../data/video/ffmpeg.js';
import { type LibtorchInfo, libtorchInfo, packageRoot } from '../engine/libtorch.js';
import { size } from '../format.js';
import { packageVersion } from '../version.js';
import { print, printJson } from './output.js';

/** One line of the diagnosis. */
interface Check {
  name: string;
  /** `broken` ends with exit code 1; `note` is worth knowing and hinders nothing. */
  status: 'ok' | 'note' | 'broken';
  detail: string;
  /** The command that mends it. */
  fix?: string;
}

/** The part of scripts/lib/tools.mjs that is used here. */
interface Tools {
  checkNode(root: string): void;
  findCompiler(env: NodeJS.ProcessEnv): { command: string[]; version: string } | string;
  installCommand(packages: string[]): string;
}

/** `doctor`: works without libtorch, and tells what is missing. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('Checks everything that autodidact needs; each line that fails names the command that mends it.')
    .option('--json', 'Print the checks as JSON')
    .addHelpText('after', '\nExample:\n  autodidact doctor')
    .action(async ({ json: isJson }: { json?: boolean }) => {
      const checks = await examine();
      const isOk = checks.every(({ status }) => status !== 'broken');
      if (isJson) printJson({ version: packageVersion(), isOk, checks });
      else print(...rendered(checks, isOk));
      if (!isOk) process.exitCode = 1;
    });
}

async function examine(): Promise<Check[]> {
  const root = packageRoot();
  const tools = (await import(new URL('../../scripts/lib/tools.mjs', import.meta.url).href)) as Tools;
  const place = bridgePlace(root);
  const engine = await checkEngine(place.setupCommand);
  const builtAgainst = engine[0]?.status === 'ok' ? libtorchInfo() : null;
  const search = findLibtorch();
  return [
    { name: 'autodidact', status: 'ok', detail: `${packageVersion()} in ${root}` },
    checkNode(tools, root),
    checkCompiler(tools, builtAgainst !== null),
    checkPython(tools, search, builtAgainst !== null),
    checkLibtorch(search, builtAgainst, place.setupCommand),
    ...engine,
    await checkImages(),
    checkVideos(),
    checkData(root, place.isClone),
    checkCache(),
  ];
}

function checkNode(tools: Tools, root: string): Check {
  const detail = `${process.version}, ${process.platform} ${process.arch}, ${cpus().length} cores, ${size(totalmem())} memory`;
  try {
    tools.checkNode(root);
    return { name: 'node', status: 'ok', detail };
  } catch (error) {
    return { name: 'node', status: 'broken', detail: `${detail}: ${messageOf(error)}`, fix: 'nvm install 20' };
  }
}

/** The compiler and Python build the bridge; once it is built, nothing needs them. */
function checkCompiler({ findCompiler, installCommand }: Tools, isBuilt: boolean): Check {
  const found = findCompiler(process.env);
  if (typeof found !== 'string')
    return { name: 'compiler', status: 'ok', detail: `${found.command.join(' ')} ${found.version}` };
  return { name: 'compiler', status: isBuilt ? 'note' : 'broken', detail: found, fix: installCommand(['g++']) };
}

function checkPython({ installCommand }: Tools, { python, libtorch }: Search, isBuilt: boolean): Check {
  // Set-up goes by LIBTORCH alone where that is set, and the search has not asked Python.
  if (process.env.LIBTORCH) return { name: 'python', status: 'ok', detail: 'not asked, since LIBTORCH is set' };
  if (python) return { name: 'python', status: 'ok', detail: `${python.version} at ${python.executable}` };
  return {
    name: 'python',
    status: isBuilt || libtorch ? 'note' : 'broken',
    detail: 'no python3 or python on the PATH, which installs libtorch',
    fix: installCommand(['python3', 'python3-pip']),
  };
}

function checkLibtorch(
  { libtorch, tried, isMisdirected }: Search,
  builtAgainst: LibtorchInfo | null,
  setupCommand: string,
): Check {
  const name = 'libtorch';
  const status = builtAgainst === null ? 'broken' : 'note';
  const places = describeTried(tried).join('; ');
  if (isMisdirected)
    return {
      name,
      status,
      detail: `the environment variable LIBTORCH does not point at a usable libtorch: ${places}`,
      fix: 'unset LIBTORCH, or set it to a folder that holds include/ and lib/',
    };
  if (libtorch === null) return { name, status, detail: `not found; tried: ${places}`, fix: setupCommand };
  const { version, source, folder, cuda } = libtorch;
  const detail = `${version}${cuda ? ' with CUDA' : ''}, ${source}, ${folder} (tried: ${places})`;
  if (builtAgainst === null || builtAgainst.folder === folder) return { name, status: 'ok', detail };
  return {
    name,
    status: 'note',
    detail: `${detail}; the bridge is built against another one: ${builtAgainst.version} in ${builtAgainst.folder}`,
    fix: setupCommand,
  };
}

/** Loads the bridge, and reports what it can do. The first check says whether it loads. */
async function checkEngine(setupCommand: string): Promise<Check[]> {
  const { devices, hasFastBfloat16, scope, tensor, threads } = await import('../engine/index.js');
  const before = performance.now();
  try {
    const available = devices();
    const { version, folder } = libtorchInfo();
    const loaded = `loads libtorch ${version} from ${folder} in ${(performance.now() - before).toFixed(0)} ms`;
    const sum = scope(() =>
      tensor([1, 2])
        .add(tensor([3, 4]))
        .sum()
        .item(),
    );
    if (sum !== 10) throw new Error(`1 + 3 and 2 + 4 add up to ${sum}`);
    return [
      { name: 'bridge', status: 'ok', detail: loaded },
      { name: 'devices', status: 'ok', detail: available.join(', ') },
      { name: 'threads', status: 'ok', detail: `${threads()} per operator (AUTODIDACT_THREADS sets them)` },
      { name: 'bf16', status: 'ok', detail: hasFastBfloat16() ? 'fast on this CPU' : 'slow on this CPU, fp32 is used' },
      { name: 'speed', status: 'ok', detail: `${microseconds().toFixed(2)} µs per small addition` },
    ];
  } catch (error) {
    return [{ name: 'bridge', status: 'broken', detail: messageOf(error), fix: setupCommand }];
  }

  function microseconds(): number {
    const rounds = 20_000;
    return scope(() => {
      const one = tensor([1]);
      const started = performance.now();
      for (let i = 0; i < rounds; i++) one.add(one).dispose();
      return ((performance.now() - started) * 1000) / rounds;
    });
  }
}

async function checkImages(): Promise<Check> {
  try {
    const { default: sharp } = await import('sharp');
    return { name: 'images', status: 'ok', detail: `sharp with libvips ${sharp.versions.vips}` };
  } catch (error) {
    return { name: 'images', status: 'broken', detail: messageOf(error).split('\n')[0]!, fix: 'npm install' };
  }
}

/** Only videos need it, and it is fetched when they are first opened. */
function checkVideos(): Check {
  const name = 'videos';
  const { ffmpeg, tried, isMisdirected } = findFfmpeg();
  const places = describeTried(tried).join('; ');
  if (ffmpeg !== null)
    return { name, status: 'ok', detail: `FFmpeg ${ffmpeg.version}, ${ffmpeg.source}, ${ffmpeg.path}` };
  if (isMisdirected)
    return {
      name,
      status: 'broken',
      detail: `the environment variable FFMPEG names no usable program: ${places}`,
      fix: 'unset FFMPEG, or set it to the path of an ffmpeg program',
    };
  const detail = `no FFmpeg yet; the first opening of videos fetches one with pip (about 70 MB); tried: ${places}`;
  return { name, status: 'note', detail };
}

function checkData(root: string, isClone: boolean): Check {
  const folder = join(root, 'data', 'fashion-mnist-mini');
  const isThere = existsSync(join(folder, 'train-images-idx3-ubyte.gz'));
  const detail = isThere ? folder : `${folder} is missing`;
  return {
    name: 'data',
    status: isThere ? 'ok' : 'broken',
    detail,
    ...(isThere ? {} : { fix: isClone ? 'git checkout -- data' : 'npm ci' }),
  };
}

function checkCache(): Check {
  const folder = cacheFolder();
  const detail = existsSync(folder) ? `${folder}, ${size(bytesBelow(folder))}` : `${folder}, not there yet`;
  return { name: 'cache', status: 'ok', detail };
}

function bytesBelow(folder: string): number {
  try {
    return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
      const path = join(folder, entry.name);
      return sum + (entry.isDirectory() ? bytesBelow(path) : lstatSync(path).size);
    }, 0);
  } catch {
    // Another process may be clearing up, or the folder may be closed to us.
    return 0;
  }
}

function rendered(checks: readonly Check[], isOk: boolean): string[] {
  const marks = { ok: 'ok    ', note: 'note  ', broken: 'BROKEN' };
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.flatMap(({ name, status, detail, fix }) => [
    `${marks[status]}  ${name.padEnd(width)}  ${detail}`,
    ...(fix === undefined ? [] : [`${' '.repeat(width + 10)}mend it with: ${fix}`]),
  ]);
  return [...lines, '', isOk ? 'Everything that is needed works.' : 'Something that is needed is broken.'];
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
