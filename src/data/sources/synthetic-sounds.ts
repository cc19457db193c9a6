import { z } from 'zod';
import { Generator, scope } from '../../engine/index.js';
import { makeSounds, SOUND_CLASSES } from '../synthetic/sounds.js';
import { parseQuery } from './query.js';
import type { PixelPart, PixelSource, Split } from './source.js';

const options = z.object({
  count: z.coerce.number().int().min(1).max(10_000_000).default(2000).describe('Number of training sounds'),
  test: z.coerce.number().int().min(0).max(10_000_000).default(800).describe('Number of test sounds'),
  size: z.coerce
    .number()
    .int()
    .min(16)
    .max(256)
    .default(64)
    .describe('A sound has size x size samples at 8,000 samples a second'),
  seed: z.coerce.number().int().min(0).default(0).describe('Random seed'),
});

/** Part of the pack's key: changes when the same seed gives other samples. */
const MAKER = 'sounds-1';
const ROUNDS_PER_PIECE = 4;

/**
 * Generated sounds, `synthetic:sounds?count=2000&size=64&seed=0`. A sound of size^2 samples is packed like a gray image of that side,
 * row by row, one mu-law byte per sample: everything that reads images reads it too.
 */
export function openSoundSource(query: string): PixelSource {
  const { count, test, size, seed } = parseQuery(options, query, `synthetic:sounds?${query}`);
  const part = (split: Split, partCount: number, partSeed: number): PixelPart => ({
    idPrefix: `${split}/`,
    split,
    count: partCount,
    labels: Int32Array.from({ length: partCount }, (_, i) => i % SOUND_CLASSES.length),
    identity: JSON.stringify([MAKER, split, partCount, partSeed, size]),
    pixels: () => play(partCount, size, partSeed),
  });
  return {
    form: 'pixels',
    name: 'synthetic sounds',
    kind: 'synthetic',
    classes: [...SOUND_CLASSES],
    skipped: [],
    note: `Sounds of ${size ** 2} samples, packed row by row.`,
    height: size,
    width: size,
    channels: 1,
    parts: [part('train', count, 2 * seed), ...(test > 0 ? [part('test', test, 2 * seed + 1)] : [])],
  };
}

async function* play(count: number, size: number, seed: number): AsyncGenerator<Uint8Array> {
  const random = new Generator(seed);
  const perPiece = ROUNDS_PER_PIECE * SOUND_CLASSES.length;
  for (let done = 0; done < count; done += perPiece) {
    const wanted = Math.min(perPiece, count - done);
    yield scope(() =>
      makeSounds(ROUNDS_PER_PIECE, size ** 2, random)
        .narrow(0, 0, wanted)
        .toBytes(),
    );
  }
}
