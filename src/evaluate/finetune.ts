import type { Targets } from '../data/index.js';
import { AutodidactError, expected } from '../errors.js';
import { modalityOf } from '../modalities/registry.js';
import { checkLayer } from './layers.js';
import { Learner, type LearnerRequest, type LearnerSettings, type Look, type Training } from './learner.js';
import { allOf, type Labeled, type OutputListener, strataOf } from './task.js';
import { bestOf, selectionSplit } from './validation.js';

export interface FinetuneOptions extends Partial<LearnerSettings> {
  /** Optimizer steps of each training of the search, or `epochs` where these are more steps. Default 500. */
  steps?: number;
  /** Passes over the labeled samples of each training of the search. Default 20. */
  epochs?: number;
  /**
   * Most optimizer steps of all trainings together: the search, longer trainings, and the final one. Default 16 times `steps`.
   */
  mostSteps?: number;
  /**
   * Peak rates to try, each at the cost of one training. Default 0.004, 0.02, 0.1 for SGD and 0.0001, 0.0005, 0.0025 for
   * AdamW, five times as much for the head alone.
   */
  learningRates?: readonly number[];
  /**
   * Learning rates of the head in multiples of the backbone's: each is tried with each of `learningRates`, which are the backbone's then.
   * Default 1. A head that starts from nothing on a network that knows something wants a larger rate than the network.
   */
  headFactors?: readonly number[];
  /**
   * Weight decays to try at the best rate; the middle one comes first. Norms and biases have none. Default 0.0001, 0.001, 0.01 for
   * SGD, 0.05 for AdamW.
   */
  weightDecays?: readonly number[];
}

export interface FinetuneRequest<T extends Targets, P> extends LearnerRequest<T, P> {
  /** Scores, and chooses nothing. */
  test: Labeled<T>;
  onTestOutput?: OutputListener<T>;
  /** Called after every step. `total` counts the trainings that are planned at that time, early stopping left aside. */
  onProgress?: (done: number, total: number) => void;
}

/** How a candidate did on the validation samples. */
export type Candidate = Look & Pick<Training, 'learningRate' | 'weightDecay' | 'length'> & { headFactor: number };

export interface FinetuneResult<P> {
  /** To the test samples. */
  answers: P[];
  measures: Record<string, number>;
  learningRate: number;
  /** The head's learning rate in multiples of that. */
  headFactor: number;
  weightDecay: number;
  /** Steps of the final training. */
  steps: number;
  /** Passes over the labeled samples in these steps. */
  epochs: number;
  /** Steps over which its learning rate falls to 0. */
  length: number;
  /** The best look of each candidate, in the order of the trainings; empty when there was nothing to choose by. */
  validation: Candidate[];
  /** A sentence when the cap on the steps ended the search while longer training might still score higher; else null. */
  warning: string | null;
}

type Settings = LearnerSettings & Required<FinetuneOptions>;

const DEFAULTS: Omit<Settings, 'mostSteps' | 'learningRates' | 'headFactors' | 'weightDecays'> = {
  ...{ steps: 500, epochs: 20, batchSize: 64, optimizer: 'sgd', augment: 'crop', checks: 10, patience: 4 },
};
const LEARNING_RATES = { sgd: [0.004, 0.02, 0.1], adamw: [1e-4, 5e-4, 2.5e-3] } as const;
/** A linear classifier alone bears larger rates than a network. */
const HEAD_FACTOR = 5;
/** Supervised baselines need up to 1e-2 where labels are few (Zhai et al. 2019, S4L). */
const WEIGHT_DECAYS = { sgd: [1e-4, 1e-3, 1e-2], adamw: [0.05] } as const;
/** `mostSteps` in multiples of `steps`: a search of five trainings, two doublings of the length, and the final training. */
const CAP = 16;

/**
 * Trains the head of a task on top of a backbone together with a part of it, with cosine decay and a light augmentation that keeps
 * the label. What is chosen is chosen by a stratified fifth of the training samples, those of one owner together: the learning rate, then the weight decay at
 * that rate, then the length, which is doubled as long as that helps and the cap on the steps allows it. A training that has not
 * improved for a while ends there and counts with its best look. With the choice it is then trained again on all of the samples, to
 * the end of its schedule. With one sample per class there is nothing to choose by: the middle
 * rate and decay and the whole length are taken. Without `from`, this is supervised training from scratch.
 *
 * A pretrained encoder's features are centered and scaled to unit variance on average before the head, by constants from the
 * training samples, so that one set of learning rates suits every encoder. Where a whole network is trained on maps they are left as they
 * are, as from scratch, so that the same weights give the same result either way (docs/tasks.md).
 *
 * @throws AutodidactError `DIVERGED` when no candidate gives a finite loss, `USAGE` for options out of range, `INTERRUPTED`
 */
export async function finetune<T extends Targets, P>(
  request: FinetuneRequest<T, P>,
  options: FinetuneOptions = {},
): Promise<FinetuneResult<P>> {
  const settings = settingsOf(request, options);
  const { task, train, test, seed, network, part } = request;
  if (typeof part === 'object') checkLayer(network.backbone, part.after, 'after');
  const split = selectionSplit(strataOf(task, train.targets), seed, train.data.owners);
  const learner = new Learner(request, settings);
  try {
    const search = new Search(request, settings, learner, split);
    const { chosen, validation, warning } = await search.run();
    const { answers } = await learner.answer(test, undefined, request.onTestOutput);
    const { learningRate, headFactor, weightDecay, steps, length } = chosen;
    const epochs = (steps * Math.min(settings.batchSize, train.data.count)) / train.data.count;
    const measures = task.measure(answers);
    return { answers, measures, learningRate, headFactor, weightDecay, steps, epochs, length, validation, warning };
  } finally {
    learner.dispose();
  }
}

/** Chooses on the validation split and leaves the learner trained on all samples. */
class Search<T extends Targets, P> {
  private readonly validation: Candidate[] = [];
  /** Steps that are spent; a training that stopped early counts in full. */
  private spent = 0;
  private planned: number;
  private readonly length: number;

  constructor(
    private readonly request: FinetuneRequest<T, P>,
    private readonly settings: Settings,
    private readonly learner: Learner<T, P>,
    private readonly split: { kept: Int32Array; held: Int32Array } | null,
  ) {
    const { learningRates, headFactors, weightDecays, steps, epochs, mostSteps, batchSize } = settings;
    const { count } = request.train.data;
    const perEpoch = Math.max(1, Math.floor(count / Math.min(batchSize, count)));
    const trials = split === null ? 1 : learningRates.length * headFactors.length + weightDecays.length - 1;
    // The search takes at most half of the cap; the other half is for longer trainings and the final one.
    const most = Math.max(1, Math.floor(mostSteps / (split === null ? 1 : 2 * trials)));
    this.length = Math.min(Math.max(steps, Math.ceil(epochs * perEpoch)), most);
    this.planned = (split === null ? 1 : trials + 1) * this.length;
  }

  async run(): Promise<{
    chosen: Omit<Candidate, keyof Look> & { steps: number };
    validation: Candidate[];
    warning: string | null;
  }> {
    const { learningRates, headFactors, weightDecays } = this.settings;
    const [rate, factor, decay] = [middle(learningRates), middle(headFactors), middle(weightDecays)];
    const { length } = this;
    if (this.split === null) {
      const chosen = { learningRate: rate, headFactor: factor, weightDecay: decay, length, steps: length };
      await this.finish(chosen);
      return { chosen, validation: [], warning: null };
    }
    for (const headFactor of headFactors)
      for (const learningRate of learningRates)
        await this.look({ learningRate, headFactor, weightDecay: decay, length });
    const { learningRate, headFactor } = this.best();
    for (const weightDecay of weightDecays)
      if (weightDecay !== decay) await this.look({ learningRate, headFactor, weightDecay, length });
    const isRising = await this.lengthen();
    const best = this.best();
    // To the end of the schedule: a training that is cut where a few held samples liked it best is cut at a high rate.
    const chosen = { ...best, steps: best.length };
    await this.finish(chosen);
    const { mostSteps } = this.settings;
    const warning = `validation may still rise: the cap of ${mostSteps} steps ended the search at trainings of ${chosen.length}`;
    return { chosen, validation: this.validation, warning: isRising ? warning : null };
  }

  /** Doubles the length while that scores better; whether the cap ended it while longer training might still help. */
  private async lengthen(): Promise<boolean> {
    for (;;) {
      const best = this.best();
      const length = 2 * best.length;
      if (this.spent + 2 * length > this.settings.mostSteps) return true;
      this.planned += length;
      const look = await this.look({ ...best, length });
      if (look === null || this.best() !== look) return false;
      this.planned += length - best.length;
      if (Object.is(look.score, best.score)) return false;
    }
  }

  private best(): Candidate {
    const found = bestOf(this.validation, this.request.task.better);
    if (found !== null) return found;
    const { learningRates } = this.settings;
    throw new AutodidactError(
      'DIVERGED',
      `Fine-tuning diverged with every learning rate of ${learningRates.join(', ')}`,
      {
        remedy: 'Give smaller learning rates.',
      },
    );
  }

  /** Trains a candidate on the kept samples; null when it diverges. */
  private async look(asked: Omit<Candidate, keyof Look>): Promise<Candidate | null> {
    const { kept, held } = this.split!;
    const { learningRate, headFactor, weightDecay, length } = asked;
    const training = { learningRate, headFactor, weightDecay, length, steps: length, report: this.reporter() };
    const look = await this.learner.train(kept, held, training);
    this.spent += length;
    if (look === null) return null;
    const candidate = { learningRate, headFactor, weightDecay, length, ...look };
    this.validation.push(candidate);
    return candidate;
  }

  private async finish({ learningRate, headFactor, weightDecay, length, steps }: Training): Promise<void> {
    const training = { learningRate, headFactor, weightDecay, length, steps, report: this.reporter() };
    const all = allOf(this.request.train.data.count);
    if ((await this.learner.train(all, null, training)) !== null) return;
    throw new AutodidactError('DIVERGED', `Fine-tuning diverged with a learning rate of ${learningRate}`, {
      remedy: 'Give smaller learning rates.',
    });
  }

  private reporter(): (step: number) => void {
    const offset = this.spent;
    return (step) => this.request.onProgress?.(offset + step, this.planned);
  }
}

/** The steps of each training of a search, and of all together. */
export function budgetOf({ steps = DEFAULTS.steps, mostSteps = CAP * steps }: FinetuneOptions = {}): {
  steps: number;
  mostSteps: number;
} {
  return { steps, mostSteps };
}

function settingsOf<T extends Targets, P>(
  { part, task, train: { data } }: FinetuneRequest<T, P>,
  options: FinetuneOptions,
): Settings {
  const given = definedOnly(options);
  const { optimizer: usual } = modalityOf((data.sides()?.[0] ?? data).spec);
  const optimizer = given.optimizer ?? task.optimizer ?? usual ?? DEFAULTS.optimizer;
  const settings: Settings = {
    ...DEFAULTS,
    optimizer,
    learningRates: LEARNING_RATES[optimizer].map((rate) => rate * (part === 'head' ? HEAD_FACTOR : 1)),
    headFactors: [1],
    weightDecays: WEIGHT_DECAYS[optimizer],
    ...budgetOf(given),
    ...given,
  };
  for (const name of ['steps', 'batchSize', 'checks', 'patience', 'mostSteps'] as const)
    if (!(Number.isInteger(settings[name]) && settings[name] >= 1))
      throw expected('a whole number from 1', name, settings[name]);
  if (!(settings.epochs >= 0)) throw expected('a number from 0', 'epochs', settings.epochs);
  const { learningRates, headFactors, weightDecays } = settings;
  if (headFactors.length === 0 || !headFactors.every((factor) => factor > 0))
    throw expected('factors above 0', 'headFactors', headFactors);
  if (learningRates.length === 0 || !learningRates.every((rate) => rate > 0))
    throw expected('rates above 0', 'learningRates', learningRates);
  if (weightDecays.length === 0 || !weightDecays.every((decay) => decay >= 0))
    throw expected('decays from 0', 'weightDecays', weightDecays);
  return settings;
}

/** Of an even number the lower. */
function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)]!;
}

function definedOnly<Options extends object>(options: Options): Partial<Options> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<Options>;
}
