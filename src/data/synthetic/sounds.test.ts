import { expect, it } from 'vitest';
import { Generator, scope } from '../../engine/index.js';
import { toWaves } from '../sound-dataset.js';
import { makeSounds, SAMPLE_RATE, SOUND_CLASSES } from './sounds.js';

it('makes the same sounds for the same seed, within the range and never silent', () => {
  const make = (seed: number) => makeSounds(2, 2048, new Generator(seed));
  const sounds = make(1);
  expect(sounds.shape).toEqual([2 * SOUND_CLASSES.length, 2048]);
  expect(sounds.dtype).toBe('int16');
  expect(sounds.equal(make(1))).toBe(true);
  expect(sounds.equal(make(2))).toBe(false);
  const loudness = toWaves(sounds).square().mean(1).sqrt();
  expect(loudness.amin().item()).toBeGreaterThan(0.02);
});

it('has a spectrum that tells the vowels apart: i has far more above 1,500 Hz than u', () => {
  scope(() => {
    const length = 4096;
    const waves = toWaves(makeSounds(8, length, new Generator(3)));
    // The energy of the difference of neighboring samples grows with the frequency.
    const brightness = waves
      .narrow(1, 1, length - 1)
      .sub(waves.narrow(1, 0, length - 1))
      .square()
      .mean(1)
      .div(waves.square().mean(1))
      .view([8, SOUND_CLASSES.length])
      .mean(0)
      .toNumbers();
    const of = (name: string): number => brightness[SOUND_CLASSES.indexOf(name)]!;
    expect(of('i')).toBeGreaterThan(3 * of('u'));
    expect(of('bell')).toBeGreaterThan(of('flute'));
    expect(SAMPLE_RATE).toBe(8000);
  });
});
