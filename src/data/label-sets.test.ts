import { describe, expect, it } from 'vitest';
import { put, putPng, temporaryFolder } from '../../tests/data-files.js';
import { labelSetsIn, labelsIn } from './label-sets.js';
import { openImages } from './open.js';
import type { MultiLabelTargets } from './targets.js';

const at = temporaryFolder();

describe('several labels per image', () => {
  it('stand in a cell with ; or | between, none for none, nothing for unknown', () => {
    expect(['cat; dog', 'cat|dog ', 'none', ' ', 'cat;', '-1', 'cat; -1'].map(labelsIn)).toEqual([
      ['cat', 'dog'],
      ['cat', 'dog'],
      [],
      null,
      ['cat'],
      null,
      ['cat'],
    ]);
  });

  it.each([["['cat', 'dog']"], ['[]'], ['cat, dog', 'cat', 'dog'], ['cat, dog', 'dog,bird', 'bird;cat']])(
    'are refused in another form: %s',
    (...cells) => {
      expect(() => labelSetsIn(cells, 'tags.csv')).toThrow(/labels of tags\.csv.*Write `cat; dog`, `none`/);
    },
  );

  it('may have commas in their names', () => {
    const cells = ['tench, Tinca tinca; bird', 'crane, bird', null, '[sic'];
    expect(labelSetsIn(cells, 'tags.csv')).toEqual([['tench, Tinca tinca', 'bird'], ['crane, bird'], null, ['[sic']]);
  });

  it('come from a manifest, or from a table beside other data', async () => {
    for (const name of ['a', 'b', 'c', 'd']) await putPng(at('images', `${name}.png`));
    const table = (column: string, file: string) =>
      put(at(file), `${column},labels\na.png,cat;dog\nb.png,none\nc.png,\nd.png,ant\n`);
    const manifest = table('path', 'images/list.csv');
    const beside = table('id', 'labels.csv');
    for (const images of [
      await openImages(manifest, { cacheFolder: at('cache') }),
      await openImages(at('images'), { cacheFolder: at('cache'), labels: beside }),
    ]) {
      const labels = images.target<MultiLabelTargets>('labels')!;
      expect(labels.classes).toEqual(['ant', 'cat', 'dog']);
      expect([...labels.values]).toEqual([0, 1, 1, 0, 0, 0, -1, -1, -1, 1, 0, 0]);
      expect([0, 1, 2, 3].map((i) => labels.isKnown(i))).toEqual([true, true, false, true]);
      expect([...labels.subset([3, 0]).values]).toEqual([1, 0, 0, 0, 1, 1]);
      expect(images.labels).toBeNull();
    }
  });

  it('are refused when there is none', async () => {
    await putPng(at('empty', 'a.png'));
    const path = put(at('empty', 'list.csv'), 'path,labels\na.png,none\n');
    await expect(openImages(path, { cacheFolder: at('cache') })).rejects.toThrow('gives no labels');
  });
});
