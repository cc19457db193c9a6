import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../tests/data-files.js';
import { AutodidactError } from '../errors.js';
import { openImages } from './open.js';
import { openScenes } from './open-scenes.js';
import type { BoxTargets, MultiLabelTargets } from './targets.js';

const cacheFolder = temporaryFolder()('cache');
const SPEC = 'synthetic:scenes?count=70&test=12&size=24&seed=5';

describe('synthetic:scenes', () => {
  it('gives the images that its annotations describe, wherever they went', async () => {
    const images = await openImages(SPEC, { cacheFolder });
    const scenes = openScenes(SPEC);
    expect(images).toMatchObject({ count: 82, channels: 3, size: { height: 24, width: 24 } });
    expect(images.classes).toEqual(scenes.classes);
    const few = images.subset([81, 0, 66, 70]); // test/11, train/0, train/66, test/0
    expect(few.ids).toEqual(['test/11', 'train/0', 'train/66', 'test/0']);
    const known = scenes.annotate(few.ids);
    expect(known.images.sub(few.pixels()).abs().max().item()).toBe(0);
    for (const [i, objects] of known.objects.entries()) {
      const largest = Math.max(...objects.map(({ area }) => area));
      expect(objects.find(({ area }) => area === largest)!.label).toBe(few.labels![i]);
    }
  });

  it('labels a part as it labels the whole, and resized images as the original', async () => {
    const whole = await openImages(SPEC, { cacheFolder });
    const limited = await openImages(SPEC, { cacheFolder, limit: 9 });
    const smaller = await openImages(SPEC, { cacheFolder, size: 16, limit: 9 });
    const labelOf = new Map(whole.ids.map((id, i) => [id, whole.labels![i]]));
    expect([...limited.labels!]).toEqual(limited.ids.map((id) => labelOf.get(id)));
    expect([...smaller.labels!]).toEqual([...limited.labels!]);
    expect(new Set(whole.labels).size).toBeGreaterThan(2);
  });

  it('has the boxes of its objects, also of resized images, and the classes of each', async () => {
    const images = (await openImages(SPEC, { cacheFolder })).subset([81, 0, 66]);
    const known = openScenes(SPEC).annotate(images.ids).objects;
    const boxes = images.target<BoxTargets>('boxes')!;
    const smaller = await openImages(SPEC, { cacheFolder, size: 12 });
    expect(boxes.classes).toEqual(images.classes);
    known.forEach((objects, i) => {
      expect(boxes.at(i).objects.map(({ box, class: label, area }) => ({ box, label, area }))).toEqual(
        objects.map(({ box, label, area }) => ({ box, label, area })),
      );
      const labels = images.target<MultiLabelTargets>('labels')!.at(i);
      expect([...labels.keys()].filter((c) => labels[c] === 1)).toEqual(
        [...new Set(objects.map(({ label }) => label))].sort(),
      );
    });
    const [first] = smaller.subset([81]).target<BoxTargets>('boxes')!.at(0).objects;
    const { left, top, width, height } = known[0]![0]!.box;
    expect(first!.box).toEqual({ left: left / 2, top: top / 2, width: width / 2, height: height / 2 });
  });

  it('shows other scenes in the test part, with another seed, and in another look', async () => {
    const first = async (spec: string, split: 'train' | 'test') =>
      (await openImages(spec, { cacheFolder, split })).readImage(0).join();
    const small = 'synthetic:scenes?count=2&test=2&size=24';
    const seen = [
      await first(`${small}&seed=5`, 'train'),
      await first(`${small}&seed=5`, 'test'),
      await first(`${small}&seed=6`, 'train'),
      await first(`${small}&seed=5&look=real-like`, 'train'),
    ];
    expect(new Set(seen).size).toBe(4);
    // More scenes do not change the first.
    expect(await first(SPEC, 'train')).toBe(seen[0]);
  });

  it('refuses what it does not know', async () => {
    await expect(openImages('synthetic:scenes?sise=32', { cacheFolder })).rejects.toThrow('one of count, test, size');
    await expect(openImages('synthetic:scenes?size=8', { cacheFolder })).rejects.toThrow(/`size` does not fit/);
    await expect(openImages('synthetic:scene', { cacheFolder })).rejects.toThrow(/synthetic:objects.*synthetic:scenes/);
    expect(() => openScenes('synthetic:objects?count=3')).toThrow(AutodidactError);
    for (const id of ['train/70', 'test/12', 'val/0', 'train/01', 'train/-1', '0'])
      expect(() => openScenes(SPEC).annotate([id])).toThrow(`has no scene ${id}`);
  });
});
