/** What both sides of the evaluation trial read: features with classes, and boxes. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Prng } from '../../src/data/prng.js';
import { Generator, ops, scope } from '../../src/engine/index.js';

interface Sizes {
  train: number;
  test: number;
  size: number;
  classes: number;
}

/** Of a class's middle from the others, in deviations of a sample: classes overlap, so that a fit is not trivial. */
const DISTANCE = 0.12;
const OBJECTS = 7;
const SIDE = 640;

/** Float32 features (N, D), training samples first, and int32 labels [N], around a random middle for each class. */
export function writeClasses(folder: string, { train, test, size, classes }: Sizes): void {
  const prng = new Prng(5);
  const labels = Int32Array.from({ length: train + test }, () => prng.below(classes));
  const features = scope(() => {
    const random = new Generator(5);
    const middles = ops.randn([classes, size], { generator: random }).mul(DISTANCE);
    const noise = ops.randn([train + test, size], { generator: random });
    const own = ops.stack(Array.from(labels, (label) => middles.select(0, label)));
    // As features are: some directions vary much more than others, and none of them is a dimension, so that standardizing leaves them so.
    const scales = ops.linspace(0, -4, size).exp();
    const turn = ops.linalgQr(ops.randn([size, size], { generator: random }))[0];
    return noise.add(own).mul(scales).mm(turn).toTypedArray() as Float32Array;
  });
  writeFileSync(join(folder, 'features'), features);
  writeFileSync(join(folder, 'labels'), labels);
}

/** Boxes of objects in images: rows of image, class, left, top, width, height, score. */
export interface Boxes {
  truth: number[][];
  found: number[][];
}

/** Objects in `train` images, and `size` detections in each, a part of them near an object. */
export function writeBoxes(folder: string, { train, size, classes }: Sizes): void {
  const prng = new Prng(6);
  const boxes: Boxes = { truth: [], found: [] };
  const round = (value: number) => Math.round(100 * value) / 100;
  for (let image = 0; image < train; image++) {
    const own = Array.from({ length: 1 + prng.below(2 * OBJECTS - 1) }, () => {
      const [width, height] = [8 + prng.below(240), 8 + prng.below(240)];
      return [image, prng.below(classes), prng.below(SIDE - width), prng.below(SIDE - height), width, height, 1];
    });
    boxes.truth.push(...own);
    for (let k = 0; k < size; k++) {
      const [, label, left, top, width, height] = own[prng.below(own.length)]! as [
        number,
        number,
        number,
        number,
        number,
        number,
      ];
      const isNear = prng.below(2) === 0;
      const spread = isNear ? 0.1 : 1;
      const shift = (by: number) => spread * by * prng.normal();
      boxes.found.push([
        ...[image, isNear ? label : prng.below(classes)],
        ...[left + shift(width), top + shift(height)].map(round),
        ...[Math.max(2, width + shift(width)), Math.max(2, height + shift(height))].map(round),
        Math.min(0.999, Math.max(0.001, (isNear ? 0.6 : 0.3) + 0.2 * prng.normal())),
      ]);
    }
  }
  writeFileSync(join(folder, 'boxes.json'), JSON.stringify(boxes));
}

export function readClasses(folder: string): { features: Float32Array; labels: Int32Array } {
  const read = (name: string) => {
    const bytes = readFileSync(join(folder, name));
    return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  };
  return { features: new Float32Array(read('features')), labels: new Int32Array(read('labels')) };
}

export function readBoxes(folder: string): Boxes {
  return JSON.parse(readFileSync(join(folder, 'boxes.json'), 'utf8')) as Boxes;
}
