import { describe, expect, it } from 'vitest';
import { put, putPng, temporaryFolder } from '../../tests/data-files.js';
import { openImages } from './open.js';

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

  it('keeps ids beyond 2^53 apart', async () => {
    const [one, other] = ['9007199254740992', '9007199254740993'];
    const text = `{"id":"1/a.png","label":"${one}"}\n{"id":"2/b.png","label":"${other}"}\n`;
    expect((await join('big.jsonl', text)).classes).toEqual([one, other]);
    await expect(join('bare.jsonl', `{"id":"1/a.png","label":${other}}\n`)).rejects.toThrow(/label in line 1/);
  });
});
