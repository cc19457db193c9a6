import { ClassTargets } from '../../data/index.js';
import { bestOf, type Score, selectionSplit } from '../validation.js';
import type { PeerName } from './names.js';
import { PeerTrainer, type TrainerRequest } from './peer-trainer.js';
import { plain, RECIPES, type Recipe } from './peers.js';

export interface PeerRequest<P> extends TrainerRequest<P> {
  /** Positions in the training set of the samples whose labels are used. */
  chosen: Int32Array;
  /** Steps of the shortest training; each further one is twice as long. A student of pseudo-labels has as many as its teacher. */
  steps: number;
  /** Most steps of all trainings together. */
  mostSteps: number;
  onProgress?: (done: number, total: number) => void;
}

/** How a length did on the validation samples. */
export interface Trial extends Score {
  steps: number;
}

export interface PeerResult<P> {
  answers: P[];
  /** Of the final training. */
  steps: number;
  /** Passes over the labeled samples in these steps. */
  epochs: number;
  /** Samples that the backbone saw in the final training, counted at every pass. */
  passes: number;
  /** In the order of the trainings; empty when there was nothing to choose by. */
  validation: Trial[];
  /** A sentence when the longest training was the best, so that a longer one might be better still; else null. */
  warning: string | null;
}

/** Labeled samples in a batch, at most. */
const LABELED_BATCH = 32;
/** Batch of a student of pseudo-labels. */
const STUDENT_BATCH = 64;

/** One training on the labels at these positions: what it gives on the test samples, or on those that are held out. */
type Run<P> = (labeled: Int32Array, steps: number, report: (step: number) => void) => Promise<Trained<P>>;

interface Trained<P> {
  trainer: PeerTrainer<P>;
  epochs: number;
  passes: number;
}

/**
 * Trains a peer from scratch on the labeled samples and all others. How long is chosen as for fine-tuning: a stratified fifth of the
 * labeled samples says which of several lengths is best, each twice the one before, and the peer is then trained that long with all labels.
 * With one sample per class there is nothing to choose by, and the longest is taken.
 *
 * @throws AutodidactError `DIVERGED` when the loss is not finite, `DATA` for samples that it cannot change, `INTERRUPTED`
 */
export function trainPeer<P>(name: PeerName, request: PeerRequest<P>): Promise<PeerResult<P>> {
  return searched(request, name === 'pseudo-label' ? twiceTrained(request) : onceTrained(request, RECIPES[name]));
}

/** The same for a recipe. */
export function trainRecipe<P>(recipe: Recipe, request: PeerRequest<P>): Promise<PeerResult<P>> {
  return searched(request, onceTrained(request, recipe));
}

const onceTrained =
  <P>(request: PeerRequest<P>, recipe: Recipe): Run<P> =>
  async (labeled, steps, report) => {
    const trainer = new PeerTrainer(request, recipe, labeled, request.train.targets, LABELED_BATCH);
    return ran(trainer, steps, report);
  };

/**
 * A teacher that is trained on the labeled samples, and a fresh student on its answers to all. All answers are taken, whatever their
 * probability; known labels stay. Source: Zhai et al. 2019 (S4L), whose "pseudo-label" this is.
 */
const twiceTrained =
  <P>(request: PeerRequest<P>): Run<P> =>
  async (labeled, steps, report) => {
    const { train } = request;
    const teacher = new PeerTrainer(request, plain, labeled, train.targets, LABELED_BATCH);
    let guesses: Int32Array;
    try {
      await teacher.run(steps, (done) => report(done / 2));
      guesses = await teacher.guesses();
    } finally {
      teacher.dispose();
    }
    const labels = pseudoLabels(train.targets, labeled, guesses);
    const all = Int32Array.from(train.data.ids.keys());
    const student = new PeerTrainer(request, plain, all, labels, STUDENT_BATCH);
    const trained = await ran(student, steps, (done) => report((steps + done) / 2));
    return { ...trained, passes: trained.passes + teacher.passesIn(steps) };
  };

async function ran<P>(trainer: PeerTrainer<P>, steps: number, report: (step: number) => void): Promise<Trained<P>> {
  try {
    await trainer.run(steps, report);
    return { trainer, epochs: trainer.epochsIn(steps), passes: trainer.passesIn(steps) };
  } catch (error) {
    trainer.dispose();
    throw error;
  }
}

/** Lengths to try: doublings, as long as all of them and a final training of the longest stay within the cap. */
export function lengthsIn(steps: number, mostSteps: number): number[] {
  const lengths = [Math.min(steps, mostSteps)];
  let spent = lengths[0]!;
  for (let next = 2 * steps; spent + 2 * next <= mostSteps; next *= 2) {
    lengths.push(next);
    spent += next;
  }
  return lengths;
}

async function searched<P>(request: PeerRequest<P>, run: Run<P>): Promise<PeerResult<P>> {
  const { train, chosen, seed, steps, mostSteps, onProgress } = request;
  const lengths = lengthsIn(steps, mostSteps);
  const longest = lengths.at(-1)!;
  const { owners } = train.data;
  const split = selectionSplit(
    chosen.map((position) => train.targets.labels[position]!),
    seed,
    Array.from(chosen, (position) => owners[position]!),
  );
  const validation: Trial[] = [];
  let spent = 0;
  const total = longest + (split === null ? 0 : lengths.reduce((sum, length) => sum + length, 0));
  const report = (step: number) => onProgress?.(spent + Math.floor(step), total);
  if (split !== null) {
    const at = (places: Int32Array) => places.map((place) => chosen[place]!);
    const [kept, held] = [at(split.kept), at(split.held)];
    for (const length of lengths) {
      const { trainer } = await run(kept, length, report);
      try {
        validation.push({ steps: length, ...(await trainer.score(held)) });
      } finally {
        trainer.dispose();
      }
      spent += length;
    }
  }
  const best = bestOf(validation)?.steps ?? longest;
  const { trainer, epochs, passes } = await run(chosen, best, report);
  onProgress?.(total, total);
  try {
    const isRising = validation.length > 0 && best === longest;
    const warning = `validation may still rise: the cap of ${mostSteps} steps ended the search at trainings of ${best}`;
    const answers = await trainer.answers();
    return { answers, steps: best, epochs, passes, validation, warning: isRising ? warning : null };
  } finally {
    trainer.dispose();
  }
}

/** Guesses as labels, and the true labels of the samples at `chosen`. */
export function pseudoLabels(targets: ClassTargets, chosen: Int32Array, guesses: Int32Array): ClassTargets {
  const labels = Int32Array.from(guesses);
  for (const position of chosen) labels[position] = targets.labels[position]!;
  return new ClassTargets(targets.classes, labels);
}
