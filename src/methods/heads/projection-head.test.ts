import { expect, it } from 'vitest';
import { createBackbone } from '../../backbones/registry.js';
import { noGrad } from '../../engine/index.js';
import type { Module } from '../../engine/nn/index.js';
import { ProjectionHead, predictionHead, projectionHead } from './projection-head.js';

const shapes = (module: Module) => module.namedParameters().map(([name, { shape }]) => `${name} ${shape.join('x')}`);
const sizes = { inputSize: 5, hiddenSize: 4, outputSize: 3 };

it.each([
  ['bias', ['3.weight 3x4', '3.bias 3']],
  ['norm', ['3.weight 3x4', '4.weight 3', '4.bias 3']],
  ['unshifted-norm', ['3.weight 3x4', '4.weight 3', '4.bias 3']],
  ['weights', ['3.weight 3x4']],
] as const)('ends with %s and has no bias before a norm', (last, end) => {
  const hidden = ['0.weight 4x5', '1.weight 4', '1.bias 4'];
  expect(shapes(new ProjectionHead({ ...sizes, layers: 2, last }))).toEqual([...hidden, ...end]);
});

it('learns no shift in an unshifted norm, which takes the state of a norm with one', () => {
  const [shifted, unshifted] = (['norm', 'unshifted-norm'] as const).map(
    (last) => new ProjectionHead({ ...sizes, layers: 2, last }),
  ) as [ProjectionHead, ProjectionHead];
  const learned = (head: ProjectionHead) =>
    head.namedParameters().flatMap(([name, { requiresGrad }]) => (requiresGrad ? [name] : []));
  expect(learned(shifted).filter((name) => !learned(unshifted).includes(name))).toEqual(['4.bias']);
  const bias = () => new Map(unshifted.namedParameters()).get('4.bias')!.toNumbers();
  expect(bias()).toEqual([0, 0, 0]);
  noGrad(() => new Map(shifted.namedParameters()).get('4.bias')!.fill_(2));
  unshifted.loadStateDict(shifted.stateDict());
  expect(bias()).toEqual([2, 2, 2]);
});

it('has as many linear layers as asked for, down to one', () => {
  expect(shapes(new ProjectionHead({ ...sizes, layers: 1, last: 'weights' }))).toEqual(['0.weight 3x5']);
  const three = shapes(new ProjectionHead({ ...sizes, layers: 3, last: 'weights' }));
  expect(three.filter((name) => name.includes('x'))).toEqual(['0.weight 4x5', '3.weight 4x4', '6.weight 3x4']);
});

it('is as wide as the features when the hidden size is left open', () => {
  const backbone = createBackbone('resnet18', { inputChannels: 3, imageSize: 16, width: 2 });
  const head = (hiddenSize: number | null) =>
    shapes(projectionHead(backbone, { projectionSize: 7, projectionLayers: 2, hiddenSize }, 'bias'))[0];
  expect([head(null), head(4)]).toEqual(['0.weight 16x16', '0.weight 4x16']);
});

it('predicts from and to embeddings of one size, through a bottleneck', () => {
  const expected = ['0.weight 2x6', '1.weight 2', '1.bias 2', '3.weight 6x2', '3.bias 6'];
  expect(shapes(predictionHead(6, 2))).toEqual(expected);
});
