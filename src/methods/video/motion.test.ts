import { expect, test } from 'vitest';
import { Generator, ops, type Tensor } from '../../engine/index.js';
import { crw } from './crw.js';
import { shuffleAndLearn } from './shuffle-and-learn.js';
import { videoColorization } from './video-colorization.js';

const FRAMES = 6;

/** Clips of one picture each, with noise; a square moves in some of them. */
function clips(moving: readonly boolean[]): Tensor {
  const [random, count] = [new Generator(3), moving.length];
  const film = ops
    .randint(0, 200, [count, 1, 3, 32, 32], { dtype: 'uint8', generator: random })
    .add(ops.randint(0, 4, [count, FRAMES, 3, 32, 32], { dtype: 'uint8', generator: random }));
  for (const [i, moves] of moving.entries())
    for (let t = 0; moves && t < FRAMES; t++)
      film
        .select(0, i)
        .select(0, t)
        .narrow(1, 8, 8)
        .narrow(2, 3 * t, 8)
        .fill_(255);
  return film;
}

test.each([crw, shuffleAndLearn, videoColorization])(
  'clips are of use where more than noise moves: $title',
  (method) => {
    const context = { options: method.options.parse({}), spec: null } as never;
    const { isUsable } = method.usable!(clips([false, true, false]), context)!;
    expect(isUsable).toEqual([false, true, false]);
  },
);
