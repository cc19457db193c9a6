import { mkdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { put, temporaryFolder } from '../../tests/data-files.js';
import { isSyntheticSounds, openSounds } from './open-sounds.js';
import { toWaves } from './sound-dataset.js';
import { counting, putWave, wave } from './waves.test-util.js';

const at = temporaryFolder();
const options = { cacheFolder: at('cache') };

/** A folder with one file per entry: its number of samples, which count up from `start`. */
function folder(name: string, files: Record<string, [start: number, length: number]>): string {
  for (const [file, [start, length]] of Object.entries(files)) putWave(at(name, file), counting(length, start));
  return at(name);
}

describe('a folder of WAV files', () => {
  it('gives its files as sounds of one length, unlabeled without class folders', async () => {
    const sounds = await openSounds(folder('plain', { 'b.wav': [100, 300], 'a.WAV': [1, 300] }), options);
    expect(sounds.spec).toEqual({ modality: 'sound', rate: 8000, length: 300 });
    expect(sounds.ids).toEqual(['a.WAV', 'b.wav']);
    expect([sounds.labels, sounds.classes, sounds.skipped]).toEqual([null, null, []]);
    const samples = sounds.collate([1, 0]);
    expect([samples.dtype, samples.shape]).toEqual(['int16', [2, 300]]);
    expect(samples.select(0, 0).toNumbers()).toEqual([...counting(300, 100)]);
    expect(samples.select(0, 1).toNumbers()).toEqual([...counting(300, 1)]);
    expect(sounds.describe()).toBe('plain: 2 sounds of 300 samples, 0.04 s at 8,000 Hz, unlabeled');
  });

  it('takes class folders as labels and folders named for splits as sides', async () => {
    const files = { 'train/bell/a.wav': 1, 'train/reed/b.wav': 2, 'test/bell/c.wav': 3, 'test/reed/d.wav': 4 };
    const path = folder(
      'classes',
      Object.fromEntries(Object.entries(files).map(([file, start]) => [file, [start, 200]])),
    );
    const all = await openSounds(path, options);
    expect(all.classes).toEqual(['bell', 'reed']);
    expect([...all.labels!]).toEqual([0, 1, 0, 1]);
    expect(all.ids).toEqual(['test/bell/c.wav', 'test/reed/d.wav', 'train/bell/a.wav', 'train/reed/b.wav']);
    const test = await openSounds(path, { ...options, split: 'test' });
    expect(test.ids).toEqual(['test/bell/c.wav', 'test/reed/d.wav']);
    expect(test.collate([0]).select(1, 0).toNumbers()).toEqual([3]);
    await expect(openSounds(at('plain'), { ...options, split: 'test' })).rejects.toMatchObject({
      code: 'DATA',
      message: expect.stringMatching(/^plain has no test sounds/),
    });
  });

  it('mixes encodings, and averages channels', async () => {
    put(at('mixed', 'a.wav'), wave(Uint8Array.of(128, 129, 255), { bits: 8 }));
    put(at('mixed', 'b.wav'), wave(Int16Array.of(256, 256, 256, 768, 0, -256), { channels: 2 }));
    put(at('mixed', 'c.wav'), wave(Uint8Array.of(0, 1, 0, 0, 2, 0, 0, 3, 0), { bits: 24 }));
    put(at('mixed', 'd.wav'), wave(Float32Array.of(0, 0.5, -1), { bits: 32, format: 3, isExtensible: true }));
    const sounds = await openSounds(at('mixed'), options);
    expect(sounds.collate([0, 1, 2, 3]).toList()).toEqual([
      [0, 256, 32_512],
      [256, 512, -128],
      [1, 2, 3],
      [0, 16_384, -32_768],
    ]);
    expect(toWaves(sounds.collate([3])).toNumbers()).toEqual([0, 0.5, -1]);
  });

  it('cuts long files into windows, which share label and side, and leaves the rest out', async () => {
    const path = folder('long', { 'x/a.wav': [0, 1050], 'y/b.wav': [5000, 500], 'y/c.wav': [7000, 499] });
    const sounds = await openSounds(path, { ...options, length: 500 });
    expect(sounds.ids).toEqual(['x/a.wav#0', 'x/a.wav#1', 'y/b.wav']);
    expect([...sounds.labels!]).toEqual([0, 0, 1]);
    expect(sounds.collate([0, 1, 2]).select(1, 0).toNumbers()).toEqual([0, 500, 5000]);
    expect(sounds.collate([1]).select(1, 499).item()).toBe(999);
    expect(sounds.skipped).toEqual([{ id: 'y/c.wav', reason: '499 samples, fewer than the 500 of a sound' }]);
    // Without a length, what nine of ten files have; a stub does not count.
    expect((await openSounds(path, options)).spec.length).toBe(499);
    putWave(at('long', 'stub.wav'), counting(20));
    const whole = await openSounds(path, options);
    expect([whole.spec.length, whole.skipped]).toEqual([
      499,
      [{ id: 'stub.wav', reason: '20 samples, fewer than the 499 of a sound' }],
    ]);
    rmSync(at('long', 'stub.wav'));
    await expect(openSounds(path, { ...options, length: 2000 })).rejects.toMatchObject({
      code: 'DATA',
      message: `No sound of ${path} has 2000 samples. Take --length 499 or less.`,
    });
  });

  it('reads files of many windows in pieces', async () => {
    const length = 2 ** 20 + 2003;
    const samples = Int16Array.from({ length }, (_, i) => i % 30_011);
    putWave(at('piece', 'a.wav'), samples);
    const sounds = await openSounds(at('piece'), { ...options, length: 1000 });
    expect(sounds.count).toBe(1050);
    for (const index of [0, 1047, 1048, 1049]) {
      const expected = [...samples.subarray(1000 * index, 1000 * (index + 1))];
      expect(sounds.collate([index]).flatten().toNumbers()).toEqual(expected);
    }
  });

  it('has windows of 20,480 samples where all files have as many', async () => {
    const path = folder('paper', { 'a.wav': [0, 20_481], 'b.wav': [9, 20_490] });
    const sounds = await openSounds(path, options);
    expect([sounds.spec.length, sounds.ids]).toEqual([20_480, ['a.wav', 'b.wav']]);
  });

  it('lists what cannot be read, with the reasons', async () => {
    const path = folder('damaged', { 'good.wav': [0, 100] });
    put(at('damaged', 'cut.wav'), wave(counting(100)).subarray(0, 144));
    put(at('damaged', 'empty.wav'), '');
    put(at('damaged', 'none.wav'), wave(counting(0)));
    put(at('damaged', 'text.wav'), 'no sound at all');
    const sounds = await openSounds(path, options);
    expect(sounds.ids).toEqual(['good.wav']);
    expect(sounds.spec.length).toBe(100);
    expect(sounds.skipped).toEqual([
      { id: 'cut.wav', reason: 'cut off: 100 of 200 bytes of samples are there' },
      { id: 'empty.wav', reason: 'empty' },
      { id: 'none.wav', reason: 'it holds no samples' },
      { id: 'text.wav', reason: 'no WAV file' },
    ]);
    expect(sounds.describe()).toMatch(/^damaged: 1 sound of .*, 4 skipped$/);
  });

  it('hands on what listing the folder tells', async () => {
    const path = folder('told', { 'good.wav': [0, 100] });
    put(at('told', 'raw'), 'x');
    const foreign = Buffer.concat([Buffer.from(`${at('told')}/`), Buffer.from([0xff]), Buffer.from('.wav')]);
    writeFileSync(foreign, wave(counting(100)));
    for (const kind of ['packed', 'found']) {
      const sounds = await openSounds(path, options);
      expect([kind, sounds.note]).toEqual([kind, 'Passed over: 1 file without an ending, such as "raw".']);
      expect(sounds.skipped.map(({ reason }) => reason)).toEqual(['its name is not UTF-8; rename it']);
    }
  });

  it('refuses in one sentence what has no sounds, none that can be read, or several rates', async () => {
    mkdirSync(at('nothing'));
    put(at('nothing', 'a.txt'), 'x');
    await expect(openSounds(at('nothing'), options)).rejects.toMatchObject({
      code: 'DATA',
      message: expect.stringMatching(/nothing holds no sounds\. .*Files are taken for sounds .*: \.wav \.wave\.$/),
    });
    put(at('bad', 'a.wav'), '');
    await expect(openSounds(at('bad'), options)).rejects.toMatchObject({
      code: 'DATA',
      message: `The sound of ${at('bad')} could not be read: a.wav (empty)`,
    });
    put(at('bad', 'b.wav'), 'text');
    await expect(openSounds(at('bad'), options)).rejects.toThrow(
      `None of the 2 sounds of ${at('bad')} could be read: a.wav (empty), b.wav (no WAV file)`,
    );
    folder('rates', { 'a.wav': [0, 50] });
    putWave(at('rates', 'b.wav'), counting(50), { rate: 16_000 });
    await expect(openSounds(at('rates'), options)).rejects.toMatchObject({
      code: 'DATA',
      message: `Expected sounds of one rate in ${at('rates')}, received 8000 Hz (a.wav) and 16000 Hz (b.wav). Convert them to one rate, for example with \`ffmpeg -i in.wav -ar 16000 out.wav\`.`,
    });
    await expect(openSounds(at('nowhere'), options)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('stops when a sample is no number, and keeps nothing of the pack', async () => {
    put(at('nan', 'a.wav'), wave(Float32Array.of(0, Number.NaN), { bits: 32, format: 3 }));
    await expect(openSounds(at('nan'), options)).rejects.toThrow(`Sample 1 of ${at('nan', 'a.wav')} is not a number`);
    await expect(openSounds(at('nan'), options)).rejects.toThrow(/is not a number/);
  });

  it('is packed once, and again when a file or the length changes', async () => {
    const path = folder('again', { 'a.wav': [0, 400], 'b.wav': [1, 400] });
    let packed = 0;
    const open = async (more = {}) => {
      packed = 0;
      const sounds = await openSounds(path, { ...options, ...more, onProgress: (done) => (packed = done) });
      return [packed, sounds.fingerprint] as const;
    };
    const [first, fingerprint] = await open();
    expect(first).toBe(2);
    expect(await open()).toEqual([0, fingerprint]);
    expect((await open({ length: 200 }))[0]).toBe(4);
    putWave(at('again', 'b.wav'), counting(400, 2));
    utimesSync(at('again', 'b.wav'), 1, statSync(at('again', 'a.wav')).mtimeMs / 1000 + 5);
    const [repacked, changed] = await open();
    expect(repacked).toBe(2);
    expect(changed).not.toBe(fingerprint);
  });

  it('can be limited to sounds drawn at random, the same every time, in their order', async () => {
    const path = folder('many', Object.fromEntries([...'abcdefghij'].map((name, i) => [`${name}.wav`, [i, 50]])));
    const some = await openSounds(path, { ...options, limit: 4 });
    const again = await openSounds(path, { ...options, limit: 4 });
    expect(some.count).toBe(4);
    expect(again.ids).toEqual(some.ids);
    expect([...some.ids].sort()).toEqual(some.ids);
    expect(some.ids).not.toEqual(['a.wav', 'b.wav', 'c.wav', 'd.wav']);
    expect((await openSounds(path, { ...options, limit: 99 })).count).toBe(10);
    for (const limit of [0, 1.5])
      await expect(openSounds(path, { ...options, limit })).rejects.toMatchObject({
        code: 'USAGE',
        message: `Expected a whole number from 1 for \`limit\`, received ${limit}`,
      });
    await expect(openSounds(path, { ...options, length: -1 })).rejects.toThrow(/from 1 for `length`, received -1/);
  });

  it('takes labels from a table', async () => {
    const path = folder('table', { 'a.wav': [0, 50], 'b.wav': [1, 50], 'c.wav': [2, 50] });
    const labels = put(at('labels.csv'), 'id,label\nb.wav,dog\na.wav,cat\n');
    const sounds = await openSounds(path, { ...options, labels });
    expect(sounds.classes).toEqual(['cat', 'dog']);
    expect([...sounds.labels!]).toEqual([0, 1, -1]);
    expect(sounds.labeled().ids).toEqual(['a.wav', 'b.wav']);
  });

  it('stops at a signal', async () => {
    const path = folder('stop', { 'a.wav': [0, 50] });
    await expect(openSounds(path, { ...options, signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'INTERRUPTED',
    });
  });
});

describe('generated sounds', () => {
  it('have the length that is asked for, in three ways, and 4,096 samples otherwise', async () => {
    const lengthOf = async (spec: string, length?: number) =>
      (await openSounds(spec, { ...options, ...(length === undefined ? {} : { length }) })).spec;
    const spec = 'synthetic:sounds?count=8&test=0';
    expect(await lengthOf(spec)).toEqual({ modality: 'sound', rate: 8000, length: 4096 });
    expect((await lengthOf(`${spec}&length=1000`)).length).toBe(1000);
    expect((await lengthOf(`${spec}&size=32`)).length).toBe(1024);
    expect((await lengthOf(`${spec}&size=32&length=1000`)).length).toBe(1000);
    expect((await lengthOf(`${spec}&length=1000`, 300)).length).toBe(300);
    await expect(openSounds('synthetic:sounds?length=10', options)).rejects.toMatchObject({ code: 'USAGE' });
    await expect(openSounds('synthetic:sounds?lenght=1000', options)).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('have eight timbres in turn and two sides that differ', async () => {
    const spec = 'synthetic:sounds?count=20&test=9&length=300';
    const [train, test] = await Promise.all(
      (['train', 'test'] as const).map((split) => openSounds(spec, { ...options, split })),
    );
    expect([train!.count, test!.count]).toEqual([20, 9]);
    expect([...test!.labels!]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 0]);
    expect(train!.classes).toHaveLength(8);
    expect(train!.ids[1]).toBe('train/1');
    expect(train!.collate([0]).equal(test!.collate([0]))).toBe(false);
    expect(
      toWaves(train!.collate([...Array(20).keys()]))
        .square()
        .mean([1])
        .sqrt()
        .amin()
        .item(),
    ).toBeGreaterThan(0.02);
    const other = await openSounds(`${spec}&seed=1`, { ...options, split: 'train' });
    expect(other.collate([0]).equal(train!.collate([0]))).toBe(false);
    expect((await openSounds(spec, { ...options, cacheFolder: at('other') })).fingerprint).toBe(
      (await openSounds(spec, options)).fingerprint,
    );
  });

  it('are named exactly', () => {
    expect(['synthetic:sounds', 'synthetic:sounds?count=3'].map(isSyntheticSounds)).toEqual([true, true]);
    expect(['synthetic:soundscape', 'synthetic:objects', 'sounds'].map(isSyntheticSounds)).toEqual([
      false,
      false,
      false,
    ]);
  });
});
