import { C3d } from './c3d.js';
import type { BackboneDefinition } from './definition.js';
import { SoundEncoder } from './sound.js';
import { VideoResNet, type VideoResNetName } from './video-resnet.js';
import { VideoTransformer, type VideoViTName } from './video-vit.js';

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

/** Architectures of sounds and of clips, by name. */
export const clipBackbones: Readonly<Record<string, BackboneDefinition>> = {
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
  'video-vit-micro': videoVit('video-vit-micro', 'Vision transformer for small clips', 128),
  'video-vit-small': videoVit('video-vit-small', 'ViT-S for clips', 384),
  'video-vit-base': videoVit('video-vit-base', 'ViT-B for clips', 768),
};
