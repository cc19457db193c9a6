import { basename, dirname, resolve } from 'node:path';
import sharp from 'sharp';
import { z } from 'zod';
import { noGrad, scope, tensor } from '../../engine/index.js';
import { AutodidactError, expected } from '../../errors.js';
import { DECODER, decode, reshape, UnreadableImage, withImage } from '../decode.js';
import { type DepthCamera, encodeHha, gravityOfPitch } from '../hha.js';
import { mapInOrder } from '../parallel.js';
import { NO_FILE } from '../regular-file.js';
import { column, normalizeId, readTable } from '../table.js';
import { openManifest, whyNoFile } from './manifest.js';
import type { NamedSource } from './named-source.js';
import { parseQuery } from './query.js';
import { fileIdentity, type ImageFile, type PixelPart, type PixelSource, type Split } from './source.js';

/** "518.9,519.5": two numbers, or one that stands for both if `least` is 1. */
const pair = (what: string, least: 1 | 2) =>
  z
    .string(`Expected ${what}`)
    .transform((text) => text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part))))
    .refine(
      (numbers) => numbers.length >= least && numbers.length <= 2 && numbers.every(Number.isFinite),
      `Expected ${what}`,
    )
    .transform(([across = 0, down = across]) => [across, down] as const);

const options = z.object({
  focal: pair('one focal length in pixels, or two with a comma between', 1).describe(
    'Focal length of the depth images in pixels: one number, or horizontal,vertical',
  ),
  center: pair('two numbers of pixels with a comma between', 2)
    .optional()
    .describe('Principal point in pixels from the upper left corner; default: the center of the image'),
  pitch: z.coerce
    .number()
    .min(-90)
    .max(90)
    .optional()
    .describe('Downward pitch of the camera in degrees; default: estimated from each image'),
  height: z.coerce
    .number()
    .optional()
    .describe('Height of the camera above the ground in meters; default: the lowest point of each image is the ground'),
  unit: z.coerce.number().positive().default(0.001).describe('Meters per unit of depth; default: millimeters'),
  size: z.coerce.number().int().min(8).max(1024).default(224).describe('Side in pixels of the square images'),
});

type RgbdOptions = z.output<typeof options>;

/** Color images with depth images as samples of six channels: RGB and HHA. */
export const rgbd: NamedSource = {
  about:
    'your own color images with 16-bit depth images, as six channels: rgbd:rooms.csv?focal=518.9&size=224, a manifest with the columns path and depth',
  async open(variant): Promise<PixelSource> {
    const [path, query] = parts(variant);
    return openRgbd(path, parseQuery(options, query, `rgbd:${variant}`));
  },
  resolve(variant): string {
    const [path, query] = parts(variant);
    return `${resolve(path)}?${query}`;
  },
};

/** Splits the variant into the manifest's path and the options. */
function parts(variant: string): [path: string, query: string] {
  const at = variant.lastIndexOf('?');
  if (at < 0) throw expected('rgbd:<manifest>?focal=<pixels>', 'data', `rgbd:${variant}`);
  return [variant.slice(0, at), variant.slice(at + 1)];
}

interface RgbdFile extends ImageFile {
  depthPath: string;
}

async function openRgbd(path: string, wanted: RgbdOptions): Promise<PixelSource> {
  const { files, classes, skipped, note, labelSets } = await openManifest(path);
  const table = await readTable(path);
  const depths = column(table, 'depth').map(normalizeId);
  const depthOf = new Map<string, string>();
  // Of a path that is listed more than once, the first row counts.
  for (const [i, cell] of column(table, 'path').entries()) {
    const id = normalizeId(cell);
    if (!depthOf.has(id)) depthOf.set(id, depths[i]!);
  }
  const root = dirname(resolve(path));
  const pairs: RgbdFile[] = [];
  for (const file of files) {
    const depthId = depthOf.get(file.id)!;
    const depthPath = resolve(root, depthId);
    const reason = await whyNoFile(depthPath);
    if (reason === null) pairs.push({ ...file, depthPath });
    else if (reason === NO_FILE) skipped.push({ id: file.id, reason: `there is no depth image ${depthId}` });
    else skipped.push({ id: file.id, reason: `its depth image is ${reason}` });
  }
  if (pairs.length === 0)
    throw new AutodidactError('DATA', `${path} gives no image with a depth image`, {
      remedy: `Paths are taken relative to ${root}.`,
    });
  const splits: (Split | null)[] = [null, 'train', 'val', 'test'];
  const parts = splits.map((split) =>
    partOf(
      pairs.filter((file) => file.split === split),
      split,
      wanted,
    ),
  );
  return {
    form: 'pixels',
    kind: 'rgbd',
    name: basename(path),
    classes,
    skipped,
    ...(note && { note }),
    ...(labelSets && { labelSets }),
    height: wanted.size,
    width: wanted.size,
    channels: 6,
    parts: (await Promise.all(parts)).filter(({ count }) => count > 0),
  };
}

async function partOf(files: RgbdFile[], split: Split | null, wanted: RgbdOptions): Promise<PixelPart> {
  const identities = files.map(async (file) => [await fileIdentity(file.path), await fileIdentity(file.depthPath)]);
  return {
    idPrefix: '',
    ids: files.map(({ id }) => id),
    split,
    count: files.length,
    labels: Int32Array.from(files, ({ label }) => label),
    identity: JSON.stringify([DECODER, wanted, await Promise.all(identities)]),
    pixels: () => mapInOrder(files, (file) => readPair(file, wanted)),
  };
}

/** One sample, uint8 size x size x 6. */
async function readPair({ path, depthPath }: RgbdFile, wanted: RgbdOptions): Promise<Uint8Array> {
  const shape = { height: wanted.size, width: wanted.size, channels: 3 };
  const colors = await decode(path, shape, 'crop').catch(unreadable(path));
  const { depth, height, width } = await readDepth(depthPath).catch(unreadable(depthPath));
  const hha = noGrad(() =>
    scope(() => {
      const meters = tensor(depth, { shape: [1, 1, height, width] }).mul(wanted.unit);
      return encodeHha(meters, cameraOf(wanted)).select(0, 0).permute([1, 2, 0]).toBytes();
    }),
  );
  const depths = await reshape(hha, { height, width, channels: 3 }, shape, 'crop');
  const sample = new Uint8Array(2 * colors.length);
  for (let pixel = 0; pixel < colors.length / 3; pixel++) {
    sample.set(colors.subarray(3 * pixel, 3 * pixel + 3), 6 * pixel);
    sample.set(depths.subarray(3 * pixel, 3 * pixel + 3), 6 * pixel + 3);
  }
  return sample;
}

function cameraOf({ focal, center, pitch, height }: RgbdOptions): DepthCamera {
  return {
    focal,
    ...(center === undefined ? {} : { center }),
    ...(pitch === undefined ? {} : { gravity: gravityOfPitch((pitch * Math.PI) / 180) }),
    ...(height === undefined ? {} : { height }),
  };
}

const MEND = 'Replace the file, or remove its row from the manifest.';

/** The samples of a gray 16-bit image as floats, height x width. */
function readDepth(path: string): Promise<{ depth: Float32Array; height: number; width: number }> {
  return withImage(path, async (file, { depth: kind, channels }) => {
    if (kind !== 'ushort' || channels !== 1)
      throw expected('a gray image of 16 bits', path, `${channels} channels of type ${kind}`, { code: 'DATA' });
    const { data, info } = await sharp(file, { failOn: 'error', limitInputPixels: false })
      .toColourspace('grey16')
      .raw({ depth: 'ushort' })
      .toBuffer({ resolveWithObject: true });
    const depth = Float32Array.from(new Uint16Array(data.buffer, data.byteOffset, info.width * info.height));
    if (depth.every((value) => value === 0))
      throw new AutodidactError('DATA', `${path} has no valid pixel: every depth is 0`, { remedy: MEND });
    return { depth, height: info.height, width: info.width };
  });
}

const unreadable = (path: string) => (error: unknown) => {
  if (!(error instanceof UnreadableImage)) throw error;
  throw new AutodidactError('DATA', `Could not read ${path}: ${error.message}`, { remedy: MEND, cause: error });
};
