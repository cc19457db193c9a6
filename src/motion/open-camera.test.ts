import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../tests/data-files.js';
import type { CameraDataset, ImageSpec } from '../data/index.js';
import { makeVideo } from '../data/video/videos.test-util.js';
import { scope } from '../engine/index.js';
import { hasSplit, modalityFor, modalityOf, openData, resolveData } from '../modalities/registry.js';
import { followTheirTable } from './mined.test-util.js';
import { cameraSpecs, openCamera } from './open-camera.js';
import { pattern } from './pictures.test-util.js';
import { visionPool } from './vision-pool.js';

afterAll(() => visionPool().close());

const at = temporaryFolder();
const cacheFolder = at('cache');
/** Seven frames of each of six videos, and of one of another side; two pairs, three frames or 0.3 seconds apart. */
const VIDEOS = 'synthetic:sprites?count=6&test=1&size=48&frames=7&sprites=0&camera=pan';
const SPEC = `camera:${VIDEOS}`;
const open = (options = {}, spec = SPEC): Promise<CameraDataset> => openCamera(spec, { cacheFolder, ...options });
const all = await open({ split: 'train' });
const packs = (): number => readdirSync(join(cacheFolder, 'packs')).filter((name) => name.endsWith('.json')).length;
const positions = [...all.ids.keys()];

describe('camera:<videos>', () => {
  it('are pairs of frames with the motion between them, in either order', () => {
    expect(all.ids).toEqual([0, 1, 2, 3, 4, 5].flatMap((i) => [`train/${i}@0.000`, `train/${i}@0.300`]));
    expect(all.owners).toEqual(all.ids.map((id) => id.split('@')[0]));
    scope(() => {
      const { frames, motion } = all.collate(positions);
      expect([frames.shape, frames.dtype]).toEqual([[all.count, 2, 3, 48, 48], 'uint8']);
      expect(motion.shape).toEqual([all.count, 4]);
      const rows = motion.toList() as number[][];
      for (const [i, [x, y, rotation, zoom]] of rows.entries()) {
        // 0.15 sides a second, in one direction in each video.
        expect(Math.hypot(x!, y!)).toBeCloseTo(0.15 * 0.3 * 48, 1);
        expect(Math.abs(x! - rows[i ^ 1]![0]!)).toBeLessThan(0.1);
        expect(Math.abs(y! - rows[i ^ 1]![1]!)).toBeLessThan(0.1);
        expect(Math.abs(rotation!) * 24).toBeLessThan(0.1);
        expect(Math.abs(zoom! - 1) * 24).toBeLessThan(0.1);
        // Moved on by whole pixels, the second frame is nearer to the first.
        const [first, second] = frames.select(0, i).to('float32').unbind() as [typeof frames, typeof frames];
        const inner = (picture: typeof frames) => picture.narrow(1, 8, 32).narrow(2, 8, 32);
        const back = second.roll([Math.round(y!), Math.round(x!)], [1, 2]);
        const off = (picture: typeof frames) => inner(first).sub(inner(picture)).abs().mean().item();
        expect(off(back)).toBeLessThan(off(second));
      }
    });
    expect(all.describe()).toBe('camera motion of synthetic sprites: 12 pairs of frames of 48 x 48, color, 4 classes');
  });

  it.each([
    ['rotate', 'rotation', (value: number) => value],
    ['zoom', 'zoom', Math.log],
  ] as const)('know the motion of a camera that does %s', async (camera, degree, of) => {
    const { spec } = await open({ split: 'train' }, SPEC.replace('camera=pan', `camera=${camera}`));
    // Half a side from the middle by 0.15 sides a second, either way.
    for (const i of [5, 95])
      expect(Math.abs(Math.abs(of(spec.quantiles[degree][i]!)) - 2 * 0.15 * 0.3)).toBeLessThan(0.006);
    for (const other of ['x', 'y'] as const) expect(Math.abs(spec.quantiles[other][95]!)).toBeLessThan(0.15);
  });

  it('have quantiles of the motions in either order', () => {
    const { quantiles } = all.spec;
    for (const degree of ['x', 'y', 'rotation'] as const)
      for (let i = 0; i <= 100; i++) expect(quantiles[degree][i]!).toBeCloseTo(-quantiles[degree][100 - i]!, 1);
    const largest = Math.max(...positions.map((i) => Math.abs(all.motionOf(i).x)));
    expect(quantiles.x[100]).toBeCloseTo(largest, 1);
    expect(all.subset([0, 1]).spec.quantiles.x[100]).toBeCloseTo(Math.abs(all.motionOf(0).x), 1);
  });

  it('keep their motions in subsets, and are images for an encoder of images', () => {
    scope(() => {
      const subset = all.subset([7, 0]);
      expect([subset.motionOf(0), subset.motionOf(1)]).toEqual([all.motionOf(7), all.motionOf(0)]);
      expect(subset.collate([1]).motion.equal(all.collate([0]).motion)).toBe(true);
      const seen = subset.seenBy({ modality: 'image' } as ImageSpec) as ReturnType<CameraDataset['images']>;
      expect(seen.collate([0, 1]).equal(all.collate([7, 0]).frames.select(1, 0))).toBe(true);
      expect(subset.seenBy({ modality: 'sound' })).toBeNull();
    });
  });

  it('are of the videos of a table, whose labels and sides may change without the pack', () =>
    followTheirTable({
      at,
      packs,
      open: (table, options) => open(options, `camera:${table}?apart=1&every=2&least=0&fewest=0.1`),
    }));

  it('are found once: the same parameters find the same pack, others make another', async () => {
    const before = packs();
    const again = await open({ split: 'train' });
    expect([again.fingerprint, again.spec]).toEqual([all.fingerprint, all.spec]);
    expect(packs()).toBe(before);
    for (const option of ['apart=2', 'every=2', 'threshold=0.5', 'fewest=0.2', 'least=0.5', 'rate=5']) {
      await open({ split: 'train' }, `${SPEC}&${option}`);
    }
    expect(packs()).toBeGreaterThanOrEqual(before + 6);
    expect((await open({ split: 'train', limit: 5 })).count).toBe(5);
    expect((await open({ split: 'train', size: 32 })).pictureForm).toEqual({ channels: 3, height: 32, width: 32 });
  });

  it('leave out pairs with a cut between them', async () => {
    // Half a second of a pan over each of two grounds.
    const [one, other] = [pattern(1), pattern(2)];
    const paint = (t: number, x: number, y: number) => {
      const value = (t < 5 ? one : other)(x + 2 * t, y);
      return Math.min(255, Math.max(0, Math.round(128 + 51 * value)));
    };
    await makeVideo(at('cut.mkv'), { frames: 10, width: 64, height: 64, paint });
    const cut = await open({ channels: 1 }, `camera:${at('cut.mkv')}?apart=1&every=1`);
    const times = cut.ids.map((id) => Number(id.split('@').at(-1)));
    expect(times.map((time) => Math.round(10 * time))).toEqual([0, 1, 2, 3, 5, 6, 7, 8]);
    for (let i = 0; i < cut.count; i++) expect(Math.abs(cut.motionOf(i).x - 2)).toBeLessThan(0.1);
  });

  it('take options of their own, and hand all others on to the videos', () => {
    const { videos, query } = cameraSpecs.parse(`${SPEC}&apart=5&least=2`);
    expect(videos).toBe(VIDEOS);
    expect(query).toEqual({ rate: 10, apart: 5, every: 3, threshold: 1, fewest: 0.5, least: 2 });
    expect(() => cameraSpecs.parse('camera:./videos?apat=5')).toThrow(/one of rate, apart, every.*apat/);
    expect(() => cameraSpecs.parse('camera:./videos?apart=0')).toThrow(/`apart` does not fit/);
    expect(() => cameraSpecs.parse('camera:')).toThrow(/Expected videos behind camera:/);
  });

  it('are a kind of data', async () => {
    expect((await modalityFor(SPEC)).name).toBe('camera');
    expect([await hasSplit(SPEC, 'test'), await hasSplit(SPEC, 'val')]).toEqual([true, false]);
    expect(await resolveData(SPEC)).toBe(SPEC);
    const modality = modalityOf(all.spec);
    expect(modality.schema.parse(JSON.parse(JSON.stringify(all.spec)))).toEqual(all.spec);
    expect(modality.schema.safeParse({ ...all.spec, mean: [0.5] }).success).toBe(false);
    expect(modality.schema.safeParse({ ...all.spec, quantiles: { x: [0, 1] } }).success).toBe(false);
    expect(() => modality.checkSame(all.spec, all)).not.toThrow();
    scope(() => {
      const shown = modality.show(all.collate([0, 1]), 1, all.spec);
      expect(shown.kind === 'picture' && shown.image.shape).toEqual([3, 48, 96]);
    });
    const opened = await openData(SPEC, { cacheFolder, split: 'train', ...modality.formOf(all.spec) });
    expect(opened.fingerprint).toBe(all.fingerprint);
  });

  it('say why there are none', async () => {
    const still = SPEC.replace('camera=pan', 'camera=static');
    await expect(open({ split: 'test' }, still)).rejects.toThrow(
      /^No motion of the camera was found in synthetic sprites: of 2 pairs of frames looked at, the camera was still in 2, too few points agreed on its motion in 0, and a cut lay within 0\. Take videos by a moving camera/,
    );
    await expect(open({ split: 'test' }, `${SPEC}&fewest=1&threshold=0.01`)).rejects.toThrow(
      /too few points agreed on its motion in 2/,
    );
    await expect(open({ split: 'test' }, `${SPEC}&apart=7`)).rejects.toThrow(/no video is long enough for a pair/);
    const stop = new AbortController();
    const asked = { split: 'train', signal: stop.signal, onProgress: () => stop.abort() };
    await expect(open(asked, `${SPEC}&apart=1`)).rejects.toThrow(
      /^Looking for the motion of the camera was interrupted; nothing was kept/,
    );
    expect(readdirSync(join(cacheFolder, 'packs')).filter((name) => name.includes('.tmp'))).toEqual([]);
    await expect(open({ limit: 0 })).rejects.toThrow(/a whole number from 1 for `limit`/);
  });
});
