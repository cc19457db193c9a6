/**
 * The names under which transformers for text are published as safetensors: those of the Python package `transformers`, of GPT-1
 * (`openai-gpt`), GPT-2 (`gpt2`), BERT (`bert-base-uncased`), ALBERT (`albert-base-v2`), ELECTRA (`google/electra-small-discriminator`),
 * and of BERT with the norms before its branches (`roberta-prelayernorm`, Ott et al. 2019; `andreasmadsen/efficient_mlm_m0.40`).
 */
import type { TextTransformer } from './text-transformer.js';

/** The `model_type` of a config.json. */
export type PublishedFamily = 'openai-gpt' | 'gpt2' | 'bert' | 'albert' | 'electra' | 'roberta-prelayernorm';

/** One of our tensors, and where its values stand in a published file. */
export interface Entry {
  /** Null where we have no such tensor. */
  own: string | null;
  /** One name, or several whose tensors follow each other in ours along the first dimension. */
  published: readonly string[];
  isTransposed?: boolean;
  /** What stands there where `own` is null: a layer that changes nothing. */
  fixed?: 'identity' | 'zeros';
}

export interface Layout {
  name: PublishedFamily;
  /** What may stand before the names; the first is written. */
  prefixes: readonly string[];
  /** The table whose first rows are taken when a file has more positions than the network. */
  positions: string;
  /** Whether the first rows of that table are of no position: that of the token for padding, which is 0, and those before it. */
  hasPaddingRows?: boolean;
  entries(network: TextTransformer): Entry[];
}

const both = (own: string, published: string, isTransposed = false): Entry[] => [
  { own: `${own}.weight`, published: [`${published}.weight`], isTransposed },
  { own: `${own}.bias`, published: [`${published}.bias`] },
];

const table = (own: string, published: string): Entry => ({
  own: `embeddings.${own}.weight`,
  published: [`${published}.weight`],
});

/** The entries of every block; of one alone where blocks share their weights. */
const blocks = ({ blocks: all }: TextTransformer, of: (i: number) => Entry[]): Entry[] =>
  [...new Set(all)].flatMap((_, i) => of(i));

/** GPT's matrices stand transposed. */
const gptBlock = (i: number): Entry[] => [
  ...both(`blocks.${i}.norm1`, `h.${i}.ln_1`),
  ...both(`blocks.${i}.attn.qkv`, `h.${i}.attn.c_attn`, true),
  ...both(`blocks.${i}.attn.proj`, `h.${i}.attn.c_proj`, true),
  ...both(`blocks.${i}.norm2`, `h.${i}.ln_2`),
  ...both(`blocks.${i}.mlp.fc1`, `h.${i}.mlp.c_fc`, true),
  ...both(`blocks.${i}.mlp.fc2`, `h.${i}.mlp.c_proj`, true),
];

/** Queries, keys and values are matrices of their own. */
function attention(i: number, start: string): Entry[] {
  const parts = (kind: string) => ['query', 'key', 'value'].map((part) => `${start}.${part}.${kind}`);
  return [
    { own: `blocks.${i}.attn.qkv.weight`, published: parts('weight') },
    { own: `blocks.${i}.attn.qkv.bias`, published: parts('bias') },
  ];
}

/** @param norms names of the two norms of a block */
const bertBlock = (i: number, norms: readonly [string, string]): Entry[] => {
  const layer = `encoder.layer.${i}`;
  return [
    ...attention(i, `${layer}.attention.self`),
    ...both(`blocks.${i}.attn.proj`, `${layer}.attention.output.dense`),
    ...both(`blocks.${i}.norm1`, `${layer}.${norms[0]}`),
    ...both(`blocks.${i}.mlp.fc1`, `${layer}.intermediate.dense`),
    ...both(`blocks.${i}.mlp.fc2`, `${layer}.output.dense`),
    ...both(`blocks.${i}.norm2`, `${layer}.${norms[1]}`),
  ];
};

function albertBlock(i: number): Entry[] {
  const layer = `encoder.albert_layer_groups.${i}.albert_layers.0`;
  return [
    ...attention(i, `${layer}.attention`),
    ...both(`blocks.${i}.attn.proj`, `${layer}.attention.dense`),
    ...both(`blocks.${i}.norm1`, `${layer}.attention.LayerNorm`),
    ...both(`blocks.${i}.mlp.fc1`, `${layer}.ffn`),
    ...both(`blocks.${i}.mlp.fc2`, `${layer}.ffn_output`),
    ...both(`blocks.${i}.norm2`, `${layer}.full_layer_layer_norm`),
  ];
}

const NORMS_BEHIND = ['attention.output.LayerNorm', 'output.LayerNorm'] as const;
const NORMS_BEFORE = ['attention.LayerNorm', 'intermediate.LayerNorm'] as const;

const BERT_POSITIONS = 'embeddings.position_embeddings';

const bertTables: readonly Entry[] = [
  table('tokens', 'embeddings.word_embeddings'),
  table('positions', BERT_POSITIONS),
  table('segments', 'embeddings.token_type_embeddings'),
  ...both('embeddings.norm', 'embeddings.LayerNorm'),
];

const ALBERT_MATRIX = 'encoder.embedding_hidden_mapping_in';

/** ALBERT has a matrix between the tables and the blocks even where both have the same width. */
const albertMatrix = ({ embeddings }: TextTransformer): Entry[] =>
  embeddings.project === null
    ? [
        { own: null, published: [`${ALBERT_MATRIX}.weight`], fixed: 'identity' },
        { own: null, published: [`${ALBERT_MATRIX}.bias`], fixed: 'zeros' },
      ]
    : both('embeddings.project', ALBERT_MATRIX);

export const LAYOUTS: Readonly<Record<PublishedFamily, Layout>> = {
  'openai-gpt': {
    name: 'openai-gpt',
    prefixes: ['transformer.', ''],
    positions: 'positions_embed.weight',
    entries: (network) => [
      table('tokens', 'tokens_embed'),
      table('positions', 'positions_embed'),
      ...blocks(network, gptBlock),
    ],
  },
  gpt2: {
    name: 'gpt2',
    prefixes: ['transformer.', ''],
    positions: 'wpe.weight',
    entries: (network) => [
      table('tokens', 'wte'),
      table('positions', 'wpe'),
      ...blocks(network, gptBlock),
      ...both('norm', 'ln_f'),
    ],
  },
  bert: {
    name: 'bert',
    prefixes: ['bert.', ''],
    positions: `${BERT_POSITIONS}.weight`,
    entries: (network) => [...bertTables, ...blocks(network, (i) => bertBlock(i, NORMS_BEHIND))],
  },
  albert: {
    name: 'albert',
    prefixes: ['albert.', ''],
    positions: `${BERT_POSITIONS}.weight`,
    entries: (network) => [...bertTables, ...albertMatrix(network), ...blocks(network, albertBlock)],
  },
  electra: {
    name: 'electra',
    prefixes: ['electra.', ''],
    positions: `${BERT_POSITIONS}.weight`,
    entries: (network) => [
      ...bertTables,
      ...both('embeddings.project', 'embeddings_project'),
      ...blocks(network, (i) => bertBlock(i, NORMS_BEHIND)),
    ],
  },
  'roberta-prelayernorm': {
    name: 'roberta-prelayernorm',
    prefixes: ['roberta_prelayernorm.', ''],
    positions: `${BERT_POSITIONS}.weight`,
    hasPaddingRows: true,
    entries: (network) => [
      ...bertTables,
      ...blocks(network, (i) => bertBlock(i, NORMS_BEFORE)),
      ...both('norm', 'LayerNorm'),
    ],
  },
};
