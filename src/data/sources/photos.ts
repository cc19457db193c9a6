import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { z } from 'zod';
import { scope, type Tensor, tensor } from '../../engine/index.js';
import { AutodidactError } from '../../errors.js';
import { readHeader, withImage } from '../decode.js';
import { fetchedFolder } from '../fetch.js';
import { mapInOrder } from '../parallel.js';
import { Prng } from '../prng.js';
import type { NamedSource } from './named-source.js';
import { type Photograph, photographs } from './photographs.js';
import { parseQuery } from './query.js';
import type { PixelPart, PixelSource, Skipped } from './source.js';

const options = z.object({
  size: z.coerce.number().int().min(8).max(512).default(64).describe('Side of a crop in pixels'),
  crops: z.coerce.number().int().min(1).max(100_000).default(60).describe('Crops of each photograph'),
  smallest: z.coerce
    .number()
    .min(0.02)
    .max(1)
    .default(0.25)
    .describe("Side of the smallest crop as a share of the photograph's shorter side; none is enlarged"),
  seed: z.coerce.number().int().min(0).default(0).describe('Seed of the positions and sizes of the crops'),
});

type CropOptions = z.output<typeof options>;

/** Part of the pack's key: changes when the same seed gives other pixels. */
const CUTTER = 'photos-1';
/** Crops per block. Each block draws twice as many candidates and drops the flat ones. */
const BLOCK = 50;
const DRAWN_PER_KEPT = 2;
/** Root mean square of the differences between neighboring pixels in [0, 1]; lower values are plain sky, water or blur. */
const LEAST_GRADIENT = 0.025;

const held = photographs.filter(({ split }) => split === 'test').length;

/**
 * Square crops of color photographs from Debian's packages, without labels: `photos?size=64&crops=60&smallest=0.25&seed=0`.
 * The sides of the crops are log-uniform between `smallest` and the shorter side of the photograph; flat crops are replaced. The
 * test crops come from other photographs. Photographs smaller than a crop are skipped.
 */
export const photos: NamedSource = {
  about: `crops of ${photographs.length - held} + ${held} color photographs, unlabeled: photos?size=64&crops=60&seed=0`,
  async open(variant, { cacheFolder }): Promise<PixelSource> {
    const spec = variant === '' ? 'photos' : `photos?${variant.replace(/^\?/, '')}`;
    const cut = parseQuery(options, variant.replace(/^\?/, ''), spec);
    const folder = await fetchedFolder('photos', cacheFolder);
    if (folder === null)
      throw new AutodidactError('NOT_FOUND', 'The photographs of the data set photos are not here yet', {
        remedy: 'Bring them with `autodidact data fetch photos`. If you mean a folder of yours, write ./photos.',
      });
    const skipped: Skipped[] = [];
    const parts: PixelPart[] = [];
    for (const photograph of photographs) {
      const path = join(folder, photograph.file);
      const { width, height } = await readHeader(path).catch(unreadable(path));
      if (Math.min(width, height) >= cut.size) parts.push(partOf(photograph, path, cut));
      else skipped.push({ id: photograph.name, reason: `${width} x ${height} is smaller than a crop` });
    }
    return {
      ...{ form: 'pixels', name: spec, kind: 'photos', classes: null, skipped, parts },
      ...{ height: cut.size, width: cut.size, channels: 3 },
    };
  },
};

const unreadable = (path: string) => (cause: unknown) => {
  throw new AutodidactError('DATA', `Could not read the photograph ${path}`, {
    cause,
    remedy: `Remove ${dirname(path)}, then run \`autodidact data fetch photos\` again.`,
  });
};

function partOf({ name, split, sha256 }: Photograph, path: string, cut: CropOptions): PixelPart {
  return {
    idPrefix: `${split}/${name}/`,
    split,
    count: cut.crops,
    labels: null,
    identity: JSON.stringify([CUTTER, sha256, cut]),
    pixels: () => cutPhotograph(path, cut, Number.parseInt(sha256.slice(0, 8), 16)),
  };
}

interface Box {
  left: number;
  top: number;
  side: number;
}

/** The crops of one photograph, in blocks; `stream` makes its random numbers independent of those of other photographs. */
async function* cutPhotograph(path: string, cut: CropOptions, stream: number): AsyncGenerator<Uint8Array> {
  const { size, crops, smallest, seed } = cut;
  // At this resolution the smallest crop has `size` pixels a side; more is never needed.
  const needed = Math.ceil(size / smallest);
  const shrink = (file: Buffer) =>
    sharp(file)
      .flatten({ background: '#ffffff' })
      .resize(needed, needed, { fit: 'outside', withoutEnlargement: true })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
  const { data, info } = await withImage(path, shrink).catch(unreadable(path));
  const { width, height } = info;
  const random = new Prng(seed, stream);
  const raw = { width, height, channels: 3 } as const;
  const take = ({ left, top, side }: Box): Promise<Uint8Array> =>
    sharp(data, { raw }).extract({ left, top, width: side, height: side }).resize(size, size).raw().toBuffer();
  for (let done = 0; done < crops; done += BLOCK) {
    const wanted = Math.min(BLOCK, crops - done);
    const boxes = Array.from({ length: DRAWN_PER_KEPT * wanted }, () => drawBox(random, width, height, size));
    const pieces: Uint8Array[] = [];
    for await (const piece of mapInOrder(boxes, take)) pieces.push(piece);
    yield Buffer.concat(liveliest(pieces, size, wanted));
  }
}

function drawBox(random: Prng, width: number, height: number, size: number): Box {
  const longest = Math.min(width, height);
  const side = Math.round(size * (longest / size) ** random.uniform());
  return { side, left: random.below(width - side + 1), top: random.below(height - side + 1) };
}

/** The first crops that are not flat, then the least flat ones. */
function liveliest(pieces: Uint8Array[], size: number, wanted: number): Uint8Array[] {
  const gradients = scope(() =>
    gradientOf(tensor(Buffer.concat(pieces), { shape: [pieces.length, size, size, 3] })).toNumbers(),
  );
  const indices = pieces.map((_, i) => i);
  const flat = indices.filter((i) => gradients[i]! < LEAST_GRADIENT).sort((a, b) => gradients[b]! - gradients[a]!);
  const lively = indices.filter((i) => gradients[i]! >= LEAST_GRADIENT);
  return [...lively, ...flat].slice(0, wanted).map((i) => pieces[i]!);
}

/** Root mean square of the differences between neighbors, uint8 (N, H, W, C) to float (N). */
function gradientOf(images: Tensor): Tensor {
  const x = images.to('float32').div(255);
  const energyAlong = (axis: 1 | 2): Tensor => {
    const pairs = x.size(axis) - 1;
    return x
      .narrow(axis, 1, pairs)
      .sub(x.narrow(axis, 0, pairs))
      .square()
      .mean([1, 2, 3]);
  };
  return energyAlong(1).add(energyAlong(2)).sqrt();
}
