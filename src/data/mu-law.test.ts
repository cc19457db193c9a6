import { expect, it } from 'vitest';
import { ops, tensor } from '../engine/index.js';
import { decodeMuLaw, encodeMuLaw } from './mu-law.js';

it('keeps quiet samples finely and loud ones coarsely', () => {
  const waves = ops.linspace(-1, 1, 4001);
  const error = decodeMuLaw(encodeMuLaw(waves)).sub(waves).abs();
  expect(error.amax().item()).toBeLessThan(0.025);
  const quiet = waves.abs().lt(0.01);
  expect(error.mul(quiet).amax().item()).toBeLessThan(3e-4);
});

it('has silence in the middle and clips at the ends', () => {
  expect(encodeMuLaw(tensor([-3, -1, 0, 1, 3])).toNumbers()).toEqual([0, 0, 128, 255, 255]);
  expect(
    decodeMuLaw(encodeMuLaw(tensor([0])))
      .abs()
      .item(),
  ).toBeLessThan(1e-4);
});
