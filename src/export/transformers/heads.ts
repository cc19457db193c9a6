import type { PublishedFamily } from '../../backbones/text-layout-names.js';
import type { Tensor } from '../../engine/index.js';
import type { Module } from '../../engine/nn/index.js';
import { Bert } from '../../methods/text/bert.js';

/** What stands on the network in a published file. */
export interface PublishedHead {
  /** The class of the whole, as config.json names it. */
  architecture: string;
  /** The class that opens the folder, of those that choose by themselves. */
  loader: string;
  /** Under their published names. */
  tensors: ReadonlyMap<string, Tensor>;
  notes: readonly string[];
}

/** Names of the parts of BERT's heads; the second task has a place in some families only. */
interface BertNames {
  classes: string;
  dense: string;
  norm: string;
  bias: string;
  order: { pooler: string; answer: string } | null;
}

const BERT_NAMES: Partial<Record<PublishedFamily, BertNames>> = {
  bert: {
    classes: 'Bert',
    dense: 'cls.predictions.transform.dense',
    norm: 'cls.predictions.transform.LayerNorm',
    bias: 'cls.predictions.bias',
    order: { pooler: 'bert.pooler.dense', answer: 'cls.seq_relationship' },
  },
  albert: {
    classes: 'Albert',
    dense: 'predictions.dense',
    norm: 'predictions.LayerNorm',
    bias: 'predictions.bias',
    order: { pooler: 'albert.pooler', answer: 'sop_classifier.classifier' },
  },
  electra: {
    classes: 'Electra',
    dense: 'generator_predictions.dense',
    norm: 'generator_predictions.LayerNorm',
    bias: 'generator_lm_head.bias',
    order: null,
  },
  'roberta-prelayernorm': {
    classes: 'RobertaPreLayerNorm',
    dense: 'lm_head.dense',
    norm: 'lm_head.layer_norm',
    bias: 'lm_head.bias',
    order: null,
  },
};

/**
 * The heads of a method, where its family has a place for them: BERT's two. GPT's head is its table of tokens.
 *
 * @param method whose network is written; undefined for a network alone
 */
export function headOf(family: PublishedFamily, method: Module | undefined): PublishedHead {
  const names = BERT_NAMES[family];
  if (names === undefined) {
    const architecture = family === 'gpt2' ? 'GPT2LMHeadModel' : 'OpenAIGPTLMHeadModel';
    return { architecture, loader: 'AutoModelForCausalLM', tensors: new Map(), notes: [] };
  }
  if (!(method instanceof Bert))
    return { architecture: `${names.classes}Model`, loader: 'AutoModel', tensors: new Map(), notes: [] };
  const { dense, norm, bias } = method.head;
  const tensors = new Map([...under(names.dense, dense), ...under(names.norm, norm), [names.bias, bias] as const]);
  const { order } = method;
  const hasOrder = order !== null && names.order !== null;
  if (hasOrder)
    for (const [name, value] of [
      ...under(names.order!.pooler, order.pooler),
      ...under(names.order!.answer, order.answer),
    ])
      tensors.set(name, value);
  return {
    architecture: `${names.classes}For${hasOrder ? 'PreTraining' : 'MaskedLM'}`,
    loader: 'AutoModelForMaskedLM',
    tensors,
    notes:
      order === null || hasOrder
        ? []
        : [`The answer of the second task is left out: the family ${family} has no place for it.`],
  };
}

const under = (name: string, part: Module): [string, Tensor][] =>
  [...part.stateDict()].map(([key, value]) => [`${name}.${key}`, value]);
