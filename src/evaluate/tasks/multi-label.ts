import type { MultiLabelTargets } from '../../data/index.js';
import { ops, REDUCTION, type Tensor, tensor } from '../../engine/index.js';
import { Linear } from '../../engine/nn/index.js';
import { AutodidactError } from '../../errors.js';
import { type MultiLabelAnswer, multiLabelFigures } from '../metrics/multi-label.js';
import type { Task } from '../task.js';

/**
 * Several classes per sample: binary cross-entropies, summed over the classes of which something is known. The score is the mean
 * over the classes of average precision by scikit-learn's rule, as DeepCluster reports it on VOC07; VOC's own rules stand beside it.
 */
export const multiLabel: Task<MultiLabelTargets, MultiLabelAnswer> = {
  name: 'multi-label',
  kind: 'labels',
  reads: 'vector',
  score: 'mAP',
  title: 'mAP',
  better: 'higher',
  isShare: true,
  wanted: {
    plural: 'sets of labels',
    remedy: 'Give a table with a column labels ("cat; dog"), or data with objects: COCO, PASCAL VOC, synthetic:scenes.',
  },

  head: (size, { classes }) => new Linear(size, classes.length),

  loss: () => ({
    of(output, targets, positions) {
      const truth = truthAt(targets, positions, output); // (B, C)
      const isKnown = truth.ge(0).to(output.dtype);
      return ops
        .binaryCrossEntropyWithLogits(output, truth.clampMin(0), isKnown, null, REDUCTION.sum)
        .div(positions.length);
    },
  }),

  decode(output, targets, positions) {
    const scores = output.toNumbers();
    const classes = targets.classes.length;
    return Array.from(positions, (position, i) => ({
      scores: scores.slice(i * classes, (i + 1) * classes),
      truth: targets.at(position),
    }));
  },

  measure(answers) {
    const { stepwise, area, elevenPoints } = multiLabelFigures(answers);
    return { mAP: stepwise, 'VOC mAP (area)': area, 'VOC mAP (11 points)': elevenPoints };
  },

  /** The same scores for all samples: each class has its share of the samples. */
  floor: (test) =>
    multiLabelFigures(
      Array.from({ length: test.count }, (_, i) => ({ scores: test.at(i).map(() => 0), truth: test.at(i) })),
    ).stepwise,

  classes: ({ classes }) => classes,
  match: (test, { classes }, name) => test.numberedBy(classes, name),

  review(train, test) {
    const [taught, asked] = [countsOf(train), countsOf(test)];
    const named = (counts: Counts) => train.classes.filter((_, c) => counts.have[c] === 0);
    if (taught.have.every((count, c) => count === 0 || taught.lack[c] === 0))
      throw new AutodidactError('DATA', 'The training data have no label that some samples have and others have not');
    if (asked.have.every((count) => count === 0))
      throw new AutodidactError('DATA', 'The test data have no sample with a label');
    const [untaught, unasked] = [named(taught), named(asked)];
    return [
      ...(untaught.length > 0 ? [`No training sample has ${untaught.join(', ')}: nothing is learnt of it.`] : []),
      ...(unasked.length > 0 ? [`No test sample has ${unasked.join(', ')}: the score is over the other labels.`] : []),
    ];
  },
};

interface Counts {
  have: number[];
  lack: number[];
}

function countsOf(targets: MultiLabelTargets): Counts {
  const counts: Counts = { have: targets.classes.map(() => 0), lack: targets.classes.map(() => 0) };
  for (let i = 0; i < targets.count; i++)
    targets.at(i).forEach((value, c) => {
      if (value === 1) counts.have[c]! += 1;
      if (value === 0) counts.lack[c]! += 1;
    });
  return counts;
}

/** 1 has, 0 has not, -1 unknown, beside the outputs: (B, C). */
function truthAt(targets: MultiLabelTargets, positions: Int32Array, { device, dtype }: Tensor): Tensor {
  const rows = Array.from(positions, (position) => [...targets.at(position)]);
  return tensor(Float64Array.from(rows.flat()), { shape: [rows.length, targets.classes.length], device }).to(dtype);
}
