import { expect, it } from 'vitest';
import { z } from 'zod';
import { nearest, parseOptions, respelled } from './options.js';

it.each([
  ['useNeighbours', 'useNeighbors'],
  ['greyThreshold', 'grayThreshold'],
  ['--grey-threshold', '--gray-threshold'],
  ['method.centre', 'method.center'],
  ['backbone.conv1.weight', 'backbone.conv1.weight'],
])('reads the earlier name %s as %s', (old, now) => {
  expect(respelled(old)).toBe(now);
});

it('accepts earlier names as options, and names the nearest known one for others', () => {
  const schema = z.object({ useNeighbors: z.boolean().default(true), scale: z.number().default(1) });
  expect(parseOptions(schema, { useNeighbours: false }, { owner: 'X' })).toEqual({ useNeighbors: false, scale: 1 });
  expect(parseOptions(schema, {}, { owner: 'X', defaults: { scale: 3 } }).scale).toBe(3);
  expect(() => parseOptions(schema, { scal: 1 }, { owner: 'Method x' })).toThrow(
    'Method x has no option `scal`. Did you mean `scale`?',
  );
  expect(() => parseOptions(schema, { useNeighbours: false, useNeighbors: true }, { owner: 'X' })).toThrow(
    '`useNeighbours` and `useNeighbors` are one option, received both. Give `useNeighbors` alone.',
  );
  expect(nearest('sclae', ['useNeighbors', 'scale'])).toBe('scale');
});
