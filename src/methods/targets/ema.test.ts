import { describe, expect, it } from 'vitest';
import { createBackbone } from '../../backbones/registry.js';
import { manualSeed, noGrad, ops } from '../../engine/index.js';
import { BatchNorm, Linear, Sequential } from '../../engine/nn/index.js';
import { copyOfBackbone, moveByEma, risingDecay, startAsCopy } from './ema.js';

function networks(): [online: Sequential, copy: Sequential] {
  manualSeed(3);
  const make = () => new Sequential(new Linear(4, 3), new BatchNorm(3));
  const online = make();
  return [online, startAsCopy(make(), online)];
}

const values = (module: { parameters(): { toNumbers(): number[] }[] }): number[] =>
  module.parameters().flatMap((parameter) => parameter.toNumbers());

describe('startAsCopy', () => {
  it('has the same weights in memory of its own, and no gradient', () => {
    const [online, copy] = networks();
    expect(values(copy)).toEqual(values(online));
    expect(copy.parameters().some(({ requiresGrad }) => requiresGrad)).toBe(false);
    expect(online.parameters().every(({ requiresGrad }) => requiresGrad)).toBe(true);
    noGrad(() => online.parameters()[0]!.add_(1));
    expect(values(copy)).not.toEqual(values(online));
  });

  it('copies a backbone with its batch statistics', () => {
    manualSeed(0);
    const backbone = createBackbone('resnet18', { inputChannels: 3, imageSize: 16, width: 2, zeroInitResidual: true });
    backbone.maps(ops.randn([4, 3, 16, 16]));
    const copy = copyOfBackbone(backbone);
    expect(copy.options).toEqual(backbone.options);
    for (const [key, value] of backbone.stateDict())
      expect(copy.stateDict().get(key)!.toList()).toEqual(value.toList());
  });
});

describe('moveByEma', () => {
  it('follows the closed form towards a fixed original: original + decay^n (start - original)', () => {
    const [online, copy] = networks();
    const start = values(copy);
    noGrad(() =>
      online.parameters().forEach((parameter) => {
        parameter.add_(0.5);
      }),
    );
    const goal = values(online);
    for (let i = 0; i < 20; i++) moveByEma([copy], [online], 0.9);
    values(copy).forEach((value, i) => {
      expect(value).toBeCloseTo(goal[i]! + 0.9 ** 20 * (start[i]! - goal[i]!), 5);
    });
  });

  it('follows the weighted sum over everything a moving original has been', () => {
    const [online, copy] = networks();
    const start = values(copy);
    const past: number[][] = [];
    for (let i = 0; i < 8; i++) {
      noGrad(() =>
        online.parameters().forEach((parameter) => {
          parameter.mul_(1.1).add_(0.01 * i);
        }),
      );
      past.push(values(online));
      moveByEma([copy], [online], 0.7);
    }
    values(copy).forEach((value, i) => {
      {
        const sum = past.reduce((total, then, k) => total + 0.3 * 0.7 ** (7 - k) * then[i]!, 0.7 ** 8 * start[i]!);
        expect(value).toBeCloseTo(sum, 5);
      }
    });
  });

  it('becomes the original to the last bit at decay 0 and does not move at 1', () => {
    const [online, copy] = networks();
    const start = values(copy);
    noGrad(() =>
      online.parameters().forEach((parameter) => {
        parameter.mul_(1.37);
      }),
    );
    moveByEma([copy], [online], 1);
    expect(values(copy)).toEqual(start);
    moveByEma([copy], [online], 0);
    expect(values(copy)).toEqual(values(online));
  });

  it('leaves batch statistics to the copy', () => {
    const [online, copy] = networks();
    online.forward(ops.randn([16, 4]));
    moveByEma([copy], [online], 0.5);
    expect(copy.stateDict().get('1.running_mean')!.toNumbers()).toEqual([0, 0, 0]);
    expect(online.stateDict().get('1.running_mean')!.toNumbers()).not.toEqual([0, 0, 0]);
  });

  it('refuses networks that do not pair up', () => {
    const [online] = networks();
    expect(() => moveByEma([new Linear(4, 3)], [online], 0.5)).toThrow(
      /momentum copy with the parameters of its original/,
    );
    expect(() => moveByEma([new Linear(3, 4)], [new Linear(4, 3)], 0.5)).toThrow(/momentum copy/);
  });
});

describe('risingDecay', () => {
  const decayAfter = (steps: number, start = 0.996, course?: 'linear'): number =>
    risingDecay(start, { step: steps + 1, totalSteps: 1000 }, course);

  it('rises from its start, after the first step, to 1 along a cosine', () => {
    expect(decayAfter(0)).toBeCloseTo(0.996, 12);
    expect(decayAfter(500)).toBeCloseTo(0.998, 12);
    expect(decayAfter(1000)).toBe(1);
    expect(decayAfter(250, 0.9)).toBeCloseTo(1 - (0.1 * (Math.SQRT1_2 + 1)) / 2, 12);
  });

  it('or evenly', () => {
    expect([0, 250, 1000].map((steps) => decayAfter(steps, 0.9, 'linear'))).toEqual([
      0.9,
      expect.closeTo(0.925, 12),
      1,
    ]);
  });

  it('moves nothing before the first step', () => {
    expect(risingDecay(0.5, { step: 0, totalSteps: 10 })).toBe(1);
  });
});
