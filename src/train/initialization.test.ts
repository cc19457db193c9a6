import { beforeAll, describe, expect, it } from 'vitest';
import { Bench, bits, temporaryFolder, tinyImages, tinyTraining } from '../../tests/support/tiny.js';
import type { ImageDataset } from '../data/index.js';
import { noGrad, scope, type Tensor } from '../engine/index.js';
import type { Method, MethodDefinition } from '../methods/method.js';
import { findMethod, methods, parseMethodOptions } from '../methods/registry.js';
import { buildMethod } from './build.js';
import { type Initialization, samplesToLookAt } from './initialization.js';

const cache = temporaryFolder();
const images = new Map<number, ImageDataset>();

beforeAll(async () => {
  const sides = new Set(methods.map(sideFor));
  for (const side of sides) images.set(side, await tinyImages(cache, `count=60&test=4&size=${side}`));
});

const sideFor = (definition: MethodDefinition): number =>
  Math.max(16, definition.needs?.(parseMethodOptions(definition, {}, true)).side ?? 16);

function build(definition: MethodDefinition, name: Initialization): Method {
  const dataset = images.get(sideFor(definition))!;
  return buildMethod(definition, parseMethodOptions(definition, {}, true), tinyTraining(definition), dataset, {
    ...{ seed: 1, device: 'cpu' },
    initialization: { name, samples: () => dataset.collate(samplesToLookAt(dataset.count, 16 ** 2)) },
  });
}

/** Bit by bit, so that what is not settled yet (NaN) equals itself. */
const isEqual = (a: Tensor, b: Tensor | undefined): boolean =>
  b !== undefined && Buffer.compare(a.toBytes(), b.toBytes()) === 0;

const withoutPrefix = (key: string): string => key.slice(key.indexOf('.') + 1);

describe.each(methods.filter(({ modalities }) => modalities[0] === 'image').map(({ name }) => [name]))('%s', (name) => {
  it('starts from the data in its backbone and the copies of it, and nowhere else', () => {
    const definition = findMethod(name);
    const [plain, rescaled] = [build(definition, 'default'), build(definition, 'data-dependent')];
    const before = plain.stateDict();
    const backbone = rescaled.backbone.stateDict();
    const own = new Set<Tensor>(backbone.values());
    let changed = 0;
    scope(() =>
      noGrad(() => {
        for (const [key, value] of rescaled.stateDict()) {
          const isSame = isEqual(value, before.get(key)!);
          if (own.has(value)) changed += isSame ? 0 : 1;
          else expect(isSame || isEqual(value, backbone.get(withoutPrefix(key))), key).toBe(true);
        }
      }),
    );
    expect(changed).toBeGreaterThan(5);
    plain.dispose();
    rescaled.dispose();
  });
});

it('changes nothing when it is the default', () => {
  const rotation = findMethod('rotation');
  const dataset = images.get(sideFor(rotation))!;
  const bench = new Bench(rotation, dataset);
  expect(bits(build(rotation, 'default').stateDict())).toBe(bits(bench.method.stateDict()));
});

it('follows the seed of the run', () => {
  const weights = () => bits(build(findMethod('simclr'), 'data-dependent-k-means').stateDict());
  expect(weights()).toBe(weights());
});

it('looks at images from all of the data, fewer when they are large', () => {
  expect(samplesToLookAt(1000, 32 ** 2)).toHaveLength(160);
  expect(samplesToLookAt(1000, 224 ** 2)).toHaveLength(20);
  expect(samplesToLookAt(1000, 600 ** 2)).toHaveLength(16);
  expect([...samplesToLookAt(6, 32 ** 2)]).toEqual([0, 1, 2, 3, 4, 5]);
  // Of classes that take turns, all.
  for (const turns of [2, 5, 10])
    expect(new Set(samplesToLookAt(1600, 32 ** 2).map((i) => i % turns)).size).toBe(turns);
});
