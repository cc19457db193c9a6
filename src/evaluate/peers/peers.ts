import { rotate90 } from '../../augment/index.js';
import type { Samples } from '../../data/index.js';
import { type Generator, ops, Tensor } from '../../engine/index.js';
import { schedule } from '../../engine/optim/index.js';
import { AutodidactError } from '../../errors.js';
import { consistencyLoss, entropy, keepingStatistics, turnLabels, virtualAdversarialLoss } from './losses.js';
import type { PeerName } from './names.js';
import type { PeerNetwork } from './network.js';
import { stronglyChanged } from './strong-changes.js';

/** What a step of training is made of. */
export interface PeerStep {
  network: PeerNetwork;
  /** Labeled samples as the backbone takes them, (B, ...). */
  labeled: Tensor;
  /** int64 (B) */
  labels: Tensor;
  /** Samples without a label as the data have them, (U, ...). */
  unlabeled: Samples;
  prepare(samples: Samples): Tensor;
  /** A change at random of samples without a label that would keep it. */
  weak(samples: Samples): Samples;
  /** From 0 to 1. */
  progress: number;
  /** Of what happens to the samples without a label: labeled ones draw from another, and are the same with and without the others. */
  random: Generator;
}

/** What a step is to lessen: the sum. */
export interface PeerLoss {
  /** What the labels teach. */
  labeled: Tensor;
  /** What a peer adds to it; null where it adds nothing. */
  added: Tensor | null;
}

/** How a peer trains. */
export interface Recipe {
  /** Unlabeled samples for each labeled one in a batch. */
  ratio: number;
  /** How often the backbone sees a labeled, and an unlabeled sample in a step. */
  passes: { labeled: number; unlabeled: number };
  hasTurns: boolean;
  optimizer: 'sgd' | 'adamw';
  learningRate: number;
  weightDecay: number;
  /** Factor of the learning rate by progress from 0 to 1. */
  course: (progress: number) => number;
  /** Decay of the average of the weights that is measured in place of the last ones; null measures the last. */
  averaging: number | null;
  loss(step: PeerStep): PeerLoss;
}

const crossEntropy = (logits: Tensor, labels: Tensor): Tensor => ops.crossEntropy(logits, labels);

/** Rates of the S4L paper are for 256 samples in a batch; ours have a quarter of it. */
const SCALE = 1 / 4;

/** Training on the labeled samples alone: the teacher of pseudo-labels, and their student. */
export const plain: Recipe = {
  ...{ ratio: 0, passes: { labeled: 1, unlabeled: 0 }, hasTurns: false },
  ...{ optimizer: 'sgd', learningRate: 0.1 * SCALE, weightDecay: 1e-4, averaging: null },
  course: schedule.step({ milestones: [0.3, 0.6, 0.9], warmup: 0.05 }),
  loss: ({ network, labeled, labels }) => ({
    labeled: crossEntropy(network.classesOf(labeled), labels),
    added: null,
  }),
};

/** Where the weight of pseudo-labels begins to rise, and where it is full, in shares of the training. */
const RAMP = { from: 0.1, to: 0.6, weight: 3 };

/**
 * The network's own answers as labels, with a weight that rises during training. Source: Lee 2013; the ends of the rise, in shares of the
 * training, are ours.
 */
export const ramp: Recipe = {
  ...plain,
  ...{ ratio: 4, passes: { labeled: 1, unlabeled: 1 }, learningRate: 0.03, weightDecay: 5e-4 },
  course: schedule.cosine({ total: 1 }),
  loss({ network, labeled, labels, unlabeled, prepare, weak, progress }) {
    const count = labeled.size(0);
    const logits = network.classesOf(ops.cat([labeled, prepare(weak(unlabeled))]));
    const [own, others] = [logits.narrow(0, 0, count), logits.narrow(0, count, logits.size(0) - count)];
    const weight = RAMP.weight * Math.min(1, Math.max(0, (progress - RAMP.from) / (RAMP.to - RAMP.from)));
    const guessed = crossEntropy(others, others.detach().argmax(1));
    return { labeled: crossEntropy(own, labels), added: guessed.mul(weight) };
  },
};

/** Length of the perturbation for a sample of 3,072 numbers of unit deviation; it grows with the root of their number. */
const VAT_EPSILON = 8;

const epsilonFor = (x: Tensor): number => VAT_EPSILON * Math.sqrt(x.numel / x.size(0) / 3072);

/** Logits of samples without a label, and how they change under the perturbation that changes them most. */
function adversarial(network: PeerNetwork, x: Tensor, random: Generator): { logits: Tensor; loss: Tensor } {
  // The statistics of batch norms are those of the labeled samples.
  return keepingStatistics(network.backbone, () => {
    const logits = network.classesOf(x);
    const loss = virtualAdversarialLoss((y) => network.classesOf(y), x, logits, { epsilon: epsilonFor(x) }, random);
    return { logits, loss };
  });
}

/**
 * Virtual adversarial training with entropy minimization. Source: Miyato et al. 2018; `train_semisup.py` of github.com/takerum/vat_tf (there
 * 500 epochs of 400 steps, Adam with a rate that falls to 0 over the last 40 epochs).
 */
export const vat: Recipe = {
  ...{ ratio: 4, passes: { labeled: 1, unlabeled: 3 }, hasTurns: false },
  ...{ optimizer: 'adamw', learningRate: 1e-3, weightDecay: 0, averaging: null },
  course: (progress) => Math.min(1, (1 - progress) / 0.08),
  loss({ network, labeled, labels, unlabeled, prepare, weak, random }) {
    const own = crossEntropy(network.classesOf(labeled), labels);
    const { logits, loss } = adversarial(network, prepare(weak(unlabeled)), random);
    return { labeled: own, added: loss.add(entropy(logits).mean()) };
  },
};

/**
 * Unsupervised data augmentation: strongly changed copies are answered like their originals. Source: Xie et al. 2020; `image/main.py` of
 * github.com/google-research/uda.
 */
export const uda: Recipe = {
  ...{ ratio: 7, passes: { labeled: 1, unlabeled: 2 }, hasTurns: false },
  ...{ optimizer: 'sgd', learningRate: 0.03, weightDecay: 5e-4, averaging: 0.9999 },
  course: (progress) => Math.cos((7 / 16) * Math.PI * progress),
  loss({ network, labeled, labels, unlabeled, prepare, weak, random }) {
    const originals = prepare(weak(unlabeled));
    const copies = prepare(weak(stronglyChanged(asTensor(unlabeled), random)));
    const sizes = [labeled.size(0), originals.size(0), copies.size(0)];
    const logits = network.classesOf(ops.cat([labeled, originals, copies]));
    const part = (at: number) =>
      logits.narrow(
        0,
        sizes.slice(0, at).reduce((sum, size) => sum + size, 0),
        sizes[at]!,
      );
    return { labeled: crossEntropy(part(0), labels), added: consistencyLoss(part(1), part(2)) };
  },
};

/** Every sample turned by 0, 90, 180 and 270 degrees: (4 B, ...), all of one turn together. */
const turned = (x: Tensor): Tensor => ops.cat([0, 1, 2, 3].map((turns) => rotate90(x, turns)));

const fourTimes = (labels: Tensor): Tensor => ops.cat([labels, labels, labels, labels]);

/** The labeled samples and the others in all four turns, and what the network says of them. */
function inTurns({ network, labeled, unlabeled, prepare, weak }: PeerStep) {
  const others = prepare(weak(unlabeled));
  const [own, rest] = [turned(square(labeled)), turned(square(others))];
  const both = network.bothOf(ops.cat([own, rest]));
  const split = (logits: Tensor) =>
    [logits.narrow(0, 0, own.size(0)), logits.narrow(0, own.size(0), rest.size(0))] as const;
  const [ofOwn, ofRest] = split(both.turns);
  const turnLoss = (logits: Tensor) => crossEntropy(logits, turnLabels(logits.size(0) / 4, logits));
  return { rest, classes: split(both.classes), ownTurns: turnLoss(ofOwn), restTurns: turnLoss(ofRest) };
}

/**
 * The classes of labeled samples in all turns, and the turns of all. Source: Zhai et al. 2019 (S4L); `rotation.py` of
 * github.com/google-research/s4l.
 */
export const s4lRotation: Recipe = {
  ...{ ratio: 1, passes: { labeled: 4, unlabeled: 4 }, hasTurns: true },
  ...{ optimizer: 'sgd', learningRate: 0.03, weightDecay: 1e-3, averaging: null },
  course: schedule.step({ milestones: [0.7, 0.8, 0.9], warmup: 0.025 }),
  loss(step) {
    const { classes, ownTurns, restTurns } = inTurns(step);
    return { labeled: crossEntropy(classes[0], fourTimes(step.labels)), added: ownTurns.add(restTurns).mul(0.5) };
  },
};

/** Shares of rotation and class; virtual adversarial training and entropy weigh like the class. */
const MOAM = { turns: 0.4, other: 0.3 };

/**
 * The first step of MOAM, "mix of all models": rotation, classes, virtual adversarial training and entropy minimization together. The paper
 * makes the network four times as wide, which the peer does not, and retrains on pseudo-labels afterwards. Source: Zhai et al. 2019,
 * section 7; github.com/google-research/s4l.
 */
export const moam: Recipe = {
  ...{ ratio: 1, passes: { labeled: 4, unlabeled: 12 }, hasTurns: true },
  ...{ optimizer: 'sgd', learningRate: 0.2 * SCALE, weightDecay: 2e-4, averaging: 0.999 },
  course: schedule.step({ milestones: [0.5, 0.75, 0.95], warmup: 0.025 }),
  loss(step) {
    const { network, labels, random } = step;
    const { rest, classes, ownTurns, restTurns } = inTurns(step);
    const own = crossEntropy(classes[0], fourTimes(labels));
    const { logits, loss } = adversarial(network, rest, random);
    const certain = loss.add(entropy(logits).mean());
    const added = ownTurns
      .add(restTurns)
      .mul(MOAM.turns / 2)
      .add(certain.mul(MOAM.other));
    return { labeled: own.mul(MOAM.other), added };
  },
};

/** The recipes of peers that train one network on both kinds of samples. */
export const RECIPES: Readonly<Record<Exclude<PeerName, 'pseudo-label'>, Recipe>> = {
  'pseudo-label-ramp': ramp,
  vat,
  uda,
  's4l-rotation': s4lRotation,
  moam,
};

function square(x: Tensor): Tensor {
  if (x.ndim === 4 && x.size(2) === x.size(3)) return x;
  throw new AutodidactError('DATA', `Square images can be turned, received ${x.describe()}`, {
    remedy: 'Leave out the baselines s4l-rotation and moam.',
  });
}

function asTensor(samples: Samples): Tensor {
  if (samples instanceof Tensor) return samples;
  throw new AutodidactError('DATA', 'UDA changes images, received samples of several tensors', {
    remedy: 'Leave out the baseline uda.',
  });
}
