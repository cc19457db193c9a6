import { describe, expect, it } from 'vitest';
import { Generator, ops, type Tensor, tensor } from '../../engine/index.js';
import { drawNeighbors, nearestNeighbors, type Sample } from './neighbors.js';

/** Every pair, one by one. */
function literal(features: Tensor, query: number, k: number): { index: number; cosine: number }[] {
  const rows = features.toList() as number[][];
  const dot = (a: number[], b: number[]): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  return rows
    .map((row, index) => ({
      index,
      cosine: dot(rows[query]!, row) / Math.sqrt(dot(row, row) * dot(rows[query]!, rows[query]!)),
    }))
    .filter(({ index }) => index !== query)
    .sort((a, b) => b.cosine - a.cosine)
    .slice(0, k);
}

describe('nearestNeighbors', () => {
  const features = ops.randn([600, 7], { generator: new Generator(3) });

  it('agrees with every pair compared one by one, over more than one chunk', () => {
    const found = nearestNeighbors(features, [...Array(600).keys()], 5);
    for (const query of [0, 1, 299, 511, 512, 599]) {
      const expected = literal(features, query, 5);
      expect(found[query]!.map(({ index }) => index)).toEqual(expected.map(({ index }) => index));
      for (const [i, { cosine }] of found[query]!.entries()) expect(cosine).toBeCloseTo(expected[i]!.cosine, 5);
    }
  });

  it('leaves the query out even among equal images, and never gives more than there are', () => {
    const equal = tensor([
      [1, 0],
      [1, 0],
      [2, 0],
      [0, 1],
    ]);
    for (const [query, row] of nearestNeighbors(equal, [0, 1, 2, 3], 2).entries()) {
      expect(row).toHaveLength(2);
      expect(row.map(({ index }) => index)).not.toContain(query);
    }
    expect(nearestNeighbors(equal, [3], 99)[0]).toHaveLength(3);
    expect(nearestNeighbors(tensor([[1, 2]]), [0], 8)).toEqual([[]]);
  });

  it('refuses rows that are not there', () => {
    expect(() => nearestNeighbors(features, [600], 5)).toThrow('Expected rows from 0 to 599');
    expect(() => nearestNeighbors(features, [0], 0)).toThrow('Expected a whole number from 1');
  });
});

describe('drawNeighbors', () => {
  const picture = (id: string, label: string | null): Sample => ({
    ...{ id, label },
    shown: { kind: 'picture', source: 'data:image/webp;base64,AA', width: 28, height: 28 },
  });

  it('describes every picture and says where the class agrees', () => {
    const neighbors = [
      { ...picture('b.png', 'cat'), cosine: 0.912 },
      { ...picture('c".png', 'dog'), cosine: 0.4 },
    ];
    const { text } = drawNeighbors([{ query: picture('a.png', 'cat'), neighbors }]);
    expect(text).toContain('alt="Query a.png"');
    expect(text).toContain('alt="Neighbor 1: b.png, cat, same class, cosine 0.91"');
    expect(text).toContain('alt="Neighbor 2: c&quot;.png, dog, another class, cosine 0.40"');
    expect(text).toMatch(/class="same">.*✓.*0\.91/s);
    expect(text.match(/class="pixels"/g)).toHaveLength(3);
  });

  it('claims nothing about classes without labels', () => {
    const neighbors = [{ ...picture('b.png', null), cosine: 1 }];
    const { text } = drawNeighbors([{ query: picture('a.png', null), neighbors }]);
    expect(text).not.toMatch(/class="(same|other)"|[✓✗]/);
    expect(text).toContain('alt="Neighbor 1: b.png, cosine 1.00"');
  });

  it('shows texts as texts', () => {
    const words = (id: string, text: string): Sample => ({ id, label: null, shown: { kind: 'text', text } });
    const neighbors = [{ ...words('2', 'or <not>'), cosine: 0.5 }];
    const { text } = drawNeighbors([{ query: words('1', 'to be'), neighbors }]);
    expect(text).toContain('class="neighbors texts"');
    expect(text).toContain('>or &lt;not&gt;</p>');
    expect(text).not.toContain('<img');
  });
});
