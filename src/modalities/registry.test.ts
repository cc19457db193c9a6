import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../tests/data-files.js';
import type { Dataset } from '../data/index.js';
import { openRunData, sourceOf } from '../train/run-data.js';
import { asSeenBy, modalityOf, openData } from './registry.js';

const cacheFolder = temporaryFolder()('cache');
const IMAGES = 'synthetic:objects?count=2&test=0&size=32';
const SOUNDS = 'synthetic:sounds?count=2&test=0';
const SPECS = { images: IMAGES, sounds: SOUNDS, pairs: `pair:${IMAGES},${SOUNDS}` };

describe('data of another kind than an encoder was trained on', () => {
  const opened = new Map<string, Dataset>();

  beforeAll(async () => {
    for (const [name, spec] of Object.entries(SPECS)) opened.set(name, await openData(spec, { cacheFolder }));
  });

  it.each([
    ['images', 'sounds'],
    ['sounds', 'images'],
    ['pairs', 'images'],
    ['pairs', 'sounds'],
  ])('is refused in one sentence: %s and %s', async (trained, given) => {
    const { spec } = opened.get(trained)!;
    const message = new RegExp(
      `^The encoder takes ${trained}, received ${given} of .*\\. Open data of ${trained} as in pretraining: `,
    );
    expect(() => asSeenBy(spec, opened.get(given)!)).toThrow(message);
    const source = await sourceOf(SPECS[trained as 'images'], { split: 'all' });
    const data = { ...source, samples: spec, count: 2, name: 'x', fingerprint: '', skipped: 0 };
    await expect(openRunData({ data } as never, { spec: SPECS[given as 'images'], cacheFolder })).rejects.toThrow(
      message,
    );
  });

  it('is found on one side of a pair', () => {
    const pairs = opened.get('pairs')!;
    for (const name of ['images', 'sounds']) expect(asSeenBy(opened.get(name)!.spec, pairs).plural).toBe(name);
    expect(asSeenBy(pairs.spec, pairs)).toBe(pairs);
    const swapped = { ...pairs.spec, first: opened.get('sounds')!.spec, second: opened.get('images')!.spec };
    expect(() => asSeenBy(swapped, pairs)).toThrow(/^The encoder takes sounds, received images of/);
    expect(modalityOf(swapped).plural).toBe('pairs');
  });
});
