import { setImmediate } from 'node:timers/promises';
import type { ClassTargets, Dataset, Targets } from '../data/index.js';
import { noGrad, scope, tensor } from '../engine/index.js';
import { AutodidactError } from '../errors.js';
import type { Encoder } from '../methods/method.js';
import { chooseRandom, dataDependentEncoder, disposeEncoder, supervised } from './baselines.js';
import type { Measured } from './comparison.js';
import { Examples, type ShownExample } from './examples.js';
import { budgetOf, type FinetuneResult, finetune } from './finetune.js';
import { extractFrozen, type FrozenFeatures } from './frozen-features.js';
import { isAboveChance } from './gates.js';
import { checkStopped } from './inputs.js';
import { figuresOf } from './intervals.js';
import { knn } from './knn.js';
import { probing } from './linear.js';
import { isPeer, type PeerName } from './peers/names.js';
import { trainPeer } from './peers/train-peer.js';
import { type Protocol, partOf } from './protocols.js';
import type { EncoderKind, EvaluationRow } from './result.js';
import type { Cell, EvaluateOptions, Setting } from './setting.js';
import { inTurns } from './steps.js';
import { withUnchanged } from './subject.js';
import { allOf, type Frozen, type Labeled, pick, scoreOf } from './task.js';
import { classification } from './tasks/classification.js';
import { answersOf, UNTAUGHT, type Untaught } from './untaught.js';

/** What is being done now; `done` and `total` count samples or optimizer steps of this piece of work. */
export interface EvaluationProgress {
  encoder: EncoderKind;
  work: Protocol | 'supervised' | 'training features' | 'test features' | 'videos';
  /** Amount of labels and seed, where the work is for one of them. */
  labels?: string;
  seed?: number;
  done: number;
  total: number;
}

/** Answers of the pretrained encoder to some of the test samples. */
export interface EvaluationExamples {
  protocol: Protocol;
  labels: string;
  seed: number;
  /** The test samples, of which the examples give positions. */
  data: Dataset;
  classes: readonly string[];
  examples: readonly ShownExample[];
}

export interface Reporter {
  progress(progress: EvaluationProgress): void;
  row(row: EvaluationRow): void;
  examples(examples: EvaluationExamples): void;
}

type Details = EvaluationRow['details'];

/** The answers of one measurement, and what was trained for them. */
interface Outcome {
  answers: readonly unknown[];
  steps?: number;
  epochs?: number;
  details: object;
}

/** Fills the table of an evaluation. */
export class Measuring {
  readonly rows: EvaluationRow[] = [];
  /** The scores with what pairs them, for the comparisons. */
  readonly measured: Measured[] = [];
  readonly notes: string[] = [];

  constructor(
    private readonly setting: Setting,
    private readonly options: EvaluateOptions,
    private readonly reporter: Reporter,
  ) {}

  run(): Promise<void> {
    return withUnchanged(this.setting.encoder, () => this.columns());
  }

  private async columns(): Promise<void> {
    const { setting, options } = this;
    const { encoder, protocols, baselines, cells, seeds, train, task } = setting;
    const makeFresh = setting.makeFresh!;
    await this.measure('pretrained', encoder, protocols, cells);
    const { batchSize, layer, signal } = options;
    const samples = {
      data: train.data.subset(setting.reference),
      targets: pick(train.targets, setting.reference),
    };
    const untrained = async (
      kind: EncoderKind,
      asked: readonly Protocol[],
      make: (seed: number) => Promise<{ encoder: Encoder; start: Details }>,
    ) => {
      if (asked.length === 0) return;
      for (const seed of seeds) {
        const { encoder: network, start } = await make(seed);
        try {
          const own = cells.filter((cell) => cell.seed === seed);
          await this.measure(kind, network, asked, own, start);
        } finally {
          disposeEncoder(network);
        }
      }
    };
    if (baselines.includes('random'))
      await untrained(
        'random',
        // Fine-tuning the whole of a random network is the supervised baseline.
        protocols.filter((protocol) => protocol !== 'finetune'),
        async (seed) => {
          const found = await chooseRandom(task, makeFresh, seed, samples, { batchSize, layer, signal });
          return { encoder: found.encoder, start: { ...found.start } };
        },
      );
    if (baselines.includes('data-dependent'))
      await untrained('data-dependent', protocols, async (seed) => ({
        encoder: dataDependentEncoder(makeFresh, seed, samples.data, { batchSize }),
        start: {},
      }));
    if (baselines.includes('supervised'))
      for (const cell of cells)
        await this.trained('supervised', 'supervised', cell, {}, () =>
          supervised(makeFresh, this.request('supervised', 'supervised', cell), options.finetune),
        );
    for (const peer of baselines.filter(isPeer)) for (const cell of cells) await this.peer(peer, cell);
    for (const name of UNTAUGHT) if (baselines.includes(name)) await this.untaught(name);
  }

  /** All protocols on one encoder; its features are read once. */
  private async measure(
    kind: EncoderKind,
    network: Encoder,
    protocols: readonly Protocol[],
    cells: readonly Cell[],
    start: Details = {},
  ): Promise<void> {
    const isFrozen = protocols.some((protocol) => partOf(protocol) === null);
    const features = isFrozen ? await this.extract(kind, network, cells) : null;
    try {
      for (const cell of cells)
        for (const protocol of protocols) {
          const part = partOf(protocol);
          if (part === null) await this.frozen(kind, protocol as 'knn' | 'linear', features!, cell, start);
          else
            await this.trained(kind, protocol, cell, start, async () => {
              const fresh = this.setting.makeFresh!(cell.seed);
              try {
                const request = { ...this.request(kind, protocol, cell), network: fresh, from: network, part };
                const examples = this.examplesOf(kind, cell);
                const onTestOutput = examples?.see.bind(examples);
                const result = await finetune({ ...request, onTestOutput }, this.options.finetune);
                this.show(protocol, cell, examples);
                return result;
              } finally {
                disposeEncoder(fresh);
              }
            });
          await setImmediate();
          checkStopped(this.options.signal);
        }
    } finally {
      features?.dispose();
    }
  }

  private extract(kind: EncoderKind, network: Encoder, cells: readonly Cell[]): Promise<FrozenFeatures> {
    const { layer, batchSize, signal } = this.options;
    return extractFrozen(this.setting, network, cells, {
      ...{ layer, batchSize, signal },
      onProgress: (work, done, total) => this.reporter.progress({ encoder: kind, work, done, total }),
    });
  }

  private async frozen(
    kind: EncoderKind,
    protocol: 'knn' | 'linear',
    { select, reference, test }: FrozenFeatures,
    cell: Cell,
    start: Details,
  ): Promise<void> {
    const { labels, seed } = cell;
    const { linear, signal } = this.options;
    const report = (done: number) =>
      this.reporter.progress({ encoder: kind, work: protocol, labels, seed, done, total: 1 });
    report(0);
    const train = select(cell.chosen);
    try {
      const examples = protocol === 'knn' ? null : this.examplesOf(kind, cell);
      const see = examples?.see.bind(examples);
      const { answers, ...details } =
        protocol === 'knn'
          ? this.neighbors(train, test)
          : await inTurns(probing(this.setting.task, train, test, { ...linear, seed, reference }, see), signal);
      report(1);
      this.show(protocol, cell, examples);
      this.keep(kind, protocol, cell, { answers, details: { ...details, ...start } });
    } finally {
      train.features.dispose();
    }
  }

  /** k-NN on a task with one class per sample: the answers are read from the winning classes. */
  private neighbors(train: Frozen, test: Frozen): { answers: unknown[]; k: number } {
    const { task } = this.setting;
    const labeled = ({ features, targets }: Frozen) => ({ features, labels: task.classOf!(targets) });
    const classes = task.classes?.(train.targets).length;
    const { predictions, k } = knn(labeled(train), labeled(test), { ...this.options.knn, classes });
    return scope(() =>
      noGrad(() => {
        const scores = tensor(predictions).to('int64').oneHot(classes).to('float32'); // (M, C)
        return { answers: task.decode(scores, test.targets, allOf(predictions.length)), k };
      }),
    );
  }

  /** A measurement that trains; one that diverges becomes a note, so that the others are not lost. */
  private async trained(
    kind: EncoderKind,
    protocol: Protocol | 'supervised',
    cell: Cell,
    start: Details,
    train: () => Promise<FinetuneResult<unknown>>,
  ): Promise<void> {
    await this.unlessDiverged(kind === protocol ? kind : `${protocol} of ${kind}`, cell, async () => {
      const { answers, steps, epochs, measures: _, ...details } = await train();
      this.keep(kind, protocol, cell, { answers, steps, epochs, details: { ...details, ...start } });
      return details.warning;
    });
  }

  /** Work that gives a warning, or null; what diverges becomes a note. */
  private async unlessDiverged(
    name: string,
    { labels, seed }: Cell,
    work: () => Promise<string | null>,
  ): Promise<void> {
    try {
      const warning = await work();
      if (warning !== null) this.note(`${name} with ${labels} of the labels: ${warning}.`);
    } catch (error) {
      if (!(error instanceof AutodidactError) || error.code !== 'DIVERGED') throw error;
      this.note(`${name} with ${labels} of the labels and seed ${seed} is left out: ${error.message}`);
    }
  }

  /** A semi-supervised peer, whose rows stand beside the supervised network's. */
  private async peer(name: PeerName, cell: Cell): Promise<void> {
    const { labels, seed, chosen } = cell;
    const { train, test, makeFresh } = this.setting;
    const { signal } = this.options;
    await this.unlessDiverged(name, cell, async () => {
      const { answers, steps, epochs, ...details } = await trainPeer(name, {
        ...{ task: classification, makeFresh: makeFresh!, seed, chosen, signal, ...budgetOf(this.options.finetune) },
        train: train as Labeled<ClassTargets>,
        test: test as Labeled<ClassTargets>,
        onProgress: (done, total) =>
          this.reporter.progress({ encoder: name, work: 'supervised', labels, seed, done, total }),
      });
      const floor = classification.floor(test.targets as ClassTargets);
      if (!isAboveChance(scoreOf(classification, answers), floor, answers.length))
        this.note(
          `${name} with ${labels} of the labels and seed ${seed} is no better than chance: ${steps} steps taught it nothing.`,
        );
      this.keep(name, 'supervised', cell, { answers, steps, epochs, details });
      return details.warning;
    });
  }

  /** A baseline without a network, whose rows stand beside the supervised network's. */
  private async untaught(kind: Untaught): Promise<void> {
    const { linear, signal } = this.options;
    const answer = answersOf(kind, this.setting, linear, signal);
    for (const cell of this.setting.cells) {
      const { labels, seed } = cell;
      const report = (done: number) =>
        this.reporter.progress({ encoder: kind, work: 'supervised', labels, seed, done, total: 1 });
      report(0);
      const { warning, ...outcome } = await answer(cell);
      this.keep(kind, 'supervised', cell, outcome);
      if (warning !== null) this.note(`${kind} with ${labels} of the labels: ${warning}.`);
      report(1);
      await setImmediate();
      checkStopped(signal);
    }
  }

  /** Keeps answers of the pretrained encoder with the most labels and the first seed, where a person can look at them. */
  private examplesOf(kind: EncoderKind, { labels, seed }: Cell): Examples<Targets, unknown> | null {
    const { task, test, seeds, cells } = this.setting;
    const most = cells.reduce((one, other) => (other.chosen.length > one.chosen.length ? other : one));
    const isShown = kind === 'pretrained' && seed === seeds[0] && labels === most.labels;
    return isShown && task.examples !== undefined ? new Examples(task, test) : null;
  }

  private show(protocol: Protocol, { labels, seed }: Cell, kept: Examples<Targets, unknown> | null): void {
    const examples = kept?.chosen() ?? [];
    if (examples.length === 0) return;
    const { task, test } = this.setting;
    const classes = task.classes?.(test.targets) ?? [];
    this.reporter.examples({ protocol, labels, seed, data: test.data, classes, examples });
  }

  private request(kind: EncoderKind, work: Protocol | 'supervised', { chosen, labels, seed }: Cell) {
    const { task, train, test } = this.setting;
    const { layer, signal } = this.options;
    return {
      task,
      train: { data: train.data.subset(chosen), targets: pick(train.targets, chosen) },
      test,
      ...{ seed, layer, signal },
      onProgress: (done: number, total: number) =>
        this.reporter.progress({ encoder: kind, work, labels, seed, done, total }),
    };
  }

  private keep(kind: EncoderKind, protocol: Protocol | 'supervised', cell: Cell, outcome: Outcome): void {
    const { task, test } = this.setting;
    const { labels, seed, chosen } = cell;
    const { answers, steps = null, epochs = null, details } = outcome;
    const { measures, intervals, values } = figuresOf(task, answers);
    const score = measures[task.score]!;
    if (Number.isFinite(score)) this.measured.push({ encoder: kind, protocol, labels, seed, score, values });
    for (const [metric, value] of Object.entries(measures)) {
      if (!Number.isFinite(value)) {
        this.note(
          `${metric} of ${kind} in ${protocol} with ${labels} and seed ${seed} is no finite number, and left out.`,
        );
        continue;
      }
      const row: EvaluationRow = {
        ...{ encoder: kind, protocol, task: task.name, metric, value, interval: intervals[metric]! },
        ...{ n: test.data.count, seed, labels, labelCount: chosen.length, steps, epochs },
        details: plain(details),
      };
      this.rows.push(row);
      this.reporter.row(row);
    }
  }

  private note(sentence: string): void {
    if (!this.notes.includes(sentence)) this.notes.push(sentence);
  }
}

/** The numbers, words and flags of an object: what fits into a row. */
function plain(values: object): Details {
  const isPlain = (entry: [string, unknown]): entry is [string, number | string | boolean] =>
    ['number', 'string', 'boolean'].includes(typeof entry[1]);
  return Object.fromEntries(Object.entries(values).filter(isPlain));
}
