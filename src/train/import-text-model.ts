import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fromPublished, inPublishedSpelling } from '../backbones/text-layouts.js';
import type { TextTransformer } from '../backbones/text-transformer.js';
import type { TokensSpec } from '../data/index.js';
import { readTokenizer } from '../data/text/json-tokenizer.js';
import { TOKENIZER_FILE } from '../data/text/tokenizer.js';
import type { Tensor } from '../engine/index.js';
import { AutodidactError } from '../errors.js';
import { readIfThere } from '../files.js';
import { parseJson } from '../json.js';
import type { Method } from '../methods/method.js';
import { findMethod, needsOf, parseMethodOptions } from '../methods/registry.js';
import { Bert } from '../methods/text/bert.js';
import { HEAD_NAMES, headTensors } from '../methods/text/published-heads.js';
import { fromRecipe } from './config.js';
import { saveImported } from './import-run.js';
import { type IMPORTED_FAMILIES, type PublishedText, readPublishedText } from './published-text-config.js';
import type { RunFolder } from './run-folder.js';
import { applyWeights, matchWeights, readStartWeights } from './start-weights.js';

/** A method whose published models can be taken in. */
export type ImportedMethod = keyof typeof IMPORTED_FAMILIES;

export interface ImportedText {
  folder: RunFolder;
  network: PublishedText;
  /** What of the files was not there or not used, in sentences. */
  notes: readonly string[];
}

const WEIGHTS = 'model.safetensors';
/** Of BERT's second task. */
const ORDER = 'cls.seq_relationship.weight';

/**
 * Makes a run, at step 0, of a GPT-1, GPT-2 or BERT that was trained elsewhere: a folder with `model.safetensors`, `config.json` and
 * `tokenizer.json`, as the package `transformers` has it. Its logits are those of the published network.
 *
 * @throws AutodidactError `NOT_FOUND` without one of the files, `DATA` for a network that differs from ours, `IO` when there is a run at
 *   `out` already
 */
export function importTextModel(name: ImportedMethod, source: string, out: string): ImportedText {
  const config = needed(source, 'config.json').toString();
  const network = readPublishedText(parseJson(config), name, join(source, 'config.json'));
  const json = needed(source, TOKENIZER_FILE);
  const tokenizer = readTokenizer(json.toString(), TOKENIZER_FILE);
  const { vocabulary, length, depth } = network;
  if (tokenizer.vocabulary !== vocabulary)
    throw new AutodidactError(
      'DATA',
      `${TOKENIZER_FILE} has ${tokenizer.vocabulary} tokens where the network has ${vocabulary}`,
      { remedy: 'Take the tokenizer.json that belongs to these weights.' },
    );
  const file = join(source, WEIGHTS);
  const weights = readStartWeights(file);
  try {
    const definition = findMethod(name);
    const hasOrder = weights.has(ORDER);
    const { dropout } = network;
    const blocks = { dropout, blocks: depth };
    const given = name === 'bert' ? { ...blocks, secondTask: hasOrder ? 'next-sentence' : 'none' } : blocks;
    const options = parseMethodOptions(definition, given, false);
    const { form = 'stream', room = 0 } = needsOf(definition, given, false).tokens ?? {};
    const spec: TokensSpec = {
      // GPT reads one token less than a window has.
      ...{ modality: 'tokens', length: name === 'gpt' ? length + 1 : length, form, room },
      ...{ vocabulary, tokenizer: tokenizer.hash, special: tokenizer.special },
    };
    const notes: string[] = [];
    const folder = saveImported(
      {
        ...{ definition, options, spec, name: 'published weights' },
        training: {
          ...fromRecipe(definition.recipes.paper),
          ...{ backbone: network.architecture, width: network.width, device: 'cpu' },
        },
        assets: new Map([[TOKENIZER_FILE, json]]),
        asked: { size: null, channels: 'auto', length: null, context: spec.length, form, room },
        fingerprint: createHash('sha256').update(config).update(json).digest('hex'),
        fill: (method) => notes.push(...fill(method, network, weights, file)),
      },
      out,
    );
    return { folder, network, notes };
  } finally {
    for (const value of weights.values()) value.dispose();
  }
}

function needed(source: string, name: string): Buffer {
  const content = readIfThere(join(source, name));
  if (content !== null) return content;
  throw new AutodidactError('NOT_FOUND', `Expected ${name} in ${source}, found none`, {
    remedy: `Give a folder with ${WEIGHTS}, config.json and ${TOKENIZER_FILE}, as the Python package transformers saves it.`,
  });
}

/** Copies the network and the heads; returns what the file does not have. */
function fill(method: Method, { family }: PublishedText, weights: ReadonlyMap<string, Tensor>, file: string): string[] {
  const backbone = method.backbone as TextTransformer;
  const named = fromPublished(backbone, weights);
  if (named === null)
    throw new AutodidactError('DATA', `${file} does not hold the tensors of ${family} under their published names`);
  const match = matchWeights(backbone, named);
  const [missing] = [...match.misfits, ...match.missing];
  if (missing !== undefined)
    throw new AutodidactError(
      'DATA',
      `${file} does not fit its config.json: ${match.misfits[0] ?? `it lacks ${missing}`}`,
    );
  applyWeights(backbone, named, match);
  if (!(method instanceof Bert)) return [];
  const absent: string[] = [];
  for (const [name, own] of headTensors(method, HEAD_NAMES[family]!)) {
    const given = inPublishedSpelling(weights, name);
    if (given === undefined) absent.push(name);
    else own.copy_(given);
  }
  return absent.length === 0 ? [] : [`${absent.join(', ')} are not in the file and stay as initialized`];
}
