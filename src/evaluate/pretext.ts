import { type Dataset, samplesTo } from '../data/index.js';
import { type Device, Generator, noGrad, scope } from '../engine/index.js';
import type { Batch, Method, PretextScore } from '../methods/method.js';

/** The same views each time. */
const SEED = 99;

/**
 * How well a method solves its pretext task: the mean of a metric (or of the `loss`) over whole batches of samples, in eval mode, of the
 * optimizer group that the score names, else of the first group of the last stage. Batches without the metric do not count; NaN where none
 * has it.
 *
 * @param dataset held-out samples; those of training for scores that are about these (`isOfTrainingData`)
 */
export function pretextScore(
  method: Method,
  dataset: Dataset,
  { metric, group }: Pick<PretextScore, 'metric' | 'group'>,
  { batchSize = 100, device = 'cpu' }: { batchSize?: number; device?: Device } = {},
): number {
  const random = new Generator(SEED, device);
  const stage = method.stages.length - 1;
  const asked = group ?? method.optimizerGroups(stage)[0]!.name;
  const progress = { step: 0, totalSteps: 1, epoch: 0, totalEpochs: 1, stage };
  method.eval();
  const found: number[] = [];
  for (let start = 0; start + batchSize <= dataset.count; start += batchSize) {
    const indices = Array.from({ length: batchSize }, (_, i) => start + i);
    const value = scope(() =>
      noGrad(() => {
        const batch = { samples: samplesTo(dataset.collate(indices), device), indices } as Batch;
        const outcome = method.loss(method.views(batch, random), asked, progress);
        const value = metric === 'loss' ? outcome.loss : outcome.metrics?.[metric];
        return typeof value === 'number' ? value : value?.item();
      }),
    );
    if (value !== undefined) found.push(value);
  }
  return found.reduce((sum, value) => sum + value, 0) / found.length;
}
