import { expect, test } from 'vitest';
import { temporaryFolder } from '../../tests/data-files.js';
import { findMethod } from '../methods/registry.js';
import { Opener } from './open.js';

const at = temporaryFolder();

test.each([
  ['large', 96, 40],
  ['small', 32, 8],
])('a method gets clips as long as its options for %s videos ask for', async (_, size, frames) => {
  const data = `synthetic:sprites?count=4&test=1&frames=48&fps=6&size=${size}`;
  const source = { data, test: undefined, open: { cacheFolder: at('cache') } };
  const opener = new Opener(source, 'classes', undefined, () => {});
  const { train, test } = await opener.samplesFor(findMethod('cpc-video'), 'auto');
  expect(train.spec).toMatchObject({ frames, height: size });
  expect(test!.spec).toMatchObject({ frames });
});
