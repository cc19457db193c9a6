/** The learning run that AMDIM and YADIM share: to know the places of another view of an image. */
import { afterAll, beforeAll, it } from 'vitest';
import { threeSigma } from '../../src/evaluate/gates.js';
import type { TrainingOptions } from '../../src/train/config.js';
import { withStrangers } from './strangers.js';
import {
  claim,
  heldOut,
  keepResult,
  knnScore,
  type Learned,
  learn,
  openSets,
  randomKnnScore,
  type Sets,
} from './support.js';

/** The control is the same with the second view taken from another image, where there is nothing to know. */
export function learnsPlaces(name: string, training: Partial<TrainingOptions>): void {
  let sets: Sets;
  let learned: Learned;
  let strangers: Learned;
  const figures: Record<string, number> = {};

  beforeAll(async () => {
    sets = await openSets('synthetic:objects?count=2000&test=1000&size=32');
    learned = await learn(name, sets.train, training);
    strangers = await learn(withStrangers(name), sets.train, training);
  });

  afterAll(() => keepResult(name, figures));

  it('knows places of the other view among those of a hundred images', () => {
    figures['held-out accuracy of places'] = heldOut(learned.run.method, sets.test, 'accuracy');
    figures['control: the same, learnt from pairs of strangers'] = heldOut(strangers.run.method, sets.test, 'accuracy');
    // The control knows what chance gives, and what places have in common.
    claim(figures['held-out accuracy of places']).isAbove(
      2 * figures['control: the same, learnt from pairs of strangers'],
    );
  });

  it('tells the classes apart better than the random network; the control does not', async () => {
    figures['k-NN, pretrained'] = await knnScore(learned.run.encoder, sets);
    figures['k-NN, random initialization'] = await randomKnnScore(learned, sets);
    figures['control: k-NN, learnt from pairs of strangers'] = await knnScore(strangers.run.encoder, sets);
    const random = figures['k-NN, random initialization'];
    claim(figures['k-NN, pretrained']).isAbove(threeSigma(random, sets.test.count));
    claim(figures['control: k-NN, learnt from pairs of strangers']).isBelow(figures['k-NN, pretrained'] - 0.05);
  });
}
