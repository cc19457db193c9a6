import { arxiv, sgd, steps } from '../../cards.js';
import type { MethodCard } from '../../method.js';

export const card: MethodCard = {
  name: 'instance-discrimination',
  title: 'Instance discrimination',
  family: 'contrastive',
  summary: 'Recognize each image of the data set from a crop, by comparing it with a memory of all of them.',
  paper: arxiv('1805.01978', 2018, {
    title: 'Unsupervised Feature Learning via Non-Parametric Instance Discrimination',
    authors: 'Zhirong Wu, Yuanjun Xiong, Stella X. Yu, Dahua Lin',
    code: 'https://github.com/zhirongw/lemniscate.pytorch',
  }),
  score: { metric: 'accuracy', name: 'instance accuracy', better: 'higher', isOfTrainingData: true },
  recipes: {
    // ImageNet: the rate falls by 10 after epochs 120 and 160.
    paper: { backbone: 'resnet50', epochs: 200, batchSize: 256, ...sgd(0.03, 1e-4), ...steps([0.6, 0.8]) },
    // The code's CIFAR run: batch 128, weight decay 5e-4, the rate times 0.1 ** ((epoch - 80) // 40) from epoch 80 on, so that it falls
    // after epochs 120 and 160.
    small: {
      backbone: 'resnet18',
      width: 32,
      epochs: 200,
      batchSize: 128,
      ...sgd(0.03, 5e-4),
      ...steps([0.6, 0.8]),
    },
  },
};
