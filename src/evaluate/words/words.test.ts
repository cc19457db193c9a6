import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { tensor } from '../../engine/index.js';
import { WordSpace } from '../../methods/text/word-space.js';
import { askAnalogies, readAnalogies } from './analogies.js';
import { judgeSimilarity, readJudgedPairs, spearman } from './similarity.js';

const folder = mkdtempSync(join(tmpdir(), 'words-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (text: string): string => {
  const path = join(folder, 'file.txt');
  writeFileSync(path, text);
  return path;
};

const space = new WordSpace(
  ['man', 'woman', 'king', 'queen', 'tree'],
  tensor([
    [1, 0, 1],
    [1, 1, 1],
    [3, 0, 5],
    [1, 1, 2],
    [-1, 0, 0],
  ]),
);

describe('analogies', () => {
  it('counts questions whose words all have vectors, section by section', () => {
    const sections = readAnalogies(
      file(': people\nMan King woman queen\nman king woman tree\n\n: none\nmoon sun man woman\r\n: empty\n'),
    );
    expect(askAnalogies(space, sections)).toEqual({
      sections: [
        { name: 'people', asked: 2, right: 1, questions: 2 },
        { name: 'none', asked: 0, right: 0, questions: 1 },
      ],
      total: { name: 'total', asked: 2, right: 1, questions: 3 },
    });
  });

  it('refuses other lines, and files without questions', () => {
    expect(() => readAnalogies(file(': a\nman king woman\n'))).toThrow(/four words on line 2 .* received 3/);
    expect(() => readAnalogies(file(': a\n'))).toThrow(/no questions/);
    expect(() => readAnalogies(join(folder, 'nowhere'))).toThrow(/nowhere/);
  });
});

describe('similarity', () => {
  it('correlates ranks, and equal values share theirs', () => {
    expect(spearman([1, 2, 3, 4], [10, 20, 30, 1e9])).toBeCloseTo(1, 12);
    expect(spearman([1, 2, 3], [3, 2, 1])).toBeCloseTo(-1, 12);
    // scipy.stats.spearmanr([1, 2, 2, 4, 5], [2, 1, 4, 4, 9])
    expect(spearman([1, 2, 2, 4, 5], [2, 1, 4, 4, 9])).toBeCloseTo(0.7631578947368421, 12);
  });

  it('reads tabs, commas, headings and remarks, and reports the coverage', () => {
    for (const text of [
      '# remark\nword1\tword2\tscore\nman\twoman\t9\nman\ttree\t1\nking\tqueen\t8.5\nmoon\tman\t2\n',
      'Word 1,Word 2,Human (mean)\nman,woman,9\nman,tree,1\nking,queen,8.5\nmoon,man,2\n',
    ]) {
      const { rho, asked, pairs } = judgeSimilarity(space, readJudgedPairs(file(text)));
      expect([asked, pairs]).toEqual([3, 4]);
      // Cosines .816, -.707, .913 against 9, 1, 8.5.
      expect(rho).toBeCloseTo(0.5, 6);
    }
  });

  it('refuses other lines', () => {
    expect(() => readJudgedPairs(file('man woman 3\nman woman\n'))).toThrow(/on line 2/);
    expect(() => readJudgedPairs(file('man woman 3\n'))).toThrow(/at least two pairs/);
  });
});
