/**
 * Loads exported folders from disk with onnxruntime-web, and with transformers.js where it is installed, and compares their features.
 *
 * Usage: node check.mjs <folder with cases.json> [<folder with node_modules/@huggingface/transformers>]
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { env, InferenceSession, Tensor } from 'onnxruntime-web';
import sharp from 'sharp';

const TOLERANCE = 1e-5;
env.wasm.numThreads = 1;
env.logLevel = 'error';

/** The tensor `features` of a safetensors file. */
export function readFeatures(path) {
  const bytes = readFileSync(path);
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString());
  const [begin, end] = header.features.data_offsets;
  return new Float32Array(
    bytes.buffer.slice(bytes.byteOffset + 8 + length + begin, bytes.byteOffset + 8 + length + end),
  );
}

/** What the folder's preprocessor_config.json says, for pictures that have the right size: float32 (N, 3, S, S). */
export async function prepare(images, folder) {
  const config = JSON.parse(readFileSync(join(folder, 'preprocessor_config.json'), 'utf8'));
  const size = config.crop_size.height;
  const values = new Float32Array(images.length * 3 * size * size);
  for (const [n, path] of images.entries()) {
    const pixels = await sharp(path).toColourspace('srgb').removeAlpha().raw().toBuffer();
    for (let i = 0; i < pixels.length; i++) {
      const channel = i % 3;
      const value = pixels[i] * config.rescale_factor;
      const standardized = config.do_normalize
        ? (value - config.image_mean[channel]) / config.image_std[channel]
        : value;
      values[(n * 3 + channel) * size * size + Math.floor(i / 3)] = standardized;
    }
  }
  return { values, shape: [images.length, 3, size, size] };
}

/** Features of the pictures by onnxruntime-web. */
export async function byOnnxRuntime({ images, folder }, change = (bytes) => bytes) {
  const model = change(readFileSync(join(folder, 'onnx', 'model.onnx')), folder);
  const session = await InferenceSession.create(model, { executionProviders: ['wasm'] });
  const { values, shape } = await prepare(images, folder);
  const out = await session.run({ [session.inputNames[0]]: new Tensor('float32', values, shape) });
  const features = Float32Array.from(out[session.outputNames[0]].data);
  await session.release();
  return features;
}

/** The bytes of a model with one sign flipped: that of the largest number of the first convolution. */
export function flipSign(model, folder) {
  const file = readFileSync(join(folder, 'model.safetensors'));
  const length = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.subarray(8, 8 + length).toString());
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__' || entry.shape.length !== 4) continue;
    const [begin, end] = entry.data_offsets;
    const weight = file.subarray(8 + length + begin, 8 + length + end);
    const at = model.indexOf(weight);
    if (at < 0) continue;
    let largest = 0;
    for (let i = 0; i < weight.length; i += 4)
      if (Math.abs(weight.readFloatLE(i)) > Math.abs(weight.readFloatLE(largest))) largest = i;
    const changed = Buffer.from(model);
    changed[at + largest + 3] ^= 0x80;
    return changed;
  }
  throw new Error(`no weight of ${folder} stands in its model`);
}

/** The largest difference as a share of the largest number. */
export function difference(given, wanted) {
  if (given.length !== wanted.length) return Number.POSITIVE_INFINITY;
  let most = 0;
  let largest = 0;
  for (const [i, value] of wanted.entries()) {
    most = Math.max(most, Math.abs(given[i] - value));
    largest = Math.max(largest, Math.abs(value));
  }
  return Number.isFinite(most) ? most / largest : Number.POSITIVE_INFINITY;
}

/** transformers.js as it is installed in a folder, set to read from the disk alone. */
export async function transformersIn(folder, root) {
  const path = createRequire(join(resolve(folder), 'package.json')).resolve('@huggingface/transformers');
  const library = await import(pathToFileURL(path).href);
  library.env.allowRemoteModels = false;
  library.env.localModelPath = root;
  return library;
}

async function byTransformers({ AutoModel, AutoProcessor, RawImage }, { images, folder }) {
  const name = basename(folder);
  const processor = await AutoProcessor.from_pretrained(name);
  const model = await AutoModel.from_pretrained(name, { dtype: 'fp32' });
  const pictures = await Promise.all(images.map((path) => RawImage.read(path)));
  const { image_embeds: embeds } = await model(await processor(pictures));
  await model.dispose();
  return Float32Array.from(embeds.data);
}

async function main(root, transformersFolder) {
  const cases = JSON.parse(readFileSync(join(root, 'cases.json'), 'utf8'));
  const library = transformersFolder === undefined ? null : await transformersIn(transformersFolder, root);
  const failures = [];
  const say = (name, program, own, control) => {
    const isRight = own <= TOLERANCE && (control === null || control > TOLERANCE);
    const told = control === null ? '' : `   one flipped sign ${control.toExponential(2)}`;
    console.log(`${name.padEnd(20)} ${program.padEnd(16)} ${own.toExponential(2)}${told}${isRight ? '' : '   WRONG'}`);
    if (!isRight) failures.push(`${name} ${program}`);
  };
  for (const one of cases) {
    const expected = readFeatures(one.expected);
    const own = difference(await byOnnxRuntime(one), expected);
    say(one.name, 'onnxruntime-web', own, difference(await byOnnxRuntime(one, flipSign), expected));
    if (library !== null)
      say(one.name, 'transformers.js', difference(await byTransformers(library, one), expected), null);
  }
  if (failures.length > 0) throw new Error(`they disagree: ${failures.join(', ')}`);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(resolve(process.argv[1])).href)
  await main(process.argv[2], process.argv[3]);
