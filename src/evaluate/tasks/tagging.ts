import { drawPart } from '../../data/draw.js';
import type { TaggedWords, TagTargets } from '../../data/index.js';
import { noGrad, ops, REDUCTION, type Tensor, tensor } from '../../engine/index.js';
import { Layer, Linear } from '../../engine/nn/index.js';
import { AutodidactError } from '../../errors.js';
import { fittingLogistic, logits } from '../logistic.js';
import { allOf, type Task } from '../task.js';

/** The words of one sample, and how many of them got their own tag. */
export interface TagAnswer {
  right: number;
  words: number;
}

/** Words that a linear head is fitted to at most, and numbers in their features. */
const MOST_WORDS = 2 ** 14;
const MOST_NUMBERS = 2 ** 24;
/** Not a tag: a place where no word ends. */
const NONE = -1;

/**
 * One tag per word, such as its part of speech, read from the vector of the word's last token. The score is the share of all words that get
 * their own tag.
 */
export const tagging: Task<TagTargets, TagAnswer> = {
  name: 'tagging',
  kind: 'tags',
  reads: 'tokens',
  score: 'tag accuracy',
  title: 'Words with their own tag',
  better: 'higher',
  isShare: true,
  wanted: {
    plural: 'tags of words',
    remedy: 'Give text:brown?label=tag, or text:./rows.jsonl?column=tokens&tags=tags with lists of words and of tags.',
  },

  head: (size, { classes }) => new WordHead(size, classes.length),

  loss: () => ({
    of(output, targets, positions) {
      const labels = labelsAt(targets, positions, output);
      const words = labels.ne(NONE).sum().item();
      const sum = ops.crossEntropy(output.flatten(0, 1), labels.flatten(), null, REDUCTION.sum, NONE);
      return sum.div(Math.max(1, words));
    },
  }),

  decode(output, targets, positions) {
    const width = output.size(1);
    const answers = output.argmax(2).toNumbers();
    return Array.from(positions, (position, i) => {
      const { places, tags } = targets.at(position);
      let right = 0;
      for (const [k, place] of places.entries()) if (answers[i * width + place] === tags[k]) right += 1;
      return { right, words: places.length };
    });
  },

  measure(answers) {
    const sum = (of: keyof TagAnswer) => answers.reduce((total, answer) => total + answer[of], 0);
    return { 'tag accuracy': sum('right') / sum('words') };
  },

  floor(test) {
    const counts = countsOf(test);
    return Math.max(...counts) / counts.reduce((sum, count) => sum + count, 0);
  },

  lookup(train, test) {
    const usual = mostFrequent(countsOf(train));
    const byWord = new Map<string, number[]>();
    for (const { words, tags } of samplesOf(train))
      for (const [k, word] of words.entries()) {
        const counts = byWord.get(word) ?? new Array<number>(train.classes.length).fill(0);
        counts[tags[k]!]! += 1;
        byWord.set(word, counts);
      }
    const tagOf = new Map([...byWord].map(([word, counts]) => [word, mostFrequent(counts)]));
    return samplesOf(test).map(({ words, tags }) => ({
      right: words.filter((word, k) => (tagOf.get(word) ?? usual) === tags[k]).length,
      words: words.length,
    }));
  },

  classes: ({ classes }) => classes,
  match: (test, { classes }) => test.numberedBy(classes),

  review(train, test) {
    const counts = countsOf(train);
    if (counts.filter((count) => count > 0).length < 2)
      throw new AutodidactError(
        'DATA',
        'The words of the training data have one tag only: there is nothing to tell apart',
      );
    const asked = samplesOf(test);
    const isTaught = (tag: number) => (counts[tag] ?? 0) > 0;
    const untaught = asked.reduce((sum, { tags }) => sum + tags.filter((tag) => !isTaught(tag)).length, 0);
    return untaught === 0
      ? []
      : [
          `${untaught.toLocaleString('en')} test words have a tag that no training word has: they cannot be right, and count.`,
        ];
  },

  linear: ({ classes: { length: classes } }) => ({
    problem(features, targets) {
      const { x, labels } = wordRows(features, targets);
      return (options) => fittingLogistic(x, labels, { ...options, classes });
    },
    outputs({ x }, features) {
      const [count, size, , width] = features.shape as [number, number, number, number];
      return logits({ x, classes }, tokenRows(features).reshape([-1, size])).view([count, width, classes]);
    },
  }),
};

/** A linear layer on the vector of each token: (N, D, 1, T) to (N, T, C). */
class WordHead extends Layer {
  readonly linear: Linear;

  constructor(size: number, classes: number) {
    super();
    this.linear = new Linear(size, classes);
  }

  override forward(features: Tensor): Tensor {
    return this.linear.forward(tokenRows(features));
  }
}

/** (N, D, 1, T) to (N, T, D). */
const tokenRows = (features: Tensor): Tensor => features.squeeze(2).transpose(1, 2);

/** int64 (B, T): the tag of the word that ends at each place; `NONE` where there is none, or one that no training word has. */
function labelsAt(targets: TagTargets, positions: Int32Array, output: Tensor): Tensor {
  const width = output.size(1);
  const labels = new BigInt64Array(positions.length * width).fill(BigInt(NONE));
  for (const [i, position] of positions.entries()) {
    const { places, tags } = targets.at(position);
    for (const [k, place] of places.entries())
      if (tags[k]! < output.size(2)) labels[i * width + place] = BigInt(tags[k]!);
  }
  return tensor(labels, { shape: [positions.length, width], device: output.device });
}

/** The vectors of words, float (M, D), with their tags; where there are too many, words drawn evenly with a fixed seed. */
function wordRows(features: Tensor, targets: TagTargets): { x: Tensor; labels: Int32Array } {
  const [count, size, , width] = features.shape as [number, number, number, number];
  const rows: number[] = [];
  const tags: number[] = [];
  for (let i = 0; i < count; i++) {
    const sample = targets.at(i);
    for (const [k, place] of sample.places.entries()) {
      rows.push(i * width + place);
      tags.push(sample.tags[k]!);
    }
  }
  const drawn = drawPart(rows.length, Math.min(MOST_WORDS, Math.floor(MOST_NUMBERS / size)));
  const places = Int32Array.from(drawn, (k) => rows[k]!);
  const x = noGrad(() =>
    tokenRows(features)
      .reshape([-1, size])
      .indexSelect(0, tensor(places, { device: features.device })),
  );
  return { x, labels: Int32Array.from(drawn, (k) => tags[k]!) };
}

const samplesOf = (targets: TagTargets): TaggedWords[] => Array.from(allOf(targets.count), (i) => targets.at(i));

/** Words of each tag. */
function countsOf(targets: TagTargets): number[] {
  const counts = new Array<number>(targets.classes.length).fill(0);
  for (const { tags } of samplesOf(targets)) for (const tag of tags) if (tag < counts.length) counts[tag]! += 1;
  return counts;
}

/** The first of equals. */
const mostFrequent = (counts: readonly number[]): number => counts.indexOf(Math.max(...counts));
