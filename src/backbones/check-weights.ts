import { isFloating, scope, type Tensor } from '../engine/index.js';
import type { Module } from '../engine/nn/index.js';
import { AutodidactError } from '../errors.js';

/** What is wrong with the numbers of a weight or statistic, in words; null when nothing is. */
export function flawOf(name: string, value: Tensor): string | null {
  if (!isFloating(value.dtype)) return null;
  return scope(() => {
    const numbers = value.detach();
    if (!numbers.isfinite().all().item()) return 'has numbers that are not finite';
    return name.endsWith('running_var') && numbers.lt(0).any().item() ? 'has variances below 0' : null;
  });
}

/** @throws AutodidactError `CHECKPOINT` that names the first weight or statistic with NaN, infinity or a variance below 0 */
export function checkWeights(module: Module): void {
  for (const [name, value] of module.stateDict()) {
    const flaw = flawOf(name, value);
    if (flaw !== null)
      throw new AutodidactError('CHECKPOINT', `The weight \`${name}\` of the encoder ${flaw}`, {
        remedy: 'Training diverged, or the file is damaged: take an earlier checkpoint, or train again.',
      });
  }
}
