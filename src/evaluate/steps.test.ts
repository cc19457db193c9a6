import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ClassTargets } from '../data/index.js';
import { memory, ops, scope, type Tensor } from '../engine/index.js';
import { clouds } from './clouds.test-util.js';
import { L2_GRID, probing } from './linear.js';
import { finish, inTurns, type Steps, scoped } from './steps.js';
import { classification } from './tasks/classification.js';

/** Makes a tensor in each step and frees none; notes when it ended, however. */
function* making(count: number, ended: string[] = []): Steps<number> {
  try {
    for (let i = 0; i < count; i++) {
      ops.ones([i + 1]);
      yield;
    }
    return count;
  } finally {
    ended.push('ended');
  }
}

describe('work in steps', () => {
  it('is done alike with and without pauses, and frees its tensors', async () => {
    const before = memory().tensors;
    expect(finish(scoped(making(5)))).toBe(5);
    expect(await inTurns(scoped(making(5)))).toBe(5);
    expect(memory().tensors).toBe(before);
    scope(() => {
      const outer = ops.ones([1]);
      finish(scoped(making(3)));
      expect(memory().tensors).toBe(before + 1);
      expect(outer.isFreed).toBe(false);
    });
  });

  it('keeps its tensors while it pauses, beside those of other work', () => {
    const before = memory().tensors;
    const [one, other] = [scoped(making(9)), scoped(making(9))];
    for (let i = 1; i <= 4; i++) {
      one.next();
      if (i % 2 === 0) other.next();
    }
    expect(memory().tensors).toBe(before + 6);
    one.return(0);
    expect(memory().tensors).toBe(before + 2);
    other.return(0);
    expect(memory().tensors).toBe(before);
  });

  it('frees them when it fails, and passes the failure on', async () => {
    const before = memory().tensors;
    const failing = function* (): Steps<void> {
      yield* making(2) as Steps<never>;
      throw new Error('no more');
    };
    expect(() => finish(scoped(failing()))).toThrow('no more');
    await expect(inTurns(scoped(failing()))).rejects.toThrow('no more');
    expect(memory().tensors).toBe(before);
  });

  it('stops at a signal that comes from the event loop, and cleans up', async () => {
    const before = memory().tensors;
    const controller = new AbortController();
    const ended: string[] = [];
    const endless = function* (): Steps<never> {
      const held: Tensor = ops.ones([8]);
      const work = making(3, ended);
      work.next();
      try {
        for (;;) {
          scope(() => held.add(1));
          yield;
        }
      } finally {
        work.return(0);
      }
    };
    const work = inTurns(scoped(endless()), controller.signal);
    void setTimeout(1).then(() => controller.abort());
    await expect(work).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(ended).toEqual(['ended']);
    expect(memory().tensors).toBe(before);
    // A signal that was given before lets nothing begin.
    await expect(inTurns(making(3, ended), controller.signal)).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(ended).toHaveLength(1);
  });

  it('is a linear probe, which may be given up in the middle of any fit', () => {
    const { features, labels } = clouds(60, 3, 8, 3);
    const frozen = { features, targets: new ClassTargets(['a', 'b', 'c'], labels) };
    const before = memory().tensors;
    let steps = 0;
    for (const work = probing(classification, frozen, frozen); !work.next().done; ) steps++;
    // Folds and penalties, and more than one iteration of each.
    expect(steps).toBeGreaterThan(5 * L2_GRID.length);
    for (const after of [1, Math.floor(steps / 2), steps - 1]) {
      const work = probing(classification, frozen, frozen);
      for (let i = 0; i < after; i++) work.next();
      expect(memory().tensors).toBeGreaterThan(before);
      work.return(undefined as never);
      expect(memory().tensors).toBe(before);
    }
  });
});
