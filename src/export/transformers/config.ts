import type { PublishedFamily } from '../../backbones/text-layout-names.js';
import type { TextTransformer } from '../../backbones/text-transformer.js';
import type { SpecialTokens } from '../../data/index.js';

/** What the hidden layers of the feed-forward parts are to the width. */
const HIDDEN = 4;

/** The `config.json` of a family, without the class; the package fills in what is left out. */
export function familyConfig(
  family: PublishedFamily,
  network: TextTransformer,
  special: SpecialTokens,
): Record<string, unknown> {
  const { width, dropout, vocabulary, length } = network.options;
  const depth = network.blocks.length;
  const { eps } = network.design.block;
  const ids = { bos_token_id: special.begin ?? special.end, eos_token_id: special.end, pad_token_id: special.pad };
  const common = { model_type: family, vocab_size: vocabulary, tie_word_embeddings: true, ...ids };
  if (family === 'gpt2' || family === 'openai-gpt')
    return {
      ...common,
      ...{ n_positions: length, n_embd: width, n_layer: depth, n_head: network.heads, layer_norm_epsilon: eps },
      ...(family === 'gpt2' ? { n_inner: null, activation_function: 'gelu_new' } : { afn: 'gelu' }),
      ...{ resid_pdrop: dropout, embd_pdrop: dropout, attn_pdrop: dropout },
    };
  return {
    ...common,
    ...{ hidden_size: width, num_hidden_layers: depth, num_attention_heads: network.heads },
    ...{ intermediate_size: HIDDEN * width, hidden_act: 'gelu', layer_norm_eps: eps },
    ...{ type_vocab_size: network.design.segments, max_position_embeddings: length },
    ...{ hidden_dropout_prob: dropout, attention_probs_dropout_prob: dropout },
    ...ofFamily(family, network, special),
  };
}

function ofFamily(
  family: PublishedFamily,
  { blocks, options }: TextTransformer,
  { pad }: SpecialTokens,
): Record<string, unknown> {
  const { embeddingSize: embedding_size, length } = options;
  switch (family) {
    case 'electra':
      return { embedding_size };
    case 'albert':
      return { embedding_size, num_hidden_groups: new Set(blocks).size, inner_group_num: 1 };
    case 'roberta-prelayernorm':
      // Positions are counted from the row behind that of padding.
      return { max_position_embeddings: length + pad! + 1 };
    default:
      return {};
  }
}
