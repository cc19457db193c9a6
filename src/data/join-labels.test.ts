import { rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { put, putPng, temporaryFolder } from '../../tests/data-files.js';
import { openImages } from './open.js';
import { openSounds } from './open-sounds.js';
import { counting, putWave } from './waves.test-util.js';

const at = temporaryFolder();

/** Opens four images whose own classes are 1, 2 and 3, with the labels of a table. */
async function join(name: string, text: string) {
  for (const [i, path] of ['1/a.png', '2/b.png', '3/c.png', '3/caf\u00e9.png'].entries())
    await putPng(at('numbers', path), { start: i });
  const table = put(at(name), text);
  const data = await openImages(at('numbers'), { cacheFolder: at('cache'), labels: table });
  const names = [...data.labels!].map((label) => (label < 0 ? null : data.classes![label]!));
  return { classes: data.classes, names: Object.fromEntries(data.ids.map((id, i) => [id, names[i]])), data };
}

describe('joinLabels', () => {
  it('matches class names that are numbers by name', async () => {
    const { classes, names } = await join('names.csv', 'id,label\n1/a.png,3\n2/b.png,1\n');
    expect(classes).toEqual(['1', '2', '3']);
    expect(names).toMatchObject({ '1/a.png': '3', '2/b.png': '1', '3/c.png': null });
    await expect(join('zero.csv', 'id,label\n1/a.png,0\n2/b.png,1\n')).rejects.toThrow(/does not have: "0"/);
    const foreign = await join('foreign.csv', 'id,label\n1/a.png,0\n2/b.png,7\n');
    expect(foreign.classes).toEqual(['0', '7']);
  });

  it('takes negative numbers and blanks for no label, and trims', async () => {
    const { classes, names } = await join('blanks.csv', 'ID,Class\n1/a.png, dog\n2/b.png,dog \n3/c.png,-1\n');
    expect(classes).toEqual(['dog']);
    expect(names).toMatchObject({ '1/a.png': 'dog', '2/b.png': 'dog', '3/c.png': null });
    await expect(join('none.csv', 'id,label\n1/a.png,-1\n')).rejects.toThrow(/its column label is empty/);
    await expect(join('both.csv', 'id,label\n1/a.png,-1\n1/a.png,dog\n')).rejects.toThrow(
      /labels 1\/a\.png both as unlabeled and dog/,
    );
    expect((await join('twice.csv', 'id,label\n1/a.png,dog\n1/a.png,dog \n')).classes).toEqual(['dog']);
  });

  it('finds ids with blanks, a leading ./, backslashes, or in the other Unicode form', async () => {
    const text = 'id,label\n ./1/a.png ,x\n2\\b.png,y\n3/cafe\u0301.png,z\n';
    expect((await join('ids.csv', text)).names).toEqual({
      '1/a.png': 'x',
      '2/b.png': 'y',
      '3/c.png': null,
      '3/caf\u00e9.png': 'z',
    });
  });

  it('labels all parts of what a row names, save those with a row of their own', async () => {
    putWave(at('sounds', 'long.wav'), counting(300));
    putWave(at('sounds', 'short.wav'), counting(100));
    const options = { length: 100, cacheFolder: at('cache') };
    const labels = put(at('parts.csv'), 'id,label\nlong.wav,dog\nlong.wav#1,cat\nshort.wav,bird\ngone.wav,dog\n');
    const sounds = await openSounds(at('sounds'), { ...options, labels });
    expect(sounds.ids).toEqual(['long.wav#0', 'long.wav#1', 'long.wav#2', 'short.wav']);
    expect([...sounds.labels!].map((label) => sounds.classes![label])).toEqual(['dog', 'cat', 'dog', 'bird']);
    expect(sounds.skipped.map(({ id }) => id)).toEqual(['gone.wav']);
    expect(sounds.owners).toEqual(['long.wav', 'long.wav', 'long.wav', 'short.wav']);
    const subset = sounds.subset([3, 1]);
    expect(subset.labeledAs).toEqual(['short.wav', 'long.wav']);
    // The reason for what cannot be read is told once.
    put(at('sounds', 'damaged.wav'), 'no sound');
    const more = put(at('more.csv'), 'id,label\nlong.wav,dog\ndamaged.wav,cat\n');
    expect((await openSounds(at('sounds'), { ...options, labels: more })).skipped).toEqual([
      { id: 'damaged.wav', reason: 'no WAV file' },
    ]);
    rmSync(at('sounds', 'damaged.wav'));
    const twice = put(at('parts-twice.csv'), 'id,label\nlong.wav,dog\nlong.wav,cat\n');
    await expect(openSounds(at('sounds'), { ...options, labels: twice })).rejects.toThrow(/labels long\.wav both dog/);
    // A limit leaves sounds out, whose rows are no fault of the table.
    expect((await openSounds(at('sounds'), { ...options, labels, limit: 1 })).skipped.map(({ id }) => id)).toEqual([
      'gone.wav',
    ]);
  });

  it('passes over rows for what a split or a limit leaves out', async () => {
    for (const id of ['train/a.png', 'train/b.png', 'train/c.png', 'test/d.png']) await putPng(at('sides', id), {});
    const open = (more: object, rows: string) =>
      openImages(at('sides'), { cacheFolder: at('cache'), labels: put(at('sides.csv'), `id,label\n${rows}`), ...more });
    const rows = 'train/a.png,x\ntrain/b.png,y\ntrain/c.png,x\ntest/d.png,y\ntrain/gone.png,y\n';
    const gone = { id: 'train/gone.png', reason: 'sides.csv labels it, but there is no such sample' };
    expect((await open({ split: 'test' }, rows)).skipped).toEqual([gone]);
    expect((await open({ split: 'train', limit: 1 }, rows)).skipped).toEqual([gone]);
    await expect(open({ split: 'test' }, 'train/a.png,x\n')).rejects.toThrow(
      /sides\.csv labels samples of sides, but none of those that are taken here/,
    );
    await expect(open({ split: 'test' }, 'x.png,x\n')).rejects.toThrow(/sides\.csv labels no sample of sides/);
  });

  it('keeps ids beyond 2^53 apart', async () => {
    const [one, other] = ['9007199254740992', '9007199254740993'];
    const text = `{"id":"1/a.png","label":"${one}"}\n{"id":"2/b.png","label":"${other}"}\n`;
    expect((await join('big.jsonl', text)).classes).toEqual([one, other]);
    await expect(join('bare.jsonl', `{"id":"1/a.png","label":${other}}\n`)).rejects.toThrow(/label in line 1/);
  });
});
