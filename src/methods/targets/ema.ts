/** Momentum copies: networks that follow others as an exponential moving average of their parameters (EMA), without gradient. */
import type { Backbone } from '../../backbones/backbone.js';
import { createBackbone } from '../../backbones/registry.js';
import { noGrad, ops } from '../../engine/index.js';
import type { Module } from '../../engine/nn/index.js';
import { AutodidactError } from '../../errors.js';
import type { Progress } from '../method.js';

/**
 * Turns `copy` into a momentum copy of `original`: the same weights and batch statistics, and no gradient ever.
 *
 * @throws AutodidactError `CHECKPOINT` when the two are not alike
 */
export function startAsCopy<Copy extends Module>(copy: Copy, original: Module): Copy {
  copy.loadStateDict(original.stateDict());
  copy.setRequiresGrad(false);
  return copy;
}

/** A momentum copy of a backbone: the same architecture and weights, without gradient. */
export function copyOfBackbone<B extends Backbone>(backbone: B): B {
  return startAsCopy(createBackbone(backbone.architecture, backbone.options), backbone) as B;
}

/**
 * The decay for a copy that follows after each optimizer step, ever more slowly, here before the next one (`beforeStep`): `start`
 * after the first step, 1 at the end, and 1 as long as there was no step.
 *
 * @param course along a cosine, 1 - (1 - start) (cos(pi step / totalSteps) + 1) / 2 (BYOL, section 3.3), or evenly (I-JEPA)
 */
export function risingDecay(
  start: number,
  { step, totalSteps }: Pick<Progress, 'step' | 'totalSteps'>,
  course: 'cosine' | 'linear' = 'cosine',
): number {
  if (step === 0) return 1;
  const share = Math.min(1, (step - 1) / totalSteps);
  return course === 'linear' ? start + (1 - start) * share : 1 - ((1 - start) * (Math.cos(Math.PI * share) + 1)) / 2;
}

/**
 * Moves every parameter of the copies towards its original: copy = decay copy + (1 - decay) original. After n steps towards a
 * fixed original, copy = original + decay^n (start - original).
 *
 * Buffers are left alone: in the codes of MoCo and BYOL alike a momentum encoder gathers its own batch statistics in its own
 * forward passes.
 *
 * @param copies modules with the same parameters as `originals`, in the same order
 * @param decay share of the copy that stays, from 0 (becomes the original) to 1 (does not move)
 * @throws AutodidactError `SHAPE` when the parameters do not pair up
 */
export function moveByEma(copies: readonly Module[], originals: readonly Module[], decay: number): void {
  const moved = copies.flatMap((module) => module.parameters());
  const towards = originals.flatMap((module) => module.parameters());
  const isPaired =
    moved.length === towards.length && moved.every((p, i) => p.shape.join() === towards[i]!.shape.join());
  if (!isPaired)
    throw new AutodidactError('SHAPE', 'Expected a momentum copy with the parameters of its original, found others');
  noGrad(() => ops.foreachLerp_(moved, towards, 1 - decay));
}
