/**
 * Makes data/fashion-mnist-mini from the whole of Fashion-MNIST: the first 900 training and the first 200 test images of
 * each class, in their original order, in the original format. The result is the same on every run.
 *
 *   npx tsx scripts/make-fashion-mini.ts [folder with the four files of the whole set]
 *
 * Without a folder the whole set is fetched into the cache first (31 MB).
 */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { constants, gunzipSync, gzipSync } from 'node:zlib';
import { fetchDataset } from '../src/data/fetch.js';

const PARTS = [
  { stem: 'train', perClass: 900 },
  { stem: 't10k', perClass: 200 },
];
const CLASSES = 10;
const IMAGE_BYTES = 28 * 28;
const MAX_BYTES = 5_000_000;

const whole = process.argv[2] ?? (await fetchDataset('fashion-mnist', { onStep: console.log }));
const target = fileURLToPath(new URL('../data/fashion-mnist-mini/', import.meta.url));
mkdirSync(target, { recursive: true });

let written = 0;
for (const { stem, perClass } of PARTS) {
  const images = read(`${stem}-images-idx3-ubyte`).subarray(16);
  const labels = read(`${stem}-labels-idx1-ubyte`).subarray(8);
  const taken = new Array<number>(CLASSES).fill(0);
  const chosen = [...labels.keys()].filter((i) => {
    taken[labels[i]!]! += 1;
    return taken[labels[i]!]! <= perClass;
  });
  const chosenImages = chosen.map((i) => images.subarray(i * IMAGE_BYTES, (i + 1) * IMAGE_BYTES));
  write(`${stem}-images-idx3-ubyte`, [chosen.length, 28, 28], Buffer.concat(chosenImages));
  write(`${stem}-labels-idx1-ubyte`, [chosen.length], Buffer.from(chosen.map((i) => labels[i]!)));
}
if (written > MAX_BYTES) throw new Error(`${written} bytes are more than the ${MAX_BYTES} that may be shipped`);
console.log(`${written} bytes in ${target}`);

function read(name: string): Buffer {
  const plain = join(whole, name);
  return existsSync(plain) ? readFileSync(plain) : gunzipSync(readFileSync(`${plain}.gz`));
}

/** An IDX file of uint8: 0, 0, 8, the number of dimensions, each dimension as a big-endian uint32, the data. */
function write(name: string, dims: number[], data: Buffer): void {
  const header = Buffer.alloc(4 + 4 * dims.length);
  header.set([0, 0, 8, dims.length]);
  dims.forEach((size, i) => {
    header.writeUInt32BE(size, 4 + 4 * i);
  });
  const path = join(target, `${name}.gz`);
  const options = { level: 9, memLevel: 9, strategy: constants.Z_DEFAULT_STRATEGY };
  writeFileSync(path, gzipSync(Buffer.concat([header, data]), options));
  written += statSync(path).size;
}
