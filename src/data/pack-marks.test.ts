import { expect, it } from 'vitest';
import { collect } from '../../tests/support/collect.js';
import { CollectedMarks, type Marks } from './pack-marks.js';
import type { ImageSource } from './sources/source.js';

it('keeps no mask of the images that it has seen', async () => {
  const annotations = { hasMasks: true, pointNames: [], classes: async () => ['dog'] };
  const marks = new CollectedMarks({ form: 'files', annotations } as unknown as ImageSource, 'crop');
  const masks = [0, 1, 2].map((i) => {
    const mask = new Uint8Array(100).fill(1);
    const objects: Marks['objects'] = [{ className: 'dog', box: [1, 2, 3, 4] } as never];
    marks.add(`${i}`, { ...{ width: 10, height: 10 }, objects, mask, hasMask: i > 0, flaws: i > 1 ? ['bent'] : [] });
    return new WeakRef(mask);
  });
  await collect();
  expect(masks.map((mask) => mask.deref())).toEqual([undefined, undefined, undefined]);
  const found = await marks.collected();
  expect(found.masks).toEqual({ classes: ['background', 'dog'], known: Buffer.from([0, 1, 1]).toString('base64') });
  expect(found.flaws).toEqual([{ id: '2', reason: 'bent' }]);
});
