import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { AutodidactError, expected, ioError } from '../errors.js';
import { checkWeights } from '../evaluate/features.js';
import { ensureParent, makeFolders, readIfThere, writeAtomically } from '../files.js';
import { parseJson } from '../json.js';
import type { Encoder } from '../methods/method.js';
import { type EncoderOrigin, encoderMetadata, saveEncoder } from '../train/encoder-file.js';
import { packageVersion } from '../version.js';
import { EXPORTS, type ExportKind } from './export-kinds.js';
import { type Loader, loadersOf, timmNetwork } from './loaders.js';
import { checkOnnx } from './onnx/check.js';
import { type EncoderGraph, encoderGraph, type GraphInput } from './onnx/encoder-graph.js';
import { toOnnx } from './onnx/to-onnx.js';
import { tokenizerFiles } from './tokenizer-files.js';

/** What was written. */
export interface Exported {
  kind: ExportKind;
  path: string;
  bytes: number;
  /** Numbers per sample. */
  features: number;
  /** Largest difference of the ONNX model from the network, as a share of its largest number; null where none was written. */
  difference: number | null;
  /** Of the ONNX model; null where none was written. */
  inputs: readonly GraphInput[] | null;
  outputs: readonly string[] | null;
  /** What the numbers of the inputs are. */
  unit: string | null;
  /** What loads the weights elsewhere. */
  loaders: readonly Loader[];
  notes: readonly string[];
}

/** What a folder of ours is known by. */
const MARK = 'autodidact';

/**
 * Writes an encoder for other programs:
 *
 * - `folder`: `model.safetensors` under the names of timm and torchvision, `config.json`, `preprocessor_config.json` (of texts
 *   `tokenizer.json` and `tokenizer_config.json`) and `onnx/model.onnx`, which timm, transformers, transformers.js and ONNX Runtime load;
 * - `onnx`: the ONNX model alone; `safetensors`: the weights alone.
 *
 * An ONNX model is run in ONNX Runtime and compared with the network before anything is written.
 *
 * @param path a folder, which must be empty, new or an earlier export; or a file
 * @throws AutodidactError `ENGINE` for an operator that ONNX cannot say, or a model that differs; `DATA` for samples that no other program
 *   has; `CHECKPOINT` for weights that are not finite; `IO` when it cannot be written, in which case nothing is left
 */
export async function exportEncoder(
  encoder: Encoder,
  kind: ExportKind,
  path: string,
  origin?: EncoderOrigin,
): Promise<Exported> {
  if (!EXPORTS.includes(kind)) throw expected(`one of ${EXPORTS.join(', ')}`, 'to', kind);
  checkTarget(kind, path);
  const { backbone } = encoder;
  checkWeights(backbone);
  backbone.eval();
  const { loaders, notes } = loadersOf(encoder);
  const features = backbone.featureSize;
  const about = { kind, path, features, loaders: loadersAt(path, kind, loaders), notes };
  if (kind === 'safetensors') {
    ensureParent(path);
    saveEncoder(path, encoder, origin);
    return { ...about, bytes: statSync(path).size, difference: null, inputs: null, outputs: null, unit: null };
  }
  const graph = encoderGraph(encoder);
  const { inputs, outputs, unit } = graph;
  const files = kind === 'folder' ? filesOf(graph, origin) : {};
  const metadata = encoderMetadata(encoder, origin);
  const names = { name: backbone.architecture, inputs: inputs.map(({ name }) => name), outputs };
  const onnx = toOnnx(graph, { ...names, metadata });
  const difference = await checkOnnx(onnx, graph, 'The ONNX model');
  const done = { ...about, difference, inputs, outputs, unit };
  ensureParent(path);
  if (kind === 'onnx') {
    writeAtomically(path, onnx);
    return { ...done, bytes: onnx.length };
  }
  writeFolder(path, (folder) => {
    saveEncoder(join(folder, 'model.safetensors'), encoder, origin);
    writeJson(join(folder, 'config.json'), configOf(encoder, graph));
    for (const [name, content] of Object.entries(files)) writeJson(join(folder, name), content);
    makeFolders(join(folder, 'onnx'));
    writeAtomically(join(folder, 'onnx', 'model.onnx'), onnx);
  });
  const bytes = ['model.safetensors', join('onnx', 'model.onnx')].map((file) => statSync(join(path, file)).size);
  return { ...done, bytes: bytes.reduce((sum, size) => sum + size, 0) };
}

/** They read the configuration beside the weights. */
const READ_FOLDERS: readonly Loader['library'][] = ['timm', 'transformers.js'];

/** The loaders that take what is written, with its path. */
function loadersAt(path: string, kind: ExportKind, loaders: readonly Loader[]): Loader[] {
  if (kind === 'onnx') return [];
  const weights = kind === 'folder' ? join(path, 'model.safetensors') : path;
  return loaders
    .filter(({ library }) => kind === 'folder' || !READ_FOLDERS.includes(library))
    .map(({ library, code }) => ({
      library,
      code: code.replaceAll('FOLDER/model.safetensors', weights).replaceAll('FOLDER', path),
    }));
}

const writeJson = (path: string, value: object): void => writeAtomically(path, `${JSON.stringify(value, null, 2)}\n`);

/** By which other programs make the input of files or texts. */
function filesOf({ processor, rows }: EncoderGraph, origin?: EncoderOrigin): Readonly<Record<string, object>> {
  if (rows !== null) return tokenizerFiles(rows, origin?.assets);
  return processor === null ? {} : { 'preprocessor_config.json': processor };
}

/** The `config.json` of timm and transformers, with what they do not know under a name of its own. */
function configOf(encoder: Encoder, { inputs, outputs, unit, rows }: EncoderGraph): object {
  const { backbone, spec, preparation } = encoder;
  const timm = timmNetwork(backbone);
  const { mean, std, note } = preparation;
  const { inputChannels, imageSize } = backbone.options;
  const cfg = {
    input_size: [inputChannels, imageSize, imageSize],
    ...(note === undefined ? { mean, std } : {}),
    ...{ interpolation: 'lanczos', crop_pct: 1, crop_mode: 'center', num_classes: 0 },
  };
  return {
    ...(timm === null
      ? { model_type: MARK, architecture: backbone.architecture }
      : {
          ...{ model_type: 'timm_wrapper', architectures: ['TimmWrapperModel'], architecture: timm.architecture },
          ...{ num_classes: 0, global_pool: timm.pooling, model_args: timm.modelArgs, pretrained_cfg: cfg },
        }),
    num_features: backbone.featureSize,
    ...(rows === null ? {} : { hidden_size: backbone.featureSize, max_position_embeddings: rows.most }),
    [MARK]: {
      version: packageVersion(),
      architecture: backbone.architecture,
      options: backbone.options,
      samples: spec,
      preparation,
      onnx: {
        ...{ input: inputs[0]!.name, output: outputs.at(-1), shape: ['batch', ...inputs[0]!.shape], unit },
        ...(rows === null ? {} : { inputs: inputs.map(({ name }) => name), outputs }),
      },
    },
  };
}

function checkTarget(kind: ExportKind, path: string): void {
  const isFolder = isFolderAt(path);
  if (kind !== 'folder') {
    const ending = `.${kind}`;
    if (!path.endsWith(ending) || isFolder) throw expected(`a file that ends in ${ending}`, 'out', path);
    return;
  }
  if (!existsSync(path)) return;
  if (!isFolder)
    throw new AutodidactError('IO', `${path} is a file, and the export is a folder`, {
      remedy: 'Choose another --out.',
    });
  if (readdirSync(path).length > 0 && !isExport(path))
    throw new AutodidactError('IO', `${path} has files that are not of an export`, {
      remedy: 'Choose another --out, or empty the folder.',
    });
}

function isFolderAt(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  } catch (error) {
    throw ioError('write', path, error);
  }
}

function isExport(folder: string): boolean {
  try {
    const config = parseJson(readIfThere(join(folder, 'config.json'))?.toString() ?? '');
    return typeof config === 'object' && config !== null && MARK in config;
  } catch {
    return false;
  }
}

/** Lets `write` fill a folder under another name, which then takes the place of the one at `path`. */
function writeFolder(path: string, write: (folder: string) => void): void {
  const target = resolve(path);
  const temporary = `${target}.partial-${process.pid}`;
  const before = `${target}.before-${process.pid}`;
  try {
    rmSync(temporary, { recursive: true, force: true });
    makeFolders(temporary);
    write(temporary);
    if (existsSync(target)) renameSync(target, before);
    renameSync(temporary, target);
    rmSync(before, { recursive: true, force: true });
  } catch (error) {
    if (!existsSync(target) && existsSync(before)) renameSync(before, target);
    rmSync(temporary, { recursive: true, force: true });
    throw error instanceof AutodidactError ? error : ioError('write', path, error);
  }
}
