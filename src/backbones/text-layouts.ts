/**
 * The names under which transformers for text are published as safetensors: those of the Python package `transformers`, of GPT-1
 * (`openai-gpt`), GPT-2 (`gpt2`) and BERT (`bert-base-uncased`). GPT's matrices stand there transposed; BERT's queries, keys and values
 * are matrices of their own.
 */
import { noGrad, ops, scope, type Tensor } from '../engine/index.js';
import type { TextTransformer } from './text-transformer.js';

interface Entry {
  own: string;
  /** One name, or several whose tensors follow each other in ours along the first dimension. */
  published: readonly string[];
  isTransposed?: boolean;
}

interface Layout {
  /** The `model_type` of its config.json. */
  name: 'openai-gpt' | 'gpt2' | 'bert';
  /** What may stand before the names; the first is written. */
  prefixes: readonly string[];
  /** Tables, whose first rows are taken when a file has more positions than the network. */
  positions: string;
  entries(depth: number): Entry[];
}

const both = (own: string, published: string, isTransposed = false): Entry[] => [
  { own: `${own}.weight`, published: [`${published}.weight`], isTransposed },
  { own: `${own}.bias`, published: [`${published}.bias`] },
];

const gptBlock = (i: number): Entry[] => [
  ...both(`blocks.${i}.norm1`, `h.${i}.ln_1`),
  ...both(`blocks.${i}.attn.qkv`, `h.${i}.attn.c_attn`, true),
  ...both(`blocks.${i}.attn.proj`, `h.${i}.attn.c_proj`, true),
  ...both(`blocks.${i}.norm2`, `h.${i}.ln_2`),
  ...both(`blocks.${i}.mlp.fc1`, `h.${i}.mlp.c_fc`, true),
  ...both(`blocks.${i}.mlp.fc2`, `h.${i}.mlp.c_proj`, true),
];

function bertBlock(i: number): Entry[] {
  const layer = `encoder.layer.${i}`;
  const parts = (kind: string) => ['query', 'key', 'value'].map((part) => `${layer}.attention.self.${part}.${kind}`);
  return [
    { own: `blocks.${i}.attn.qkv.weight`, published: parts('weight') },
    { own: `blocks.${i}.attn.qkv.bias`, published: parts('bias') },
    ...both(`blocks.${i}.attn.proj`, `${layer}.attention.output.dense`),
    ...both(`blocks.${i}.norm1`, `${layer}.attention.output.LayerNorm`),
    ...both(`blocks.${i}.mlp.fc1`, `${layer}.intermediate.dense`),
    ...both(`blocks.${i}.mlp.fc2`, `${layer}.output.dense`),
    ...both(`blocks.${i}.norm2`, `${layer}.output.LayerNorm`),
  ];
}

const table = (own: string, published: string): Entry => ({
  own: `embeddings.${own}.weight`,
  published: [`${published}.weight`],
});
const blocks = (depth: number, of: (i: number) => Entry[]): Entry[] =>
  Array.from({ length: depth }, (_, i) => of(i)).flat();

const GPT1: Layout = {
  name: 'openai-gpt',
  prefixes: ['transformer.', ''],
  positions: 'positions_embed.weight',
  entries: (depth) => [
    table('tokens', 'tokens_embed'),
    table('positions', 'positions_embed'),
    ...blocks(depth, gptBlock),
  ],
};

const GPT2: Layout = {
  name: 'gpt2',
  prefixes: ['transformer.', ''],
  positions: 'wpe.weight',
  entries: (depth) => [
    table('tokens', 'wte'),
    table('positions', 'wpe'),
    ...blocks(depth, gptBlock),
    ...both('norm', 'ln_f'),
  ],
};

const BERT: Layout = {
  name: 'bert',
  prefixes: ['bert.', ''],
  positions: 'embeddings.position_embeddings.weight',
  entries: (depth) => [
    table('tokens', 'embeddings.word_embeddings'),
    table('positions', 'embeddings.position_embeddings'),
    table('segments', 'embeddings.token_type_embeddings'),
    ...both('embeddings.norm', 'embeddings.LayerNorm'),
    ...blocks(depth, bertBlock),
  ],
};

/** The layout in which such a network is published; null where there is none. */
export function publishedLayout({ design, options }: TextTransformer): Layout | null {
  const { block, isCausal, positions, segments } = design;
  const isPlain = positions === 'learned' && !options.sharesBlocks && options.embeddingSize === options.width;
  if (!isPlain || block.bias === false) return null;
  if (isCausal) return block.normPlace === 'post' ? GPT1 : GPT2;
  return block.normPlace === 'post' && segments === 2 ? BERT : null;
}

/** Early files call the gains and shifts of norms so. */
const oldSpelling = (name: string): string =>
  name.replace(/LayerNorm\.weight$/, 'LayerNorm.gamma').replace(/LayerNorm\.bias$/, 'LayerNorm.beta');

/**
 * The tensors of a published file under the names of this network; null when the file is not in its layout. Tensors that the file does
 * not have are left out; a longer table of positions is cut.
 */
export function fromPublished(
  network: TextTransformer,
  weights: ReadonlyMap<string, Tensor>,
): Map<string, Tensor> | null {
  const layout = publishedLayout(network);
  if (layout === null) return null;
  const entries = layout.entries(network.blocks.length);
  const has = (name: string) => weights.has(name) || weights.has(oldSpelling(name));
  const prefix = layout.prefixes.find((start) => has(start + entries[0]!.published[0]!));
  if (prefix === undefined) return null;
  const found = new Map<string, Tensor>();
  for (const { own, published, isTransposed } of entries) {
    const given = published.map((name) => weights.get(prefix + name) ?? weights.get(oldSpelling(prefix + name)));
    if (given.some((value) => value === undefined)) continue;
    const value = noGrad(() => scope(() => ops.cat(given as Tensor[], 0).to('float32')));
    found.set(own, isTransposed ? transposed(value) : cut(value, published[0] === layout.positions, network));
  }
  return found;
}

function transposed(value: Tensor): Tensor {
  return noGrad(() => scope(() => value.t().contiguous().clone()));
}

function cut(value: Tensor, isPositions: boolean, { options: { length } }: TextTransformer): Tensor {
  return isPositions && value.size(0) > length ? value.narrow(0, 0, length) : value;
}

/** The network's tensors under the names and in the form of the published layout; null where there is none. */
export function toPublished(network: TextTransformer): Map<string, Tensor> | null {
  const layout = publishedLayout(network);
  if (layout === null) return null;
  const own = network.stateDict();
  const made = new Map<string, Tensor>();
  for (const entry of layout.entries(network.blocks.length)) {
    const value = own.get(entry.own)!.detach();
    const parts = entry.isTransposed ? [transposed(value)] : value.chunk(entry.published.length, 0);
    for (const [i, name] of entry.published.entries())
      made.set(
        layout.prefixes[0]! + name,
        noGrad(() => parts[i]!.contiguous().clone()),
      );
  }
  return made;
}
