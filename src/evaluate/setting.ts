import { drawPart } from '../data/draw.js';
import type { Dataset, Targets } from '../data/index.js';
import { AutodidactError, expected } from '../errors.js';
import type { Encoder } from '../methods/method.js';
import { nearest } from '../options.js';
import type { MakeFresh } from './baselines.js';
import type { FinetuneOptions } from './finetune.js';
import type { KnnOptions } from './knn.js';
import { chooseLabels, type LabelAmount, parseLabelAmount } from './label-amounts.js';
import { checkLayer, checkLayers } from './layers.js';
import type { LinearOptions } from './linear.js';
import { isPeer, PEERS } from './peers/names.js';
import { type Protocol, parseProtocols, partOf } from './protocols.js';
import { seenFor } from './reading.js';
import type { EncoderKind } from './result.js';
import { checkSeeds, type Subject, subjectOf } from './subject.js';
import { type Labeled, pick, strataOf, type Task } from './task.js';
import { classification } from './tasks/classification.js';
import { findTask } from './tasks/registry.js';
import { UNTAUGHT, untaughtOf } from './untaught.js';

export const BASELINES = [
  ...(['random', 'data-dependent', 'supervised'] as const),
  ...PEERS,
  ...UNTAUGHT,
] as const satisfies readonly EncoderKind[];

export type Baseline = (typeof BASELINES)[number];

export interface EvaluateOptions extends Subject {
  /** What is asked of the samples, by name or a task of your own. Default `classification`. */
  task?: string | Task;
  /** Samples without a target only serve for statistics. */
  train: Dataset;
  /** Its targets score, and choose nothing. */
  test: Dataset;
  /** How the data were asked for; kept with the result. */
  sources?: { train?: string; test?: string };
  /** What readers of the result should know of the data, such as `copiesInWords`: the first of its notes. */
  notes?: readonly string[];
  protocols: readonly (Protocol | (string & {}))[];
  /** Layers; in place of the whole network, `finetune` trains what comes after each of them. */
  freezeUntil?: readonly string[];
  /** Amounts of training labels: shares (0.01, `1%`) or numbers per class (`10/class`). Default all. */
  labels?: readonly LabelAmount[];
  /** Each draws its own labels, nested for growing amounts, and its own random networks. Default 0, 1, 2. */
  seeds?: readonly number[];
  /** Default `random` and `supervised` when there is `makeFresh`, and what the kind of data and the task have beside; else none. */
  baselines?: readonly Baseline[];
  /** The layer of the backbone to read, or several joined by `+`; the last by default. */
  layer?: string;
  /** Samples per forward pass where nothing is trained. Default 256. */
  batchSize?: number;
  knn?: Omit<KnnOptions, 'classes'>;
  linear?: Omit<LinearOptions, 'classes' | 'seed' | 'reference'>;
  /** The budget of fine-tuning, of the supervised baseline, and, in steps, of semi-supervised peers. */
  finetune?: FinetuneOptions;
  /** Stops the evaluation, which then fails with INTERRUPTED; what was measured has been reported by then. */
  signal?: AbortSignal;
}

export const EVALUATE_OPTIONS: Readonly<Record<keyof EvaluateOptions, true>> = {
  ...{ run: true, encoder: true, makeFresh: true, task: true, train: true, test: true, sources: true, labels: true },
  ...{ protocols: true, freezeUntil: true, seeds: true, baselines: true, layer: true, batchSize: true, knn: true },
  ...{ linear: true, finetune: true, notes: true, signal: true },
};

/** One choice of labels: what every encoder is given alike. */
export interface Cell {
  labels: string;
  seed: number;
  /** Positions in the training set. */
  chosen: Int32Array;
}

/** Checked options, and what follows from them. */
export interface Setting {
  task: Task;
  encoder: Encoder;
  makeFresh: MakeFresh | undefined;
  protocols: readonly Protocol[];
  baselines: readonly Baseline[];
  seeds: readonly number[];
  train: Labeled;
  /** Samples with a target only. */
  test: Labeled;
  cells: readonly Cell[];
  /**
   * Positions in the training set of the samples on which features are standardized, batch norms of random networks estimated, and
   * untrained networks compared.
   */
  reference: Int32Array;
  notes: string[];
}

const REFERENCE = { vector: 2000, map: 200, tokens: 200, sides: 2000 } as const;

/**
 * Checks what can be checked before anything is measured.
 *
 * @throws AutodidactError `USAGE` for unknown names or amounts, or protocols that do not serve the task; `DATA` when targets are
 *   missing or do not suffice, or when the samples are not what the encoder was trained on
 */
export function prepare(options: EvaluateOptions): Setting {
  const { labels = [1], seeds = [0, 1, 2] } = options;
  const { encoder, makeFresh } = subjectOf(options, 'evaluate');
  const task = typeof options.task === 'object' ? options.task : findTask(options.task ?? classification.name);
  const protocols = checkProtocols(options, task, encoder);
  const usual = makeFresh === undefined ? [] : (['random', 'supervised', ...untaughtOf(task, options.train)] as const);
  const baselines = checkBaselines(options.baselines ?? usual);
  checkUntaught(baselines, task, options.train);
  const peers = baselines.filter(isPeer);
  if (peers.length > 0 && task.name !== classification.name)
    throw new AutodidactError(
      'USAGE',
      `${peers.join(', ')} train for one class per sample, and the task is ${task.name}`,
      {
        remedy: 'Leave them out of the baselines.',
      },
    );
  if (makeFresh === undefined && (baselines.length > 0 || protocols.some((protocol) => partOf(protocol) !== null)))
    throw expected('a function that makes the networks anew', 'makeFresh', undefined, {
      remedy: 'Fine-tuning and baselines need it; leave them out, or give a run.',
    });
  if (labels.length === 0) throw expected('at least one amount', 'labels', labels);
  checkSeeds(seeds);

  const train = labeled(encoder, options.train, task, 'training');
  const known = labeled(encoder, options.test, task, 'test');
  const scored = Int32Array.from(known.data.ids.keys()).filter((position) => known.targets.isKnown(position));
  const targets = task.match?.(known.targets, train.targets, known.data.name) ?? known.targets;
  const test =
    scored.length === known.data.count
      ? { data: known.data, targets }
      : { data: known.data.subset(scored), targets: pick(targets, scored) };
  const notes = [...(options.notes ?? []), ...(task.review?.(train.targets, test.targets) ?? [])];

  const strata = strataOf(task, train.targets);
  const classes = task.classOf === undefined ? null : (task.classes?.(train.targets) ?? []);
  // An amount that is named twice, such as 0.1 and 10%, is measured once.
  const amounts = new Map(labels.map((amount) => [parseLabelAmount(amount).name, amount]));
  const cells = [...amounts.values()].flatMap((amount) =>
    seeds.map((seed): Cell => {
      const { name, chosen, note } = chooseLabels(strata, amount, seed, classes);
      if (note !== null && !notes.includes(note)) notes.push(note);
      return { labels: name, seed, chosen };
    }),
  );
  const reference = drawPart(train.data.count, REFERENCE[task.reads]);
  return { task, encoder, makeFresh, protocols, baselines, seeds, train, test, cells, reference, notes };
}

function checkProtocols(options: EvaluateOptions, task: Task, { backbone }: Encoder): Protocol[] {
  const { freezeUntil = [], layer } = options;
  if (layer !== undefined) checkLayers(backbone, layer, 'layer');
  const protocols = parseProtocols(options.protocols, freezeUntil);
  for (const protocol of protocols) {
    const part = partOf(protocol);
    if (part !== null && typeof part === 'object') checkLayer(backbone, part.after, 'freezeUntil');
  }
  if (protocols.includes('knn') && task.classOf === undefined)
    throw new AutodidactError('USAGE', `k-NN needs one class per sample, which ${task.name} does not have`, {
      remedy: 'Take linear or fine-tuning.',
    });
  return protocols;
}

function checkBaselines(names: readonly string[]): Baseline[] {
  return names.map((name) => {
    const found = BASELINES.find((baseline) => baseline === name);
    if (found !== undefined) return found;
    throw expected(`some of ${BASELINES.join(', ')}`, 'baselines', name, {
      remedy: `Did you mean \`${nearest(name, BASELINES)}\`?`,
    });
  });
}

/** @throws AutodidactError `USAGE` for a baseline without a network that these data, or this task, do not have */
function checkUntaught(baselines: readonly Baseline[], task: Task, data: Dataset): void {
  const found = untaughtOf(task, data);
  const missing = UNTAUGHT.find((name) => baselines.includes(name) && !found.includes(name));
  if (missing === undefined) return;
  throw new AutodidactError('USAGE', `There is no ${missing} for ${task.name} of ${data.plural}`, {
    remedy: 'Leave it out of the baselines.',
  });
}

/** The samples as the encoder takes them, with the targets of the task: those of the side of a pair that it sees, or of the pair. */
function labeled(encoder: Encoder, data: Dataset, task: Task, role: 'training' | 'test'): Labeled {
  const seen = seenFor(task, encoder, data);
  const ofPair = seen.count === data.count ? data.target(task.kind) : null;
  const targets = [seen.target(task.kind), ofPair].find((known) => known !== null && hasKnown(known));
  if (targets != null) return { data: seen, targets };
  const { plural, remedy } = task.wanted;
  throw new AutodidactError('DATA', `The ${role} data ${data.name} has no ${plural}`, { remedy });
}

function hasKnown(targets: Targets): boolean {
  for (let position = 0; position < targets.count; position++) if (targets.isKnown(position)) return true;
  return false;
}
