import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { memory, type NestedNumbers, parameter, type Tensor, tensor } from '../index.js';
import { clipGradNorm } from './clip.js';

interface Golden {
  start: NestedNumbers[];
  gradients: NestedNumbers[][];
  clipped: Record<string, { norm: number; gradients: NestedNumbers[] }>;
}
const golden = JSON.parse(readFileSync(new URL('../../../tests/golden/optim.json', import.meta.url), 'utf8')) as Golden;

const params = (): Tensor[] =>
  golden.start.map((values, i) => {
    const param = parameter(tensor(values));
    param.grad = tensor(golden.gradients[2]![i]!);
    return param;
  });

describe('clipGradNorm', () => {
  it.each(Object.keys(golden.clipped))('to %s matches the norm and gradients of PyTorch', (limit) => {
    const made = params();
    const { norm, gradients } = golden.clipped[limit]!;
    expect(clipGradNorm(made, Number(limit)).item()).toBeCloseTo(norm, 5);
    made.forEach((param, i) => {
      expect(param.grad!.sub(tensor(gradients[i]!)).abs().max().item()).toBeLessThan(1e-6);
    });
  });

  it('reduces the norm to the limit, and only measures with an infinite one', () => {
    const made = params();
    const before = clipGradNorm(made, Number.POSITIVE_INFINITY).item();
    expect(clipGradNorm(made, 0.5).item()).toBe(before);
    expect(clipGradNorm(made, Number.POSITIVE_INFINITY).item()).toBeCloseTo(0.5, 5);
  });

  it('clips each gradient by its own norm with isEach', () => {
    const [made, alone] = [params(), params()];
    const limit = 0.5 * Math.max(...alone.map(({ grad }) => grad!.vectorNorm().item()));
    const before = clipGradNorm(alone, Number.POSITIVE_INFINITY).item();
    expect(clipGradNorm(made, limit, { isEach: true }).item()).toBe(before);
    for (const param of alone) clipGradNorm([param], limit);
    expect(made.map(({ grad }) => grad!.toNumbers())).toEqual(alone.map(({ grad }) => grad!.toNumbers()));
    // Otherwise the case would be that of the joint norm.
    const joint = params();
    clipGradNorm(joint, limit);
    expect(made.map(({ grad }) => grad!.toNumbers())).not.toEqual(joint.map(({ grad }) => grad!.toNumbers()));
  });

  it('skips parameters without a gradient', () => {
    const [first, second] = params() as [Tensor, Tensor];
    first.grad = null;
    expect(clipGradNorm([first, second], 1e9).item()).toBeCloseTo(second.grad!.vectorNorm().item(), 5);
    second.grad = null;
    expect(clipGradNorm([first, second], 1).item()).toBe(0);
  });

  it('reports a gradient that is not finite', () => {
    const param = parameter(tensor([1, 2]));
    param.grad = tensor([Number.NaN, 1]);
    expect(clipGradNorm([param], 1).item()).toBeNaN();
  });

  it('refuses a limit of 0 and leaks nothing', () => {
    const made = params();
    const before = memory().tensors;
    clipGradNorm(made, 1).dispose();
    expect(memory().tensors).toBe(before);
    expect(() => clipGradNorm(made, 0)).toThrow('`maxNorm`, received 0');
  });
});
