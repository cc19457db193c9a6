import { adam, arxiv, constant } from '../../cards.js';
import type { MethodCard } from '../../method.js';

export const card: MethodCard = {
  name: 'big-bigan',
  title: 'BigBiGAN',
  family: 'generative',
  summary: 'Paint images from codes and read codes from images, scored by themselves and in pairs.',
  paper: arxiv('1907.02544', 2019, {
    title: 'Large Scale Adversarial Representation Learning',
    authors: 'Jeff Donahue, Karen Simonyan',
  }),
  score: {
    metric: 'reconstruction',
    name: "distance to one's own reconstruction, as a share of that to another's",
    better: 'lower',
    group: 'generator',
  },
  recipes: {
    paper: { backbone: 'resnet50', epochs: 2000, batchSize: 64, ...adam(2e-4), ...constant() },
    small: { backbone: 'dcgan', width: 32, epochs: 100, batchSize: 64, ...adam(2e-4), ...constant() },
  },
};
