import { z } from 'zod';
import { Generator, scope } from '../../engine/index.js';
import { AutodidactError, expected } from '../../errors.js';
import { type ObjectOptions, objectKinds, paintObjects } from '../synthetic/objects.js';
import type { NamedSource } from './named.js';
import type { PixelPart, PixelSource, Split } from './source.js';

const options = z.object({
  count: z.coerce.number().int().min(1).max(10_000_000).default(4000).describe('Images to learn from'),
  test: z.coerce.number().int().min(0).max(10_000_000).default(1000).describe('Further images, to test on'),
  size: z.coerce.number().int().min(8).max(512).default(32).describe('Side in pixels'),
  seed: z.coerce.number().int().min(0).default(0).describe('Seed of everything random'),
  shapes: z.enum(['objects', 'discs']).default('objects').describe('Objects with an up, or discs that have none'),
  hue: z.enum(['class', 'random']).default('class').describe('Hues in a band of the class, or any hue'),
});

/** Changes when the same seed would paint other pixels. */
const PAINTER = 'objects-1';
const ROUNDS_PER_PIECE = 20;

/** Generated images: `synthetic:objects?count=4000&size=32&seed=0`. */
export const synthetic: NamedSource = {
  about: 'generated pictures of ten kinds of objects, endless and seeded: synthetic:objects?count=4000&size=32&seed=0',
  async open(variant): Promise<PixelSource> {
    const [kind = '', query = ''] = variant.split('?');
    if (kind !== '' && kind !== 'objects') throw expected('synthetic:objects', 'data', `synthetic:${variant}`);
    const { count, test, size, seed, ...look } = parse(query, variant);
    const kinds = objectKinds(look.shapes);
    const part = (split: Split, partCount: number, partSeed: number): PixelPart => ({
      idPrefix: `${split}/`,
      split,
      count: partCount,
      labels: Int32Array.from({ length: partCount }, (_, i) => i % kinds.length),
      identity: JSON.stringify([PAINTER, split, partCount, partSeed, size, look]),
      pixels: () => paint(partCount, kinds.length, { size, ...look }, partSeed),
    });
    return {
      form: 'pixels',
      name: `synthetic ${look.shapes}`,
      kind: 'synthetic',
      classes: kinds.map(({ name }) => name),
      skipped: [],
      height: size,
      width: size,
      channels: 3,
      // The test part comes from another seed, so its objects are other instances.
      parts: [part('train', count, 2 * seed), ...(test > 0 ? [part('test', test, 2 * seed + 1)] : [])],
    };
  },
};

function parse(query: string, variant: string): z.output<typeof options> {
  const given = Object.fromEntries(new URLSearchParams(query));
  const unknown = Object.keys(given).find((name) => !(name in options.shape));
  if (unknown !== undefined)
    throw expected(`one of ${Object.keys(options.shape).join(', ')}`, `synthetic:${variant}`, unknown);
  const parsed = options.safeParse(given);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new AutodidactError(
    'USAGE',
    `In synthetic:${variant}, \`${issue.path.join('.')}\` does not fit: ${issue.message}`,
  );
}

async function* paint(count: number, kinds: number, look: ObjectOptions, seed: number): AsyncGenerator<Uint8Array> {
  const random = new Generator(seed);
  for (let done = 0; done < count; done += ROUNDS_PER_PIECE * kinds) {
    const wanted = Math.min(ROUNDS_PER_PIECE * kinds, count - done);
    yield scope(() => {
      const images = paintObjects(ROUNDS_PER_PIECE, look, random).narrow(0, 0, wanted);
      return images.permute([0, 2, 3, 1]).toBytes();
    });
  }
}
