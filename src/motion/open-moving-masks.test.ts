import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../tests/data-files.js';
import { scope, type Tensor } from '../engine/index.js';
import { hasSplit, modalityFor, openData, resolveData } from '../modalities/registry.js';
import { followTheirTable } from './mined.test-util.js';
import { openMovingMasks } from './open-moving-masks.js';
import { visionPool } from './vision-pool.js';

afterAll(() => visionPool().close());

const at = temporaryFolder();
const cacheFolder = at('cache');
const SPEC =
  'moving:synthetic:sprites?count=3&test=1&size=48&frames=12&speed=0.8&scale=0.4&camera=pan&cameraSpeed=0.05&every=4&reach=2&least=1';
const open = (options = {}, spec = SPEC) => openMovingMasks(spec, { cacheFolder, ...options });
const all = await open({ split: 'train' });
const packs = (): number => readdirSync(join(cacheFolder, 'packs')).filter((name) => name.endsWith('.json')).length;

describe('moving:<videos>', () => {
  it('are aligned pairs of what moves and its frame', () => {
    expect(all.spec).toMatchObject({
      ...{ isAligned: true, first: { channels: 1, height: 48 }, second: { channels: 3, height: 48 } },
    });
    // Of frames 2, 6 and 10 of twelve.
    expect(all.ids.length).toBeGreaterThan(5);
    for (const id of all.ids) expect(id).toMatch(/^train\/[012]@(0\.200|0\.600|1\.000)$/);
    expect(all.classes).toEqual(['disc', 'square', 'triangle', 'cross']);
    scope(() => {
      const { first, second } = all.collate([...all.ids.keys()]) as Record<'first' | 'second', Tensor>;
      expect([first.shape, second.shape]).toEqual([
        [all.count, 1, 48, 48],
        [all.count, 3, 48, 48],
      ]);
      const shares = first.ge(128).to('float32').mean([1, 2, 3]).toNumbers();
      for (const share of shares) expect(share).toBeGreaterThan(0.005);
      // What moves is more colorful than the ground.
      const range = second
        .to('float32')
        .amax([1], true)
        .sub(second.to('float32').amin([1], true));
      const on = first.ge(128).to('float32');
      expect(range.mul(on).sum().div(on.sum()).item()).toBeGreaterThan(range.mean().item());
    });
    const frames = all.seenBy(all.spec.second)!;
    expect([frames.spec.modality, frames.count]).toEqual(['image', all.count]);
    // Both know of which videos they are.
    expect(new Set(frames.owners).size).toBe(3);
    expect([...frames.owners]).toEqual([...all.owners]);
    expect([...frames.labels!]).toEqual([...all.labels!]);
  });

  it('are of the videos of a table, whose labels and sides may change without the pack', () =>
    followTheirTable({
      at,
      packs,
      open: (table, options) => open(options, `moving:${table}?every=2&reach=2&least=1`),
    }));

  it('are found once: the same parameters find the same pack, others make another', async () => {
    const before = packs();
    expect((await open({ split: 'train' })).fingerprint).toBe(all.fingerprint);
    expect(packs()).toBe(before);
    expect((await open({ split: 'train' }, SPEC.replace('reach=2', 'reach=1'))).fingerprint).not.toBe(all.fingerprint);
    expect(packs()).toBe(before + 1);
    expect((await open({ split: 'train', limit: 2 })).count).toBe(2);
  });

  it('are opened by their name, as pairs', async () => {
    expect((await modalityFor(SPEC)).name).toBe('pair');
    expect([await hasSplit(SPEC, 'test'), await hasSplit(SPEC, 'val')]).toEqual([true, false]);
    expect(await resolveData(SPEC)).toBe(SPEC);
    expect((await openData(SPEC, { cacheFolder, split: 'train' })).fingerprint).toBe(all.fingerprint);
  });

  it('are refused where nothing moves by itself, and where options are not known', async () => {
    await expect(open({ split: 'train' }, `${SPEC}&motion=static`)).rejects.toThrow(
      /^Nothing that moves by itself was found in synthetic sprites: of 9 frames looked at, in 9 too little moves/,
    );
    await expect(open({}, 'moving:./videos?frequency=3')).rejects.toThrow(/one of rate, every, reach/);
    await expect(open({}, 'moving:')).rejects.toThrow(/videos behind moving:/);
  });
});
