import { describe, expect, it } from 'vitest';
import type { ClipSpec } from '../../data/index.js';
import { Generator, noGrad, ops, scope, type Tensor } from '../../engine/index.js';
import { ntXent } from '../losses/nt-xent.js';
import { makeMethod } from '../make.test-util.js';
import { inHalves } from '../views/two-views.js';
import { type CVRL, cvrl } from './cvrl.js';

const fill = (value: number) => [value, value, value];
const spec: ClipSpec = {
  ...{ modality: 'clip', frames: 12, fps: 12.5, channels: 3, height: 16, width: 16 },
  ...{ mean: fill(0.5), std: fill(0.25) },
};
const make = (given = {}): CVRL => makeMethod(cvrl, { projectionSize: 8, ...given }, { spec, width: 4, seed: 1 });
const still = ops
  .randint(0, 256, [4, 1, 3, 16, 16], { dtype: 'uint8', generator: new Generator(1) })
  .expand([-1, 12, -1, -1, -1])
  .contiguous();
const viewsOf = (method: CVRL, samples: Tensor = still): Tensor =>
  noGrad(() => method.views({ samples, indices: [0, 1, 2, 3] }, new Generator(5))).clips;

/** Whether all frames of every clip are the same. */
const isConstant = (clips: Tensor): boolean => clips.equal(clips.narrow(1, 0, 1).expand(clips.shape));

describe('CVRL', () => {
  it('changes all frames of a clip alike, bit by bit, and clips differently', () => {
    scope(() => {
      const clips = viewsOf(make({ useBlur: true }));
      expect(clips.shape).toEqual([8, 8, 3, 16, 16]);
      expect(isConstant(clips)).toBe(true);
      const [one, two] = inHalves(clips);
      expect(one.equal(two)).toBe(false);
      expect(isConstant(viewsOf(make({ isConsistent: false })))).toBe(false);
    });
  });

  it('takes both clips from the video of their row', () => {
    scope(() => {
      // Without crops and colors, what is left is the number of the video and of the frame.
      const options = { minimumScale: 1, colorStrength: 0, grayProbability: 0, useFlip: false };
      const video = ops.arange(0, 4, 1, { dtype: 'float32' }).mul(60).view([4, 1, 1, 1, 1]);
      const frame = ops.arange(0, 12, 1, { dtype: 'float32' }).view([1, 12, 1, 1, 1]);
      const samples = video.add(frame).expand([-1, -1, 3, 16, 16]).to('uint8');
      const clips = viewsOf(make({ ...options, minimumScale: 1 }), samples);
      const values = clips.mul(255).round().mean([2, 3, 4]).toList() as number[][];
      for (const [i, row] of values.entries()) {
        const first = row[0]! - 60 * (i % 4);
        expect(first).toBeGreaterThanOrEqual(0);
        expect(first).toBeLessThanOrEqual(4);
        expect(row.map((value) => value - row[0]!)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      }
    });
  });

  it('has the loss of SimCLR on the projections of clips', () => {
    scope(() => {
      const method = make();
      const clips = viewsOf(method);
      const { loss, metrics } = noGrad(() => method.loss({ clips }));
      const projected = noGrad(() => method.projection.forward(method.backbone.features(clips)));
      const literal = ntXent(...inHalves(projected), method.options.temperature);
      expect(loss!.item()).toBeCloseTo(literal.loss.item(), 5);
      expect((metrics!.accuracy as Tensor).item()).toBe(literal.accuracy.item());
    });
  });

  it('has an encoder of clips, shorter than its samples', () => {
    const { encoder } = make();
    expect(encoder.spec).toEqual({ ...spec, frames: 8 });
    expect(() => make({ clipFrames: 13 })).toThrow(/at least 13 frames, received 12/);
  });
});
