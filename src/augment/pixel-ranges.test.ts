import { expect, it } from 'vitest';
import { Generator, ops, tensor } from '../engine/index.js';
import { normalize } from './index.js';
import { fromSigned, fromStandardized, toSigned } from './pixel-ranges.js';

const images = ops.rand([2, 3, 4, 5], { generator: new Generator(1) });
const mean = [0.2, 0.5, 0.9];
const std = [0.1, 0.3, 0.7];

it('toSigned maps black to -1 and white to 1, and fromSigned undoes it without clipping', () => {
  expect(toSigned(tensor([0, 0.5, 1])).toNumbers()).toEqual([-1, 0, 1]);
  expect(fromSigned(tensor([-3, -1, 0, 1])).toNumbers()).toEqual([-1, 0, 0.5, 1]);
  expect(fromSigned(toSigned(images)).sub(images).abs().amax().item()).toBeLessThan(1e-6);
});

it('fromStandardized undoes normalize channel by channel and clips to [0, 1]', () => {
  const standardized = normalize(mean, std)(images);
  expect(fromStandardized(standardized, { mean, std }).sub(images).abs().amax().item()).toBeLessThan(1e-6);
  const beyond = tensor([-9, 9, 0], { shape: [1, 3, 1, 1] });
  expect(fromStandardized(beyond, { mean, std }).toNumbers()).toEqual([0, 1, Math.fround(0.9)]);
});

it('fromSigned carries the gradient, which the loss of a painted image needs', () => {
  const x = ops.zeros([2]);
  x.requiresGrad = true;
  fromSigned(x).sum().backward();
  expect(x.grad!.toNumbers()).toEqual([0.5, 0.5]);
});
