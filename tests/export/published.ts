/** Folders of networks of text as models of the Python package `transformers`, with the logits that they must give. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TextTransformer } from '../../src/backbones/text-transformer.js';
import { openTexts } from '../../src/data/index.js';
import { Generator, noGrad, ops, scope, type Tensor } from '../../src/engine/index.js';
import { writeSafetensors } from '../../src/engine/safetensors.js';
import { exportTransformers } from '../../src/export/transformers/export-transformers.js';
import { findMethod, parseMethodOptions } from '../../src/methods/registry.js';
import type { Bert } from '../../src/methods/text/bert.js';
import { buildMethod } from '../../src/train/build.js';
import { SENTENCES } from './texts.js';

interface PublishedCase {
  name: string;
  method: 'gpt' | 'bert';
  backbone: string;
  options: Readonly<Record<string, unknown>>;
}

const pairs = { secondTask: 'next-sentence' };

export const PUBLISHED_CASES: readonly PublishedCase[] = [
  { name: 'gpt2', method: 'gpt', backbone: 'gpt2-micro', options: {} },
  { name: 'openai-gpt', method: 'gpt', backbone: 'gpt1-micro', options: {} },
  { name: 'bert', method: 'bert', backbone: 'bert-mini', options: pairs },
  { name: 'bert-one-task', method: 'bert', backbone: 'bert-mini', options: { secondTask: 'none' } },
  {
    name: 'albert',
    method: 'bert',
    backbone: 'bert-mini',
    options: { secondTask: 'sentence-order', embeddingSize: 16, sharesLayers: true },
  },
  { name: 'albert-as-wide', method: 'bert', backbone: 'bert-mini', options: { ...pairs, sharesLayers: true } },
  { name: 'electra', method: 'bert', backbone: 'bert-mini', options: { ...pairs, embeddingSize: 16 } },
  { name: 'roberta-prelayernorm', method: 'bert', backbone: 'bert-micro', options: pairs },
];

const WIDTH = 32;
const CONTEXT = 64;
const corpus = fileURLToPath(new URL('../../docs/compare.md', import.meta.url));

/** Writes the folders and `published.json`, which lists them. */
export async function makePublishedFolders(root: string): Promise<void> {
  mkdirSync(root, { recursive: true });
  const rows = join(root, 'sentences.jsonl');
  writeFileSync(rows, SENTENCES.map((text) => `${JSON.stringify({ text })}\n`).join(''));
  const made: object[] = [];
  for (const { name, method, backbone, options } of PUBLISHED_CASES) {
    const definition = findMethod(method);
    const isBert = method === 'bert';
    const cacheFolder = join(root, '.cache');
    const asked = {
      ...{ tokenizer: isBert ? 'wordpiece' : 'bpe', vocabulary: 800, context: isBert ? CONTEXT : CONTEXT + 1 },
      room: isBert ? 3 : 0,
    };
    const data = await openTexts(corpus, { ...asked, cacheFolder, form: isBert ? 'sentences' : 'stream' });
    const { assets, spec, count } = data;
    const parsed = parseMethodOptions(definition, options, true);
    const training = { backbone, width: WIDTH, batchSize: 8, accumulate: 1 };
    const model = buildMethod(definition, parsed, training, { spec, count }, { seed: 1, device: 'cpu', assets });
    // Away from where the numbers start, so that every part shows.
    const random = new Generator(5);
    noGrad(() =>
      scope(() =>
        model.parameters().map((value) => value.add_(ops.randn(value.shape, { generator: random }).mul(0.2))),
      ),
    );
    model.eval();
    const { encoder } = model;
    const sentences = await openTexts(`text:${rows}`, {
      ...asked,
      assets,
      cacheFolder,
      form: 'sentences',
      isLabeled: true,
    });
    const first = SENTENCES.map((_, i) => sentences.ids.findIndex((id) => id.endsWith(`#${i + 1}#0`)));
    const ids = encoder.prepare(sentences.collate(first) as never);
    const logits: Tensor = scope(() =>
      noGrad(() => {
        const network = encoder.backbone as TextTransformer;
        const x = network.read(network.inputOf(ids));
        const table = network.embeddings.tokens.weight;
        return isBert ? (model as unknown as Bert).head.forward(x, table) : ops.linear(x, table);
      }),
    );
    const folder = join(root, name);
    const origin = { method, options: parsed, backbone, width: WIDTH, samples: spec, assets };
    const { loaders } = exportTransformers({ encoder, origin, method: model }, folder);
    const expected = join(root, `${name}.expected.safetensors`);
    writeSafetensors(
      expected,
      new Map([
        ['ids', ids],
        ['logits', logits],
      ]),
    );
    const order = isBert ? (model as unknown as Bert).order : null;
    const hasOrder = order !== null && (name.startsWith('bert') || name.startsWith('albert'));
    if (hasOrder) {
      const answers = scope(() =>
        noGrad(() => {
          const network = encoder.backbone as TextTransformer;
          return order.forward(network.read(network.inputOf(ids)));
        }),
      );
      writeSafetensors(
        expected,
        new Map([
          ['ids', ids],
          ['logits', logits],
          ['order', answers],
        ]),
      );
    }
    made.push({ name, folder, expected, texts: SENTENCES, loader: loaders[0]!.code.split('.')[0], hasOrder });
    model.dispose();
  }
  writeFileSync(join(root, 'published.json'), JSON.stringify(made, null, 1));
}
