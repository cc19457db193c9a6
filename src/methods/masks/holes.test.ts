import { describe, expect, it } from 'vitest';
import { Generator, ops, scope } from '../../engine/index.js';
import { Holes } from './holes.js';
import { blockMasks, centralMask, regionMasks } from './masks.js';

const OPTIONS = { hiddenShare: 0.25, blocks: 5, overlap: 0 };
const random = () => new Generator(3);

it('draws the mask that is asked for', () => {
  const draw = (mask: 'region' | 'blocks' | 'central', overlap = 0) =>
    new Holes({ ...OPTIONS, mask, overlap }, 16).draw(3, random());
  expect(draw('region').equal(regionMasks(3, 16, 0.25, random()))).toBe(true);
  expect(draw('blocks').equal(blockMasks(3, 16, 0.25, 5, random()))).toBe(true);
  expect(draw('central', 1).equal(centralMask(3, 16, 0.25, 1))).toBe(true);
});

describe('of the central block', () => {
  const holes = new Holes({ ...OPTIONS, mask: 'central' }, 15);
  const images = ops.rand([2, 3, 15, 15], { generator: random() });

  it('cut the block out and put a painted one in its place', () => {
    const hidden = holes.draw(2, random());
    expect([holes.start, holes.length]).toEqual([3, 8]);
    expect(holes.cut(images).equal(images.narrow(2, 3, 8).narrow(3, 3, 8))).toBe(true);
    const filled = holes.fill(images, hidden, ops.full([2, 3, 8, 8], 7));
    expect(holes.cut(filled).eq(7).all().item()).toBeTruthy();
    expect(ops.where(hidden, images, filled).equal(images)).toBe(true);
  });

  it('refuse masks that reach beyond it, of another shape or type', () => {
    expect(() => holes.check(holes.draw(2, random()), 2)).not.toThrow();
    const beyond = holes.draw(2, random());
    beyond.select(2, 0).fill_(1);
    expect(() => holes.check(beyond, 2)).toThrow('holes within the central block of 8 pixels a side');
    expect(() => holes.check(holes.draw(2, random()), 3)).toThrow('Expected bool masks of shape (3, 1, 15, 15)');
    expect(() => holes.check(ops.ones([2, 1, 15, 15]), 2)).toThrow('Expected bool masks of shape (2, 1, 15, 15)');
  });
});

it('paint the whole image for other masks, where a hole may lie anywhere', () => {
  const holes = new Holes({ ...OPTIONS, mask: 'region' }, 9);
  const images = ops.rand([1, 3, 9, 9], { generator: random() });
  expect([holes.start, holes.length]).toEqual([0, 9]);
  expect(holes.cut(images).equal(images)).toBe(true);
  expect(() => holes.check(ops.ones([1, 1, 9, 9], { dtype: 'bool' }), 1)).not.toThrow();
});

it.each([
  [{ mask: 'central', hiddenShare: 0.005 }, 'a share that makes the hole at least 2 pixels wide for `hiddenShare`'],
  [{ mask: 'central', overlap: 4 }, 'a margin that leaves a pixel of the central block of 8 for `overlap`'],
  [{ mask: 'blocks', blocks: 65 }, 'at most 64 blocks, a pixel each, in images of 16 pixels for `blocks`'],
] as const)('refuse at once what no mask can be made of: %j', (options, message) => {
  expect(() => scope(() => new Holes({ ...OPTIONS, ...options }, 16))).toThrow(message);
});
