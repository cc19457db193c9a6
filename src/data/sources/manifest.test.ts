import { spawnSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { put, temporaryFolder } from '../../../tests/data-files.js';
import { openManifest } from './manifest.js';

const at = temporaryFolder();
for (const name of ['a.png', 'sub/b.png', 'c.png']) put(at(name), '');

describe('openManifest', () => {
  it('resolves paths from its own folder, with labels and splits', async () => {
    const path = put(at('m.csv'), 'split,path,label\ntrain,./a.png,dog\nval,sub\\b.png,cat\n,c.png,\n');
    const source = await openManifest(path);
    expect(source.classes).toEqual(['cat', 'dog']);
    expect(source.files).toEqual([
      { id: 'a.png', path: at('a.png'), label: 1, split: 'train' },
      { id: 'sub/b.png', path: at('sub/b.png'), label: 0, split: 'test' },
      { id: 'c.png', path: at('c.png'), label: -1, split: null },
    ]);
  });

  it('takes absolute paths and JSON Lines, and needs no labels', async () => {
    const source = await openManifest(put(at('m.jsonl'), `${JSON.stringify({ path: at('a.png') })}\n`));
    expect(source.files[0]).toMatchObject({ path: at('a.png'), label: -1 });
    expect(source.classes).toBeNull();
  });

  it('lists rows without a file, and repeated ones, as skipped', async () => {
    const source = await openManifest(put(at('some.csv'), 'path,label\na.png,1\ngone.png,2\na.png, 1\n'));
    expect(source.files.map(({ id }) => id)).toEqual(['a.png']);
    expect(source.skipped).toEqual([
      { id: 'gone.png', reason: 'there is no such file' },
      { id: 'a.png', reason: 'listed more than once; the first line counts' },
    ]);
    // Class 2 has no image.
    expect(source.classes).toEqual(['1']);
  });

  it.each([
    ['path,label\na.png,1\na.png,2\n', 'both 1 and 2'],
    ['path,label\na.png,\na.png,2\n', 'both as unlabeled and 2'],
    ['path,labels\na.png,cat;dog\na.png,dog\n', 'both cat; dog and dog'],
    ['path,labels\na.png,none\na.png,\n', 'both none and as unlabeled'],
  ])('refuses an image with two labels', async (text, message) => {
    await expect(openManifest(put(at('two.csv'), text))).rejects.toThrow(`labels a.png ${message}`);
  });

  it('takes the same labels in another order for the same', async () => {
    const { skipped } = await openManifest(put(at('order.csv'), 'path,labels\na.png,cat;dog\na.png,dog;cat\n'));
    expect(skipped).toHaveLength(1);
  });

  it('fails when no row has a file, or there is no row', async () => {
    const lost = put(at('lost.csv'), 'path,label\ngone.png,2\n');
    await expect(openManifest(lost)).rejects.toThrow(/none of its files exists, such as "gone.png".*relative to/);
    await expect(openManifest(put(at('bare.csv'), 'path\n'))).rejects.toThrow(/it has no rows/);
  });

  it('names the columns when path is missing, and the line of an unknown split', async () => {
    const wrong = put(at('wrong.csv'), 'image,label\na.png,1\n');
    await expect(openManifest(wrong)).rejects.toThrow(/no column path; its columns are "image", "label"/);
    const split = put(at('split.csv'), 'path,split\nc.png,\n\na.png,dev\n');
    await expect(openManifest(split)).rejects.toThrow(/train, val or test for `split in line 4 of .*"dev"/);
  });

  it('takes a label with blanks around it for the same, and a negative number for none', async () => {
    const { classes, files } = await openManifest(
      put(at('blanks.csv'), 'path, label\na.png,dog\nsub/b.png, dog \n c.png,-1\n'),
    );
    expect(classes).toEqual(['dog']);
    expect(files.map(({ id, label }) => [id, label])).toEqual([
      ['a.png', 0],
      ['sub/b.png', 0],
      ['c.png', -1],
    ]);
  });

  it('finds its columns in any case, and notes a table without labels that has other columns', async () => {
    const named = await openManifest(put(at('case.csv'), 'Path,Class,Split\na.png,dog,Train2017\n'));
    expect(named.classes).toEqual(['dog']);
    expect(named.files[0]!.split).toBe('train');
    expect(named.note).toBeUndefined();
    const unlabeled = await openManifest(put(at('kind.csv'), 'path,kind\na.png,dog\n'));
    expect(unlabeled.note).toBe('kind.csv has no column label, so its images are unlabeled. Not read: "kind".');
    expect((await openManifest(put(at('bare.csv'), 'path,split\na.png,\n'))).note).toBeUndefined();
  });

  it('lists FIFOs as skipped, and does not take a failing disk for missing files', async () => {
    spawnSync('mkfifo', [at('pipe.png')]);
    const source = await openManifest(put(at('pipe.csv'), 'path\na.png\npipe.png\nsub\n'));
    expect(source.skipped).toEqual([
      { id: 'pipe.png', reason: 'a FIFO, not a regular file' },
      { id: 'sub', reason: 'a folder, not a regular file' },
    ]);
    symlinkSync(at('circle.png'), at('circle.png'));
    const circle = await openManifest(put(at('circle.csv'), 'path\na.png\ncircle.png\na.png/x.png\n'));
    expect(circle.skipped.map(({ reason }) => reason)).toEqual(Array(2).fill('there is no such file'));
    const pipe = at('table.csv');
    spawnSync('mkfifo', [pipe]);
    await expect(openManifest(pipe)).rejects.toThrow(/table\.csv is a FIFO, not a regular file/);
  });
});
