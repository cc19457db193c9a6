import { membersByGroup } from '../../data/groups.js';
import type { ClassTargets } from '../../data/index.js';
import { ops, type Tensor, tensor } from '../../engine/index.js';
import { Linear } from '../../engine/nn/index.js';
import { AutodidactError } from '../../errors.js';
import { fittingLogistic, logits } from '../logistic.js';
import type { Task } from '../task.js';

/** The class that a sample was taken for, and its own. */
export interface ClassAnswer {
  answer: number;
  truth: number;
}

/** One class per sample; the score is the share of test samples that are taken for their own class. */
export const classification: Task<ClassTargets, ClassAnswer> = {
  name: 'classification',
  kind: 'classes',
  reads: 'vector',
  score: 'accuracy',
  title: 'Top-1 accuracy',
  better: 'higher',
  isShare: true,
  wanted: {
    plural: 'labels',
    remedy: 'Give --label-file with a table of ids and labels, or a folder with class folders.',
  },

  head: (size, { classes }) => new Linear(size, classes.length),

  loss: () => ({
    of: (output, { labels }, positions) => ops.crossEntropy(output, classesAt(labels, positions, output)),
  }),

  decode(output, { labels }, positions) {
    const answers = output.argmax(1).toNumbers();
    return answers.map((answer, i) => ({ answer, truth: labels[positions[i]!]! }));
  },

  measure: (answers) => ({ accuracy: answers.filter(isRight).length / answers.length }),

  contribution: (answer) => (isRight(answer) ? 1 : 0),

  floor({ labels }) {
    const known = membersByGroup(labels).map(([, { length }]) => length);
    return Math.max(...known) / known.reduce((sum, count) => sum + count, 0);
  },

  classOf: ({ labels }) => labels,
  classes: ({ classes }) => classes,
  match: (test, { classes }, name) => test.numberedBy(classes, name),

  review(train, test) {
    const [taught, asked] = [membersByGroup(train.labels), membersByGroup(test.labels)];
    if (taught.length < 2)
      throw new AutodidactError('DATA', 'The training data have one class only: there is nothing to classify');
    const named = (groups: [number, Int32Array][]) => groups.map(([label]) => train.classes[label]!).join(', ');
    const without = (groups: [number, Int32Array][], others: [number, Int32Array][]) =>
      groups.filter(([label]) => others.every(([other]) => other !== label));
    const unasked = without(taught, asked);
    const untaught = without(asked, taught);
    const single = taught.filter(([, members]) => members.length === 1);
    return [
      ...(unasked.length > 0
        ? [`The test data have no sample of ${named(unasked)}: the score is over the other classes.`]
        : []),
      ...(untaught.length > 0
        ? [
            `The training data have no labeled sample of ${named(untaught)}: the test samples of it cannot be right, and count.`,
          ]
        : []),
      ...(single.length > 0
        ? [
            `The training data have a single labeled sample of ${named(single)}: it is learnt from, and chooses nothing.`,
          ]
        : []),
    ];
  },

  linear: ({ classes: { length: classes } }) => ({
    problem:
      (features, { labels }) =>
      (options) =>
        fittingLogistic(features, labels, { ...options, classes }),
    outputs: ({ x }, features) => logits({ x, classes }, features),
  }),
};

const isRight = ({ answer, truth }: ClassAnswer): boolean => answer === truth;

/** int64 (B) beside the outputs. */
function classesAt(labels: Int32Array, positions: Int32Array, output: Tensor): Tensor {
  return tensor(
    BigInt64Array.from(positions, (i) => BigInt(labels[i]!)),
    { device: output.device },
  );
}
