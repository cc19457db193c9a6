import { describe, expect, it } from 'vitest';
import { idx, npy, put, putPng, ramp, temporaryFolder } from '../../tests/data-files.js';
import { listDatasets } from './catalog.js';
import { openImages, openSource } from './open.js';

const at = temporaryFolder();
const options = { cacheFolder: at('cache') };

describe('openSource', () => {
  it('finds out what a path is', async () => {
    await putPng(at('folder', 'a.png'));
    put(at('idx', 'train-images-idx3-ubyte'), idx([1, 2, 2], ramp(4)));
    put(at('cifar', 'test_batch.bin'), new Uint8Array(3073));
    put(at('stl', 'unlabeled_X.bin'), new Uint8Array(27_648));
    put(at('a.npy'), npy('|u1', '1, 2, 2', ramp(4)));
    put(at('m.csv'), 'path\nfolder/a.png\n');
    const kinds = ['folder', 'idx', 'cifar', 'stl', 'a.npy', 'm.csv', 'idx/train-images-idx3-ubyte'];
    const found = await Promise.all(kinds.map(async (path) => (await openSource(at(path))).kind));
    expect(found).toEqual(['folder', 'idx', 'cifar-10', 'stl-10', 'npy', 'manifest', 'idx']);
  });

  it('says what was tried and guesses at the name', async () => {
    await expect(openSource('fashon-mnist')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringMatching(
        /no data fashon-mnist: no file or folder.*no data set.*Did you mean fashion-mnist\?/,
      ),
    });
    await expect(openSource('./no/such/folder')).rejects.toThrow(/Data sets with a name: fashion-mnist/);
    await expect(openSource('toString')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('refuses files of other kinds and paths below a file', async () => {
    const image = at('folder', 'a.png');
    await putPng(image);
    await expect(openSource(image)).rejects.toThrow(/a folder, a manifest.*give the folder they are in/);
    await expect(openSource(`${image}/x`)).rejects.toThrow(/a part of the path is a file/);
  });
});

describe('openImages', () => {
  it('selects a split; train is all but validation and test', async () => {
    await putPng(at('splits', 'a.png'), { start: 1 });
    for (const [i, name] of ['b', 'c', 'd'].entries()) await putPng(at('splits', `${name}.png`), { start: i });
    const path = put(at('splits', 'm.csv'), 'path,split\na.png,\nb.png,train\nc.png,val\nd.png,test\n');
    const idsOf = async (split: 'train' | 'val' | 'test' | 'all') =>
      (await openImages(path, { ...options, split })).ids;
    expect(await idsOf('train')).toEqual(['a.png', 'b.png']);
    expect(await idsOf('val')).toEqual(['c.png']);
    expect(await idsOf('test')).toEqual(['d.png']);
    expect(await idsOf('all')).toHaveLength(4);
    const only = at('folder');
    await putPng(at('folder', 'a.png'));
    await expect(openImages(only, { ...options, split: 'test' })).rejects.toThrow(/folder has no test images/);
  });
});

describe('fashion-mnist', () => {
  it('is the shipped part when nothing was fetched, and says so', async () => {
    const test = await openImages('fashion-mnist', { ...options, split: 'test' });
    expect(test.note).toMatch(/shipped part.*autodidact data fetch fashion-mnist/);
    expect(test.name).toBe('fashion-mnist:mini');
    const train = await openImages('fashion-mnist:mini', { ...options, split: 'train' });
    expect(train.note).toBeNull();
    expect(train).toMatchObject({ count: 9000, size: { height: 28, width: 28 }, channels: 1 });
    expect(test.count).toBe(2000);
    expect(new Set(Object.values(train.summary().perClass!))).toEqual(new Set([900]));
    expect(new Set(Object.values(test.summary().perClass!))).toEqual(new Set([200]));
    expect(test.classes).toEqual(train.classes);
    // The first image of the training set is the well-known ankle boot.
    expect(train.classes![train.labels![0]!]).toBe('Ankle boot');
  });

  it('is the whole set when it was fetched', async () => {
    const cacheFolder = at('fetched');
    const folder = at('fetched', 'datasets', 'fashion-mnist');
    put(`${folder}/train-images-idx3-ubyte`, idx([2, 28, 28], ramp(2 * 784)));
    put(`${folder}/train-labels-idx1-ubyte`, idx([2], Uint8Array.of(9, 0)));
    const dataset = await openImages('fashion-mnist', { cacheFolder });
    expect(dataset).toMatchObject({ name: 'fashion-mnist', count: 2, note: null });
    expect(dataset.classes).toHaveLength(10);
    expect((await openImages('fashion-mnist:mini', { cacheFolder, limit: 10 })).name).toBe('fashion-mnist:mini');
    const [row] = await listDatasets({ cacheFolder });
    expect(row).toMatchObject({ name: 'fashion-mnist', isFetchable: true, folder });
  });

  it('knows no other variant', async () => {
    await expect(openImages('fashion-mnist:big', options)).rejects.toThrow(/fashion-mnist:mini.*":big"/);
  });
});
