import { describe, expect, it } from 'vitest';
import { ramp, temporaryFolder } from '../../tests/data-files.js';
import { channelsInWords, shownChannels } from './channels.js';
import { ImageDataset } from './image-dataset.js';
import { type PackOptions, pack } from './pack.js';
import type { PixelSource } from './sources/source.js';

const cacheFolder = temporaryFolder()('cache');

const sixChannels: PixelSource = {
  ...{ form: 'pixels', name: 'six', kind: 'made', classes: null, skipped: [], height: 4, width: 4, channels: 6 },
  parts: [
    {
      ...{ idPrefix: '', split: null, count: 3, labels: null, identity: 'ramp' },
      async *pixels() {
        yield ramp(3 * 4 * 4 * 6);
      },
    },
  ],
};
const open = async (options: PackOptions = {}) =>
  ImageDataset.fromPack(await pack(sixChannels, { cacheFolder, ...options }), 'six');

describe('images of six channels', () => {
  it('are packed as they are, and read back', async () => {
    const dataset = await open();
    expect(dataset.channels).toBe(6);
    expect(dataset.describe()).toBe('six: 3 images of 4 x 4, 6 channels, unlabeled');
    expect(dataset.summary()).toMatchObject({ spec: { channels: 6 }, count: 3 });
    expect(dataset.bytes).toBe(288);
    expect([...dataset.readImage(1)]).toEqual([...ramp(288).subarray(96, 192)]);
    expect(dataset.batch([2]).shape).toEqual([1, 6, 4, 4]);
    expect([...dataset.batch([2]).permute([0, 2, 3, 1]).toBytes()]).toEqual([...ramp(288).subarray(192)]);
    expect((await open({ channels: 6, size: 4 })).fingerprint).toBe(dataset.fingerprint);
  });

  it.each([
    [{ channels: 3 }, /the 6 channels of six/],
    [{ size: 8 }, /the 4 x 4 pixels of six.*not resized/],
    [{ channels: 0 }, /6 channels/],
  ])('are neither converted nor resized: %j', async (options, message) => {
    await expect(open(options)).rejects.toThrow(message);
  });
});

it('says and shows channels', () => {
  expect([1, 2, 3, 6].map(channelsInWords)).toEqual(['gray', '2 channels', 'color', '6 channels']);
  expect(shownChannels(ramp(12), 3)).toEqual({ image: ramp(12), channels: 3 });
  expect(shownChannels(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), 4)).toEqual({
    image: Uint8Array.of(1, 2, 3, 5, 6, 7),
    channels: 3,
  });
  expect(shownChannels(Uint8Array.of(1, 2, 3, 4), 2)).toEqual({ image: Uint8Array.of(1, 3), channels: 1 });
});
