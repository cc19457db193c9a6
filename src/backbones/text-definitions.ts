import { BiLm } from './bi-lm.js';
import { CombinedGruText } from './combined-gru-text.js';
import type { BackboneDefinition } from './definition.js';
import { GruText } from './gru-text.js';
import { SentenceGru } from './sentence-gru.js';
import { TEXT_VARIANTS, type TextTransformerName } from './text-designs.js';
import { TextTransformer } from './text-transformer.js';
import { WordTable } from './word-table.js';

const GPT1_PAPER = {
  title: 'Improving Language Understanding by Generative Pre-Training',
  authors: 'Alec Radford, Karthik Narasimhan, Tim Salimans, Ilya Sutskever',
  year: 2018,
  url: 'https://cdn.openai.com/research-covers/language-unsupervised/language_understanding_paper.pdf',
};
const GPT2_PAPER = {
  title: 'Language Models are Unsupervised Multitask Learners',
  authors: 'Alec Radford et al.',
  year: 2019,
  url: 'https://cdn.openai.com/better-language-models/language_models_are_unsupervised_multitask_learners.pdf',
};
const BERT_PAPER = {
  title: 'BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding',
  authors: 'Jacob Devlin, Ming-Wei Chang, Kenton Lee, Kristina Toutanova',
  year: 2019,
  url: 'https://arxiv.org/abs/1810.04805',
};
const SKIP_THOUGHTS_PAPER = {
  title: 'Skip-Thought Vectors',
  authors: 'Ryan Kiros et al.',
  year: 2015,
  url: 'https://arxiv.org/abs/1506.06726',
};
const ELECTRA_PAPER = {
  title: 'ELECTRA: Pre-training Text Encoders as Discriminators Rather Than Generators',
  authors: 'Kevin Clark, Minh-Thang Luong, Quoc V. Le, Christopher D. Manning',
  year: 2020,
  url: 'https://arxiv.org/abs/2003.10555',
};
const BART_PAPER = {
  title:
    'BART: Denoising Sequence-to-Sequence Pre-training for Natural Language Generation, Translation, and Comprehension',
  authors: 'Mike Lewis et al.',
  year: 2020,
  url: 'https://arxiv.org/abs/1910.13461',
};
const PEGASUS_PAPER = {
  title: 'PEGASUS: Pre-training with Extracted Gap-sentences for Abstractive Summarization',
  authors: 'Jingqing Zhang, Yao Zhao, Mohammad Saleh, Peter J. Liu',
  year: 2020,
  url: 'https://arxiv.org/abs/1912.08777',
};
const T5_PAPER = {
  title: 'Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer',
  authors: 'Colin Raffel et al.',
  year: 2020,
  url: 'https://arxiv.org/abs/1910.10683',
};
const ROTARY_PAPER = {
  title: 'RoFormer: Enhanced Transformer with Rotary Position Embedding',
  authors: 'Jianlin Su et al.',
  year: 2021,
  url: 'https://arxiv.org/abs/2104.09864',
};

const text = (name: TextTransformerName, title: string, paper: BackboneDefinition['paper']): BackboneDefinition => ({
  title,
  paper,
  width: TEXT_VARIANTS[name].width,
  reads: 'tokens',
  takes: ['vocabulary', 'length', 'blocks', 'embeddingSize', 'sharesBlocks', 'dropout', 'pooling'],
  create: (options) => new TextTransformer(name, options),
});

/** Architectures of text, by name. */
export const textBackbones: Readonly<Record<string, BackboneDefinition>> = {
  'gpt1-micro': text('gpt1-micro', 'GPT-1 for a CPU', GPT1_PAPER),
  'gpt1-117m': text('gpt1-117m', 'GPT-1', GPT1_PAPER),
  'gpt2-micro': text('gpt2-micro', 'GPT-2 for a CPU', GPT2_PAPER),
  'gpt2-124m': text('gpt2-124m', 'GPT-2 with 124 million parameters', GPT2_PAPER),
  'gpt2-355m': text('gpt2-355m', 'GPT-2 with 355 million parameters', GPT2_PAPER),
  'gpt2-774m': text('gpt2-774m', 'GPT-2 with 774 million parameters', GPT2_PAPER),
  'gpt2-1558m': text('gpt2-1558m', 'GPT-2 with 1,558 million parameters', GPT2_PAPER),
  'gpt-modern-micro': text('gpt-modern-micro', 'GPT with rotary positions for a CPU', ROTARY_PAPER),
  'gpt-modern-124m': text('gpt-modern-124m', 'GPT with rotary positions, 124 million parameters', ROTARY_PAPER),
  'bert-micro': text('bert-micro', 'BERT for a CPU, norms first', BERT_PAPER),
  'bert-tiny': text('bert-tiny', 'BERT-Tiny', BERT_PAPER),
  'bert-mini': text('bert-mini', 'BERT-Mini', BERT_PAPER),
  'bert-small': text('bert-small', 'BERT-Small', BERT_PAPER),
  'bert-medium': text('bert-medium', 'BERT-Medium', BERT_PAPER),
  'bert-base': text('bert-base', 'BERT-Base', BERT_PAPER),
  'bert-large': text('bert-large', 'BERT-Large', BERT_PAPER),
  'electra-small': text('electra-small', 'ELECTRA-Small', ELECTRA_PAPER),
  'bart-micro': text('bart-micro', 'BART for a CPU, norms first', BART_PAPER),
  'bart-base': text('bart-base', 'BART-Base', BART_PAPER),
  'bart-large': text('bart-large', 'BART-Large', BART_PAPER),
  'pegasus-micro': text('pegasus-micro', 'PEGASUS for a CPU', PEGASUS_PAPER),
  'pegasus-base': text('pegasus-base', 'PEGASUS-Base', PEGASUS_PAPER),
  'pegasus-large': text('pegasus-large', 'PEGASUS-Large', PEGASUS_PAPER),
  't5-micro': text('t5-micro', 'T5 for a CPU', T5_PAPER),
  't5-small': text('t5-small', 'T5-Small, learned positions', T5_PAPER),
  't5-base': text('t5-base', 'T5-Base, learned positions', T5_PAPER),
  't5-large': text('t5-large', 'T5-Large, learned positions', T5_PAPER),
  'gru-text': {
    title: 'Encoder of skip-thoughts',
    width: 2400,
    paper: SKIP_THOUGHTS_PAPER,
    reads: 'tokens',
    takes: ['vocabulary', 'length', 'embeddingSize', 'bidirectional'],
    create: (options) => new GruText(options),
  },
  'combined-gru-text': {
    title: 'Two encoders of skip-thoughts side by side',
    width: 2400,
    paper: SKIP_THOUGHTS_PAPER,
    reads: 'tokens',
    takes: ['vocabulary', 'length', 'embeddingSize'],
    create: (options) => new CombinedGruText(options),
  },
  'bi-lm': {
    title: 'Language models of ELMo, from both sides',
    width: 4096,
    paper: {
      title: 'Deep contextualized word representations',
      authors: 'Matthew E. Peters et al.',
      year: 2018,
      url: 'https://arxiv.org/abs/1802.05365',
    },
    reads: 'tokens',
    takes: ['vocabulary', 'length', 'dropout', 'characters'],
    create: (options) => new BiLm(options),
  },
  'sentence-gru': {
    title: 'Encoder of CPC of text',
    width: 2400,
    paper: {
      title: 'Representation Learning with Contrastive Predictive Coding',
      authors: 'Aaron van den Oord, Yazhe Li, Oriol Vinyals',
      year: 2018,
      url: 'https://arxiv.org/abs/1807.03748',
    },
    reads: 'tokens',
    takes: ['vocabulary', 'length', 'embeddingSize'],
    create: (options) => new SentenceGru(options),
  },
  'word-table': {
    title: 'One vector per word',
    width: 100,
    paper: {
      title: 'Efficient Estimation of Word Representations in Vector Space',
      authors: 'Tomas Mikolov, Kai Chen, Greg Corrado, Jeffrey Dean',
      year: 2013,
      url: 'https://arxiv.org/abs/1301.3781',
    },
    reads: 'tokens',
    takes: ['vocabulary', 'length'],
    create: (options) => new WordTable(options),
  },
};
