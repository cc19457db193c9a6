import { statSync } from 'node:fs';
import { join } from 'node:path';
import { checkWeights } from '../backbones/check-weights.js';
import { expected } from '../errors.js';
import { ensureParent, makeFolders, writeAtomically } from '../files.js';
import type { Encoder } from '../methods/method.js';
import { type EncoderOrigin, encoderMetadata, saveEncoder } from '../train/encoder-file.js';
import { packageVersion } from '../version.js';
import { checkTarget, MARK, writeFolder, writeJson } from './export-folder.js';
import { EXPORTS, type ExportKind, type TRANSFORMERS } from './export-kinds.js';
import { type Loader, loadersOf, timmNetwork } from './loaders.js';
import { checkOnnx } from './onnx/check.js';
import { type EncoderGraph, encoderGraph, type GraphInput } from './onnx/encoder-graph.js';
import { toOnnx } from './onnx/to-onnx.js';
import { tokenizerFiles } from './tokenizer-files.js';

/** What was written. */
export interface Exported {
  kind: ExportKind | typeof TRANSFORMERS;
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
  checkTarget(path, kind === 'folder' ? null : `.${kind}`);
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
