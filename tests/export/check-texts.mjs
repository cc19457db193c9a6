/**
 * Loads exported folders of text encoders from disk with onnxruntime-web, and with transformers.js where it is installed, and compares their
 * features.
 *
 * Usage: node check-texts.mjs <folder with texts.json> [<folder with node_modules/@huggingface/transformers>]
 */
import { readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Tokenizer } from '@huggingface/tokenizers';
import { env, InferenceSession, Tensor } from 'onnxruntime-web';
import { difference, readFeatures, transformersIn } from './check.mjs';

const TOLERANCE = 1e-5;
env.wasm.numThreads = 1;
env.logLevel = 'error';

const readJson = (...path) => JSON.parse(readFileSync(join(...path), 'utf8'));

/** Ids and mask of the texts, int64 (N, T), by the files of the folder. */
export function rowsOf({ texts, folder, rowLength }) {
  const config = readJson(folder, 'tokenizer_config.json');
  const tokenizer = new Tokenizer(readJson(folder, 'tokenizer.json'), config);
  const all = texts.map((text) => {
    const { ids } = tokenizer.encode(text);
    const end = config.sep_token === undefined ? [] : ids.slice(-1);
    const most = config.model_max_length;
    return ids.length <= most ? ids : [...ids.slice(0, most - end.length), ...end];
  });
  const length = rowLength ?? Math.max(...all.map((ids) => ids.length));
  const pad = tokenizer.token_to_id(config.pad_token);
  const fill = (row, value) => [...row, ...Array(length - row.length).fill(value)];
  const [ids, mask] = [all.map((row) => fill(row, pad)), all.map((row) => fill(Array(row.length).fill(1), 0))].map(
    (rows) => new Tensor('int64', BigInt64Array.from(rows.flat(), BigInt), [all.length, length]),
  );
  return { input_ids: ids, attention_mask: mask };
}

/** Vectors of the texts by onnxruntime-web. */
export async function textsByOnnxRuntime(made, change = (bytes) => bytes) {
  const model = change(readFileSync(join(made.folder, 'onnx', 'model.onnx')), made);
  const session = await InferenceSession.create(model, { executionProviders: ['wasm'] });
  const { sentence_embedding: embedding } = await session.run(rowsOf(made));
  const features = Float32Array.from(embedding.data);
  await session.release();
  return features;
}

/** The bytes of a model with one sign flipped: that of the largest number of a token that the texts have. */
export function flipTokenSign(model, { folder, table, token }) {
  const file = readFileSync(join(folder, 'model.safetensors'));
  const length = Number(file.readBigUInt64LE(0));
  const { shape, data_offsets: offsets } = JSON.parse(file.subarray(8, 8 + length).toString())[table];
  const start = 8 + length + offsets[0];
  const at = model.indexOf(file.subarray(start, 8 + length + offsets[1]));
  if (at < 0) throw new Error(`${table} does not stand in the model of ${folder}`);
  const row = file.subarray(start + 4 * token * shape[1], start + 4 * (token + 1) * shape[1]);
  let largest = 0;
  for (let i = 0; i < row.length; i += 4)
    if (Math.abs(row.readFloatLE(i)) > Math.abs(row.readFloatLE(largest))) largest = i;
  const changed = Buffer.from(model);
  changed[at + 4 * token * shape[1] + largest + 3] ^= 0x80;
  return changed;
}

async function byTransformers({ AutoModel, AutoTokenizer, pipeline }, { texts, folder, rowLength, pooling }) {
  const name = basename(folder);
  const tokenizer = await AutoTokenizer.from_pretrained(name);
  const model = await AutoModel.from_pretrained(name, { dtype: 'fp32' });
  const filled = rowLength === null ? { padding: true } : { padding: 'max_length', max_length: rowLength };
  const { sentence_embedding: embedding } = await model(await tokenizer([...texts], { ...filled, truncation: true }));
  await model.dispose();
  const features = Float32Array.from(embedding.data);
  if (pooling === null || rowLength !== null) return { features, pooled: null };
  const extract = await pipeline('feature-extraction', name, { dtype: 'fp32' });
  const pooled = Float32Array.from((await extract([...texts], { pooling })).data);
  await extract.dispose();
  return { features, pooled };
}

async function main(root, transformersFolder) {
  const cases = readJson(root, 'texts.json');
  const library = transformersFolder === undefined ? null : await transformersIn(transformersFolder, root);
  const failures = [];
  const say = (name, program, own, control) => {
    const isRight = own <= TOLERANCE && (control === null || control > TOLERANCE);
    const told = control === null ? '' : `   one flipped sign ${control.toExponential(2)}`;
    console.log(`${name.padEnd(20)} ${program.padEnd(26)} ${own.toExponential(2)}${told}${isRight ? '' : '   WRONG'}`);
    if (!isRight) failures.push(`${name} ${program}`);
  };
  for (const one of cases) {
    const expected = readFeatures(one.expected);
    const own = difference(await textsByOnnxRuntime(one), expected);
    say(one.name, 'onnxruntime-web', own, difference(await textsByOnnxRuntime(one, flipTokenSign), expected));
    if (library === null) continue;
    const { features, pooled } = await byTransformers(library, one);
    say(one.name, 'transformers.js', difference(features, expected), null);
    if (pooled !== null) say(one.name, `transformers.js, ${one.pooling}`, difference(pooled, expected), null);
  }
  if (failures.length > 0) throw new Error(`they disagree: ${failures.join(', ')}`);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(resolve(process.argv[1])).href)
  await main(process.argv[2], process.argv[3]);
