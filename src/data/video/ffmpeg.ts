import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, describeTried } from '../../../native/find-libtorch.mjs';
import { AutodidactError } from '../../errors.js';

/** The PyPI package that brings a static FFmpeg for Linux and macOS. */
const PACKAGE = 'imageio-ffmpeg';
const PACKAGE_VERSION = '0.8.1';
/** The oldest release that is known to have every option and filter that is used here. */
const OLDEST = 4;

export type FfmpegSource = 'FFMPEG' | 'PATH' | 'private copy';

/** The program that decodes videos. */
export interface Ffmpeg {
  path: string;
  source: FfmpegSource;
  /** As the program says it: "9.0.2", "4.2.2-static", "N-71064-gd5e603ddc0". */
  version: string;
  /** Major and minor number; null for a development version, which counts as new. */
  release: readonly [major: number, minor: number] | null;
}

/** Where a program was looked for, up to where it was found. */
export interface FfmpegSearch {
  ffmpeg: Ffmpeg | null;
  tried: { place: string; outcome: string }[];
  /** Whether FFMPEG is set and unusable: nothing else is tried then. */
  isMisdirected: boolean;
}

/** Looks for FFmpeg: the program that FFMPEG names, then the PATH, then the private copy. */
export function findFfmpeg(env: NodeJS.ProcessEnv = process.env): FfmpegSearch {
  const tried: FfmpegSearch['tried'] = [];
  const note = (place: string, result: Ffmpeg | string): Ffmpeg | null => {
    tried.push({ place, outcome: typeof result === 'string' ? result : `found ${result.version}` });
    return typeof result === 'string' ? null : result;
  };
  if (env.FFMPEG) {
    const ffmpeg = note(`FFMPEG=${env.FFMPEG}`, inspect(env.FFMPEG, 'FFMPEG', env));
    return { ffmpeg, tried, isMisdirected: ffmpeg === null };
  }
  tried.push({ place: 'FFMPEG', outcome: 'not set' });
  const found =
    note('ffmpeg on the PATH', inspect('ffmpeg', 'PATH', env)) ??
    note(`private copy ${privateFolder(env)}`, inspectCopy(privateFolder(env), env));
  return { ffmpeg: found, tried, isMisdirected: false };
}

/** Folder of the private copy. */
function privateFolder(env: NodeJS.ProcessEnv): string {
  return join(cacheFolder(env), `ffmpeg-${PACKAGE_VERSION}`);
}

function inspectCopy(folder: string, env: NodeJS.ProcessEnv): Ffmpeg | string {
  const binaries = join(folder, 'imageio_ffmpeg', 'binaries');
  let names: string[];
  try {
    names = readdirSync(binaries);
  } catch {
    return 'not there yet';
  }
  const name = names.find((candidate) => candidate.startsWith('ffmpeg-'));
  return name === undefined ? `no program in ${binaries}` : inspect(join(binaries, name), 'private copy', env);
}

/** The program, or what is wrong with it. */
function inspect(path: string, source: FfmpegSource, env: NodeJS.ProcessEnv): Ffmpeg | string {
  const { status, stdout, error } = spawnSync(path, ['-hide_banner', '-version'], {
    ...{ env, encoding: 'utf8', timeout: 30_000, stdio: ['ignore', 'pipe', 'ignore'] },
  });
  if (error !== undefined)
    return 'code' in error && error.code === 'ENOENT' ? 'no such program' : `cannot be run: ${error.message}`;
  const version = /^ffmpeg version n?(\S+)/.exec(stdout)?.[1];
  if (status !== 0 || version === undefined) return 'is not FFmpeg';
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(version) ?? [];
  const release = major === undefined ? null : ([Number(major), Number(minor)] as const);
  if (release !== null && release[0] < OLDEST) return `version ${version} is older than ${OLDEST}`;
  return { path, source, version, release };
}

/** What scripts/lib/ throws on purpose. */
interface Problem extends Error {
  name: 'Problem';
  lines: string[];
  fix?: string;
}

let known: { key: string; ffmpeg: Ffmpeg } | null = null;

/**
 * The program that decodes videos. Where there is none, a private copy is fetched with pip into the cache, which is said on stderr.
 *
 * @throws AutodidactError `NOT_FOUND` when FFMPEG leads nowhere or the copy cannot be fetched
 */
export async function ensureFfmpeg(env: NodeJS.ProcessEnv = process.env): Promise<Ffmpeg> {
  const key = JSON.stringify([env.FFMPEG, env.PATH, privateFolder(env)]);
  if (known?.key === key) return known.ffmpeg;
  let search = findFfmpeg(env);
  if (search.isMisdirected)
    throw new AutodidactError('NOT_FOUND', `FFMPEG names no usable program: ${describeTried(search.tried)[0]}`, {
      remedy: 'Set FFMPEG to the path of an ffmpeg program, or unset it.',
    });
  if (search.ffmpeg === null) {
    await fetchCopy(env);
    search = findFfmpeg(env);
  }
  if (search.ffmpeg === null)
    throw new AutodidactError(
      'NOT_FOUND',
      `FFmpeg was fetched and does not run here: ${describeTried(search.tried).join('; ')}`,
      {
        remedy: 'Install FFmpeg and set FFMPEG to the path of the program.',
      },
    );
  known = { key, ffmpeg: search.ffmpeg };
  return search.ffmpeg;
}

async function fetchCopy(env: NodeJS.ProcessEnv): Promise<void> {
  const { installFfmpeg } = await import(new URL('../../../scripts/lib/ffmpeg.mjs', import.meta.url).href);
  try {
    await installFfmpeg({
      wanted: `${PACKAGE}==${PACKAGE_VERSION}`,
      target: privateFolder(env),
      env,
      check(folder: string) {
        const found = inspectCopy(folder, env);
        return typeof found === 'string' ? found : null;
      },
      report: (line: string) => void process.stderr.write(`${line}\n`),
    });
  } catch (error) {
    if (!isProblem(error)) throw error;
    throw new AutodidactError('NOT_FOUND', `Videos need FFmpeg: ${error.lines.join('; ')}`, {
      remedy: error.fix && `${error.fix[0]!.toUpperCase()}${error.fix.slice(1)}.`,
      cause: error,
    });
  }
}

const isProblem = (error: unknown): error is Problem => error instanceof Error && error.name === 'Problem';
