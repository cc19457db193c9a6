import type { ImageDataset } from '../data/dataset.js';
import { AutodidactError, expected } from '../errors.js';
import type { Encoder } from '../methods/method.js';
import { Learner, type Look } from './learner.js';
import { isBetter, selectionSplit } from './validation.js';

/** What is trained beside the classifier on top: nothing, the last stage of the backbone, or all of it. */
export type FinetunePart = 'head' | 'top' | 'all';

/** Images with a label each; an `ImageDataset` without unlabeled images is one. */
export type LabeledImages = Pick<ImageDataset, 'count' | 'batch' | 'size'> & { labels: Int32Array };

export interface FinetuneOptions {
  /** The budget: optimizer steps of each training. Default 500. */
  steps?: number;
  /** Images per step, at most as many as there are. Default 64. */
  batchSize?: number;
  /** Default `sgd`, with Nesterov momentum 0.9. */
  optimizer?: 'sgd' | 'adamw';
  /**
   * Peak rates to try, each at the cost of one training. Default 0.004, 0.02, 0.1 for SGD and 0.0001, 0.0005, 0.0025 for
   * AdamW, five times as much for the head alone.
   */
  learningRates?: readonly number[];
  /** Default 5e-4 for SGD, 0.05 for AdamW; norms and biases have none. */
  weightDecay?: number;
  /**
   * Moves every image by up to an eighth of its side (`crop`), and mirrors half of them (`crop-flip`), which is right only
   * where left and right mean the same. Default `crop`.
   */
  augment?: 'none' | 'crop' | 'crop-flip';
  /** How often a training looks at the validation images. Default 10. */
  checks?: number;
  /** Looks without improvement after which a training stops. Default 4. */
  patience?: number;
}

export interface FinetuneTask {
  /** A network of the right shape, which is trained; its present weights are overwritten by those of `from`. */
  network: Encoder;
  /** The encoder to start from, which is only read; null trains the network from its present weights, from scratch. */
  from: Encoder | null;
  part: FinetunePart;
  train: LabeledImages;
  test: LabeledImages;
  classes: number;
  seed: number;
  /** The layer that the classifier reads; the last by default. */
  layer?: string;
  /** Called after every step. `total` counts a training for each rate and the final one, early stopping left aside. */
  onProgress?: (done: number, total: number) => void;
}

export interface FinetuneResult {
  /** Top-1 accuracy on the test images, in [0, 1]. */
  accuracy: number;
  predictions: Int32Array;
  learningRate: number;
  /** Steps of the final training: where the validation accuracy was best, of at most the budget. */
  steps: number;
  /** The best accuracy of each rate on the validation images; empty when there was nothing to choose by. */
  validation: (Look & { learningRate: number })[];
}

const LEARNING_RATES = { sgd: [0.004, 0.02, 0.1], adamw: [1e-4, 5e-4, 2.5e-3] } as const;
/** A linear classifier alone bears larger rates than a network. */
const HEAD_FACTOR = 5;
const WEIGHT_DECAY = { sgd: 5e-4, adamw: 0.05 } as const;

/**
 * Trains a classifier on top of a backbone together with a part of it, with cosine decay and light augmentation. Learning
 * rate and number of steps are those of the best accuracy on a stratified fifth of the training labels; with them it is then
 * trained again on all of the labels. With one label per class there is nothing to choose by: the middle rate and the whole
 * budget are taken. Without `from`, this is supervised training from scratch on the same budget.
 *
 * What is not trained stays in eval mode. A pretrained encoder's features are centered and scaled to unit variance on average
 * before the classifier, by constants from the training images, so that one set of learning rates suits every encoder.
 *
 * @throws AutodidactError `DIVERGED` when no learning rate gives a finite loss, `USAGE` for options out of range
 */
export async function finetune(task: FinetuneTask, options: FinetuneOptions = {}): Promise<FinetuneResult> {
  const { optimizer = 'sgd' } = options;
  const settings = {
    ...{ steps: 500, batchSize: 64, augment: 'crop' as const, checks: 10, patience: 4 },
    ...{ learningRates: defaultRates(optimizer, task.part), weightDecay: WEIGHT_DECAY[optimizer] },
    ...definedOnly(options),
    optimizer,
  };
  for (const name of ['steps', 'batchSize', 'checks', 'patience'] as const)
    if (!(Number.isInteger(settings[name]) && settings[name] >= 1))
      throw expected('a whole number from 1', name, settings[name]);
  const rates = settings.learningRates;
  if (rates.length === 0 || !rates.every((rate) => rate > 0)) throw expected('rates above 0', 'learningRates', rates);
  const { train, test, seed } = task;

  const split = selectionSplit(train.labels, seed);
  const trainings = (split === null ? 0 : rates.length) + 1;
  const learner = new Learner(task, settings);
  try {
    const validation: FinetuneResult['validation'] = [];
    for (const [i, learningRate] of (split === null ? [] : rates).entries()) {
      const report = (step: number) => task.onProgress?.(i * settings.steps + step, trainings * settings.steps);
      const best = await learner.train(split!.kept, split!.held, { learningRate, steps: settings.steps, report });
      if (best !== null) validation.push({ learningRate, ...best });
    }
    const middle = [...rates].sort((a, b) => a - b)[Math.floor((rates.length - 1) / 2)]!;
    const fallback = { learningRate: middle, steps: settings.steps, accuracy: 0, loss: 0 };
    const best = validation.reduce((winner, row) => (isBetter(row, winner) ? row : winner), validation[0] ?? fallback);
    const all = Int32Array.from(train.labels.keys());
    const offset = (trainings - 1) * settings.steps;
    const report = (step: number) => task.onProgress?.(offset + step, trainings * settings.steps);
    const isLearnt =
      (split === null || validation.length > 0) && (await learner.train(all, null, { ...best, report })) !== null;
    if (!isLearnt)
      throw new AutodidactError('DIVERGED', `Fine-tuning diverged with every learning rate of ${rates.join(', ')}`, {
        remedy: 'Give smaller learning rates.',
      });
    const { predictions, accuracy } = await learner.classify(test, null);
    return { accuracy, predictions, learningRate: best.learningRate, steps: best.steps, validation };
  } finally {
    learner.dispose();
  }
}

function defaultRates(optimizer: 'sgd' | 'adamw', part: FinetunePart): number[] {
  return LEARNING_RATES[optimizer].map((rate) => rate * (part === 'head' ? HEAD_FACTOR : 1));
}

function definedOnly<Options extends object>(options: Options): Partial<Options> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<Options>;
}
