/**
 * Encoder and generator of a BigBiGAN undo each other though no loss compares an image or a code with what comes back: held-out images are
 * nearer to their own reconstructions, and codes are read again in what was painted from them. With scores of images and of codes alone,
 * the control, images and codes look as they should, but nothing ties them to each other.
 */
import { afterAll, beforeAll, it } from 'vitest';
import { Generator, ops, scope } from '../../src/engine/index.js';
import { threeSigma } from '../../src/evaluate/gates.js';
import type { BigBiGan } from '../../src/methods/image/generative/big-bigan.js';
import { AMONG, foundIn, reconstructions } from './reconstructions.js';
import { claim, keepResult, type Learned, learn, openSets, SEED, type Sets } from './support.js';

const TRAINING = { backbone: 'dcgan', width: 16, epochs: 8, batchSize: 64, learningRate: 1e-3 };
// The networks of codes and of pairs are as wide and as deep as the defaults: with a width of 64 and one block they learn nothing of pairs in
// 700 steps. Codes are short, since a picture tells no more numbers of its code than the generator uses, and these are few.
const OPTIONS = {
  ...{ codeSize: 8, generatorWidth: 16, discriminatorWidth: 16, hiddenSize: 256 },
  ...{ blocks: 2, useFlip: false },
};
/** Groups of codes that are painted and read again. */
const GROUPS = 20;

let sets: Sets;
let learned: Learned;
let apart: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  sets = await openSets('fashion-mnist:mini');
  learned = await learn('big-bigan', sets.train, TRAINING, OPTIONS);
  apart = await learn('big-bigan', sets.train, TRAINING, { ...OPTIONS, scores: 'unary' });
});

afterAll(() => keepResult('big-bigan', figures));

/** Mean cosine of codes with what the encoder reads in their pictures, and how often the nearest of a hundred is the own. */
function recoveredCodes({ run }: Learned): { cosine: number; found: number } {
  const method = run.method as BigBiGan;
  method.eval();
  const random = new Generator(1 + SEED);
  const parts = Array.from({ length: GROUPS }, () =>
    scope(() => {
      const { codes, images } = method.sample(AMONG, random);
      const read = method.codesOf(images);
      const unit = (x: typeof codes) => x.div(x.vectorNorm(2, [1], true));
      return { cosine: ops.cosineSimilarity(codes, read, 1).mean().item(), found: foundIn(unit(read), unit(codes)) };
    }),
  );
  const mean = (key: 'cosine' | 'found'): number => parts.reduce((sum, part) => sum + part[key], 0) / GROUPS;
  return { cosine: mean('cosine'), found: mean('found') };
}

it('paints from the code of a held-out image what is nearest to this image', () => {
  const { share, found } = reconstructions(learned.run.method, sets.test);
  figures["distance to the own reconstruction, as a share of that to another's"] = share;
  figures[`own image nearest of ${AMONG} to its reconstruction`] = found;
  claim(found).isAbove(threeSigma(1 / AMONG, sets.test.count));
  claim(share).isBelow(0.9);
});

it('reads in a picture the code that it was painted from', () => {
  const { cosine, found } = recoveredCodes(learned);
  figures['cosine of codes with what is read in their pictures'] = cosine;
  figures[`own code nearest of ${AMONG} to what is read`] = found;
  claim(found).isAbove(threeSigma(1 / AMONG, GROUPS * AMONG));
  claim(cosine).isAbove(0.3);
});

it('control: without scores of pairs the encoder knows nothing of codes', () => {
  const [images, codes] = [reconstructions(apart.run.method, sets.test), recoveredCodes(apart)];
  figures['control: share without scores of pairs'] = images.share;
  figures['control: own image nearest without scores of pairs'] = images.found;
  figures['control: cosine of codes without scores of pairs'] = codes.cosine;
  figures['control: own code nearest without scores of pairs'] = codes.found;
  claim(images.share).isAbove(0.95);
  claim(codes.cosine).isBelow(0.1);
});
