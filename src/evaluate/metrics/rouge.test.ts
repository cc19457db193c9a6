import { expect, it } from 'vitest';
import { Prng } from '../../data/prng.js';
import { meanRouge, rouge } from './rouge.js';

it('gives the figures of the examples of the paper, section 3.1', () => {
  const right = 'police killed the gunman';
  expect(rouge('police kill the gunman', right)).toEqual({ rouge1: 0.75, rougeL: 0.75 });
  expect(rouge('the gunman kill police', right)).toEqual({ rouge1: 0.75, rougeL: 0.5 });
  expect(rouge('the gunman police killed', right)).toEqual({ rouge1: 1, rougeL: 0.5 });
});

it('weighs precision and recall, counts a word as often as both have it, and sees neither case nor signs', () => {
  // 3 of 9 and 3 of 3 words.
  const sentence = 'the old dog saw the small bird last year';
  expect(rouge(sentence, 'dog saw bird')).toEqual({ rouge1: 0.5, rougeL: 0.5 });
  expect(rouge('a a a', 'a b')).toEqual({ rouge1: 0.4, rougeL: 0.4 });
  expect(rouge('Dog, SAW bird!', 'dog saw bird')).toEqual({ rouge1: 1, rougeL: 1 });
  for (const [one, other] of [
    ['', 'a'],
    ['a', ''],
    ['', ''],
    ['a', 'b'],
  ] as const)
    expect(rouge(one, other)).toEqual({ rouge1: 0, rougeL: 0 });
});

/** The longest of all subsequences of `a` that `b` has too. */
function slowly(a: readonly string[], b: readonly string[]): number {
  let longest = 0;
  for (let kept = 0; kept < 2 ** a.length; kept++) {
    const part = a.filter((_, i) => (kept >> i) & 1);
    let at = 0;
    for (const word of b) if (word === part[at]) at++;
    if (at === part.length) longest = Math.max(longest, part.length);
  }
  return longest;
}

it('finds the longest common subsequence of all', () => {
  const random = new Prng(3);
  const text = () => Array.from({ length: random.below(8) }, () => 'abc'[random.below(3)]!);
  for (let i = 0; i < 200; i++) {
    const [a, b] = [text(), text()];
    const f1 = (2 * slowly(a, b)) / Math.max(1, a.length + b.length);
    expect(rouge(a.join(' '), b.join(' ')).rougeL).toBeCloseTo(f1, 12);
  }
});

it('has means', () => {
  expect(
    meanRouge([
      { rouge1: 1, rougeL: 0.5 },
      { rouge1: 0, rougeL: 0 },
    ]),
  ).toEqual({ rouge1: 0.5, rougeL: 0.25 });
  expect(meanRouge([])).toEqual({ rouge1: 0, rougeL: 0 });
});
