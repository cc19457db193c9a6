/**
 * Transformers for text: what tells their designs apart, and the published sizes.
 *
 * GPT-1: Radford et al. 2018, code: github.com/openai/finetune-transformer-lm, `train.py`. GPT-2: Radford et al. 2019, code:
 * github.com/openai/gpt-2, `src/model.py`. Modern: github.com/KellerJordan/modded-nanogpt, its algorithm without its kernels.
 */
import type { BlockOptions } from './transformer-block.js';

/** How weights start. Biases are 0 and gains 1. */
export interface TextInitialization {
  /** `truncated`: cut at two deviations; `uniform`: sqrt(3) deviations to either side, as wide as the normal. */
  kind: 'normal' | 'truncated' | 'uniform';
  /** Standard deviations; `linear` of all matrices; null is half of 1 / sqrt(inputs). */
  tokens: number;
  positions: number;
  linear: number | null;
  /** The last matrix of each branch: `plain` as the others; `zero`, so that every block starts as the identity. */
  branches: 'plain' | 'zero';
}

export interface TextDesign {
  block: BlockOptions;
  /** Whether a token sees only those before it. */
  isCausal: boolean;
  positions: 'learned' | 'rotary';
  /** Whether the sum of the embeddings is normalized: BERT, and the modern design without a gain. */
  normalizesEmbeddings: boolean;
  /** Kinds of segments that have an embedding; 0 for none. */
  segments: number;
  initialization: TextInitialization;
  /** The matrix to the vocabulary: the table of the tokens again (the default), or one of its own that starts at zero. */
  head?: 'tied' | 'zero';
  /** Logits are softly bounded to this size by c tanh(x / c). */
  softCap?: number;
  /** Adam's decays, where they are published. */
  betas?: readonly [number, number];
}

export interface TextVariant {
  design: TextDesign;
  width: number;
  depth: number;
  heads: number;
  /** Most tokens that it was published for. */
  length: number;
}

const GPT1: TextDesign = {
  block: { normPlace: 'post', activation: 'gelu-tanh', eps: 1e-5 },
  isCausal: true,
  positions: 'learned',
  normalizesEmbeddings: false,
  segments: 0,
  initialization: { kind: 'normal', tokens: 0.02, positions: 0.02, linear: 0.02, branches: 'plain' },
  betas: [0.9, 0.999],
};

const GPT2: TextDesign = {
  ...GPT1,
  block: { normPlace: 'pre', activation: 'gelu-tanh', eps: 1e-5 },
  // As in the code; the paper scales the last matrices of the branches.
  initialization: { kind: 'normal', tokens: 0.02, positions: 0.01, linear: 0.02, branches: 'plain' },
  // Of GPT-3 (Brown et al. 2020, appendix B); that of GPT-2 is not published.
  betas: [0.9, 0.95],
};

const MODERN: TextDesign = {
  block: { normPlace: 'pre', norm: 'plain-rms', activation: 'relu-squared', bias: false, normalizesQueries: true },
  isCausal: true,
  positions: 'rotary',
  normalizesEmbeddings: true,
  segments: 0,
  initialization: { kind: 'uniform', tokens: 1, positions: 0, linear: null, branches: 'zero' },
  head: 'zero',
  softCap: 15,
  betas: [0.9, 0.95],
};

const BERT: TextDesign = {
  block: { normPlace: 'post', activation: 'gelu', eps: 1e-12 },
  isCausal: false,
  positions: 'learned',
  normalizesEmbeddings: true,
  segments: 2,
  initialization: { kind: 'truncated', tokens: 0.02, positions: 0.02, linear: 0.02, branches: 'plain' },
};

/** Learns without a long warm-up. */
const BERT_PRE: TextDesign = { ...BERT, block: { ...BERT.block, normPlace: 'pre' } };

const BART: TextDesign = {
  ...BERT,
  block: { normPlace: 'post', activation: 'gelu', eps: 1e-5 },
  segments: 0,
  initialization: { ...BERT.initialization, kind: 'normal' },
};

const BART_PRE: TextDesign = { ...BART, block: { ...BART.block, normPlace: 'pre' } };

const PEGASUS: TextDesign = {
  ...BART,
  block: { normPlace: 'pre', activation: 'relu', eps: 1e-6 },
  normalizesEmbeddings: false,
};

const T5: TextDesign = {
  ...PEGASUS,
  block: { normPlace: 'pre', norm: 'rms', activation: 'relu', bias: false, eps: 1e-6 },
};

/** Sizes by the name of the backbone; those that end in `micro` are not from a paper: they are for a CPU. */
export const TEXT_VARIANTS = {
  'gpt1-micro': { design: GPT1, width: 128, depth: 4, heads: 4, length: 64 },
  'gpt1-117m': { design: GPT1, width: 768, depth: 12, heads: 12, length: 512 },
  'gpt2-micro': { design: GPT2, width: 128, depth: 4, heads: 4, length: 64 },
  'gpt2-124m': { design: GPT2, width: 768, depth: 12, heads: 12, length: 1024 },
  'gpt2-355m': { design: GPT2, width: 1024, depth: 24, heads: 16, length: 1024 },
  'gpt2-774m': { design: GPT2, width: 1280, depth: 36, heads: 20, length: 1024 },
  'gpt2-1558m': { design: GPT2, width: 1600, depth: 48, heads: 25, length: 1024 },
  'gpt-modern-micro': { design: MODERN, width: 128, depth: 4, heads: 4, length: 64 },
  'gpt-modern-124m': { design: MODERN, width: 768, depth: 12, heads: 6, length: 1024 },
  'bert-micro': { design: BERT_PRE, width: 128, depth: 3, heads: 4, length: 64 },
  'bert-tiny': { design: BERT, width: 128, depth: 2, heads: 2, length: 512 },
  'bert-mini': { design: BERT, width: 256, depth: 4, heads: 4, length: 512 },
  'bert-small': { design: BERT, width: 512, depth: 4, heads: 8, length: 512 },
  'bert-medium': { design: BERT, width: 512, depth: 8, heads: 8, length: 512 },
  'bert-base': { design: BERT, width: 768, depth: 12, heads: 12, length: 512 },
  'bert-large': { design: BERT, width: 1024, depth: 24, heads: 16, length: 512 },
  'electra-small': { design: BERT, width: 256, depth: 12, heads: 4, length: 512 },
  'bart-micro': { design: BART_PRE, width: 128, depth: 2, heads: 4, length: 64 },
  'bart-base': { design: BART, width: 768, depth: 6, heads: 12, length: 1024 },
  'bart-large': { design: BART, width: 1024, depth: 12, heads: 16, length: 1024 },
  'pegasus-micro': { design: PEGASUS, width: 128, depth: 2, heads: 4, length: 128 },
  'pegasus-base': { design: PEGASUS, width: 768, depth: 12, heads: 12, length: 512 },
  'pegasus-large': { design: PEGASUS, width: 1024, depth: 16, heads: 16, length: 512 },
  't5-micro': { design: T5, width: 128, depth: 2, heads: 4, length: 128 },
  't5-small': { design: T5, width: 512, depth: 6, heads: 8, length: 512 },
  't5-base': { design: T5, width: 768, depth: 12, heads: 12, length: 512 },
  't5-large': { design: T5, width: 1024, depth: 24, heads: 16, length: 512 },
} as const satisfies Record<string, TextVariant>;

export type TextTransformerName = keyof typeof TEXT_VARIANTS;
