import { describe, expect, it } from 'vitest';
import { cutPatchGrid } from '../../augment/index.js';
import type { ClipSpec } from '../../data/index.js';
import { Generator, noGrad, ops, scope, type Tensor } from '../../engine/index.js';
import { makeMethod } from '../make.test-util.js';
import { type ContrastiveRandomWalk, crw } from './crw.js';

const fill = (value: number) => [value, value, value];
const spec: ClipSpec = {
  ...{ modality: 'clip', frames: 4, fps: 8, channels: 3, height: 32, width: 32 },
  ...{ mean: fill(0.5), std: fill(0.25) },
};
const make = (given = {}): ContrastiveRandomWalk => makeMethod(crw, given, { spec, width: 4, seed: 1 });
const samples = ops.randint(0, 256, [2, 4, 3, 32, 32], { dtype: 'uint8', generator: new Generator(1) });
const viewsOf = (method: ContrastiveRandomWalk, seed = 5) =>
  noGrad(() => method.views({ samples, indices: [0, 1] }, new Generator(seed)));

describe('CRW', () => {
  it('cuts every frame into 7 x 7 patches that overlap by half', () => {
    scope(() => {
      const method = make();
      const { patches, forth, back } = viewsOf(method);
      expect(method.grid).toEqual({ side: 7, patch: 8, stride: 4 });
      expect(patches.shape).toEqual([2, 4, 49, 3, 8, 8]);
      for (const edges of [forth, back]) {
        expect(edges.shape).toEqual([2, 3, 49, 49]);
        // 14,406 draws with probability 0.1: five deviations are 0.0125.
        expect(Math.abs(edges.to('float32').mean().item() - 0.1)).toBeLessThan(0.0125);
      }
      expect(forth.equal(back)).toBe(false);
      expect(make({ patchSize: 16 }).grid).toEqual({ side: 3, patch: 16, stride: 8 });
    });
  });

  it('crops each frame by itself, and each patch once more unless told otherwise', () => {
    scope(() => {
      // The four frames of a clip that stands still are cropped in four ways.
      const still = samples.narrow(1, 0, 1).expand([-1, 4, -1, -1, -1]).contiguous();
      const views = (given: object) =>
        noGrad(() => make(given).views({ samples: still, indices: [] }, new Generator(5))).patches;
      const patches = views({ useJitter: false });
      expect(patches.select(1, 0).equal(patches.select(1, 1))).toBe(false);
      // Without jitter neighbors share half of their pixels bit by bit; with it they do not.
      const overlap = (all: Tensor): boolean => {
        const [left, right] = [all.select(2, 0), all.select(2, 1)];
        return left.narrow(4, 4, 4).equal(right.narrow(4, 0, 4));
      };
      expect(overlap(patches)).toBe(true);
      expect(overlap(views({}))).toBe(false);
    });
  });

  it('makes one vector of unit length of each patch, whatever the others are', () => {
    scope(() => {
      const method = make().eval() as ContrastiveRandomWalk;
      const { patches, ...edges } = viewsOf(method);
      const other = patches.clone();
      other.select(1, 3).fill_(0);
      const loss = (some: Tensor) => noGrad(() => method.loss({ patches: some, ...edges })).loss!.item();
      expect(loss(patches)).not.toBe(loss(other));
      const cut = cutPatchGrid(samples.flatten(0, 1), { side: 8, stride: 4 });
      const features = noGrad(() => method.backbone.features(method.prepare(cut)));
      expect(features.shape).toEqual([2 * 4 * 49, 32]);
    });
  });

  it('mirrors pictures at their edges, or sees zeros there', () => {
    const padding = (given: object) => make(given).backbone.options.padding;
    expect([padding({}), padding({ padding: 'zeros' })]).toEqual(['reflect', undefined]);
    // Of a flat picture every place is the same unless the edge shows.
    scope(() => {
      for (const kind of ['reflect', 'zeros'] as const) {
        const { backbone } = make({ padding: kind }).eval() as ContrastiveRandomWalk;
        const map = noGrad(() => backbone.maps(ops.ones([1, 3, 32, 32]), 'layer1'));
        const spread = map
          .sub(map.narrow(2, 8, 1).narrow(3, 8, 1))
          .abs()
          .amax()
          .item();
        if (kind === 'reflect') expect(spread).toBeLessThan(1e-5);
        else expect(spread).toBeGreaterThan(0.01);
      }
    });
  });

  it('carries labels by the last layer but one', () => {
    scope(() => {
      const cells = make().cells(samples.select(0, 0));
      expect(cells.shape).toEqual([4, 16, 8, 8]);
    });
  });

  it('refuses clips of two frames, through which no walk leads', () => {
    const short: ClipSpec = { ...spec, frames: 2 };
    expect(() => makeMethod(crw, {}, { spec: short })).toThrow(/at least 3 frames/);
  });
});
