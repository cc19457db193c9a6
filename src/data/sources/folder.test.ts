import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { put, temporaryFolder } from '../../../tests/data-files.js';
import { openFolder } from './folder.js';

const at = temporaryFolder();

/** A folder with these (empty) files. */
function folder(name: string, ...files: string[]): string {
  for (const file of files) put(at(name, file), '');
  return at(name);
}

/** The class name and split of every image, by id. */
async function meanings(path: string): Promise<Record<string, [string | null, string | null]>> {
  const { files, classes } = await openFolder(path);
  return Object.fromEntries(files.map(({ id, label, split }) => [id, [label < 0 ? null : classes![label]!, split]]));
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

  it('takes a folder beside classes for unlabeled by its name, and says so', async () => {
    const path = folder(
      'reviews',
      'train/neg/1.png',
      'train/pos/1.png',
      'train/unsup/1.png',
      'test/neg/1.png',
      'test/pos/1.png',
    );
    expect((await openFolder(path)).classes).toEqual(['neg', 'pos']);
    expect((await meanings(path))['train/unsup/1.png']).toEqual([null, 'train']);
    expect((await openFolder(path)).note).toBe('What lies in the folder "unsup" counts as unlabeled, by its name.');
    expect((await openFolder(folder('plain unlabeled', 'a/1.png', 'unlabeled/1.png'))).classes).toEqual([
      'a',
      'unlabeled',
    ]);
  });

  it('sees no classes in one folder only', async () => {
    expect((await openFolder(folder('one', 'cat/1.png', 'cat/2.png'))).classes).toBeNull();
    expect((await openFolder(folder('one-and-one', 'cat/1.png', '2.png'))).classes).toBeNull();
    // Sorted by the initial letter, with one class.
    expect((await openFolder(folder('letter', 'c/cat/1.png', 'c/cat/2.png', 'd/3.png'))).classes).toBeNull();
  });

  it('sees classes before the splits where behind them is one folder only', async () => {
    const path = folder('before', 'dog/train/extra/1.png', 'dog/train/2.png', 'cat/train/3.png');
    const { classes } = await openFolder(path);
    expect(classes).toEqual(['cat', 'dog']);
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

  it('follows links, but not in circles', async () => {
    const path = folder('links', 'real/1.png', 'real/deep/2.png');
    symlinkSync(at('links'), at('links', 'real', 'deep', 'loop'));
    symlinkSync(at('links', 'real', '1.png'), at('links', '2.png'));
    expect((await rows(path)).map(([id]) => id)).toEqual(['2.png', 'real/1.png', 'real/deep/2.png']);
  });

  it.each([
    ['zebra', 'ant'],
    ['ant', 'zebra'],
  ])('keeps both class folders that are links to one folder, in every order of making (%s first)', async (...names) => {
    folder(`source-${names[0]}`, 'x.png');
    const path = folder(`twins-${names[0]}`, 'bee/1.png');
    for (const name of names) symlinkSync(at(`source-${names[0]}`), at(`twins-${names[0]}`, name));
    expect(await meanings(path)).toEqual({
      'ant/x.png': ['ant', null],
      'bee/1.png': ['bee', null],
      'zebra/x.png': ['zebra', null],
    });
  });

  it('lists FIFOs and links to devices as skipped, and does not open them', async () => {
    const path = folder('irregular', 'a.png');
    spawnSync('mkfifo', [at('irregular', 'pipe.png')]);
    symlinkSync('/dev/zero', at('irregular', 'zero.png'));
    const { files, skipped } = await openFolder(path);
    expect(files.map(({ id }) => id)).toEqual(['a.png']);
    expect(skipped).toEqual([
      { id: 'pipe.png', reason: 'a FIFO, not a regular file' },
      { id: 'zero.png', reason: 'a device, not a regular file' },
    ]);
  });

  // Other systems refuse such names.
  it.skipIf(process.platform !== 'linux')('lists names that are not UTF-8 as skipped', async () => {
    const path = folder('names', 'a.png');
    const latin1 = (name: string) => Buffer.concat([Buffer.from(`${path}/`), Buffer.from(name, 'latin1')]);
    writeFileSync(latin1('caf\xe9.png'), '');
    mkdirSync(latin1('d\xe9j\xe0'));
    writeFileSync(latin1('d\xe9j\xe0/b.png'), '');
    writeFileSync(latin1('r\xe9sum\xe9.txt'), '');
    const { files, skipped } = await openFolder(path);
    expect(files.map(({ id }) => id)).toEqual(['a.png']);
    expect(skipped).toEqual([
      { id: 'caf\ufffd.png', reason: 'its name is not UTF-8; rename it' },
      { id: 'd\ufffdj\ufffd', reason: 'its name is not UTF-8; rename it' },
    ]);
  });

  it('counts files without an ending and of other formats in a note', async () => {
    const path = folder('endings', 'a.png', 'b', 'c', 'raw.DNG', 'notes.txt');
    expect((await openFolder(path)).note).toBe(
      'Passed over: 2 files without an ending, such as "b". ' +
        'Passed over: 1 file of other formats, such as "raw.DNG"; convert them to PNG or JPEG.',
    );
    expect((await openFolder(folder('plain', 'a.png', 'notes.txt'))).note).toBeUndefined();
  });

  it('does not enter the folders of training runs, and says so', async () => {
    const run = (name: string) => [`${name}/config.json`, `${name}/checkpoints/step-1.safetensors`, `${name}/p/1.png`];
    const path = folder('photos', 'cat/1.png', 'dog/2.png', ...run('runs/simclr-1'), 'runs/table.png', ...run('mine'));
    expect(await meanings(path)).toEqual({ 'cat/1.png': ['cat', null], 'dog/2.png': ['dog', null] });
    expect((await openFolder(path)).note).toBe('Passed over: the training runs in "mine", "runs".');
    await expect(openFolder(at('photos', 'mine'))).rejects.toThrow(/is the folder of a training run, not data/);
    // Neither of these is one.
    const sports = folder('sports', 'runs/1.png', 'jumps/1.png', 'jumps/config.json', 'runs/checkpoints/1.png');
    expect((await openFolder(sports)).files).toHaveLength(3);
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
    const other = folder('other', 'a', 'b', 'c.npz', 'd.NPZ', 'e.npz');
    await expect(openFolder(other)).rejects.toThrow(
      /holds no images\. It holds other files: 3 \.npz, 2 without an ending\. Files are/,
    );
  });

  it.each([
    ['cifar-10-batches-py/data_batch_1', 'cifar-10-batches-py/batches.meta'],
    ['train', 'test', 'meta'],
  ])('explains the Python pickles of CIFAR: %s', async (...files) => {
    const path = folder(`pickles-${files.length}`, ...files);
    await expect(openFolder(path)).rejects.toThrow(/CIFAR as Python pickles.*binary version: cifar-10-binary\.tar\.gz/);
  });
});

describe('splits and classes', () => {
  it.each<[string, Record<string, [string | null, string | null]>, RegExp | undefined]>([
    [
      'a file beside the splits',
      {
        'test/a/2.png': ['a', 'test'],
        'train/a/1.png': ['a', 'train'],
        'train/b/1.png': ['b', 'train'],
        'x.png': [null, null],
      },
      /^"x\.png" lies outside of the folders "test", "train" and counts as a training image\.$/,
    ],
    [
      'one class on each side and a file beside',
      { 'test/a/2.png': [null, 'test'], 'train/a/1.png': [null, 'train'], 'x.png': [null, null] },
      /"x\.png" lies outside/,
    ],
    [
      'a folder beside the splits',
      {
        'b/x/2.png': [null, null],
        'test/a/2.png': ['a', 'test'],
        'test/c/2.png': ['c', 'test'],
        'train/a/1.png': ['a', 'train'],
        'train/c/1.png': ['c', 'train'],
      },
      /"b\/x\/2\.png" lies outside of the folders "test", "train"/,
    ],
    [
      'a deeper folder and a loose file in a split',
      {
        'test/a/1.png': ['a', 'test'],
        'train/a/1.png': ['a', 'train'],
        'train/b/deep/2.png': ['b', 'train'],
        'train/loose.png': [null, 'train'],
      },
      /^"train\/loose\.png" lies outside of the class folders: unlabeled/,
    ],
    ['a deeper folder in a class', { 'a/1.png': ['a', null], 'b/x/2.png': ['b', null] }, undefined],
    [
      'a file beside the classes',
      { '0.png': [null, null], 'a/1.png': ['a', null], 'b/1.png': ['b', null] },
      /"0\.png" lies/,
    ],
    [
      'class/split/x',
      {
        'cat/test/2.png': ['cat', 'test'],
        'cat/train/1.png': ['cat', 'train'],
        'dog/test/4.png': ['dog', 'test'],
        'dog/train/3.png': ['dog', 'train'],
        'dog/x.png': ['dog', null],
      },
      /"dog\/x\.png" lies outside of the folders "test", "train"/,
    ],
    [
      'class/images/x, flat in another split (Tiny ImageNet)',
      {
        'train/n1/images/1.jpg': ['n1', 'train'],
        'train/n2/images/2.jpg': ['n2', 'train'],
        'val/images/3.jpg': [null, 'test'],
      },
      undefined,
    ],
    [
      'folders by initial letter (Places365)',
      {
        'a/airfield/1.jpg': ['airfield', null],
        'a/apartment/indoor/2.jpg': ['apartment/indoor', null],
        'a/apartment/outdoor/3.jpg': ['apartment/outdoor', null],
        'b/bar/4.jpg': ['bar', null],
      },
      undefined,
    ],
    [
      'a folder around all',
      {
        'photos/test/cat/2.png': ['cat', 'test'],
        'photos/train/cat/1.png': ['cat', 'train'],
        'photos/train/dog/1.png': ['dog', 'train'],
      },
      undefined,
    ],
    ['a folder around classes', { 'photos/cat/1.png': ['cat', null], 'photos/dog/2.png': ['dog', null] }, undefined],
    ['years (COCO)', { 'train2017/1.jpg': [null, 'train'], 'val2017/2.jpg': [null, 'test'] }, undefined],
    ['images/split/x (YOLO)', { 'images/train/1.jpg': [null, 'train'], 'images/val/2.jpg': [null, 'test'] }, undefined],
    [
      'words behind the split',
      {
        'test_set/a/1.jpg': ['a', 'test'],
        'training_set/a/1.jpg': ['a', 'train'],
        'training_set/b/1.jpg': ['b', 'train'],
      },
      undefined,
    ],
    [
      'a test folder among the class folders that it repeats',
      {
        'cat/1.png': ['cat', null],
        'dog/2.png': ['dog', null],
        'test/cat/3.png': ['cat', 'test'],
        'test/dog/4.png': ['dog', 'test'],
      },
      /"cat\/1\.png" and 1 more lie outside of the folders "test" and count as training images\./,
    ],
    [
      'training classes beside a flat folder',
      { 'more/3.png': [null, null], 'train/cat/1.png': ['cat', 'train'], 'train/dog/2.png': ['dog', 'train'] },
      /"more\/3\.png" lies outside of the folders "train"/,
    ],
    [
      'a test set without one of the classes',
      { 'test/cat/3.png': ['cat', 'test'], 'train/cat/1.png': ['cat', 'train'], 'train/dog/2.png': ['dog', 'train'] },
      undefined,
    ],
    [
      'classes above folders that could be classes',
      {
        'animals/cat/1.png': ['animals', null],
        'animals/dog/2.png': ['animals', null],
        'cars/bus/3.png': ['cars', null],
      },
      /^The class "animals" holds the folders "cat", "dog", which are not told apart\.$/,
    ],
    [
      'a class called train',
      { 'plane/1.png': ['plane', null], 'train/1.png': ['train', null] },
      /"train" is taken for a class/,
    ],
    [
      'a folder called test somewhere',
      { 'home/1.png': ['home', null], 'sea/2.png': ['sea', null], 'trip/test/3.png': ['trip', null] },
      undefined,
    ],
  ])('are read from %s', async (name, images, note) => {
    const path = folder(`layout ${name.replaceAll('/', '-')}`, ...Object.keys(images));
    expect(await meanings(path)).toEqual(images);
    const opened = await openFolder(path);
    if (note === undefined) expect(opened.note).toBeUndefined();
    else expect(opened.note).toMatch(note);
  });

  it('do not depend on the order of making', async () => {
    const path = folder('order', 'b/1.png', 'a/1.png');
    const before = await openFolder(path);
    for (const name of ['a', 'b']) renameSync(at('order', name), at('order', `${name}-`));
    for (const name of ['b', 'a']) renameSync(at('order', `${name}-`), at('order', name));
    expect(await openFolder(path)).toEqual(before);
  });
});
