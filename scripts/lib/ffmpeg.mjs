import { existsSync } from 'node:fs';
import { askPython, cacheFolder } from '../../native/find-libtorch.mjs';
import { withLock } from './lock.mjs';
import { installWithPip } from './pip.mjs';
import { Problem } from './problem.mjs';
import { tail } from './process.mjs';

/**
 * Installs the PyPI package that brings an `ffmpeg` program into a folder of the cache, once. Two at a time wait for each other.
 *
 * @param {object} request
 * @param {string} request.wanted the package with its version, as pip takes it
 * @param {string} request.target the folder to make
 * @param {(folder: string) => string | null} request.check says what is wrong with the installed folder
 * @param {NodeJS.ProcessEnv} request.env
 * @param {(line: string) => void} request.report
 */
export async function installFfmpeg({ wanted, target, check, env, report }) {
  const fix =
    'install FFmpeg yourself (Debian, Ubuntu: sudo apt-get install ffmpeg), or set FFMPEG to the path of the program; ' +
    "otherwise check the network and pip's settings (python3 -m pip config list)";
  await withLock(`${target}.lock`, report, async () => {
    // Another process may have installed it while this one waited.
    if (existsSync(target) && check(target) === null) return;
    const python = askPython(env);
    if (python === null || !python.canInstall)
      throw new Problem(`no FFmpeg, and no ${python === null ? 'Python' : 'pip'} that could fetch it`, { fix });
    report('ffmpeg: not found; fetching a private copy, which videos are read with (once, about 70 MB)');
    const place = { python, target, cache: cacheFolder(env), env, report, label: 'ffmpeg' };
    await installWithPip(place, {
      packages: ['--no-deps', wanted],
      check,
      refuse: (reason, output, log) =>
        new Problem(`FFmpeg could not be fetched: ${reason}; pip's output is in ${log}`, {
          details: tail(output),
          fix,
        }),
    });
  });
}
