import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { collect } from '../../tests/support/collect.js';
import { keep, memory, ops, scope, type Tensor, tensor } from './index.js';

const alive = (): number => memory().tensors;

describe('scope', () => {
  it('frees tensors created inside', () => {
    const before = alive();
    let inner: Tensor | undefined;
    scope(() => {
      inner = tensor([1]).add(1);
      expect(alive()).toBe(before + 2);
    });
    expect(inner!.isFreed).toBe(true);
    expect(alive()).toBe(before);
  });

  it.each<[string, () => unknown, number]>([
    ['a tensor', () => tensor([1]), 1],
    ['an array, nested', () => [tensor([1]), [tensor([2])]], 2],
    ['a plain object', () => ({ a: tensor([1]), b: { c: tensor([2]) }, d: 'text' }), 2],
    ['a map and a set', () => new Map([['a', new Set([tensor([1])])]]), 1],
    [
      'the same tensor twice',
      () => {
        const x = tensor([1]);
        return [x, x];
      },
      1,
    ],
    ['nothing', () => null, 0],
    [
      'an object of a class',
      () =>
        new (class {
          value = tensor([1]);
        })(),
      0,
    ],
  ])('returns %s', (_name, make, count) => {
    const before = alive();
    scope(() => {
      scope(() => {
        tensor([5]);
        return make();
      });
      expect(alive()).toBe(before + count);
    });
    expect(alive()).toBe(before);
  });

  it('does not free older tensors, returned or not', () => {
    const old = tensor([1]);
    scope(() => old.add_(1));
    expect(scope(() => old)).toBe(old);
    expect(old.item()).toBe(2);
    old.dispose();
  });

  it('passes returned tensors to the outer scope', () => {
    const before = alive();
    let handed: Tensor | undefined;
    scope(() => {
      handed = scope(() => tensor([1]).mul(3));
      expect(handed.item()).toBe(3);
      expect(alive()).toBe(before + 1);
    });
    expect(handed!.isFreed).toBe(true);
  });

  it('keeps marked tensors, at every level', () => {
    const before = alive();
    const kept = scope(() => {
      let inner: Tensor | undefined;
      scope(() => {
        inner = keep(tensor([7]));
      });
      return { value: inner!.item(), inner };
    });
    expect(kept.value).toBe(7);
    expect(kept.inner!.isFreed).toBe(false);
    kept.inner!.dispose();
    expect(alive()).toBe(before);
  });

  it('frees and rethrows when the body throws', () => {
    const before = alive();
    let made: Tensor | undefined;
    expect(() =>
      scope(() => {
        made = tensor([1]);
        throw new Error('mine');
      }),
    ).toThrow('mine');
    expect(made!.isFreed).toBe(true);
    expect(alive()).toBe(before);
  });

  it('closes when the body throws: later tensors belong to the outer scope', () => {
    const before = alive();
    scope(() => {
      for (const fail of [() => scope(() => expect.fail('mine')), () => scope(async () => {})]) expect(fail).toThrow();
      tensor([1]);
    });
    expect(alive()).toBe(before);
  });

  it('refuses an asynchronous body, frees its tensors, and swallows its failure', async () => {
    const before = alive();
    const body = async (): Promise<number> => {
      const x = tensor([1]);
      await setImmediate();
      return x.item();
    };
    expect(() => scope(body)).toThrow('Expected a synchronous function for `scope`, received an asynchronous one');
    expect(alive()).toBe(before);
    await setImmediate();
    await setImmediate();
  });

  it('allows a tensor to be freed before it ends', () => {
    const before = alive();
    scope(() => {
      const x = tensor([1]);
      x.dispose();
      keep(tensor([2])).dispose();
    });
    expect(alive()).toBe(before);
  });

  it('does not leak over 1,000 training steps', () => {
    const weight = ops.randn([8, 8]);
    weight.requiresGrad = true;
    const step = (): number =>
      scope(() => {
        const loss = ops.randn([4, 8]).mm(weight).relu().square().mean();
        weight.grad = null;
        loss.backward();
        return loss.item();
      });
    step();
    const settled = memory();
    for (let i = 0; i < 1000; i++) step();
    expect(alive()).toBe(settled.tensors);
    expect(memory().tensorBytes).toBe(settled.tensorBytes);
    weight.dispose();
  });
});

describe('a returned structure', () => {
  it('may contain itself and have any depth', () => {
    const before = alive();
    let nested: unknown = scope(() => [tensor([7])]);
    for (let i = 0; i < 100_000; i++) nested = i % 2 === 0 ? [nested, 1, null] : { nested };
    const circular: unknown[] = [nested];
    circular.push(circular, new Map([['key', new Set([circular])]]));
    const returned = scope(() => {
      tensor([1]);
      return [circular, tensor([2])] as const;
    });
    expect(returned[1].item()).toBe(2);
    expect(alive()).toBe(before + 2);
  });
});

describe('using', () => {
  it('frees at the end of the block', () => {
    const before = alive();
    {
      using x = tensor([1]);
      expect(x.item()).toBe(1);
    }
    expect(alive()).toBe(before);
  });
});

describe('the garbage collector', () => {
  it('frees tensors that no scope owns', async () => {
    await collect();
    await setImmediate();
    const before = alive();
    (() => {
      for (let i = 0; i < 500; i++) tensor([i]);
      scope(() => {
        for (let i = 0; i < 500; i++) keep(tensor([i]));
      });
    })();
    expect(alive()).toBeGreaterThanOrEqual(before + 900);
    // The collector may leave the newest few for its next turn.
    for (let i = 0; i < 50 && alive() > before + 10; i++) {
      await collect();
      await setImmediate();
    }
    expect(alive()).toBeLessThanOrEqual(before + 10);
  });
});
