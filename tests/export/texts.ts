/** Exported folders of networks of text, with sentences and the features that they must give: for other programs to load. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openTexts } from '../../src/data/index.js';
import { noGrad, scope, type Tensor } from '../../src/engine/index.js';
import { LayerNorm, Linear } from '../../src/engine/nn/index.js';
import { writeSafetensors } from '../../src/engine/safetensors.js';
import { extractFeatures } from '../../src/evaluate/features.js';
import { exportEncoder } from '../../src/export/export-encoder.js';
import { findMethod, parseMethodOptions } from '../../src/methods/registry.js';
import { buildEncoder } from '../../src/train/build.js';

/** An encoder, and the tokenizer that it reads texts with. */
interface TextCase {
  method: string;
  backbone: string;
  width: number;
  tokenizer: string;
  /** Ids in a row; some sentences have more where nothing stands around them, since transformers.js cuts what stands behind a text too. */
  context: number;
  /** By which transformers.js makes the same vector of the vectors of the tokens; null where it has no such way. */
  pooling: 'mean' | 'cls' | null;
  /** The table with a row for each token. */
  table: string;
}

const TABLE = 'embeddings.tokens.weight';

export const TEXT_CASES: readonly TextCase[] = [
  {
    method: 'bert',
    backbone: 'bert-micro',
    width: 32,
    tokenizer: 'wordpiece',
    context: 64,
    pooling: 'mean',
    table: TABLE,
  },
  {
    method: 'simcse',
    backbone: 'bert-mini',
    width: 32,
    tokenizer: 'wordpiece',
    context: 64,
    pooling: 'cls',
    table: TABLE,
  },
  { method: 'gpt', backbone: 'gpt2-micro', width: 32, tokenizer: 'bpe', context: 24, pooling: null, table: TABLE },
  { method: 't5', backbone: 't5-micro', width: 32, tokenizer: 'bpe', context: 64, pooling: 'mean', table: TABLE },
  {
    method: 'skip-thoughts',
    backbone: 'gru-text',
    width: 16,
    tokenizer: 'words',
    context: 20,
    pooling: null,
    table: 'tokens.weight',
  },
  {
    method: 'elmo',
    backbone: 'bi-lm',
    width: 64,
    tokenizer: 'words',
    context: 20,
    pooling: 'mean',
    table: 'tokens.weight',
  },
  {
    method: 'skip-gram',
    backbone: 'word-table',
    width: 16,
    tokenizer: 'words',
    context: 20,
    pooling: null,
    table: 'words.weight',
  },
];

export const SENTENCES: readonly string[] = [
  'The encoder reads every image once, and keeps nothing of it.',
  "Nobody knew whether the letter hadn't reached him.",
  'Congress shall have power to lay and collect taxes.',
  'The revenue of the year amounted to 24,500,000 dollars (3.5 % more).',
  'Three small boys were playing in the street while it rained.',
  'A table says which of the methods is the best one!',
  'Samples are drawn at random, with a seed.',
  'Ünïcode – and “quotes” – are read as they stand…',
  'What is not known is told: is it?',
  'labels',
];

export interface MadeTextCase extends Pick<TextCase, 'pooling' | 'table'> {
  name: string;
  folder: string;
  texts: readonly string[];
  /** A safetensors file with `features`, (N, D). */
  expected: string;
  /** Number of ids that rows must have; null where they may have any. */
  rowLength: number | null;
  /** Id of a token that one of the texts has. */
  token: number;
}

const corpus = fileURLToPath(new URL('../../docs/compare.md', import.meta.url));
/** Writes the folders and `texts.json`, which lists them. The tokenizers are learned from a page of the documentation. */
export async function makeTextFolders(root: string): Promise<MadeTextCase[]> {
  mkdirSync(root, { recursive: true });
  const rows = join(root, 'sentences.jsonl');
  writeFileSync(rows, SENTENCES.map((text) => `${JSON.stringify({ text })}\n`).join(''));
  const made: MadeTextCase[] = [];
  for (const { method, backbone, width, tokenizer, context, pooling, table } of TEXT_CASES) {
    const definition = findMethod(method);
    const options = parseMethodOptions(definition, {}, true);
    const cacheFolder = join(root, '.cache');
    const asked = { tokenizer, vocabulary: 800, context, room: tokenizer === 'wordpiece' ? 2 : 0 };
    const data = await openTexts(corpus, { ...asked, cacheFolder, form: 'sentences' });
    const { assets, spec } = data;
    const encoder = buildEncoder(definition, options, { backbone, width }, spec, { seed: 1, device: 'cpu', assets });
    // Away from where the numbers start, so that places and neighbors count.
    noGrad(() =>
      scope(() => {
        for (const [, module] of encoder.backbone.modules()) {
          if (module instanceof Linear) module.weight.mul_(4);
          if (module instanceof LayerNorm) module.weight?.uniform_(0.7, 1.3);
        }
      }),
    );
    const sentences = await openTexts(`text:${rows}`, { ...asked, assets, cacheFolder, isLabeled: true });
    const first = SENTENCES.map((_, i) => sentences.ids.findIndex((id) => id.endsWith(`#${i + 1}#0`)));
    const features: Tensor = await extractFeatures(encoder, sentences.subset(first));
    const expected = join(root, `${method}.expected.safetensors`);
    writeSafetensors(expected, new Map([['features', features]]));
    const folder = join(root, method);
    const origin = { method, options, backbone, width, samples: spec, assets };
    const { inputs } = await exportEncoder(encoder, 'folder', folder, origin as never);
    const [rowLength] = inputs![0]!.shape;
    const special = new Set(Object.values(spec.special));
    const { ids } = sentences.collate([first[0]!]);
    const token = ids.toNumbers().find((id) => !special.has(id))!;
    made.push({
      ...{ name: method, folder, texts: SENTENCES, expected, pooling, table, token },
      rowLength: typeof rowLength === 'number' ? rowLength : null,
    });
    encoder.backbone.dispose();
  }
  writeFileSync(join(root, 'texts.json'), JSON.stringify(made, null, 1));
  return made;
}
