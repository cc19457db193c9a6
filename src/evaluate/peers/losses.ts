/**
 * Losses of semi-supervised training: consistency, entropy, and labels that are used only while they teach.
 */
import { batchNormsOf } from '../../backbones/statistics.js';
import { type Generator, gradientsOf, noGrad, ops, REDUCTION, scope, type Tensor, tensor } from '../../engine/index.js';
import type { Module } from '../../engine/nn/index.js';
import { AutodidactError } from '../../errors.js';

/** KL(p || q) of each sample, of two sets of logits (B, K) of which the first is p's: (B). */
export function divergence(p: Tensor, q: Tensor): Tensor {
  const log = p.logSoftmax(1);
  return log
    .exp()
    .mul(log.sub(q.logSoftmax(1)))
    .sum(1);
}

/** Entropy of each prediction, of logits (B, K): (B). */
export function entropy(logits: Tensor): Tensor {
  const log = logits.logSoftmax(1);
  return log.exp().mul(log).sum(1).neg();
}

export interface Adversarial {
  /** Length of the perturbation of each sample. */
  epsilon: number;
  /**
   * Length of the probe, in deviations of the input. Default 0.01. The official 1e-6 is below the last digit of a float32 when it is
   * shared out among thousands of pixels: the direction it finds has a cosine of 0.14 with the right one.
   */
  xi?: number;
}

/**
 * The perturbation of this length that changes the predictions most, by one power iteration: (B, ...) like `x`.
 *
 * @param network logits of samples, in training mode without a change to its statistics (`keepingStatistics`)
 * @param x float (B, ...)
 * @param logits of `x`; no gradient is taken through them
 *
 * Source: Miyato et al. 2018, section 3.3; `vat.py` of github.com/takerum/vat_tf.
 */
export function adversarialPerturbation(
  network: (x: Tensor) => Tensor,
  x: Tensor,
  logits: Tensor,
  { epsilon, xi = 0.01 }: Adversarial,
  random: Generator,
): Tensor {
  return scope(() => {
    const input = x.detach();
    const length = noGrad(() => xi * input.std().item());
    const draws = ops.randn(input.shape, { generator: random, device: input.device }).to(input.dtype);
    const probe = noGrad(() => unit(draws).mul(length));
    probe.requiresGrad = true;
    const change = divergence(logits.detach(), network(input.add(probe))).mean();
    const [gradient] = gradientsOf([change], [probe]);
    if (gradient == null)
      throw new AutodidactError('ENGINE', 'The predictions do not depend on the samples that they are made of');
    return noGrad(() => unit(gradient).mul(epsilon)).detach();
  });
}

/** Each sample scaled to length 1: by its largest number first, so that tiny gradients keep their digits. */
function unit(x: Tensor): Tensor {
  const flat = x.reshape([x.size(0), -1]);
  const scaled = flat.div(flat.abs().amax([1], true).add(1e-12));
  return scaled.div(scaled.square().sum(1, true).add(1e-6).sqrt()).view(x.shape);
}

/**
 * Virtual adversarial loss: how far the predictions move under the perturbation that moves them most, KL(p(x) || p(x + r)), mean over the
 * batch. No gradient goes to the unperturbed predictions.
 */
export function virtualAdversarialLoss(
  network: (x: Tensor) => Tensor,
  x: Tensor,
  logits: Tensor,
  options: Adversarial,
  random: Generator,
): Tensor {
  const r = adversarialPerturbation(network, x, logits, options, random);
  return divergence(logits.detach(), network(x.detach().add(r))).mean();
}

/**
 * Runs the body in the present modes without a change to the running statistics of batch norms: those are of the labeled samples only.
 */
export function keepingStatistics<Result>(network: Module, body: () => Result): Result {
  const norms = batchNormsOf(network);
  const momenta = norms.map(({ momentum }) => momentum);
  const counts = norms.map((norm) => norm.num_batches_tracked.item());
  try {
    for (const norm of norms) norm.momentum = 0;
    return body();
  } finally {
    norms.forEach((norm, i) => {
      norm.momentum = momenta[i]!;
      noGrad(() => norm.num_batches_tracked.fill_(counts[i]!));
    });
  }
}

export interface Consistency {
  /** Least probability of the original's class. Default 0.8. */
  threshold?: number;
  /** Sharpens the original's predictions. Default 0.4. */
  temperature?: number;
}

/**
 * How far the predictions of changed copies lie from those of their originals, sharpened: mean over all samples, with 0 for those whose
 * original is uncertain. The certainty is that of the unsharpened prediction.
 *
 * @param original logits (B, K); no gradient goes to them
 * @param changed logits (B, K) of their copies
 *
 * Source: Xie et al. 2020 (UDA); `image/main.py` of github.com/google-research/uda.
 */
export function consistencyLoss(
  original: Tensor,
  changed: Tensor,
  { threshold = 0.8, temperature = 0.4 }: Consistency = {},
): Tensor {
  const fixed = original.detach();
  const isCertain = fixed.softmax(1).amax([1]).gt(threshold).to(changed.dtype);
  return divergence(fixed.div(temperature), changed).mul(isCertain).mean();
}

export const ANNEALING = ['linear', 'log', 'exp'] as const;

/**
 * The probability from which on a label is not used any more, rising from chance to 1 (training signal annealing, UDA).
 *
 * @param progress from 0 to 1
 */
export function annealedThreshold(course: (typeof ANNEALING)[number], progress: number, classes: number): number {
  const share = { linear: progress, log: 1 - Math.exp(-5 * progress), exp: Math.exp(5 * (progress - 1)) }[course];
  return share * (1 - 1 / classes) + 1 / classes;
}

/** Cross-entropy over the samples whose class has a lower probability than `threshold`; 0 without any. */
export function annealedLoss(logits: Tensor, labels: Tensor, threshold: number): Tensor {
  const losses = ops.crossEntropy(logits, labels, null, REDUCTION.none); // (B)
  const isUsed = losses.detach().neg().exp().lt(threshold).to(losses.dtype);
  return losses.mul(isUsed).sum().div(isUsed.sum().clampMin(1));
}

/** Labels 0, ..., 0, 1, ..., 1, ... for `count` samples turned by 0, 90, 180 and 270 degrees in turn, int64 (4 count). */
export function turnLabels(count: number, like: Tensor): Tensor {
  const labels = BigInt64Array.from({ length: 4 * count }, (_, i) => BigInt(Math.floor(i / count)));
  return tensor(labels, { device: like.device });
}
