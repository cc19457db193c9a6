import { existsSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import sharp from 'sharp';
import { noGrad, scope, type Tensor, tensor } from '../../engine/index.js';
import { AutodidactError, expected } from '../../errors.js';
import { readHeader, UnreadableImage, withImage } from '../decode.js';
import { encodeGeometry, GEOMETRY_CHANNELS } from '../geometry-coding.js';
import { mapInOrder } from '../parallel.js';
import { openFolder } from './folder.js';
import type { NamedSource } from './named-source.js';
import { fileIdentity, type PixelSource, type Skipped } from './source.js';

/** The layers that are read, each in a folder of its own; files of one scene have the same name. */
const LAYERS = { images: 3, depth: 1, normals: 3, contours: 1 } as const;
type Layer = keyof typeof LAYERS;
const NAMES = Object.keys(LAYERS) as Layer[];

/** Meters in a step of the depth images. */
const UNIT = 0.001;

/**
 * Rendered images with their geometry as `data export` writes them, in nine channels (see `encodeGeometry`): `images/` and `normals/`
 * (n as 127.5 (n + 1)) in color, `contours/` (0 or 255) and `depth/` (16 bits, millimeters) in gray.
 */
export const rendered: NamedSource = {
  about: 'rendered images with depth, normals and contours, as `data export` writes them: rendered:./scenes',
  open: openRendered,
  resolve: (folder) => resolve(folder),
};

/** Whether a path is a folder in this form. */
export function isRenderedFolder(path: string): boolean {
  const folders = NAMES.map((name) => join(path, name));
  return folders.every((folder) => existsSync(folder) && statSync(folder).isDirectory());
}

async function openRendered(folder: string): Promise<PixelSource> {
  if (!isRenderedFolder(folder))
    throw expected(`a folder with ${NAMES.map((name) => `${name}/`).join(', ')}`, 'data', `rendered:${folder}`, {
      code: existsSync(folder) ? 'DATA' : 'NOT_FOUND',
      remedy: 'Write one: autodidact data export "synthetic:scenes?size=64" --out ./scenes',
    });
  const root = resolve(folder);
  const skipped: Skipped[] = [];
  const ids: string[] = [];
  for (const { id } of (await openFolder(join(root, 'images'))).files) {
    const missing = NAMES.find((name) => !existsSync(join(root, name, id)));
    if (missing === undefined) ids.push(id);
    else skipped.push({ id, reason: `there is no ${missing}/${id}` });
  }
  const [first] = ids;
  if (first === undefined)
    throw new AutodidactError('DATA', `${folder} has no image with depth, normals and contours`, {
      remedy: 'The files of one scene have the same name in every folder.',
    });
  const path = join(root, 'images', first);
  const { width: size, height } = await readHeader(path).catch(unreadable(path));
  if (size !== height) throw expected('square images', path, `${size} x ${height} pixels`, { code: 'DATA' });
  const identity = (id: string) => Promise.all(NAMES.map((name) => fileIdentity(join(root, name, id))));
  return {
    form: 'pixels',
    kind: 'rendered',
    name: basename(root),
    classes: null,
    skipped,
    height: size,
    width: size,
    channels: GEOMETRY_CHANNELS,
    parts: [
      {
        idPrefix: '',
        ids,
        split: null,
        count: ids.length,
        labels: null,
        identity: JSON.stringify(await Promise.all(ids.map(identity))),
        pixels: () => mapInOrder(ids, (id) => readScene(root, id, size)),
      },
    ],
  };
}

/** One sample, uint8 size x size x 9. */
async function readScene(root: string, id: string, size: number): Promise<Uint8Array> {
  const [images, depth, normals, contours] = await Promise.all(NAMES.map((name) => readLayer(root, name, id, size)));
  return noGrad(() =>
    scope(() => {
      const planes = (layer: ArrayBufferView, channels: number): Tensor =>
        tensor(layer as Uint8Array, { shape: [1, size, size, channels] }).permute([0, 3, 1, 2]);
      const geometry = encodeGeometry({
        images: planes(images!, 3),
        depth: planes(Float32Array.from(depth!), 1).mul(UNIT),
        normals: planes(normals!, 3).to('float32').div(127.5).sub(1),
        contours: planes(contours!, 1).gt(127).to('uint8'),
      });
      return geometry.select(0, 0).permute([1, 2, 0]).toBytes();
    }),
  );
}

/** Values of a layer, row by row with their channels together. */
async function readLayer(root: string, layer: Layer, id: string, size: number): Promise<Uint8Array | Uint16Array> {
  const path = join(root, layer, id);
  const is16 = layer === 'depth';
  const channels = LAYERS[layer];
  const found = await withImage(path, (file) => sharp(file).metadata()).catch(unreadable(path));
  if (
    found.width !== size ||
    found.height !== size ||
    found.channels !== channels ||
    (found.depth === 'ushort') !== is16
  )
    throw expected(
      `${size} x ${size} pixels of ${channels} channel${channels === 1 ? '' : 's'} and ${is16 ? 16 : 8} bits`,
      path,
      `${found.width} x ${found.height} pixels of ${found.channels} channels of type ${found.depth}`,
      { code: 'DATA' },
    );
  const space = is16 ? 'grey16' : channels === 1 ? 'b-w' : 'srgb';
  const decode = (file: Buffer) =>
    sharp(file, { failOn: 'error' })
      .toColourspace(space)
      .raw({ depth: is16 ? 'ushort' : 'uchar' })
      .toBuffer();
  const data = await withImage(path, decode).catch(unreadable(path));
  return is16 ? new Uint16Array(data.buffer, data.byteOffset, size * size) : data;
}

const unreadable = (path: string) => (error: unknown) => {
  if (!(error instanceof UnreadableImage)) throw error;
  throw new AutodidactError('DATA', `Could not read ${path}: ${error.message}`, {
    remedy: 'Mend the file, or take the files of this name out of every folder.',
    cause: error,
  });
};
