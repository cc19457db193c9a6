import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { put, putPng, temporaryFolder } from '../../tests/data-files.js';
import type { SoundSpec } from '../data/index.js';
import { counting, putWave } from '../data/waves.test-util.js';
import { Generator, memory, scope, type Tensor, tensor } from '../engine/index.js';
import { modalityFor, openData, resolveData } from './registry.js';
import { sound } from './sound.js';

const at = temporaryFolder();
const cacheFolder = at('cache');
const SPEC: SoundSpec = { modality: 'sound', rate: 8000, length: 80 };

/** Sounds (N, 80) without a silent sample: sound i counts up from 1 + 100 i. */
const sounds = (count: number): Tensor =>
  tensor(
    Int16Array.from({ length: 80 * count }, (_, i) => 1 + 100 * Math.floor(i / 80) + (i % 80)),
    {
      shape: [count, 80],
    },
  );

describe('what is taken for sounds', () => {
  it('are folders in which the first files found are WAV files, and generated sounds', async () => {
    putWave(at('flat', 'a.wav'), counting(50));
    put(at('flat', 'notes.txt'), 'x');
    putWave(at('deep', 'train', 'bell', 'A.WAVE'), counting(50));
    putWave(at('hidden', '.cache', 'a.wav'), counting(50));
    await putPng(at('pictures', 'a.png'));
    putWave(at('pictures', 'sounds', 'a.wav'), counting(50));
    mkdirSync(at('nothing'));
    const named = async (spec: string) => (await modalityFor(spec)).name;
    for (const spec of [at('flat'), at('deep'), 'synthetic:sounds', 'synthetic:sounds?count=9'])
      expect(await named(spec), spec).toBe('sound');
    for (const spec of [at('pictures'), at('hidden'), at('nothing'), 'synthetic:objects', 'fashion-mnist'])
      expect(await named(spec), spec).toBe('image');
    expect(await named(at('flat', 'a.wav'))).toBe('image');
    await expect(named(at('nowhere'))).rejects.toThrow(/^There is no data .*nowhere: no file or folder of that path/);
    await expect(openData(at('flat', 'a.wav'), { cacheFolder })).rejects.toThrow(/give the folder/);
  });

  it('are opened with the options that concern them', async () => {
    const dataset = await openData(at('flat'), { cacheFolder, length: 20, size: 64, channels: 3 });
    expect(dataset.spec).toEqual({ modality: 'sound', rate: 8000, length: 20 });
    expect(dataset.ids).toEqual(['a.wav#0', 'a.wav#1']);
    expect(await resolveData('synthetic:sounds?count=9')).toBe('synthetic:sounds?count=9');
    expect(await resolveData(at('flat'))).toBe(resolve(at('flat')));
  });
});

describe('the spec', () => {
  it('says what a backbone takes, and how other data are brought into its form', () => {
    expect(sound.input(SPEC)).toEqual({ inputChannels: 1, imageSize: 80, length: 80 });
    expect(sound.formOf(SPEC)).toEqual({ length: 80 });
    expect(sound.weight(SPEC)).toBe(80);
    expect([16_384, 20_480].map((length) => sound.isSmall({ ...SPEC, length }))).toEqual([true, false]);
    expect(sound.describe({ ...SPEC, length: 20_480, rate: 16_000 })).toBe('20,480 samples at 16,000 Hz');
  });

  it('refuses data of another length or rate in one sentence', async () => {
    const dataset = (await sound.open(at('flat'), { cacheFolder })) as Awaited<ReturnType<typeof sound.open>>;
    const spec: SoundSpec = { modality: 'sound', rate: 8000, length: 50 };
    expect(() => sound.checkSame(spec, dataset)).not.toThrow();
    expect(() => sound.checkSame({ ...spec, length: 30 }, dataset)).toThrow(
      'Expected sounds of 30 samples at 8000 Hz, as in pretraining, for `flat`, received "50 samples at 8000 Hz". Open the data with length 30.',
    );
    expect(() => sound.checkSame({ ...spec, rate: 16_000 }, dataset)).toThrow(/Convert the files to 16000 Hz\.$/);
  });
});

describe('changes', () => {
  it('that keep the label move a sound in time, and let silence in', () => {
    const samples = sounds(64);
    const moved = sound.preserve(SPEC, 'crop')!(samples, new Generator(1));
    expect([moved.dtype, moved.shape]).toEqual(['int16', [64, 80]]);
    expect(samples.equal(sounds(64))).toBe(true);
    const offsets = (moved.toList() as number[][]).map((row, i) => {
      const silent = row.findIndex((value) => value !== 0);
      const offset = silent > 0 ? -silent : row[0]! - 1 - 100 * i;
      const expected = Array.from({ length: 80 }, (_, t) => {
        const from = t + offset;
        return from >= 0 && from < 80 ? 1 + 100 * i + from : 0;
      });
      expect(row).toEqual(expected);
      return offset;
    });
    // By up to an eighth in either direction, every sound by its own offset.
    expect(Math.max(...offsets)).toBeLessThanOrEqual(10);
    expect(Math.min(...offsets)).toBeGreaterThanOrEqual(-10);
    expect(new Set(offsets).size).toBeGreaterThan(10);
    expect(Math.min(...offsets)).toBeLessThan(-5);
    expect(Math.max(...offsets)).toBeGreaterThan(5);
  });

  it('to another view also change the loudness', () => {
    const loud = tensor(new Int16Array(64 * 80).fill(20_000), { shape: [64, 80] });
    const views = sound.views(SPEC)!(loud, new Generator(2));
    expect([views.dtype, views.shape]).toEqual(['int16', [64, 80]]);
    const levels = (views.toList() as number[][]).map((row) => {
      const heard = new Set(row.filter((value) => value !== 0));
      expect(heard.size).toBe(1);
      return [...heard][0]! / 20_000;
    });
    expect(Math.min(...levels)).toBeGreaterThanOrEqual(0.5);
    expect(Math.max(...levels)).toBeLessThanOrEqual(1);
    expect(Math.max(...levels) - Math.min(...levels)).toBeGreaterThan(0.3);
  });

  it('are the same for the same generator, and leave nothing behind', () => {
    const samples = sounds(4);
    for (const change of [sound.preserve(SPEC, 'crop-flip')!, sound.views(SPEC)!]) {
      const [one, two, other] = [3, 3, 4].map((seed) => change(samples, new Generator(seed)));
      expect(one!.equal(two!)).toBe(true);
      expect(one!.equal(other!)).toBe(false);
      const before = memory().tensors;
      scope(() => void change(samples, new Generator(5)));
      expect(memory().tensors).toBe(before);
    }
  });

  it('leave sounds alone that are too short to be moved', () => {
    const short = tensor(Int16Array.of(5, 6, 7), { shape: [1, 3] });
    const spec = { ...SPEC, length: 3 };
    expect(sound.preserve(spec, 'crop')!(short, new Generator(1)).toNumbers()).toEqual([5, 6, 7]);
  });
});

it('shows a waveform: silence is a line in the middle, a loud sound fills the height', () => {
  const samples = tensor(
    Int16Array.from({ length: 1600 }, (_, i) => (i < 800 ? 0 : i % 2 ? 32_767 : -32_768)),
    {
      shape: [2, 800],
    },
  );
  const inked = [0, 1].map((index) => {
    const shown = sound.show(samples, index, { ...SPEC, length: 800 });
    if (shown.kind !== 'picture') throw new Error('expected a picture');
    expect(shown.image.shape).toEqual([3, 96, 288]);
    expect(shown.image.amin().item()).toBeGreaterThanOrEqual(0);
    expect(shown.image.amax().item()).toBeLessThanOrEqual(1);
    const rows = shown.image.select(0, 0).lt(0.5).sum([1]).toNumbers();
    return rows.flatMap((count, row) => (count > 0 ? [row] : []));
  });
  expect(inked[0]).toEqual([48]);
  expect(inked[1]).toEqual([...Array(96).keys()]);
});
