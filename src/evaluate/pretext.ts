import type { ImageDataset } from '../data/dataset.js';
import { type Device, Generator, noGrad, scope } from '../engine/index.js';
import type { Method, PretextScore } from '../methods/method.js';

/** The same views each time. */
const SEED = 99;

/**
 * How well a method solves its pretext task: the mean of a metric (or of the `loss`) over whole batches of images, in eval mode, of the
 * turn that the score names, else of the first turn of the last stage. NaN where the metric is not there.
 *
 * @param dataset held-out images; those of training for scores that are about these (`isOfTrainingData`)
 */
export function pretextScore(
  method: Method,
  dataset: Pick<ImageDataset, 'count' | 'batch'>,
  { metric, turn }: Pick<PretextScore, 'metric' | 'turn'>,
  { batchSize = 100, device = 'cpu' }: { batchSize?: number; device?: Device } = {},
): number {
  const random = new Generator(SEED, device);
  const stage = method.stages.length - 1;
  const asked = turn ?? method.turns(stage)[0]!.name;
  const progress = { step: 0, totalSteps: 1, epoch: 0, totalEpochs: 1, stage };
  method.eval();
  let sum = 0;
  let batches = 0;
  for (let start = 0; start + batchSize <= dataset.count; start += batchSize, batches++) {
    const indices = Array.from({ length: batchSize }, (_, i) => start + i);
    sum += scope(() =>
      noGrad(() => {
        const views = method.views({ samples: dataset.batch(indices).to(device), indices }, random);
        const outcome = method.loss(views, asked, progress);
        const value = metric === 'loss' ? outcome.loss : outcome.metrics?.[metric];
        return typeof value === 'number' ? value : (value?.item() ?? Number.NaN);
      }),
    );
  }
  return sum / batches;
}
