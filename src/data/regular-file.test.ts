import { spawnSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { put, temporaryFolder } from '../../tests/data-files.js';
import { openRegular, readRegular, readText, saysMissing } from './regular-file.js';

const at = temporaryFolder();

describe('openRegular', () => {
  it('refuses FIFOs, sockets, devices and folders before it opens them, links to them too', async () => {
    put(at('folder', 'x'), '');
    spawnSync('mkfifo', [at('pipe')]);
    symlinkSync(at('pipe'), at('link'));
    const server = createServer().listen(at('socket'));
    await new Promise((done) => server.once('listening', done));
    try {
      for (const [path, kind] of [
        [at('pipe'), 'a FIFO'],
        [at('link'), 'a FIFO'],
        [at('socket'), 'a socket'],
        ['/dev/zero', 'a device'],
        [at('folder'), 'a folder'],
      ]) {
        await expect(openRegular(path!)).rejects.toMatchObject({
          code: 'DATA',
          message: expect.stringContaining(`${path} is ${kind}, not a regular file`),
        });
      }
    } finally {
      server.close();
    }
  });

  it('says that there is nothing', async () => {
    const error = await openRegular(at('none')).catch((failure) => failure);
    expect(error.code).toBe('NOT_FOUND');
    expect(saysMissing(error)).toBe(true);
    expect(saysMissing(await openRegular(at('folder')).catch((failure) => failure))).toBe(false);
  });
});

describe('readRegular', () => {
  it('reads a file up to its limit', async () => {
    const path = put(at('five'), '12345');
    expect((await readRegular(path, 5)).toString()).toBe('12345');
    await expect(readRegular(path, 4)).rejects.toThrow(/five has 5 bytes, more than the 4 that are read/);
  });
});

describe('readText', () => {
  it('reads UTF-8 with and without a byte order mark', async () => {
    for (const mark of ['', '\uFEFF']) expect(await readText(put(at('text'), `${mark}café\n`))).toBe('café\n');
  });

  it('names the line that is not UTF-8', async () => {
    const latin1 = Buffer.from('path,label\na.png,cafe\nb.png,café\nc.png,cafè\n', 'latin1');
    await expect(readText(put(at('latin1.csv'), latin1))).rejects.toMatchObject({
      code: 'DATA',
      message: expect.stringMatching(/latin1\.csv is not UTF-8 in line 3: "b\.png,café"\. Save it as UTF-8/),
    });
  });

  it('refuses UTF-16', async () => {
    const text = Buffer.from('\uFEFFpath,label\n', 'utf16le');
    await expect(readText(put(at('wide.csv'), text))).rejects.toThrow(/wide\.csv is UTF-16\. Save it as UTF-8/);
    const bare = text.subarray(2);
    await expect(readText(put(at('wide.csv'), bare))).rejects.toThrow(/holds zero bytes\. Save it as UTF-8/);
  });
});
