import { statSync } from 'node:fs';
import { join } from 'node:path';
import { checkWeights } from '../../backbones/check-weights.js';
import { publishedLayout, reasonWithoutLayout, toPublished } from '../../backbones/text-layouts.js';
import { TextTransformer } from '../../backbones/text-transformer.js';
import { tokenizerOf } from '../../data/index.js';
import { scope } from '../../engine/index.js';
import { writeSealed } from '../../engine/sealed-safetensors.js';
import { AutodidactError } from '../../errors.js';
import { ensureParent } from '../../files.js';
import type { Encoder, Method } from '../../methods/method.js';
import { type EncoderOrigin, encoderMetadata } from '../../train/encoder-file.js';
import { packageVersion } from '../../version.js';
import type { Exported } from '../export-encoder.js';
import { checkTarget, MARK, writeFolder, writeJson } from '../export-folder.js';
import { TRANSFORMERS } from '../export-kinds.js';
import { tokenizerFiles } from '../tokenizer-files.js';
import { familyConfig } from './config.js';
import { headOf } from './heads.js';

export interface TransformersSource {
  encoder: Encoder;
  origin?: EncoderOrigin;
  /** Whose heads are written too, where the family has a place for them. */
  method?: Method;
}

const OTHERWISE = '`--to folder` writes it as an ONNX model, which needs no such family.';

/**
 * Writes a transformer of text as a folder that the Python package `transformers` opens as a model of its own: `config.json`,
 * `model.safetensors` under the published names, `tokenizer.json` and `tokenizer_config.json`. The families are those of
 * `publishedLayout`: GPT-1, GPT-2, BERT, ALBERT, ELECTRA, and BERT with the norms before its branches. `loadEncoder` reads the folder too.
 *
 * @param path a folder, which must be empty, new or an earlier export
 * @throws AutodidactError `DATA` for a network of no such family, or without a tokenizer; `CHECKPOINT` for weights that are not finite;
 *   `IO` when it cannot be written, in which case nothing is left
 */
export function exportTransformers({ encoder, origin, method }: TransformersSource, path: string): Exported {
  checkTarget(path, null);
  const { backbone, spec, preparation, tokenRows } = encoder;
  const layout = backbone instanceof TextTransformer ? publishedLayout(backbone) : null;
  if (!(backbone instanceof TextTransformer) || layout === null || typeof tokenRows !== 'object')
    throw new AutodidactError(
      'DATA',
      backbone instanceof TextTransformer
        ? `transformers has no class for this network: ${reasonWithoutLayout(backbone)}`
        : `transformers has no class for ${backbone.architecture} that takes these weights`,
      { remedy: OTHERWISE },
    );
  const { special } = tokenizerOf(origin?.assets);
  if (layout.hasPaddingRows && special.pad === null)
    throw new AutodidactError(
      'DATA',
      `The family ${layout.name} counts positions by the token for padding, which the tokenizer of the run does not have`,
      { remedy: OTHERWISE },
    );
  checkWeights(method ?? backbone);
  const head = headOf(layout.name, method);
  const config = {
    architectures: [head.architecture],
    ...familyConfig(layout.name, backbone, special),
    [MARK]: {
      ...{ version: packageVersion(), architecture: backbone.architecture, options: backbone.options },
      ...{ samples: spec, preparation },
    },
  };
  const files = tokenizerFiles(tokenRows, origin?.assets, {
    hasSegments: backbone.design.segments > 0,
    endsTexts: backbone.design.isCausal,
  });
  ensureParent(path);
  writeFolder(path, (folder) => {
    scope(() => {
      const tensors = new Map([...toPublished(backbone, special.pad ?? undefined)!, ...head.tensors]);
      writeSealed(join(folder, 'model.safetensors'), tensors, encoderMetadata(encoder, origin));
    });
    writeJson(join(folder, 'config.json'), config);
    for (const [name, content] of Object.entries(files)) writeJson(join(folder, name), content);
  });
  return {
    ...{ kind: TRANSFORMERS, path, bytes: statSync(join(path, 'model.safetensors')).size },
    ...{ features: backbone.featureSize, difference: null, inputs: null, outputs: null, unit: null },
    loaders: [
      { library: 'transformers', code: `${head.loader}.from_pretrained("${path}")` },
      { library: 'this library', code: `loadEncoder('${path}')` },
    ],
    notes: head.notes,
  };
}
