import { AlexNet, type AlexNetName } from './alexnet.js';
import { AmdimEncoder } from './amdim.js';
import { ColorNet } from './colornet.js';
import { Dcgan } from './dcgan.js';
import type { BackboneDefinition } from './definition.js';
import { NetworkInNetwork } from './nin.js';
import { ResNet, type ResNetName } from './resnet.js';
import { SRResNet } from './srresnet.js';
import { Vgg, type VggName } from './vgg.js';
import { VisionTransformer, type ViTName } from './vit.js';

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

/** Architectures of images, by name. */
export const imageBackbones: Readonly<Record<string, BackboneDefinition>> = {
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
  'vit-micro': vit('vit-micro', 'Vision transformer for small images', 128),
  'vit-tiny': vit('vit-tiny', 'ViT-Ti', 192),
  'vit-small': vit('vit-small', 'ViT-S', 384),
  'vit-base': vit('vit-base', 'ViT-B', 768),
};
