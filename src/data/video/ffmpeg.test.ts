import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { ensureFfmpeg, findFfmpeg } from './ffmpeg.js';

const top = mkdtempSync(join(tmpdir(), 'autodidact-ffmpeg-'));
afterAll(() => rmSync(top, { recursive: true, force: true }));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(top, 'case-'));
});

/** A program that says this when asked for its version. */
function program(path: string, says: string, code = 0): string {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, `#!/bin/sh\necho '${says}'\nexit ${code}\n`);
  chmodSync(path, 0o755);
  return path;
}

const says = (version: string): string => `ffmpeg version ${version} Copyright (c) 2000-2026 the FFmpeg developers`;

/** An environment with nothing in it but a PATH and a cache of our own. */
const environment = (given: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  PATH: join(folder, 'bin'),
  AUTODIDACT_CACHE: join(folder, 'cache'),
  ...given,
});

const privateCopy = (version: string): string =>
  program(join(folder, 'cache', 'ffmpeg-0.8.1', 'imageio_ffmpeg', 'binaries', 'ffmpeg-linux-x'), says(version));

describe('the search for FFmpeg', () => {
  it('goes by FFMPEG, then the PATH, then the private copy', () => {
    privateCopy('n9.0.2-17-g2a571b6068');
    expect(findFfmpeg(environment()).ffmpeg).toMatchObject({
      ...{ source: 'private copy', version: '9.0.2-17-g2a571b6068', release: [9, 0] },
    });
    program(join(folder, 'bin', 'ffmpeg'), says('4.2.2-static'));
    expect(findFfmpeg(environment()).ffmpeg).toMatchObject({ source: 'PATH', path: 'ffmpeg', release: [4, 2] });
    const FFMPEG = program(join(folder, 'own'), says('N-71064-gd5e603ddc0'));
    const found = findFfmpeg(environment({ FFMPEG }));
    expect(found.ffmpeg).toEqual({ path: FFMPEG, source: 'FFMPEG', version: 'N-71064-gd5e603ddc0', release: null });
    expect(found.tried).toEqual([{ place: `FFMPEG=${FFMPEG}`, outcome: 'found N-71064-gd5e603ddc0' }]);
  });

  it.each([
    ['another program', 'Hello, world', 0, 'is not FFmpeg'],
    ['a program that fails', says('9.0'), 1, 'is not FFmpeg'],
    ['an old one', says('3.4.11-0ubuntu0.1'), 0, 'version 3.4.11-0ubuntu0.1 is older than 4'],
  ])('passes over %s', (_name, text, code, outcome) => {
    program(join(folder, 'bin', 'ffmpeg'), text, code);
    const { ffmpeg, tried } = findFfmpeg(environment());
    expect(ffmpeg).toBeNull();
    expect(tried).toEqual([
      { place: 'FFMPEG', outcome: 'not set' },
      { place: 'ffmpeg on the PATH', outcome },
      { place: `private copy ${join(folder, 'cache', 'ffmpeg-0.8.1')}`, outcome: 'not there yet' },
    ]);
  });

  it('says what is wrong with FFMPEG, and tries nothing else', async () => {
    program(join(folder, 'bin', 'ffmpeg'), says('9.0'));
    const env = environment({ FFMPEG: join(folder, 'nowhere') });
    expect(findFfmpeg(env)).toMatchObject({ ffmpeg: null, isMisdirected: true });
    await expect(ensureFfmpeg(env)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringMatching(/^FFMPEG names no usable program: FFMPEG=.*nowhere: no such program/),
    });
  });
});

describe('the private copy', () => {
  /** A Python whose pip is this script; the folder to install into is in `$target`. */
  function python(install: string): string {
    const bin = join(folder, 'bin');
    mkdirSync(bin, { recursive: true });
    const found = JSON.stringify({
      executable: join(bin, 'python3'),
      version: '3.11',
      torch: null,
      hasPip: true,
      canInstall: true,
    });
    writeFileSync(
      join(bin, 'python3'),
      `#!/bin/sh\nif [ "$1" != -m ]; then echo '${found}'; exit 0; fi\n` +
        `while [ $# -gt 0 ]; do [ "$1" = --target ] && target=$2; wanted=$1; shift; done\n${install}\n`,
    );
    chmodSync(join(bin, 'python3'), 0o755);
    for (const name of ['sh', 'mkdir', 'chmod', 'cat', 'rm']) symlinkSync(`/bin/${name}`, join(bin, name));
    return [bin, join(process.execPath, '..')].join(delimiter);
  }

  it('is fetched with pip where there is no other, once', async () => {
    const log = join(folder, 'log');
    const PATH = python(`
      echo "$wanted" >> ${log}
      mkdir -p "$target/imageio_ffmpeg/binaries"
      program="$target/imageio_ffmpeg/binaries/ffmpeg-linux-x"
      echo '#!/bin/sh' > "$program"
      echo 'echo "${says('9.0.2')}"' >> "$program"
      chmod 755 "$program"`);
    const env = environment({ PATH });
    const ffmpeg = await ensureFfmpeg(env);
    expect(ffmpeg).toMatchObject({ source: 'private copy', version: '9.0.2' });
    expect(await ensureFfmpeg(env)).toEqual(ffmpeg);
    const { readFileSync } = await import('node:fs');
    expect(readFileSync(log, 'utf8')).toBe('imageio-ffmpeg==0.8.1\n');
  });

  it('is refused in one sentence where pip fails, and leaves nothing half made', async () => {
    const PATH = python('echo "Could not find a version that satisfies the requirement"; exit 1');
    await expect(ensureFfmpeg(environment({ PATH }))).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringMatching(
        /^Videos need FFmpeg: FFmpeg could not be fetched: pip finds no imageio-ffmpeg 0\.8\.1 for Python 3\.11.*Install FFmpeg yourself/,
      ),
    });
    expect(findFfmpeg(environment({ PATH })).tried.at(-1)!.outcome).toBe('not there yet');
  });

  it('needs a Python', async () => {
    await expect(ensureFfmpeg(environment())).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringMatching(/^Videos need FFmpeg: no FFmpeg, and no Python that could fetch it/),
    });
  });
});
