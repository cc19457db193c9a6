import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { openScenes, type SceneBatch, type VisibleObject } from '../data/index.js';
import { scope, type Tensor } from '../engine/index.js';
import { AutodidactError, expected, ioError } from '../errors.js';

export interface ExportScenesOptions {
  split?: 'train' | 'test';
  /** At most so many scenes, the first of the split. */
  limit?: number;
  onProgress?: (done: number, total: number) => void;
  /** Stops after the scenes in progress; throws INTERRUPTED. */
  signal?: AbortSignal;
}

/** What `exportScenes` wrote. */
export interface ExportedScenes {
  folder: string;
  count: number;
  objects: number;
}

/** Scenes that are rendered and written at a time. */
const PIECE = 32;
const MILLIMETERS = 1000;
const FOLDERS = ['images', 'depth', 'normals', 'contours', 'instances'] as const;

/**
 * Writes generated scenes as files that other programs read: `images/`, `normals/` (n -> 127.5 (n + 1)), `contours/` (0 or 255) and
 * `instances/` (the id) as 8-bit PNG, `depth/` as 16-bit PNG in millimeters, all named by the scene's number, and
 * `annotations.json` in the form of COCO: boxes [x, y, width, height], areas and run-length masks of every visible object; each
 * image also names its other files and its camera.
 *
 * @param spec `synthetic:scenes?...`
 * @param folder made, with those above it; files of the same names are replaced
 * @throws AutodidactError `USAGE` when the spec names no scenes, `DATA` for a split without any, `IO`, `INTERRUPTED`
 */
export async function exportScenes(
  spec: string,
  folder: string,
  { split = 'train', limit, onProgress, signal }: ExportScenesOptions = {},
): Promise<ExportedScenes> {
  const scenes = openScenes(spec);
  if (limit !== undefined && !(Number.isInteger(limit) && limit >= 1))
    throw expected('a whole number from 1', 'limit', limit);
  const count = Math.min(limit ?? Number.POSITIVE_INFINITY, scenes.counts[split] ?? 0);
  if (count === 0) throw new AutodidactError('DATA', `${spec} has no ${split} scenes`);
  try {
    for (const name of FOLDERS) mkdirSync(join(folder, name), { recursive: true });
    const images: object[] = [];
    const annotations: object[] = [];
    for (let from = 0; from < count; from += PIECE) {
      if (signal?.aborted) throw new AutodidactError('INTERRUPTED', `Stopped after ${from} of ${count} scenes`);
      const numbers = Array.from({ length: Math.min(PIECE, count - from) }, (_, i) => from + i);
      const pictures = picturesOf(scope(() => toArrays(scenes.annotate(numbers.map((n) => `${split}/${n}`)))));
      for (const [i, number] of numbers.entries()) {
        const picture = pictures[i]!;
        const files = await writePictures(folder, number, scenes.size, picture);
        const { objects, camera } = picture;
        images.push({ id: number, width: scenes.size, height: scenes.size, ...files, camera });
        for (const object of objects)
          annotations.push({
            id: annotations.length + 1,
            image_id: number,
            ...cocoObject(object, picture, scenes.size),
          });
      }
      onProgress?.(from + numbers.length, count);
    }
    const categories = scenes.classes.map((name, label) => ({ id: label + 1, name }));
    const info = { description: `${spec}, ${split}`, depth_scale: MILLIMETERS };
    writeFileSync(join(folder, 'annotations.json'), JSON.stringify({ info, images, annotations, categories }));
    return { folder, count, objects: annotations.length };
  } catch (error) {
    throw error instanceof AutodidactError ? error : ioError('write', folder, error);
  }
}

type Layer = (typeof FOLDERS)[number];
type Arrays = Record<Layer, Uint8Array | Uint16Array> & Pick<SceneBatch, 'objects' | 'cameras'>;

/** What is written of a batch, pixels row by row with their channels together. */
function toArrays(batch: SceneBatch): Arrays {
  const bytes = (values: Tensor) => values.permute([0, 2, 3, 1]).contiguous().toBytes();
  const millimeters = batch.depth.mul(MILLIMETERS).round().clamp(0, 65535).toNumbers();
  return {
    images: bytes(batch.images),
    depth: Uint16Array.from(millimeters),
    normals: bytes(batch.normals.add(1).mul(127.5).round().to('uint8')),
    contours: bytes(batch.contours.mul(255)),
    instances: bytes(batch.instances),
    objects: batch.objects,
    cameras: batch.cameras,
  };
}

interface Picture {
  layers: Record<Layer, Uint8Array | Uint16Array>;
  objects: readonly VisibleObject[];
  camera: SceneBatch['cameras'][number];
}

function picturesOf({ objects, cameras, ...layers }: Arrays): Picture[] {
  return objects.map((own, i) => {
    const part = (values: Uint8Array | Uint16Array) => {
      const length = values.length / objects.length;
      return values.subarray(i * length, (i + 1) * length);
    };
    return {
      layers: {
        images: part(layers.images),
        depth: part(layers.depth),
        normals: part(layers.normals),
        contours: part(layers.contours),
        instances: part(layers.instances),
      },
      objects: own,
      camera: cameras[i]!,
    };
  });
}

/** Writes the PNGs of one scene; returns their names by COCO's key, `file_name` for the image itself. */
async function writePictures(folder: string, number: number, size: number, { layers }: Picture) {
  const file = `${String(number).padStart(6, '0')}.png`;
  await Promise.all(
    FOLDERS.map(async (name) => {
      const values = layers[name];
      const channels = values.length === 3 * size * size ? 3 : 1;
      const space = channels === 3 ? 'srgb' : values instanceof Uint16Array ? 'grey16' : 'b-w';
      const image = sharp(values, { raw: { width: size, height: size, channels } }).toColourspace(space);
      await image.png().toFile(join(folder, name, file));
    }),
  );
  const names = Object.fromEntries(FOLDERS.slice(1).map((name) => [`${name}_file_name`, `${name}/${file}`]));
  return { file_name: `images/${file}`, ...names };
}

function cocoObject({ id, label, box, area }: VisibleObject, { layers }: Picture, size: number) {
  return {
    category_id: label + 1,
    instance_id: id,
    bbox: [box.left, box.top, box.width, box.height],
    area,
    iscrowd: 0,
    segmentation: { size: [size, size], counts: runLengths(layers.instances, id, size) },
  };
}

/** COCO's uncompressed run lengths: column by column, first the pixels outside, then those inside, in turn. */
function runLengths(instances: Uint8Array | Uint16Array, id: number, size: number): number[] {
  const counts: number[] = [];
  let isInside = false;
  let run = 0;
  for (let column = 0; column < size; column++)
    for (let row = 0; row < size; row++) {
      if ((instances[row * size + column] === id) !== isInside) {
        counts.push(run);
        run = 0;
        isInside = !isInside;
      }
      run++;
    }
  counts.push(run);
  return counts;
}
