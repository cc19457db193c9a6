/**
 * Encoder and generator of a BiGAN never see an image beside its reconstruction, and must all the same undo each other: the
 * reconstruction of a held-out image is nearer to it than to other images. With the encoder of another network, which knows
 * nothing of the generator, it is not: the control.
 */
import { afterAll, beforeAll, it } from 'vitest';
import { threeSigma } from '../../src/evaluate/gates.js';
import type { BiGan } from '../../src/methods/image/generative/bigan.js';
import { buildMethod } from '../../src/train/build.js';
import { AMONG, reconstructions } from './reconstructions.js';
import { claim, keepResult, knnScore, type Learned, learn, openSets, randomKnnScore, type Sets } from './support.js';

const TRAINING = { backbone: 'dcgan', width: 16, epochs: 15, batchSize: 64, learningRate: 1e-3 };
const OPTIONS = { codeSize: 32, generatorWidth: 16, discriminatorWidth: 16, useFlip: false };

let sets: Sets;
let learned: Learned;
let mismatched: BiGan;
const figures: Record<string, number> = {};

beforeAll(async () => {
  sets = await openSets('fashion-mnist:mini');
  learned = await learn('bigan', sets.train, TRAINING, OPTIONS);
  // The trained generator with an encoder that was not trained with it.
  const { definition, config } = learned.run;
  const { samples: spec, count } = config.data;
  const setting = { seed: 7, device: 'cpu' } as const;
  mismatched = buildMethod(definition, config.options, config.training, { spec, count }, setting) as BiGan;
  mismatched.generator.loadStateDict((learned.run.method as BiGan).generator.stateDict());
});

afterAll(() => keepResult('bigan', figures));

it('paints from the code of a held-out image what is nearest to this image', () => {
  const { share, found } = reconstructions(learned.run.method, sets.test);
  figures["distance to the own reconstruction, as a share of that to another's"] = share;
  figures[`own image nearest of ${AMONG} to its reconstruction`] = found;
  claim(found).isAbove(threeSigma(1 / AMONG, sets.test.count));
  claim(share).isBelow(0.9);
});

it('control: from the codes of another encoder it does not', () => {
  const { share, found } = reconstructions(mismatched, sets.test);
  figures['control: share with another encoder'] = share;
  figures['control: own image nearest with another encoder'] = found;
  claim(share).isAbove(0.95);
});

it('stands beside the random network in k-NN', async () => {
  figures['k-NN, pretrained'] = await knnScore(learned.run.encoder, sets);
  figures['k-NN, random initialization'] = await randomKnnScore(learned, sets);
});
