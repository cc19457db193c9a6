/**
 * PEGASUS must write hidden sentences better from their own text than from another one. Control: a network that learnt to write them from
 * other texts, to which the own text says nothing.
 */
import { afterAll, beforeAll, it } from 'vitest';
import { keepResult } from './support.js';
import { claimOwnTextHelps, lossesFromTexts } from './texts.js';

let figures: Readonly<Record<string, number>> = {};

beforeAll(async () => {
  const training = { backbone: 'pegasus-micro', width: 32, epochs: 6, batchSize: 16, learningRate: 4e-3 };
  figures = await lossesFromTexts('pegasus', training);
});

afterAll(() => keepResult('pegasus', figures));

it('writes hidden sentences from their own text better than from another', () => claimOwnTextHelps(figures));
