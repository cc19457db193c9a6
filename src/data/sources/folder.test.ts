import { mkdirSync, symlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { put, temporaryFolder } from '../../../tests/data-files.js';
import { openFolder } from './folder.js';

const at = temporaryFolder();

/** A folder with these (empty) files. */
function folder(name: string, ...files: string[]): string {
  for (const file of files) put(at(name, file), '');
  return at(name);
}

const rows = async (path: string) =>
  (await openFolder(path)).files.map(({ id, label, split }) => [id, label, split] as const);

describe('openFolder', () => {
  it('lists images of any depth by name, and no other or hidden files', async () => {
    const path = folder(
      'nested',
      'b.JPG',
      'a/c.png',
      'a/d/e.webp',
      'notes.txt',
      '.hidden/x.png',
      '.y.png',
      '__MACOSX/z.png',
    );
    expect(await rows(path)).toEqual([
      ['a/c.png', -1, null],
      ['a/d/e.webp', -1, null],
      ['b.JPG', -1, null],
    ]);
    expect((await openFolder(path)).classes).toBeNull();
  });

  it('takes subfolders that directly hold all images for classes', async () => {
    const path = folder('classes', 'dog/1.png', 'cat/1.png', 'cat/2.png');
    expect((await openFolder(path)).classes).toEqual(['cat', 'dog']);
    expect((await rows(path)).map(([, label]) => label)).toEqual([0, 0, 1]);
  });

  it.each([
    ['an image beside the folders', ['cat/1.png', 'dog/1.png', '0.png']],
    ['a deeper image', ['cat/1.png', 'dog/x/1.png']],
    ['one folder only', ['cat/1.png', 'cat/2.png']],
  ])('sees no classes with %s', async (name, files) => {
    expect((await openFolder(folder(`none-${name}`, ...files))).classes).toBeNull();
  });

  it('orders classes that are numbers by value', async () => {
    const path = folder('numbers', ...['10', '2', '0'].map((name) => `${name}/1.png`));
    expect((await openFolder(path)).classes).toEqual(['0', '2', '10']);
  });

  it('understands splits, with classes below them that agree', async () => {
    const path = folder(
      'splits',
      'train/cat/1.png',
      'train/dog/1.png',
      'test/dog/2.png',
      'test/ant/1.png',
      'unlabeled/x.png',
    );
    expect(await rows(path)).toEqual([
      ['test/ant/1.png', 0, 'test'],
      ['test/dog/2.png', 2, 'test'],
      ['train/cat/1.png', 1, 'train'],
      ['train/dog/1.png', 2, 'train'],
      ['unlabeled/x.png', -1, 'train'],
    ]);
  });

  it('takes val for test when there is no test, and keeps both otherwise', async () => {
    const two = folder('two', 'train/a.png', 'valid/b.png');
    expect((await rows(two)).map(([, , split]) => split)).toEqual(['train', 'test']);
    const three = folder('three', 'train/a.png', 'valid/b.png', 'test/c.png');
    expect((await rows(three)).map(([, , split]) => split)).toEqual(['test', 'train', 'val']);
  });

  it('takes train for a class among other classes', async () => {
    const path = folder('vehicles', 'train/1.png', 'plane/1.png');
    expect((await openFolder(path)).classes).toEqual(['plane', 'train']);
  });

  it('follows links once', async () => {
    const path = folder('links', 'real/1.png');
    symlinkSync(at('links'), at('links', 'real', 'loop'));
    symlinkSync(at('links', 'real', '1.png'), at('links', '2.png'));
    expect((await rows(path)).map(([id]) => id)).toEqual(['2.png', 'real/1.png']);
  });

  it('says in one sentence that a folder holds no images', async () => {
    mkdirSync(at('empty'));
    const text = folder('text', 'readme.txt');
    for (const path of [at('empty'), text]) {
      await expect(openFolder(path)).rejects.toMatchObject({
        code: 'DATA',
        message: expect.stringContaining('holds no images'),
      });
    }
    await expect(openFolder(at('nowhere'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
