import { readdirSync, readFileSync } from 'node:fs';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { put, temporaryFolder } from '../../tests/data-files.js';
import { type BoxTargets, type ImageDataset, type MaskTargets, openImages, openScenes } from '../data/index.js';
import { exportScenes } from './scenes.js';

const at = temporaryFolder();
const SPEC = 'synthetic:scenes?count=40&test=3&size=32&seed=2';

const readDepth = async (file: string) => {
  const data = await sharp(file).toColourspace('grey16').raw({ depth: 'ushort' }).toBuffer();
  return [...new Uint16Array(data.buffer, data.byteOffset, data.length / 2)];
};

it('writes scenes that can be read back exactly', async () => {
  const progress: number[] = [];
  const written = await exportScenes(SPEC, at('out'), { limit: 35, onProgress: (done) => progress.push(done) });
  expect(progress).toEqual([32, 35]);
  const known = openScenes(SPEC).annotate(['train/0', 'train/34']);
  const coco = JSON.parse(readFileSync(at('out', 'annotations.json'), 'utf8'));
  expect(coco.categories.map(({ name }: { name: string }) => name)).toEqual(['box', 'sphere', 'cylinder', 'cone']);
  expect(coco.images).toHaveLength(35);
  expect(written).toEqual({ folder: at('out'), count: 35, objects: coco.annotations.length });
  expect(readdirSync(at('out', 'depth'))).toHaveLength(35);
  for (const [i, number] of [0, 34].entries()) {
    const image = coco.images[number];
    expect(await readDepth(at('out', image.depth_file_name))).toEqual(
      known.depth.select(0, i).mul(1000).round().toNumbers(),
    );
    const color = await sharp(at('out', image.file_name)).raw().toBuffer();
    expect([...color]).toEqual(known.images.select(0, i).permute([1, 2, 0]).toNumbers());
    const mask = await sharp(at('out', image.instances_file_name)).toColourspace('b-w').raw().toBuffer();
    const instances = known.instances.select(0, i).toNumbers();
    expect([...mask]).toEqual(instances);
    expect(image.camera).toEqual(known.cameras[i]);
    const objects = coco.annotations.filter((object: { image_id: number }) => object.image_id === number);
    expect(objects).toHaveLength(known.objects[i]!.length);
    for (const [k, object] of objects.entries()) {
      const { id, label, box, area } = known.objects[i]![k]!;
      expect(object).toMatchObject({ category_id: label + 1, area, bbox: [box.left, box.top, box.width, box.height] });
      const inside: number[] = [];
      let place = 0;
      for (const [turn, length] of object.segmentation.counts.entries()) {
        for (let n = 0; n < length; n++, place++)
          if (turn % 2 === 1) inside.push((place % 32) * 32 + Math.floor(place / 32));
      }
      expect(place).toBe(32 * 32);
      expect(inside.sort((a, b) => a - b)).toEqual(instances.flatMap((value, p) => (value === id ? [p] : [])));
    }
  }
});

it('writes a folder whose annotations are read as those of the scenes themselves', async () => {
  await exportScenes(SPEC, at('again'), { limit: 5 });
  const cacheFolder = at('cache');
  const read = await openImages(at('again'), { cacheFolder });
  expect(read.ids).toEqual([0, 1, 2, 3, 4].map((i) => `images/00000${i}.png`));
  const scenes = (await openImages(SPEC, { cacheFolder, split: 'train' })).subset([0, 1, 2, 3, 4]);
  expect(read.pixels().equal(scenes.pixels())).toBe(true);
  const boxes = (data: ImageDataset) => data.target<BoxTargets>('boxes')!;
  for (let i = 0; i < 5; i++) expect(boxes(read).at(i)).toEqual(boxes(scenes).at(i));
  const masks = (data: ImageDataset) => data.target<MaskTargets>('masks')!.collate([0, 1, 2, 3, 4]);
  expect(masks(read).equal(masks(scenes))).toBe(true);
  expect(read.note).toBeNull();
});

it('refuses what it cannot write', async () => {
  await expect(exportScenes('synthetic:objects', at('a'))).rejects.toThrow('synthetic:scenes');
  await expect(exportScenes('synthetic:scenes?test=0', at('b'), { split: 'test' })).rejects.toThrow('no test scenes');
  await expect(exportScenes(SPEC, at('c'), { limit: 0 })).rejects.toThrow('limit');
  await expect(exportScenes(SPEC, put(at('file'), 'x'))).rejects.toMatchObject({ code: 'IO' });
  await expect(exportScenes(SPEC, at('d'), { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'INTERRUPTED',
  });
});
