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
    const source = await openManifest(put(at('some.csv'), 'path,label\na.png,1\ngone.png,2\na.png,2\n'));
    expect(source.files.map(({ id }) => id)).toEqual(['a.png']);
    expect(source.skipped).toEqual([
      { id: 'gone.png', reason: 'there is no such file' },
      { id: 'a.png', reason: 'listed more than once; the first line counts' },
    ]);
  });

  it('fails when no row has a file, or there is no row', async () => {
    const lost = put(at('lost.csv'), 'path,label\ngone.png,2\n');
    await expect(openManifest(lost)).rejects.toThrow(/none of its files exists, such as "gone.png".*relative to/);
    await expect(openManifest(put(at('bare.csv'), 'path\n'))).rejects.toThrow(/it has no rows/);
  });

  it('names the columns when path is missing, and the row of an unknown split', async () => {
    const wrong = put(at('wrong.csv'), 'image,label\na.png,1\n');
    await expect(openManifest(wrong)).rejects.toThrow(/no column path; its columns are "image", "label"/);
    const split = put(at('split.csv'), 'path,split\na.png,dev\n');
    await expect(openManifest(split)).rejects.toThrow(/train, val or test.*row 1.*"dev"/);
  });
});
