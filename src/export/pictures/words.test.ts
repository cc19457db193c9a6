import { expect, it } from 'vitest';
import { describeTile, scoreOf, stageOf } from './words.js';

it('names the stage of the training', () => {
  expect(stageOf({ step: 0, isTrained: false })).toBe('Untrained network');
  expect(stageOf({ step: 1, isTrained: true })).toBe('After 1 step');
  expect(stageOf({ step: 1200, isTrained: true })).toBe('After 1,200 steps');
});

it('counts the right answers beside chance', () => {
  const right = { count: 6, of: 24 };
  const scores = [0.25, 1 / 64, 1 / 6, 1 / 3, 0.00024, 1].map((chance) => scoreOf({ right, chance }));
  expect(scores.map((score) => score!.replace('6 of 24 right, chance ', ''))).toEqual([
    ...['25 %', '1.6 %', '17 %', '33 %', '0.024 %', '100 %'],
  ]);
  expect(scoreOf({ right, chance: null })).toBe('6 of 24 right');
  expect(scoreOf({ right: null, chance: 0.25 })).toBeNull();
});

it('describes tiles to those who do not see them', () => {
  const picture = { kind: 'picture' as const };
  expect(describeTile({ caption: '90°', isCorrect: false, shown: picture })).toBe('90° (wrong)');
  expect(describeTile({ caption: null, isCorrect: true, shown: picture })).toBe('a picture (right)');
  expect(describeTile({ caption: null, isCorrect: null, shown: { kind: 'text', text: 'Once' } })).toBe('Once');
});
