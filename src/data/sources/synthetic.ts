import { z } from 'zod';
import { Generator, scope } from '../../engine/index.js';
import { expected } from '../../errors.js';
import { objectKinds, paintObjects } from '../synthetic/objects.js';
import { FINEST_DISPLACED_GRAIN, paintPattern } from '../synthetic/patterns.js';
import type { NamedSource } from './named-source.js';
import { parseQuery } from './query.js';
import type { PixelPart, PixelSource, Split } from './source.js';
import { openSceneSource } from './synthetic-scenes.js';

const options = z.object({
  count: z.coerce.number().int().min(1).max(10_000_000).default(4000).describe('Number of training images'),
  test: z.coerce.number().int().min(0).max(10_000_000).default(1000).describe('Number of test images'),
  size: z.coerce.number().int().min(8).max(512).default(32).describe('Side in pixels'),
  seed: z.coerce.number().int().min(0).default(0).describe('Random seed'),
  shapes: z
    .enum(['objects', 'discs', 'noise', 'gradients'])
    .default('objects')
    .describe('Objects with an upright orientation, discs without one, gray noise, or ramps between two colors'),
  hue: z.enum(['class', 'random']).default('class').describe('Hues from a band per class, or any hue'),
  grain: z.coerce.number().min(0).max(16).default(1).describe('Smoothing of shapes=noise in pixels; 0 for none'),
  chromaticAberration: z.coerce
    .number()
    .min(0)
    .max(0.5)
    .default(0)
    .describe('Scales red by 1 + this and blue by 1 - this about the center; 0.01 is typical of a simple lens'),
});

type Look = Omit<z.output<typeof options>, 'count' | 'test' | 'seed'>;

/** Part of the pack's key: changes when the same seed gives other pixels. */
const PAINTER = 'objects-1';
const ROUNDS_PER_PIECE = 20;
const PATTERNS_PER_PIECE = 200;

/** Generated images: `synthetic:objects?count=4000&size=32&seed=0`, `synthetic:scenes?count=2000&size=64&seed=0`. */
export const synthetic: NamedSource = {
  about:
    'generated pictures of ten kinds of objects, synthetic:objects?count=4000&size=32&seed=0, or rendered scenes of solids with ' +
    'exact depth, normals, contours and masks, synthetic:scenes?count=2000&size=64&seed=0, or sounds of eight timbres, ' +
    'synthetic:sounds?count=2000&size=64&seed=0, or videos of moving sprites with exact flow, tracks, masks and joints, ' +
    'synthetic:sprites?count=1000&size=64&frames=32&seed=0, or texts in order about four topics, ' +
    'synthetic:narratives?count=2000&sentences=4&relations=0.5&seed=0; endless and seeded',
  async open(variant): Promise<PixelSource> {
    const [kind = '', query = ''] = variant.split('?');
    if (kind === 'scenes') return openSceneSource(query);
    if (kind === 'sounds')
      throw expected('images', 'data', `synthetic:${variant}`, {
        remedy: 'These are sounds: open them with `openSounds`, or with a method that learns from sounds.',
      });
    if (kind === 'sprites')
      throw expected('images', 'data', `synthetic:${variant}`, {
        remedy: 'These are videos: open them with `openClips`, or with a method that learns from videos.',
      });
    if (kind !== '' && kind !== 'objects')
      throw expected(
        'synthetic:objects, synthetic:scenes, synthetic:sounds or synthetic:sprites',
        'data',
        `synthetic:${variant}`,
      );
    const { count, test, size, seed, ...look } = parse(query, variant);
    const classes = isPattern(look.shapes) ? [look.shapes] : objectKinds(look.shapes).map(({ name }) => name);
    const part = (split: Split, partCount: number, partSeed: number): PixelPart => ({
      idPrefix: `${split}/`,
      split,
      count: partCount,
      labels: Int32Array.from({ length: partCount }, (_, i) => i % classes.length),
      identity: JSON.stringify([PAINTER, split, partCount, partSeed, size, look]),
      pixels: () => paint(partCount, classes.length, { size, ...look }, partSeed),
    });
    return {
      form: 'pixels',
      name: `synthetic ${look.shapes}`,
      kind: 'synthetic',
      classes,
      skipped: [],
      height: size,
      width: size,
      channels: 3,
      // Another seed for the test part, so that its objects are other instances.
      parts: [part('train', count, 2 * seed), ...(test > 0 ? [part('test', test, 2 * seed + 1)] : [])],
    };
  },
};

function parse(query: string, variant: string): z.output<typeof options> {
  const parsed = parseQuery(options, query, `synthetic:${variant}`);
  const { shapes, grain, chromaticAberration } = parsed;
  if (shapes === 'gradients' && chromaticAberration > 0)
    throw expected('objects, discs or noise', 'shapes', shapes, {
      remedy: 'A ramp has no edges that chromaticAberration could displace.',
    });
  if (shapes === 'noise' && chromaticAberration > 0 && grain < FINEST_DISPLACED_GRAIN)
    throw expected(`a grain of at least ${FINEST_DISPLACED_GRAIN} with chromaticAberration`, 'grain', grain);
  return parsed;
}

function isPattern(shapes: Look['shapes']): shapes is 'noise' | 'gradients' {
  return shapes === 'noise' || shapes === 'gradients';
}

async function* paint(count: number, kinds: number, look: Look, seed: number): AsyncGenerator<Uint8Array> {
  const random = new Generator(seed);
  const { shapes, ...rest } = look;
  const perPiece = isPattern(shapes) ? PATTERNS_PER_PIECE : ROUNDS_PER_PIECE * kinds;
  for (let done = 0; done < count; done += perPiece) {
    const wanted = Math.min(perPiece, count - done);
    yield scope(() => {
      const images = isPattern(shapes)
        ? paintPattern(perPiece, { ...rest, pattern: shapes }, random)
        : paintObjects(ROUNDS_PER_PIECE, { ...rest, shapes }, random);
      return images.narrow(0, 0, wanted).permute([0, 2, 3, 1]).toBytes();
    });
  }
}
