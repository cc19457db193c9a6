import { closest } from 'fastest-levenshtein';
import { scope } from '../engine/index.js';
import { AutodidactError, expected } from '../errors.js';
import { AlexNet, type AlexNetName } from './alexnet.js';
import { AmdimEncoder } from './amdim.js';
import type { Backbone, BackboneOptions } from './backbone.js';
import { BiLm } from './bi-lm.js';
import { C3d } from './c3d.js';
import { ColorNet } from './colornet.js';
import { Dcgan } from './dcgan.js';
import { FRAMES_PREFIX, FramesBackbone } from './frames.js';
import { GruText } from './gru-text.js';
import { NetworkInNetwork } from './nin.js';
import { PATCHED_PREFIX, PatchedBackbone } from './patched.js';
import { RECURRENT_PREFIX, RecurrentBackbone } from './recurrent.js';
import { ResNet, type ResNetName } from './resnet.js';
import { SentenceGru } from './sentence-gru.js';
import { SoundEncoder } from './sound.js';
import { SPLIT_PREFIX, SplitBackbone } from './split.js';
import { SRResNet } from './srresnet.js';
import { TEXT_VARIANTS, type TextTransformerName } from './text-designs.js';
import { TextTransformer } from './text-transformer.js';
import { Vgg, type VggName } from './vgg.js';
import { VideoResNet, type VideoResNetName } from './video-resnet.js';
import { VideoTransformer, type VideoViTName } from './video-vit.js';
import { VisionTransformer, type ViTName } from './vit.js';
import { WordTable } from './word-table.js';

/** An architecture: what documentation and command line show of it, and its constructor. */
export interface BackboneDefinition {
  title: string;
  paper: { title: string; authors: string; year: number; url: string };
  /** Published base width. */
  width: number;
  /** What it reads; images where nothing is said. */
  reads?: 'clips' | 'sounds' | 'tokens';
  /** Options that it takes besides `inputChannels`, `imageSize` and `width`. */
  takes: readonly (keyof BackboneOptions)[];
  create(options: BackboneOptions): Backbone;
}

const resnet = (name: ResNetName, title: string): BackboneDefinition => ({
  title,
  width: 64,
  paper: {
    title: 'Deep Residual Learning for Image Recognition',
    authors: 'Kaiming He, Xiangyu Zhang, Shaoqing Ren, Jian Sun',
    year: 2016,
    url: 'https://arxiv.org/abs/1512.03385',
  },
  takes: ['stem', 'zeroInitResidual', 'norm', 'outputStride', 'padding'],
  create: (options) => new ResNet(name, options),
});

const alexnet = (name: AlexNetName, title: string, width: number): BackboneDefinition => ({
  title,
  width,
  paper: {
    title: 'ImageNet Classification with Deep Convolutional Neural Networks',
    authors: 'Alex Krizhevsky, Ilya Sutskever, Geoffrey E. Hinton',
    year: 2012,
    url: 'https://papers.nips.cc/paper/4824-imagenet-classification-with-deep-convolutional-neural-networks',
  },
  takes: ['stem', 'pooling', 'conv1Stride'],
  create: (options) => new AlexNet(name, options),
});

const vgg = (name: VggName, title: string): BackboneDefinition => ({
  title,
  width: 64,
  paper: {
    title: 'Very Deep Convolutional Networks for Large-Scale Image Recognition',
    authors: 'Karen Simonyan, Andrew Zisserman',
    year: 2015,
    url: 'https://arxiv.org/abs/1409.1556',
  },
  takes: ['stem', 'pooling'],
  create: (options) => new Vgg(name, options),
});

const vit = (name: ViTName, title: string, width: number): BackboneDefinition => ({
  title,
  width,
  paper: {
    title: 'An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale',
    authors: 'Alexey Dosovitskiy et al.',
    year: 2021,
    url: 'https://arxiv.org/abs/2010.11929',
  },
  takes: ['stem', 'pooling', 'patchSize'],
  create: (options) => new VisionTransformer(name, options),
});

const videoVit = (name: VideoViTName, title: string, width: number): BackboneDefinition => ({
  title,
  width,
  paper: {
    title: 'VideoMAE: Masked Autoencoders are Data-Efficient Learners for Self-Supervised Video Pre-Training',
    authors: 'Zhan Tong, Yibing Song, Jue Wang, Limin Wang',
    year: 2022,
    url: 'https://arxiv.org/abs/2203.12602',
  },
  reads: 'clips',
  takes: ['stem', 'patchSize', 'frames'],
  create: (options) => new VideoTransformer(name, options),
});

const videoResNet = (name: VideoResNetName, title: string): BackboneDefinition => ({
  title,
  width: 64,
  paper: {
    title: 'A Closer Look at Spatiotemporal Convolutions for Action Recognition',
    authors: 'Du Tran et al.',
    year: 2018,
    url: 'https://arxiv.org/abs/1711.11248',
  },
  reads: 'clips',
  takes: ['stem', 'zeroInitResidual', 'frames'],
  create: (options) => new VideoResNet(name, options),
});

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

/** Every architecture by name, in the order of lists. */
export const backbones: Readonly<Record<string, BackboneDefinition>> = {
  resnet18: resnet('resnet18', 'ResNet-18'),
  resnet34: resnet('resnet34', 'ResNet-34'),
  resnet50: resnet('resnet50', 'ResNet-50'),
  resnet101: resnet('resnet101', 'ResNet-101'),
  nin: {
    title: "RotNet's Network in Network",
    width: 192,
    paper: {
      title: 'Network In Network',
      authors: 'Min Lin, Qiang Chen, Shuicheng Yan',
      year: 2014,
      url: 'https://arxiv.org/abs/1312.4400',
    },
    takes: ['blocks'],
    create: (options) => new NetworkInNetwork(options),
  },
  alexnet: alexnet('alexnet', 'AlexNet with batch norm, RotNet channels', 64),
  caffenet: alexnet('caffenet', 'AlexNet with batch norm, channels of the 2012 paper', 96),
  vgg16: vgg('vgg16', 'VGG-16 with batch norm'),
  'vgg16-plain': vgg('vgg16-plain', 'VGG-16 as published, without batch norm'),
  dcgan: {
    title: 'DCGAN-like encoder of the inpainting network',
    width: 64,
    paper: {
      title: 'Unsupervised Representation Learning with Deep Convolutional Generative Adversarial Networks',
      authors: 'Alec Radford, Luke Metz, Soumith Chintala',
      year: 2016,
      url: 'https://arxiv.org/abs/1511.06434',
    },
    takes: ['blocks'],
    create: (options) => new Dcgan(options),
  },
  colornet: {
    title: 'Dilated VGG-like network of the colorization paper',
    width: 64,
    paper: {
      title: 'Colorful Image Colorization',
      authors: 'Richard Zhang, Phillip Isola, Alexei A. Efros',
      year: 2016,
      url: 'https://arxiv.org/abs/1603.08511',
    },
    takes: ['stem'],
    create: (options) => new ColorNet(options),
  },
  srresnet: {
    title: 'Trunk of SRResNet, for super-resolution',
    width: 64,
    paper: {
      title: 'Photo-Realistic Single Image Super-Resolution Using a Generative Adversarial Network',
      authors: 'Christian Ledig et al.',
      year: 2017,
      url: 'https://arxiv.org/abs/1609.04802',
    },
    takes: ['blocks'],
    create: (options) => new SRResNet(options),
  },
  amdim: {
    title: "AMDIM's encoder without padding",
    width: 128,
    paper: {
      title: 'Learning Representations by Maximizing Mutual Information Across Views',
      authors: 'Philip Bachman, R Devon Hjelm, William Buchwalter',
      year: 2019,
      url: 'https://arxiv.org/abs/1906.00910',
    },
    takes: ['blocks'],
    create: (options) => new AmdimEncoder(options),
  },
  sound: {
    title: 'Encoder of CPC for waveforms',
    width: 512,
    paper: {
      title: 'Representation Learning with Contrastive Predictive Coding',
      authors: 'Aaron van den Oord, Yazhe Li, Oriol Vinyals',
      year: 2018,
      url: 'https://arxiv.org/abs/1807.03748',
    },
    reads: 'sounds',
    takes: ['length'],
    create: (options) => new SoundEncoder(options),
  },
  r3d18: videoResNet('r3d18', 'R3D-18 for clips'),
  r2plus1d18: videoResNet('r2plus1d18', 'R(2+1)D-18 for clips'),
  c3d: {
    title: 'Convolutions of C3D with batch norm, for clips',
    width: 64,
    paper: {
      title: 'Learning Spatiotemporal Features with 3D Convolutional Networks',
      authors: 'Du Tran, Lubomir Bourdev, Rob Fergus, Lorenzo Torresani, Manohar Paluri',
      year: 2015,
      url: 'https://arxiv.org/abs/1412.0767',
    },
    reads: 'clips',
    takes: ['stem', 'frames'],
    create: (options) => new C3d(options),
  },
  'vit-micro': vit('vit-micro', 'Vision transformer for small images', 128),
  'vit-tiny': vit('vit-tiny', 'ViT-Ti', 192),
  'vit-small': vit('vit-small', 'ViT-S', 384),
  'vit-base': vit('vit-base', 'ViT-B', 768),
  'video-vit-micro': videoVit('video-vit-micro', 'Vision transformer for small clips', 128),
  'video-vit-small': videoVit('video-vit-small', 'ViT-S for clips', 384),
  'video-vit-base': videoVit('video-vit-base', 'ViT-B for clips', 768),
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
    paper: {
      title: 'Skip-Thought Vectors',
      authors: 'Ryan Kiros et al.',
      year: 2015,
      url: 'https://arxiv.org/abs/1506.06726',
    },
    reads: 'tokens',
    takes: ['vocabulary', 'length', 'embeddingSize', 'bidirectional'],
    create: (options) => new GruText(options),
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

/** Options that every architecture accepts; `zeroInitResidual` has no effect without residual batch norm. */
const COMMON: readonly string[] = ['inputChannels', 'imageSize', 'width', 'zeroInitResidual'];

/** Whether an architecture has this option; false for unknown architectures. */
export function hasOption(architecture: string, option: keyof BackboneOptions): boolean {
  return Object.hasOwn(backbones, architecture) && backbones[architecture]!.takes.includes(option);
}

/** The architecture as one of clips: itself, or a network of images that is applied to each frame. */
export function clipArchitecture(architecture: string): string {
  const isOfClips = Object.hasOwn(backbones, architecture) && backbones[architecture]!.reads === 'clips';
  return isOfClips || architecture.startsWith(FRAMES_PREFIX) ? architecture : `${FRAMES_PREFIX}${architecture}`;
}

/**
 * Builds a network with random weights from the default generator and convolutions in channels-last memory. The prefix
 * `split-` gives a network in two halves (see `SplitBackbone`), `patched-` one that is applied patch by patch
 * (`PatchedBackbone`), `frames-` one of images that is applied to each frame of a clip (`FramesBackbone`), `recurrent-` one of
 * clips with a GRU over blocks of frames (`RecurrentBackbone`).
 *
 * @throws AutodidactError `USAGE` for an unknown architecture, an option that it does not take, or an invalid value
 */
export function createBackbone(architecture: string, options: BackboneOptions): Backbone {
  if (architecture.startsWith(SPLIT_PREFIX))
    return createSplitBackbone(architecture.slice(SPLIT_PREFIX.length), options);
  if (architecture.startsWith(PATCHED_PREFIX))
    return createPatchedBackbone(architecture.slice(PATCHED_PREFIX.length), options);
  if (architecture.startsWith(FRAMES_PREFIX)) {
    const { frames, ...own } = options;
    return new FramesBackbone(createBackbone(architecture.slice(FRAMES_PREFIX.length), own), frames);
  }
  if (architecture.startsWith(RECURRENT_PREFIX))
    return createRecurrentBackbone(architecture.slice(RECURRENT_PREFIX.length), options);
  return createWhole(architecture, options);
}

function createPatchedBackbone(inner: string, { patches, ...own }: BackboneOptions): PatchedBackbone {
  if (patches === undefined) throw expected('the side and the stride of the patches', 'patches', patches);
  checkSeesImages(inner);
  return new PatchedBackbone(createWhole(inner, own), patches);
}

function createRecurrentBackbone(inner: string, { recurrent, ...own }: BackboneOptions): RecurrentBackbone {
  if (recurrent === undefined) throw expected('the size of blocks and contexts', 'recurrent', recurrent);
  return new RecurrentBackbone(createBackbone(clipArchitecture(inner), own), recurrent);
}

/** Builds a network in two halves of this architecture; otherwise as `createBackbone`. */
export function createSplitBackbone(half: string, options: BackboneOptions): SplitBackbone {
  checkSeesImages(half);
  return new SplitBackbone(half, options, (own) => createWhole(half, own), definitionOf(half).width);
}

/** Halves and patches are of images. @throws AutodidactError `USAGE` for a network that takes clips or tokens */
function checkSeesImages(architecture: string): void {
  const { reads } = definitionOf(architecture);
  if (reads === 'clips' || reads === 'tokens')
    throw expected('a network of images to divide', 'backbone', architecture);
}

/** @throws AutodidactError `USAGE` for an unknown architecture, with the nearest one */
function definitionOf(architecture: string): BackboneDefinition {
  const definition = Object.hasOwn(backbones, architecture) ? backbones[architecture] : undefined;
  if (definition !== undefined) return definition;
  const names = Object.keys(backbones);
  throw expected(`one of ${names.join(', ')}`, 'backbone', architecture, {
    remedy: `Did you mean \`${closest(architecture, names)}\`?`,
  });
}

function createWhole(architecture: string, options: BackboneOptions): Backbone {
  const definition = definitionOf(architecture);
  const taken = [...COMMON, ...definition.takes];
  for (const [name, value] of Object.entries(options)) {
    const isLeftOpen = value === undefined || (name === 'stem' && value === 'auto');
    if (isLeftOpen || taken.includes(name)) continue;
    throw new AutodidactError('USAGE', `The backbone ${architecture} has no option \`${name}\``, {
      remedy: `Its options are ${[...new Set(taken)].join(', ')}.`,
    });
  }
  return scope(() => definition.create(options).to({ memoryFormat: 'channelsLast' }));
}
