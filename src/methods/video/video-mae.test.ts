import { describe, expect, it } from 'vitest';
import { toTubes } from '../../augment/index.js';
import type { ClipSpec } from '../../data/index.js';
import { Generator, noGrad, ops, scope, type Tensor } from '../../engine/index.js';
import { makeMethod } from '../make.test-util.js';
import { type VideoMAE, videoMae } from './video-mae.js';

const fill = (value: number) => [value, value, value];
const spec: ClipSpec = {
  ...{ modality: 'clip', frames: 4, fps: 7.5, channels: 3, height: 16, width: 16 },
  ...{ mean: fill(0.5), std: fill(0.25) },
};
/** 4 x 4 places in two slots; of 16 places 14 are hidden. */
const make = (given = {}): VideoMAE => makeMethod(videoMae, { patchSize: 4, ...given }, { spec, width: 8, seed: 1 });
const samples = ops.randint(0, 256, [5, 4, 3, 16, 16], { dtype: 'uint8', generator: new Generator(1) });
const viewsOf = (method: VideoMAE, random = new Generator(3)) =>
  noGrad(() => method.views({ samples, indices: [0, 1, 2, 3, 4] }, random));
const rows = (places: Tensor) => places.toList() as number[][];

describe('VideoMAE', () => {
  it('hides nine tenths of the places, the same in all slots, other ones of every clip, each as often', () => {
    scope(() => {
      const method = make();
      expect([method.visible, method.hidden]).toEqual([4, 28]);
      // Of 16 places 9.6: a part of a place is not hidden.
      expect(make({ maskRatio: 0.6 }).hidden).toBe(18);
      const random = new Generator(3);
      const counts = new Float64Array(16);
      for (let i = 0; i < 100; i++) {
        const { seen, hidden } = viewsOf(method, random);
        for (const [k, row] of rows(seen).entries()) {
          const [early, late] = [row.slice(0, 2), row.slice(2)];
          expect(late).toEqual(early.map((place) => place + 16));
          expect([...row, ...rows(hidden)[k]!].sort((a, b) => a - b)).toEqual([...Array(32).keys()]);
          for (const place of early) counts[place]! += 1;
        }
      }
      // 500 draws with probability 1/8: five standard deviations are 37.
      for (const count of counts) expect(Math.abs(count - 62.5)).toBeLessThan(37);
    });
  });

  it('hides as many tubes at random where it is told', () => {
    scope(() => {
      const { seen, hidden } = viewsOf(make({ masking: 'random' }));
      expect([seen.shape, hidden.shape]).toEqual([
        [5, 4],
        [5, 28],
      ]);
      const isSame = rows(seen).map((row) => {
        const slots = [
          row.filter((place) => place < 16),
          row.filter((place) => place >= 16).map((place) => place - 16),
        ];
        return `${slots[0]!.sort()}` === `${slots[1]!.sort()}`;
      });
      expect(isSame).toContain(false);
    });
  });

  it('does not look at hidden tubes: changing them changes no token, bit by bit', () => {
    scope(() => {
      const method = make();
      const { clips, seen, hidden } = viewsOf(method);
      const tokens = (some: Tensor) => noGrad(() => method.backbone.visibleTokens(some, seen));
      const changed = clips.clone();
      const [place, visible] = [rows(hidden)[0]![0]!, rows(seen)[0]![0]!];
      const tube = (number: number) => {
        const [slot, row, column] = [Math.floor(number / 16), Math.floor((number % 16) / 4), number % 4];
        const frames = changed.select(0, 0).narrow(0, 2 * slot, 2);
        return frames.narrow(2, 4 * row, 4).narrow(3, 4 * column, 4);
      };
      tube(place).add_(1);
      expect(tokens(changed).equal(tokens(clips))).toBe(true);
      expect(tokens(clips).shape).toEqual([5, 4, 8]);
      tube(visible).add_(1);
      expect(tokens(changed).equal(tokens(clips))).toBe(false);
    });
  });

  it('is scored on hidden tubes, each channel of which has mean 0 and deviation 1', () => {
    scope(() => {
      const method = make();
      const views = viewsOf(method);
      const { loss } = noGrad(() => method.loss(views));
      const painted = noGrad(() =>
        method.decoder.forward(method.backbone.visibleTokens(views.clips, views.seen), views.seen, views.hidden),
      ).toList() as number[][][];
      const tubes = toTubes(views.clips, 2, 4).toList() as number[][][][];
      let [sum, count] = [0, 0];
      for (const [n, places] of rows(views.hidden).entries())
        for (const [m, place] of places.entries())
          for (let c = 0; c < 3; c++) {
            const pixels = tubes[n]![place]!.map((pixel) => pixel[c]!);
            const mean = pixels.reduce((total, value) => total + value) / pixels.length;
            const variance = pixels.reduce((total, value) => total + (value - mean) ** 2, 0) / (pixels.length - 1);
            for (const [p, value] of pixels.entries()) {
              sum += (painted[n]![m]![3 * p + c]! - (value - mean) / Math.sqrt(variance + 1e-6)) ** 2;
              count++;
            }
          }
      expect(loss!.item()).toBeCloseTo(sum / count, 4);
    });
  });

  it('crops all frames of a clip alike', () => {
    scope(() => {
      const still = samples.narrow(1, 0, 1).expand([-1, 4, -1, -1, -1]).contiguous();
      const { clips } = noGrad(() => make().views({ samples: still, indices: [] }, new Generator(5)));
      expect(clips.equal(clips.narrow(1, 0, 1).expand(clips.shape))).toBe(true);
    });
  });

  it('refuses shares that hide nothing or everything, and odd clips', () => {
    expect(() => make({ maskRatio: 0.01 })).toThrow(/hides some of the 16 places and not all/);
    // Nine tenths of a 2 x 2 grid are three places: one is left.
    expect(make({ patchSize: 8 }).visible).toBe(2);
    const odd: ClipSpec = { ...spec, frames: 5 };
    expect(() => makeMethod(videoMae, {}, { spec: odd, width: 8 })).toThrow(/an even number for `frames`, received 5/);
  });
});
