import { describe, expect, it } from 'vitest';
import type { SoundSpec } from '../../data/index.js';
import { makeSounds } from '../../data/synthetic/sounds.js';
import { Generator, noGrad, scope, type Tensor, tensor } from '../../engine/index.js';
import type { Conv2d } from '../../engine/nn/index.js';
import { makeMethod } from '../make.test-util.js';
import { type CPCSound, cpcSound } from './cpc-sound.js';

const LENGTH = 1024;
const samples = makeSounds(1, LENGTH, new Generator(0));
const batch = { samples, indices: [...Array(8).keys()] };

const make = (given = {}, length = LENGTH): CPCSound => {
  const spec: SoundSpec = { modality: 'sound', rate: 8000, length };
  return makeMethod(cpcSound, given, { spec, width: 8, seed: 1 });
};

describe('CPC of sound', () => {
  it('learns from sounds alone, on the one backbone for them', () => {
    expect(cpcSound.modalities).toEqual(['sound']);
    const { encoder } = make();
    expect(encoder.backbone.options).toEqual({ inputChannels: 1, imageSize: LENGTH, length: LENGTH, width: 8 });
    expect(encoder.spec).toEqual({ modality: 'sound', rate: 8000, length: LENGTH });
  });

  it('takes samples of 16 bits as waveforms in [-1, 1)', () => {
    const { encoder } = make();
    const prepared = encoder.prepare(tensor(Int16Array.of(-32_768, -1, 0, 16_384, 32_767), { shape: [1, 5] }));
    expect(prepared.shape).toEqual([1, 1, 5]);
    expect(prepared.toNumbers()).toEqual([-1, -1 / 32_768, 0, 0.5, 32_767 / 32_768]);
    expect(encoder.preparation.note).toMatch(/divided by 32,768/);
  });

  it('starts within 5 % of ln(B T)', () => {
    const method = make();
    const loss = noGrad(() => method.loss(method.views(batch, new Generator(1))).loss!.item());
    expect(Math.abs(loss / Math.log(8 * 6) - 1)).toBeLessThan(0.05);
  });

  it('is the mean over the steps: the k-th matrix predicts the vector k steps on', () => {
    scope(() =>
      noGrad(() => {
        const method = make({ steps: 3 });
        // As they are made, all answers are equally likely.
        for (const { weight } of method.predictors.layers as Conv2d[]) weight.mul_(300);
        const views = method.views(batch, new Generator(1));
        const [z, context] = method.backbone.pyramid(views.waves, ['conv5', 'context']) as [Tensor, Tensor]; // (N, D, 1, T)
        const [vectors, contexts] = [z, context].map((map) => map.squeeze(2).transpose(1, 2)) as [Tensor, Tensor]; // (N, T, D)
        const all = vectors.flatten(0, 1); // (N T, D)
        const losses = method.predictors.layers.map((layer, k) => {
          const matrix = (layer as Conv2d).weight.flatten(1);
          const rows = Array.from({ length: 8 }, (_, i) =>
            Array.from({ length: 6 - k - 1 }, (_, t) => {
              const logits = all.mv(matrix.mv(contexts.select(0, i).select(0, t)));
              return logits
                .logSoftmax(0)
                .select(0, 6 * i + t + k + 1)
                .item();
            }),
          ).flat();
          return -rows.reduce((sum, value) => sum + value) / rows.length;
        });
        expect(method.loss(views).loss!.item()).toBeCloseTo((losses[0]! + losses[1]! + losses[2]!) / 3, 4);
        expect(Math.abs(losses[0]! - Math.log(48))).toBeGreaterThan(0.01);
      }),
    );
  });

  it('changes the loudness only when asked', () => {
    const { waves: loud } = make().views(batch, new Generator(1));
    const { waves: quiet } = make({ smallestLevel: 0.5 }).views(batch, new Generator(1));
    expect(loud.equal(make().encoder.prepare(samples))).toBe(true);
    const ratio = quiet
      .abs()
      .amax([1, 2])
      .div(loud.abs().amax([1, 2]));
    expect(ratio.amin().item()).toBeGreaterThanOrEqual(0.5);
    expect(ratio.amax().item()).toBeLessThanOrEqual(1);
    expect(ratio.amax().item() - ratio.amin().item()).toBeGreaterThan(0.1);
  });

  it('says when sounds are too short for the steps', () => {
    expect(() => make({ steps: 6 })).toThrow(
      'Expected sounds of at least 1120 samples for 6 steps of 160, received 1024. Take fewer steps (--steps), or longer sounds (--length).',
    );
    expect(() => make({ steps: 12 })).toThrow(/sounds of at least 2080 samples/);
    expect(make({ steps: 6 }, 1120).predictors.layers).toHaveLength(6);
  });

  it('previews waveforms with the chance of a guess among all pieces', () => {
    const [preview] = noGrad(() => make().eval().preview(batch));
    expect(preview!.chance).toBe(1 / (6 * 6));
    expect(preview!.rows).toHaveLength(6);
    for (const [asked, answer] of preview!.rows) {
      expect(asked!.image!.shape).toEqual([3, 96, 288]);
      const [, piece] = /piece (\d) of 6$/.exec(answer!.caption!)!;
      const isRight = answer!.caption!.startsWith('says: the same sound') && piece === '4';
      expect(answer!.isCorrect).toBe(isRight);
    }
  });
});
