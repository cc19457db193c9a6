import { z } from 'zod';
import { TEXT_VARIANTS, type TextTransformerName, type TextVariant } from '../backbones/text-designs.js';
import { AutodidactError, expected } from '../errors.js';

/** What the `config.json` of a published GPT or BERT says of its network. */
export interface PublishedText {
  family: 'gpt2' | 'openai-gpt' | 'bert';
  /** The architecture of ours with this design and this number of heads. */
  architecture: TextTransformerName;
  width: number;
  depth: number;
  /** Most tokens that it reads. */
  length: number;
  vocabulary: number;
  dropout: number;
}

const size = z.int().min(1);
const share = z.number().min(0).max(0.9).default(0.1);
const common = { vocab_size: size, tie_word_embeddings: z.boolean().default(true) };

/** The defaults are those of the package `transformers`. */
const gpt = z.looseObject({
  ...common,
  ...{ n_embd: size, n_layer: size, n_head: size, n_positions: size, n_inner: size.nullish() },
  ...{ layer_norm_epsilon: z.number().default(1e-5), resid_pdrop: share },
  ...{ activation_function: z.string().default('gelu_new'), afn: z.string().default('gelu') },
  ...{ scale_attn_weights: z.boolean().default(true), scale_attn_by_inverse_layer_idx: z.boolean().default(false) },
});

const bert = z.looseObject({
  ...common,
  ...{ hidden_size: size, num_hidden_layers: size, num_attention_heads: size, intermediate_size: size },
  ...{ max_position_embeddings: size, type_vocab_size: size.default(2), hidden_dropout_prob: share },
  ...{ layer_norm_eps: z.number().default(1e-12), hidden_act: z.string().default('gelu') },
  ...{ position_embedding_type: z.string().default('absolute'), is_decoder: z.boolean().default(false) },
});

/** What a setting of the published network must be, as the designs of ours have no other. */
type Rule = [name: string, received: unknown, wanted: readonly unknown[]];

interface Reading {
  starts: string;
  /** Whether the norms of the design stand before the branches. */
  isPreNorm: boolean;
  heads: number;
  network: Omit<PublishedText, 'family' | 'architecture'>;
  rules: Rule[];
}

function readGpt(config: unknown, isFirst: boolean): Reading {
  const { n_embd: width, n_layer: depth, n_head: heads, n_positions: length, ...rest } = gpt.parse(config);
  return {
    ...{ starts: isFirst ? 'gpt1-' : 'gpt2-', isPreNorm: !isFirst, heads },
    network: { width, depth, length, vocabulary: rest.vocab_size, dropout: rest.resid_pdrop },
    rules: [
      // What GPT-1 calls gelu is the approximation by tanh.
      isFirst
        ? ['afn', rest.afn, ['gelu']]
        : ['activation_function', rest.activation_function, ['gelu_new', 'gelu_pytorch_tanh']],
      ['n_inner', rest.n_inner ?? 4 * width, [4 * width]],
      ['layer_norm_epsilon', rest.layer_norm_epsilon, [1e-5]],
      ['scale_attn_weights', rest.scale_attn_weights, [true]],
      ['scale_attn_by_inverse_layer_idx', rest.scale_attn_by_inverse_layer_idx, [false]],
      ['tie_word_embeddings', rest.tie_word_embeddings, [true]],
    ],
  };
}

function readBert(config: unknown): Reading {
  const { hidden_size: width, num_hidden_layers: depth, num_attention_heads: heads, ...rest } = bert.parse(config);
  const { max_position_embeddings: length, vocab_size: vocabulary, hidden_dropout_prob: dropout } = rest;
  return {
    ...{ starts: 'bert-', isPreNorm: false, heads },
    network: { width, depth, length, vocabulary, dropout },
    rules: [
      ['hidden_act', rest.hidden_act, ['gelu']],
      ['intermediate_size', rest.intermediate_size, [4 * width]],
      ['layer_norm_eps', rest.layer_norm_eps, [1e-12]],
      ['type_vocab_size', rest.type_vocab_size, [2]],
      ['position_embedding_type', rest.position_embedding_type, ['absolute']],
      ['is_decoder', rest.is_decoder, [false]],
      ['tie_word_embeddings', rest.tie_word_embeddings, [true]],
    ],
  };
}

/** The families that become runs of each method. */
export const IMPORTED_FAMILIES = { gpt: ['gpt2', 'openai-gpt'], bert: ['bert'] } as const;

/**
 * Reads the `config.json` of a GPT-1, GPT-2 or BERT of the package `transformers`.
 *
 * @param path of the file, for errors
 * @throws AutodidactError `DATA` for another family, a setting that our design does not have, or a number of heads that none of ours has
 */
export function readPublishedText(
  config: unknown,
  method: keyof typeof IMPORTED_FAMILIES,
  path: string,
): PublishedText {
  const type = (config as { model_type?: unknown } | null)?.model_type;
  const families: readonly string[] = IMPORTED_FAMILIES[method];
  if (!families.includes(type as string))
    throw expected(`the model_type ${families.join(' or ')} for the method ${method}`, 'config.json', type, {
      code: 'DATA',
    });
  const family = type as PublishedText['family'];
  const reading = read(config, family, path);
  for (const [name, received, wanted] of reading.rules)
    if (!wanted.includes(received))
      throw expected(`${wanted.map(String).join(' or ')}, as ${method} has it,`, name, received, { code: 'DATA' });
  const { starts, isPreNorm, heads, network } = reading;
  const variants: [string, TextVariant][] = Object.entries(TEXT_VARIANTS);
  const known = variants.filter(
    ([name, { design }]) => name.startsWith(starts) && (design.block.normPlace === 'pre') === isPreNorm,
  );
  const fitting = known.filter(([, variant]) => variant.heads === heads);
  const [architecture] = fitting.find(([, { depth }]) => depth === network.depth) ?? fitting[0] ?? [];
  if (architecture === undefined || network.width % heads !== 0)
    throw new AutodidactError(
      'DATA',
      `${path} has ${heads} heads and ${network.width} dimensions; networks of ${method} have ${[...new Set(known.map(([, variant]) => variant.heads))].join(', ')} heads that divide the dimensions`,
    );
  return { family, architecture: architecture as TextTransformerName, ...network };
}

function read(config: unknown, family: PublishedText['family'], path: string): Reading {
  try {
    return family === 'bert' ? readBert(config) : readGpt(config, family === 'openai-gpt');
  } catch (error) {
    const issue = error instanceof z.ZodError ? error.issues[0] : undefined;
    if (issue === undefined) throw error;
    throw new AutodidactError('DATA', `${path} does not describe a network: ${issue.path.join('.')}: ${issue.message}`);
  }
}
