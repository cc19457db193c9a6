import type { PublishedFamily } from '../../backbones/text-layout-names.js';
import type { Tensor } from '../../engine/index.js';
import type { Module } from '../../engine/nn/index.js';
import { Bert } from '../../methods/text/bert.js';
import { HEAD_NAMES, headTensors } from '../../methods/text/published-heads.js';

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

/**
 * The heads of a method, where its family has a place for them: BERT's two. GPT's head is its table of tokens.
 *
 * @param method whose network is written; undefined for a network alone
 */
export function headOf(family: PublishedFamily, method: Module | undefined): PublishedHead {
  const names = HEAD_NAMES[family];
  if (names === undefined) {
    const architecture = family === 'gpt2' ? 'GPT2LMHeadModel' : 'OpenAIGPTLMHeadModel';
    return { architecture, loader: 'AutoModelForCausalLM', tensors: new Map(), notes: [] };
  }
  if (!(method instanceof Bert))
    return { architecture: `${names.classes}Model`, loader: 'AutoModel', tensors: new Map(), notes: [] };
  const { order } = method;
  const hasOrder = order !== null && names.order !== null;
  return {
    architecture: `${names.classes}For${hasOrder ? 'PreTraining' : 'MaskedLM'}`,
    loader: 'AutoModelForMaskedLM',
    tensors: headTensors(method, names),
    notes:
      order === null || hasOrder
        ? []
        : [`The answer of the second task is left out: the family ${family} has no place for it.`],
  };
}
