import { describe, expect, it } from 'vitest';
import type { ImageSpec, PairSpec } from '../../data/index.js';
import { Generator, noGrad, ops, scope, type Tensor, tensor } from '../../engine/index.js';
import { imageSpec, makeMethod } from '../make.test-util.js';
import { type MotionSegmentation, motionSegmentation } from './motion-segmentation.js';

const SIDE = 16;
const spec: PairSpec<ImageSpec, ImageSpec> = {
  ...{ modality: 'pair', isAligned: true },
  ...{ first: imageSpec(SIDE, 1), second: imageSpec(SIDE, 3, { mean: [0, 0, 0], std: [1, 1, 1] }) },
};
const make = (options = {}): MotionSegmentation =>
  makeMethod(motionSegmentation, { headSize: 4, ...options }, { spec, batchSize: 2 });

describe('motion segmentation', () => {
  it('cuts a mask and its frame alike', () => {
    scope(() => {
      const mask = ops.randint(0, 256, [6, 1, SIDE, SIDE], { dtype: 'uint8', generator: new Generator(1) });
      // Every channel of the frame is the mask.
      const samples = { first: mask, second: mask.expand([-1, 3, -1, -1]).contiguous() };
      const method = make({ targetStride: 1 });
      const { frames, votes } = noGrad(() => method.views({ samples, indices: [] } as never, new Generator(2)));
      expect(frames.narrow(1, 0, 1).sub(votes).abs().amax().item()).toBeLessThan(1e-6);
      expect(votes.sub(mask.to('float32').div(255)).abs().amax().item()).toBeGreaterThan(0.1);
    });
  });

  it('leaves out pixels whose votes disagree, and knows the share that is right', () => {
    scope(() => {
      const method = make();
      // Of four pixels along a side: still, in between, and moving.
      const votes = tensor(Float32Array.from({ length: 16 }, (_, i) => [0, 0.5, 0.6, 1][i % 4]!)).view([1, 1, 4, 4]);
      const logits = tensor(Float32Array.from({ length: 16 }, (_, i) => [2, -7, 9, 1][i % 4]!)).view([1, 1, 4, 4]);
      method.head.forward = () => logits;
      const { loss, metrics } = noGrad(() => method.loss({ frames: ops.zeros([1, 3, SIDE, SIDE]), votes }));
      const cost = (logit: number, isMoving: boolean) => Math.log(1 + Math.exp(isMoving ? -logit : logit));
      expect(loss!.item()).toBeCloseTo((cost(2, false) + cost(1, true)) / 2, 5);
      // All known pixels are answered as moving: one half of them is.
      expect((metrics as Record<string, Tensor>).iou!.item()).toBeCloseTo(0.5, 6);
    });
  });

  it.each(['linear', 'decoder'])(
    'answers with the head %s for every fourth pixel, as likely as not at first',
    (head) => {
      scope(() => {
        const answers = make({ head }).eval() as unknown as MotionSegmentation;
        const shares = answers.segment(ops.rand([2, 3, SIDE, SIDE], { generator: new Generator(3) }));
        expect(shares.shape).toEqual([2, 1, 4, 4]);
        expect(shares.sub(0.5).abs().amax().item()).toBeLessThan(0.1);
      });
    },
  );

  it('refuses bounds in the wrong order, and pairs of other kinds', () => {
    expect(() => make({ still: 0.8 })).toThrow(/less than `moving`/);
    const unaligned = { ...spec, isAligned: false };
    expect(() => makeMethod(motionSegmentation, {}, { spec: unaligned })).toThrow(/aligned pairs/);
  });
});
