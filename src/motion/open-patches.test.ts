import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../tests/data-files.js';
import type { ImageSpec, PatchesDataset } from '../data/index.js';
import { scope } from '../engine/index.js';
import { hasSplit, modalityFor, modalityOf, openData, resolveData } from '../modalities/registry.js';
import { followTheirTable } from './mined.test-util.js';
import { openPatches, patchesSpecs } from './open-patches.js';
import { visionPool } from './vision-pool.js';

afterAll(() => visionPool().close());

const at = temporaryFolder();
const cacheFolder = at('cache');
/** Six frames of three videos, and two of another side; tracks of two frames. */
const VIDEOS = 'synthetic:sprites?count=3&test=1&size=48&frames=6&speed=0.8';
const SPEC = `patches:${VIDEOS}&track=2&every=2&fewest=0.02&patch=20`;
const open = (options = {}, spec = SPEC): Promise<PatchesDataset> => openPatches(spec, { cacheFolder, ...options });
const all = await open({ split: 'train' });
const packs = (): number => readdirSync(join(cacheFolder, 'packs')).filter((name) => name.endsWith('.json')).length;

describe('patches:<videos>', () => {
  it('are pairs of patches of one size, with the video that each is of', () => {
    scope(() => {
      // Two starts in each video; few are lost.
      expect(all.count).toBeGreaterThanOrEqual(4);
      const positions = [...all.ids.keys()];
      const { patches, video } = all.collate(positions);
      expect(patches.shape).toEqual([all.count, 2, 3, 20, 20]);
      expect([patches.dtype, video.dtype]).toEqual(['uint8', 'int64']);
      const numbers = video.toNumbers();
      expect(new Set(numbers).size).toBe(3);
      expect(positions.map((i) => all.videoOf(i))).toEqual(numbers);
      // Of one video, as its name says.
      const names = all.ids.map((id) => id.split('@')[0]!);
      for (const i of positions)
        for (const k of positions) expect(names[i] === names[k]).toBe(numbers[i] === numbers[k]);
      // The two patches of a pair are nearer to each other than to those of other videos, on average.
      const rows = patches.to('float32').flatten(2);
      const off = (i: number, k: number): number =>
        rows.select(0, i).select(0, 0).sub(rows.select(0, k).select(0, 1)).abs().mean().item();
      const pairs = positions.flatMap((i) => positions.map((k) => [i, k] as const));
      const mean = (chosen: readonly (readonly [number, number])[]): number =>
        chosen.reduce((sum, [i, k]) => sum + off(i, k), 0) / chosen.length;
      const others = pairs.filter(([i, k]) => numbers[i] !== numbers[k]);
      expect(mean(pairs.filter(([i, k]) => i === k))).toBeLessThan(0.8 * mean(others));
      // And they are two: what moves looks a little different at the end.
      for (const i of positions) expect(off(i, i)).toBeGreaterThan(0);
      expect(all.classes).toEqual(['disc', 'square', 'triangle', 'cross']);
      expect(all.describe()).toMatch(
        /^patches of synthetic sprites: \d pairs of patches of 20 x 20, color, 4 classes$/,
      );
    });
  });

  it('are of the videos of a table, whose labels and sides may change without the pack', () =>
    followTheirTable({
      at,
      packs,
      open: (table, options) => open(options, `patches:${table}?track=2&every=2&fewest=0.02&patch=20`),
    }));

  it('are mined once: the same parameters find the same pack, others make another', async () => {
    const before = packs();
    expect((await open({ split: 'train' })).fingerprint).toBe(all.fingerprint);
    expect(packs()).toBe(before);
    expect((await open({ split: 'train' }, SPEC.replace('track=2', 'track=3'))).fingerprint).not.toBe(all.fingerprint);
    const small = await open({ split: 'train', size: 12 });
    expect(small.pictureForm).toEqual({ channels: 3, height: 12, width: 12 });
    expect(small.ids).toEqual(all.ids);
    expect((await open({ split: 'train', mostSize: 12 })).fingerprint).toBe(small.fingerprint);
    expect(packs()).toBe(before + 2);
  });

  it('keep their videos in subsets, and are images for an encoder of images', () => {
    scope(() => {
      const subset = all.subset([3, 0]);
      expect([subset.videoOf(0), subset.videoOf(1)]).toEqual([all.videoOf(3), all.videoOf(0)]);
      expect(subset.collate([1, 0]).video.toNumbers()).toEqual([all.videoOf(0), all.videoOf(3)]);
      const image = { modality: 'image' } as ImageSpec;
      const seen = subset.seenBy(image)!;
      expect(seen.count).toBe(2);
      const { patches } = all.collate([3, 0]);
      expect((seen as ReturnType<PatchesDataset['images']>).collate([0, 1]).equal(patches.select(1, 0))).toBe(true);
      expect(seen.labels).toEqual(subset.labels);
      expect(subset.seenBy({ modality: 'sound' })).toBeNull();
    });
  });

  it('take options of their own, and hand all others on to the videos', () => {
    const { videos, query } = patchesSpecs.parse(SPEC);
    expect(videos).toBe(VIDEOS);
    expect(query).toMatchObject({ track: 2, every: 2, fewest: 0.02, patch: 20, least: 0.5, most: 0.75, rate: 30 });
    expect(patchesSpecs.parse('patches:./videos?track=5').videos).toBe('./videos');
    expect(patchesSpecs.parse('patches:clips:./videos?stretch=0&track=5').videos).toBe('clips:./videos?stretch=0');
    expect(() => patchesSpecs.parse('patches:./videos?trak=5')).toThrow(/one of frame, rate, patch, track.*trak/);
    expect(() => patchesSpecs.parse('patches:./videos?track=0')).toThrow(/`track` does not fit/);
    expect(() => patchesSpecs.parse('patches:')).toThrow(/Expected videos behind patches:/);
  });

  it('are a kind of data', async () => {
    expect((await modalityFor(SPEC)).name).toBe('patches');
    expect((await modalityFor(VIDEOS)).name).toBe('clip');
    expect(await hasSplit(SPEC, 'test')).toBe(true);
    expect(await hasSplit(SPEC, 'val')).toBe(false);
    expect(await resolveData(SPEC)).toBe(SPEC);
    expect(await resolveData(`patches:${at('.')}?track=5`)).toBe(`patches:${at('.').replace(/\/\.?$/, '')}?track=5`);
    const modality = modalityOf(all.spec);
    expect(modality.schema.parse(JSON.parse(JSON.stringify(all.spec)))).toEqual(all.spec);
    expect(modality.schema.safeParse({ ...all.spec, mean: [0.5] }).success).toBe(false);
    expect(() => modality.checkSame(all.spec, all)).not.toThrow();
    expect(() => modality.checkSame({ ...all.spec, height: 24, width: 24 } as never, all)).toThrow(/24 x 24/);
    scope(() => {
      const shown = modality.show(all.collate([0, 1]), 1, all.spec);
      expect(shown.kind === 'picture' && shown.image.shape).toEqual([3, 20, 40]);
    });
    const again = (await openData(SPEC, {
      cacheFolder,
      split: 'train',
      ...modality.formOf(all.spec),
    })) as PatchesDataset;
    expect(again.fingerprint).toBe(all.fingerprint);
  });

  it('are found with the defaults where a small thing moves before a ground at rest', async () => {
    const small = 'patches:synthetic:sprites?count=2&test=0&size=96&frames=12&track=5&every=5';
    const strict = await open({}, `${small}&fewest=0.7`).catch(String);
    const [, largest] = /largest share was (0\.\d+)\)/.exec(String(strict))!;
    expect(Number(largest)).toBeLessThan(0.25);
    expect((await open({}, small)).count).toBeGreaterThan(0);
  });

  it('say why there are none', async () => {
    const still = SPEC.replace('speed=0.8', 'motion=static');
    await expect(open({ split: 'test' }, still)).rejects.toThrow(
      /No moving patch was found in synthetic sprites: of 2 frames looked at, 2 had too few moving points/,
    );
    // The error names a share that some of the frames have.
    const strict = await open({ split: 'train' }, SPEC.replace('fewest=0.02', 'fewest=0.7')).catch(String);
    const [, largest, fewest] = /largest share was (0\.\d+)\).* or (fewest=0\.\d+)\.$/.exec(String(strict))!;
    expect(Number(fewest!.slice('fewest='.length))).toBeLessThan(Number(largest));
    expect((await open({ split: 'train' }, SPEC.replace('fewest=0.02', fewest!))).count).toBeGreaterThan(0);
    await expect(open({ split: 'test' }, SPEC.replace('track=2', 'track=30'))).rejects.toThrow(
      /no video is longer than a track/,
    );
    const files = readdirSync(join(cacheFolder, 'packs'));
    expect(files.filter((name) => name.includes('.tmp'))).toEqual([]);
    // Stopped when the first of three videos is done.
    const stop = new AbortController();
    const asked = { split: 'train', signal: stop.signal, onProgress: () => stop.abort() };
    await expect(open(asked, SPEC.replace('track=2', 'track=1'))).rejects.toThrow(
      /Mining patches from the videos was interrupted; nothing was kept/,
    );
  });
});
