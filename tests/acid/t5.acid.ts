/**
 * T5 must write hidden spans better from their own text than from another one. Control: a network that learnt to write them from
 * other texts, to which the own text says nothing.
 */
import { afterAll, beforeAll, it } from 'vitest';
import { keepResult } from './support.js';
import { claimOwnTextHelps, lossesFromTexts } from './texts.js';

let figures: Readonly<Record<string, number>> = {};

beforeAll(async () => {
  const training = { backbone: 't5-micro', width: 64, epochs: 20, batchSize: 16, learningRate: 2e-3 };
  figures = await lossesFromTexts('t5', training);
});

afterAll(() => keepResult('t5', figures));

it('writes hidden spans from their own text better than from another', () => claimOwnTextHelps(figures));
