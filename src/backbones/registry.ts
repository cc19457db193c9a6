import { closest } from 'fastest-levenshtein';
import { scope } from '../engine/index.js';
import { AutodidactError, expected } from '../errors.js';
import { AlexNet, type AlexNetName } from './alexnet.js';
import type { Backbone, BackboneOptions } from './backbone.js';
import { NetworkInNetwork } from './nin.js';
import { ResNet, type ResNetName } from './resnet.js';
import { VisionTransformer, type ViTName } from './vit.js';

/** What the documentation and the command line know about an architecture, and how it is made. */
export interface BackboneDefinition {
  title: string;
  paper: { title: string; authors: string; year: number; url: string };
  /** Options that it takes beside `inputChannels`, `imageSize` and `width`. */
  takes: readonly (keyof BackboneOptions)[];
  create(options: BackboneOptions): Backbone;
}

const resnet = (name: ResNetName, title: string): BackboneDefinition => ({
  title,
  paper: {
    title: 'Deep Residual Learning for Image Recognition',
    authors: 'Kaiming He, Xiangyu Zhang, Shaoqing Ren, Jian Sun',
    year: 2016,
    url: 'https://arxiv.org/abs/1512.03385',
  },
  takes: ['stem', 'zeroInitResidual'],
  create: (options) => new ResNet(name, options),
});

const alexnet = (name: AlexNetName, title: string): BackboneDefinition => ({
  title,
  paper: {
    title: 'ImageNet Classification with Deep Convolutional Neural Networks',
    authors: 'Alex Krizhevsky, Ilya Sutskever, Geoffrey E. Hinton',
    year: 2012,
    url: 'https://papers.nips.cc/paper/4824-imagenet-classification-with-deep-convolutional-neural-networks',
  },
  takes: ['stem', 'pooling'],
  create: (options) => new AlexNet(name, options),
});

const vit = (name: ViTName, title: string): BackboneDefinition => ({
  title,
  paper: {
    title: 'An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale',
    authors: 'Alexey Dosovitskiy et al.',
    year: 2021,
    url: 'https://arxiv.org/abs/2010.11929',
  },
  takes: ['stem', 'pooling', 'patchSize'],
  create: (options) => new VisionTransformer(name, options),
});

/** Every architecture by name, in the order in which lists show them. */
export const backbones: Readonly<Record<string, BackboneDefinition>> = {
  resnet18: resnet('resnet18', 'ResNet-18'),
  resnet34: resnet('resnet34', 'ResNet-34'),
  resnet50: resnet('resnet50', 'ResNet-50'),
  resnet101: resnet('resnet101', 'ResNet-101'),
  nin: {
    title: 'Network in Network of RotNet',
    paper: {
      title: 'Network In Network',
      authors: 'Min Lin, Qiang Chen, Shuicheng Yan',
      year: 2014,
      url: 'https://arxiv.org/abs/1312.4400',
    },
    takes: ['blocks'],
    create: (options) => new NetworkInNetwork(options),
  },
  alexnet: alexnet('alexnet', 'AlexNet with batch norm, channels of RotNet'),
  caffenet: alexnet('caffenet', 'AlexNet with batch norm, channels of 2012'),
  'vit-micro': vit('vit-micro', 'Vision transformer for small images'),
  'vit-tiny': vit('vit-tiny', 'ViT-Ti'),
  'vit-small': vit('vit-small', 'ViT-S'),
  'vit-base': vit('vit-base', 'ViT-B'),
};

/** Options that every architecture accepts; `zeroInitResidual` says nothing to one without residual batch norm. */
const COMMON: readonly string[] = ['inputChannels', 'imageSize', 'width', 'zeroInitResidual'];

/**
 * Makes a network with fresh random weights from the default generator, its convolutions in channels-last memory.
 *
 * @throws AutodidactError `USAGE` for an unknown architecture, for an option that it does not take or a value that it cannot use
 */
export function createBackbone(architecture: string, options: BackboneOptions): Backbone {
  const definition = Object.hasOwn(backbones, architecture) ? backbones[architecture] : undefined;
  const names = Object.keys(backbones);
  if (definition === undefined)
    throw expected(`one of ${names.join(', ')}`, 'backbone', architecture, {
      remedy: `Did you mean \`${closest(architecture, names)}\`?`,
    });
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
