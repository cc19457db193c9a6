import { readdirSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { put, putPng, temporaryFolder } from '../../../tests/data-files.js';
import { exportScenes } from '../../export/scenes.js';
import { openImages } from '../open.js';
import { isRenderedFolder, rendered } from './rendered.js';

const at = temporaryFolder();
const open = (spec: string) => openImages(spec, { cacheFolder: at('cache') });
const SCENES = 'synthetic:scenes?count=4&test=0&size=32&seed=3';

/** Four exported scenes of 32 pixels. */
async function exported(name: string): Promise<string> {
  await exportScenes(SCENES, at(name));
  return at(name);
}

it('reads what was exported bit for bit as the renderer gives it', async () => {
  const folder = await exported('scenes');
  const data = await open(`rendered:${folder}`);
  expect(data.ids).toEqual(['000000.png', '000001.png', '000002.png', '000003.png']);
  expect([data.channels, data.size, data.name, data.skipped]).toEqual([9, { height: 32, width: 32 }, 'scenes', []]);
  const made = await open(`${SCENES}&form=geometry`);
  expect(data.pixels().equal(made.pixels())).toBe(true);
});

it('knows such a folder by its subfolders', async () => {
  const folder = await exported('known');
  expect([isRenderedFolder(folder), isRenderedFolder(at('known', 'images')), isRenderedFolder(at('none'))]).toEqual([
    true,
    false,
    false,
  ]);
  expect(isRenderedFolder(put(at('file.png'), 'x'))).toBe(false);
  rmSync(at('known', 'contours'), { recursive: true });
  expect(isRenderedFolder(folder)).toBe(false);
  put(at('known', 'contours'), 'a file');
  expect(isRenderedFolder(folder)).toBe(false);
});

it('is kept in a run with a path that leads to it from every folder', () => {
  expect(rendered.resolve!('scenes')).toBe(resolve('scenes'));
});

it('takes the nearest depth for a depth of 0, whose logarithm does not exist', async () => {
  const folder = await exported('zero');
  const depth = sharp(new Uint16Array(32 * 32), { raw: { height: 32, width: 32, channels: 1 } });
  put(at('zero', 'depth', '000000.png'), await depth.toColourspace('grey16').png().toBuffer());
  const sample = (await open(`rendered:${folder}`)).batch([0]);
  expect([sample.select(1, 3).amax().item(), sample.select(1, 4).amin().item()]).toEqual([0, 1]);
});

describe('refuses', () => {
  it('a folder that is not there or is of another form, with the way to make one', async () => {
    await expect(open(`rendered:${at('nowhere')}`)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await putPng(at('photos', 'a.png'));
    await expect(open(`rendered:${at('photos')}`)).rejects.toMatchObject({
      code: 'DATA',
      message: expect.stringContaining('a folder with images/, depth/, normals/, contours/'),
      remedy: expect.stringContaining('data export'),
    });
    await expect(open('rendered')).rejects.toThrow('a folder with images/');
  });

  it('scenes without one of their files: one is left out with the reason, all are an error', async () => {
    const folder = await exported('gaps');
    rmSync(at('gaps', 'normals', '000002.png'));
    const data = await open(`rendered:${folder}`);
    expect(data.count).toBe(3);
    expect(data.skipped).toEqual([{ id: '000002.png', reason: 'there is no normals/000002.png' }]);
    for (const name of readdirSync(at('gaps', 'depth'))) rmSync(at('gaps', 'depth', name));
    await expect(open(`rendered:${folder}`)).rejects.toThrow('has no image with depth, normals and contours');
  });

  it.each([
    ['depth of 8 bits', 'depth', { channels: 1, height: 32, width: 32 }, '32 x 32 pixels of 1 channel and 16 bits'],
    ['contours in color', 'contours', { channels: 3, height: 32, width: 32 }, '32 x 32 pixels of 1 channel and 8 bits'],
    ['normals of another size', 'normals', { channels: 3, height: 16, width: 16 }, 'received "16 x 16 pixels'],
  ] as const)('%s, naming the file', async (_, layer, png, message) => {
    const folder = await exported(`bad-${layer}`);
    await putPng(at(`bad-${layer}`, layer, '000001.png'), png);
    await expect(open(`rendered:${folder}`)).rejects.toThrow(message);
    await expect(open(`rendered:${folder}`)).rejects.toThrow(`${layer}/000001.png`);
  });

  it('a damaged file, and images that are not square', async () => {
    const folder = await exported('damaged');
    put(at('damaged', 'contours', '000003.png'), 'no image');
    await expect(open(`rendered:${folder}`)).rejects.toThrow(/Could not read .*contours\/000003\.png: no image/);
    await putPng(at('damaged', 'images', '000000.png'), { height: 16, width: 32 });
    await expect(open(`rendered:${folder}`)).rejects.toThrow(/Expected square images for `.*images\/000000\.png`/);
    put(at('damaged', 'images', '000000.png'), 'no image');
    await expect(open(`rendered:${folder}`)).rejects.toThrow(/Could not read .*images\/000000\.png: no image/);
  });
});
