/** Names of the heads of BERT and its kin in published files, see `backbones/text-layout-names.ts`. */
import type { PublishedFamily } from '../../backbones/text-layout-names.js';
import type { Tensor } from '../../engine/index.js';
import type { Module } from '../../engine/nn/index.js';
import type { Bert } from './bert.js';

/** Names of the parts of BERT's heads; the second task has a place in some families only. */
interface HeadNames {
  /** What the names of its classes begin with. */
  classes: string;
  dense: string;
  norm: string;
  bias: string;
  order: { pooler: string; answer: string } | null;
}

export const HEAD_NAMES: Partial<Record<PublishedFamily, HeadNames>> = {
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

/** The tensors of BERT's heads under their published names. */
export function headTensors({ head, order }: Bert, names: HeadNames): Map<string, Tensor> {
  const { dense, norm, bias } = head;
  const tensors = new Map([...under(names.dense, dense), ...under(names.norm, norm), [names.bias, bias] as const]);
  if (order !== null && names.order !== null)
    for (const [name, value] of [
      ...under(names.order.pooler, order.pooler),
      ...under(names.order.answer, order.answer),
    ])
      tensors.set(name, value);
  return tensors;
}

const under = (name: string, part: Module): [string, Tensor][] =>
  [...part.stateDict()].map(([key, value]) => [`${name}.${key}`, value]);
