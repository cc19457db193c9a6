/** Paths through a binary tree in compressed rows: those of word w are the entries `starts[w]` to `starts[w + 1]`. */
export interface HuffmanPaths {
  starts: Int32Array;
  /** Inner nodes from the root (V - 2) down, numbered in the order in which they were joined. */
  nodes: Int32Array;
  /** 1 for the heavier of two branches, as in word2vec.c. */
  bits: Uint8Array;
}

/**
 * The Huffman tree over words with these counts, joined as in word2vec.c: of equal counts, the inner node comes before the word.
 *
 * @param counts in falling order; where they are not, the tree is a valid one but not the best
 */
export function huffmanPaths(counts: ArrayLike<number>): HuffmanPaths {
  const words = counts.length;
  const weights = new Float64Array(2 * words - 1);
  for (let w = 0; w < words; w++) weights[w] = counts[w]!;
  const parents = new Int32Array(2 * words - 1);
  const branches = new Uint8Array(2 * words - 1);
  let leaf = words - 1;
  let inner = words;
  for (let made = words; made < weights.length; made++) {
    const lightest = (): number => {
      const isLeaf = leaf >= 0 && (inner === made || weights[leaf]! < weights[inner]!);
      return isLeaf ? leaf-- : inner++;
    };
    const first = lightest();
    const second = lightest();
    weights[made] = weights[first]! + weights[second]!;
    parents[first] = made;
    parents[second] = made;
    branches[second] = 1;
  }
  const root = weights.length - 1;
  const starts = new Int32Array(words + 1);
  const nodes: number[] = [];
  const bits: number[] = [];
  for (let w = 0; w < words; w++) {
    const at = nodes.length;
    for (let node = w; node !== root; node = parents[node]!) {
      nodes.push(parents[node]! - words);
      bits.push(branches[node]!);
    }
    reverse(nodes, at);
    reverse(bits, at);
    starts[w + 1] = nodes.length;
  }
  return { starts, nodes: Int32Array.from(nodes), bits: Uint8Array.from(bits) };
}

/** Turns round what stands in a list from a place on. */
function reverse(list: number[], from: number): void {
  for (let i = from, k = list.length - 1; i < k; i++, k--) [list[i], list[k]] = [list[k]!, list[i]!];
}
