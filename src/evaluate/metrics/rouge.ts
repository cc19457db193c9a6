/**
 * ROUGE (Lin, "ROUGE: A Package for Automatic Evaluation of Summaries", 2004, https://aclanthology.org/W04-1013): how much of a summary and
 * of the right one is the same. Words are runs of letters and digits in lowercase, without stemming.
 */
export interface Rouge {
  /** F1 of the words, each as often as it stands in both. */
  rouge1: number;
  /** F1 of the longest common subsequence of words. */
  rougeL: number;
}

const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

/** Scores from 0 to 1; 0 where either has no words. */
export function rouge(summary: string, right: string): Rouge {
  const [a, b] = [wordsOf(summary), wordsOf(right)];
  const f1 = (common: number): number => (common === 0 ? 0 : (2 * common) / (a.length + b.length));
  return { rouge1: f1(commonWords(a, b)), rougeL: f1(longestCommon(a, b)) };
}

/** The means of scores. */
export function meanRouge(scores: readonly Rouge[]): Rouge {
  const mean = (of: (score: Rouge) => number): number =>
    scores.reduce((sum, score) => sum + of(score), 0) / Math.max(1, scores.length);
  return { rouge1: mean(({ rouge1 }) => rouge1), rougeL: mean(({ rougeL }) => rougeL) };
}

function commonWords(a: readonly string[], b: readonly string[]): number {
  const left = new Map<string, number>();
  for (const word of b) left.set(word, (left.get(word) ?? 0) + 1);
  return a.filter((word) => {
    const count = left.get(word) ?? 0;
    left.set(word, count - 1);
    return count > 0;
  }).length;
}

/** Length of the longest common subsequence. */
function longestCommon(a: readonly string[], b: readonly string[]): number {
  // Of the words of `a` so far with the first 0, 1, ... words of `b`.
  let row = new Array<number>(b.length + 1).fill(0);
  for (const word of a) {
    const next = [0];
    for (const [j, other] of b.entries()) next.push(word === other ? row[j]! + 1 : Math.max(row[j + 1]!, next[j]!));
    row = next;
  }
  return row[b.length]!;
}
