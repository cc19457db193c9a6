import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { put, temporaryFolder } from '../../../tests/data-files.js';
import { tensor } from '../../engine/index.js';
import { encodeHha, gravityOfPitch } from '../hha.js';
import { openImages } from '../open.js';
import type { MultiLabelTargets } from '../targets.js';
import { rgbd } from './rgbd.js';

const at = temporaryFolder();
const [height, width] = [24, 32];

/** A 16-bit depth image in millimeters. */
async function putDepth(path: string, depthAt: (i: number) => number): Promise<Uint16Array> {
  const depth = Uint16Array.from({ length: height * width }, (_, i) => depthAt(i));
  const image = sharp(depth, { raw: { height, width, channels: 1 } }).toColourspace('grey16');
  put(path, await image.png().toBuffer());
  return depth;
}

async function putColor(path: string, red: number): Promise<void> {
  const background = { r: red, g: 20, b: 30 };
  put(
    path,
    await sharp({ create: { height, width, channels: 3, background } })
      .png()
      .toBuffer(),
  );
}

/** Two rooms and their manifest. */
async function rooms(name: string): Promise<{ manifest: string; depth: Uint16Array }> {
  await putColor(at(name, 'a.png'), 200);
  await putColor(at(name, 'b.png'), 100);
  const depth = await putDepth(at(name, 'a-depth.png'), (i) => 1800 + 7 * (i % width) + 11 * Math.floor(i / width));
  await putDepth(at(name, 'b-depth.png'), () => 2500);
  const lines = ['path,depth,label,split', 'a.png,a-depth.png,kitchen,train', 'b.png,b-depth.png,hall,test'];
  return { manifest: put(at(name, 'rooms.csv'), lines.join('\n')), depth };
}

const open = (spec: string) => openImages(spec, { cacheFolder: at('cache') });

describe('rgbd', () => {
  it('has the several labels of the manifest', async () => {
    await rooms('several');
    const lines = ['path,depth,labels', 'a.png,a-depth.png,sofa; lamp', 'b.png,b-depth.png,lamp'];
    const data = await open(`rgbd:${put(at('several', 'rooms.csv'), lines.join('\n'))}?focal=40&size=24`);
    const labels = data.target<MultiLabelTargets>('labels')!;
    expect([labels.classes, [...labels.values]]).toEqual([
      ['lamp', 'sofa'],
      [1, 1, 1, 0],
    ]);
  });

  it('gives six channels, RGB and HHA, with the names, labels and splits of the manifest', async () => {
    const { manifest, depth } = await rooms('rooms');
    const data = await open(`rgbd:${manifest}?focal=40&pitch=30&height=1.4&size=24`);
    expect([data.count, data.channels, data.size.height, data.size.width]).toEqual([2, 6, 24, 24]);
    expect([...data.ids].sort()).toEqual(['a.png', 'b.png']);
    const first = data.ids.indexOf('a.png');
    expect(data.classes![data.labels![first]!]).toBe('kitchen');
    expect(data.splits[first]).toBe('train');
    expect(data.only('test').ids).toEqual(['b.png']);

    const sample = data.batch([first]);
    expect(sample.narrow(1, 0, 3).amax([2, 3]).toNumbers()).toEqual([200, 20, 30]);
    const meters = tensor(Float32Array.from(depth), { shape: [1, 1, height, width] }).mul(0.001);
    const whole = encodeHha(meters, { focal: 40, gravity: gravityOfPitch(Math.PI / 6), height: 1.4 });
    // The middle 24 of 32 columns are cut out.
    expect(sample.narrow(1, 3, 3).equal(whole.narrow(3, 4, 24))).toBeTruthy();
  });

  it('leaves out rows whose depth image is not there', async () => {
    const { manifest } = await rooms('gaps');
    put(manifest, readFileSync(manifest, 'utf8').replace('b-depth.png', 'none.png'));
    const data = await open(`rgbd:${manifest}?focal=40&size=16`);
    expect(data.ids).toEqual(['a.png']);
    expect(data.skipped).toEqual([{ id: 'b.png', reason: 'there is no depth image none.png' }]);
    put(manifest, readFileSync(manifest, 'utf8').replace('a-depth.png', 'none.png'));
    await expect(open(`rgbd:${manifest}?focal=40&size=16`)).rejects.toThrow('gives no image with a depth image');
  });

  it('takes the first row of a path that is listed twice, and does not open a FIFO', async () => {
    const { manifest } = await rooms('twice');
    const spec = `rgbd:${manifest}?focal=40&size=16`;
    const before = (await open(spec)).pixels();
    spawnSync('mkfifo', [at('twice', 'pipe.png')]);
    const text = readFileSync(manifest, 'utf8');
    put(manifest, `${text}\na.png,b-depth.png,kitchen,train\na.png,pipe.png,kitchen,train`);
    expect((await open(spec)).pixels().equal(before)).toBeTruthy();
    put(manifest, text.replace('b-depth.png', 'pipe.png'));
    expect((await open(spec)).skipped).toEqual([
      { id: 'b.png', reason: 'its depth image is a FIFO, not a regular file' },
    ]);
  });

  it('refuses depth without a valid pixel, of 8 bits, or damaged, naming the file', async () => {
    const { manifest } = await rooms('bad');
    const spec = `rgbd:${manifest}?focal=40&size=16`;
    await putDepth(at('bad', 'a-depth.png'), () => 0);
    await expect(open(spec)).rejects.toThrow(/a-depth\.png.*has no valid pixel/);
    await putColor(at('bad', 'a-depth.png'), 1);
    await expect(open(spec)).rejects.toThrow(/a gray image of 16 bits for `.*a-depth\.png`/);
    const eight = sharp(new Uint8Array(height * width).fill(9), { raw: { height, width, channels: 1 } });
    put(at('bad', 'a-depth.png'), await eight.toColourspace('b-w').png().toBuffer());
    await expect(open(spec)).rejects.toThrow(/a gray image of 16 bits for `.*a-depth\.png`.*1 channels of type uchar/);
    put(at('bad', 'a-depth.png'), 'no image');
    await expect(open(spec)).rejects.toThrow(/Could not read .*a-depth\.png: no image in a format/);
  });

  it('says which option is missing or does not fit', async () => {
    const { manifest } = await rooms('options');
    await expect(open(`rgbd:${manifest}`)).rejects.toThrow('rgbd:<manifest>?focal=<pixels>');
    await expect(open(`rgbd:${manifest}?size=16`)).rejects.toThrow('`focal` does not fit: Expected one focal length');
    await expect(open(`rgbd:${manifest}?focal=40&center=3`)).rejects.toThrow('Expected two numbers of pixels');
    await expect(open(`rgbd:${manifest}?focal=`)).rejects.toThrow('one focal length in pixels');
    await expect(open(`rgbd:${manifest}?focal=a`)).rejects.toThrow('one focal length in pixels');
    await expect(open(`rgbd:${manifest}?focal=1,2,3`)).rejects.toThrow('one focal length in pixels');
    await expect(open(`rgbd:${manifest}?focal=40&zoom=2`)).rejects.toThrow('focal, center, pitch, height, unit, size');
    await expect(open(`rgbd:${at('options', 'none.csv')}?focal=40`)).rejects.toThrow('none.csv');
    put(manifest, 'path\na.png\n');
    await expect(open(`rgbd:${manifest}?focal=40`)).rejects.toThrow('has no column depth');
  });

  it('takes two focal lengths, a principal point and a unit', async () => {
    const { manifest } = await rooms('camera');
    const plain = await open(`rgbd:${manifest}?focal=40&pitch=20&size=24`);
    const same = await open(`rgbd:${manifest}?focal=40,40&center=16,12&unit=0.001&pitch=20&size=24`);
    expect(same.pixels().equal(plain.pixels())).toBeTruthy();
    const other = await open(`rgbd:${manifest}?focal=40,50&center=10,12&unit=0.002&pitch=20&size=24`);
    expect(other.pixels().equal(plain.pixels())).toBeFalsy();
  });

  it('is kept in a run with a path that leads to it from every folder', () => {
    expect(rgbd.resolve!('rooms.csv?focal=40')).toBe(`${resolve('rooms.csv')}?focal=40`);
  });
});
