import { setImmediate } from 'node:timers/promises';
import type { ImageDataset } from '../data/dataset.js';
import type { Tensor } from '../engine/index.js';
import { AutodidactError, expected } from '../errors.js';
import type { Encoder } from '../methods/method.js';
import { nearest } from '../options.js';
import {
  dataDependentEncoder,
  disposeEncoder,
  type MakeFresh,
  strongerRandomEncoder,
  supervised,
} from './baselines.js';
import { extractFeatures, fingerprint, type LabeledFeatures, selectRows } from './features.js';
import { type FinetuneOptions, type FinetunePart, finetune, type LabeledImages } from './finetune.js';
import { type KnnOptions, knn } from './knn.js';
import { chooseLabels, type LabelAmount, parseLabelAmount } from './label-amounts.js';
import { type LinearOptions, linearProbe } from './linear.js';
import {
  type EncoderKind,
  type EvaluationResult,
  type EvaluationRow,
  PROTOCOLS,
  type Protocol,
  summarize,
} from './result.js';

/** What evaluation needs of a run that was loaded. */
export interface EvaluatedRun {
  method: Encoder;
  data: { channels: number; imageSize: number };
  makeFresh: MakeFresh;
}

/** What is being done now; `done` and `total` count images or optimizer steps of this piece of work. */
export interface EvaluationProgress {
  encoder: EncoderKind;
  work: Protocol | 'supervised' | 'training features' | 'test features';
  /** Amount of labels and seed, where the work is for one of them. */
  labels?: string;
  seed?: number;
  done: number;
  total: number;
}

export type Baseline = Exclude<EncoderKind, 'pretrained'>;

export interface EvaluateOptions {
  /** The run in question. Give either this or `encoder`. */
  run?: EvaluatedRun;
  /** An encoder without a run; the images must be what it takes. */
  encoder?: Encoder;
  /** The same networks with a random initialization; a run brings its own. Needed for fine-tuning and for baselines. */
  makeFresh?: MakeFresh;
  /** Unlabeled images among them only serve for statistics. */
  train: ImageDataset;
  /** Its labels score, and choose nothing. */
  test: ImageDataset;
  protocols: readonly (Protocol | (string & {}))[];
  /** Amounts of training labels: shares (0.01, `1%`) or numbers per class (`10/class`). Default all. */
  labels?: readonly LabelAmount[];
  /** Each draws its own labels, nested for growing amounts, and its own random networks. Default 0, 1, 2. */
  seeds?: readonly number[];
  /** Default `random` and `supervised` when there is `makeFresh`, else none. */
  baselines?: readonly Baseline[];
  /** The layer of the backbone to read; the last by default. */
  layer?: string;
  /** Images per forward pass where nothing is trained. Default 256. */
  batchSize?: number;
  knn?: Omit<KnnOptions, 'classes'>;
  linear?: Omit<LinearOptions, 'classes' | 'seed' | 'reference'>;
  /** The budget of fine-tuning and of the supervised baseline. */
  finetune?: FinetuneOptions;
  onProgress?: (progress: EvaluationProgress) => void;
}

/** Training images, evenly spread, on which features are standardized and batch norms of random networks estimated. */
const REFERENCE_COUNT = 2000;

const PARTS = { 'finetune-head': 'head', 'finetune-top': 'top', finetune: 'all' } as const satisfies Record<
  Exclude<Protocol, 'knn' | 'linear'>,
  FinetunePart
>;

type MakeUntrained = (...input: Parameters<typeof strongerRandomEncoder>) => Encoder | Promise<Encoder>;

/** One choice of labels: what every encoder is given alike. */
interface Cell {
  labels: string;
  seed: number;
  /** Positions in the training set. */
  chosen: Int32Array;
}

/**
 * Measures an encoder by protocols, amounts of labels and seeds, beside the same network at random initialization and
 * trained on the labels alone. All get the same labels, the same test images and the same budget. Choices (penalties,
 * learning rates, steps) are made within the training labels. The encoder is bit-equal afterwards; this is checked.
 *
 * Fine-tuning the whole of a random network is the supervised baseline and not repeated for `random`.
 *
 * @throws AutodidactError `USAGE` for unknown protocols or amounts, `DATA` when labels are missing or do not suffice, or when
 *   the images are not what the run was trained on
 */
export async function evaluate(options: EvaluateOptions): Promise<EvaluationResult> {
  const started = performance.now();
  const evaluation = new Evaluation(options);
  const rows = await evaluation.rows();
  return {
    rows,
    summary: summarize(rows),
    chance: evaluation.chance(),
    testCount: evaluation.test.count,
    classes: evaluation.classes,
    layer: options.layer ?? null,
    seconds: (performance.now() - started) / 1000,
  };
}

class Evaluation {
  readonly classes: string[];
  readonly test: ImageDataset & { labels: Int32Array };
  private readonly train: ImageDataset & { labels: Int32Array };
  private readonly encoder: Encoder;
  private readonly makeFresh: MakeFresh | undefined;
  private readonly protocols: readonly Protocol[];
  private readonly baselines: readonly Baseline[];
  private readonly seeds: readonly number[];
  private readonly cells: readonly Cell[];
  /** Positions in the training set. */
  private readonly reference: Int32Array;

  constructor(private readonly options: EvaluateOptions) {
    const { run, encoder = run?.method, protocols, labels = [1], seeds = [0, 1, 2] } = options;
    if (encoder === undefined || (run !== undefined && options.encoder !== undefined))
      throw expected('either a run or an encoder', 'evaluate', run === undefined ? 'neither' : 'both');
    this.encoder = encoder;
    this.makeFresh = options.makeFresh ?? run?.makeFresh.bind(run);
    this.protocols = checkProtocols(protocols);
    this.baselines = options.baselines ?? (this.makeFresh === undefined ? [] : ['random', 'supervised']);
    if (this.makeFresh === undefined && (this.baselines.length > 0 || this.protocols.some((name) => name in PARTS)))
      throw expected('a function that makes the networks anew', 'makeFresh', undefined, {
        remedy: 'Fine-tuning and baselines need it; leave them out, or give a run.',
      });
    if (labels.length === 0) throw expected('at least one amount', 'labels', labels);
    if (seeds.length === 0 || !seeds.every((seed) => Number.isSafeInteger(seed) && seed >= 0))
      throw expected('at least one whole number from 0', 'seeds', seeds);
    this.seeds = seeds;

    this.train = withLabels(options.train, 'training');
    this.classes = this.train.classes ?? [];
    this.test = withLabels(options.test.withClasses(this.classes), 'test');
    if (run !== undefined) for (const data of [this.train, this.test]) checkImages(data, run.data);
    checkClasses(this.train, this.test);

    this.cells = labels.flatMap((amount) =>
      seeds.map((seed) => ({
        labels: parseLabelAmount(amount).name,
        seed,
        chosen: chooseLabels(this.train.labels, amount, seed, this.classes),
      })),
    );
    const { count } = this.train;
    const used = Math.min(REFERENCE_COUNT, count);
    this.reference = Int32Array.from({ length: used }, (_, i) => Math.floor((i * count) / used));
  }

  chance(): number {
    const counts = new Map<number, number>();
    for (const label of this.test.labels) counts.set(label, (counts.get(label) ?? 0) + 1);
    return Math.max(...counts.values()) / this.test.count;
  }

  async rows(): Promise<EvaluationRow[]> {
    const before = fingerprint(this.encoder.backbone);
    const rows = await this.probe('pretrained', this.encoder, this.protocols, this.cells);
    const onRandom = this.protocols.filter((protocol) => protocol !== 'finetune');
    const { batchSize, layer } = this.options;
    const images = this.train.subset(this.reference);
    const untrained = async (kind: EncoderKind, protocols: readonly Protocol[], make: MakeUntrained) => {
      if (protocols.length === 0) return;
      for (const seed of this.seeds) {
        const network = await make(this.makeFresh!, seed, images, { batchSize, layer });
        const cells = this.cells.filter((cell) => cell.seed === seed);
        rows.push(...(await this.probe(kind, network, protocols, cells)));
        disposeEncoder(network);
      }
    };
    if (this.baselines.includes('random')) await untrained('random', onRandom, strongerRandomEncoder);
    if (this.baselines.includes('data-dependent'))
      await untrained('data-dependent', this.protocols, dataDependentEncoder);
    if (this.baselines.includes('supervised'))
      for (const cell of this.cells) {
        const result = await supervised(
          this.makeFresh!,
          this.task('supervised', 'supervised', cell),
          this.options.finetune,
        );
        rows.push(this.row('supervised', 'supervised', cell, result));
      }
    if (fingerprint(this.encoder.backbone) !== before)
      throw new AutodidactError(
        'ENGINE',
        'The evaluated backbone changed during the evaluation, its scores are not valid',
      );
    return rows;
  }

  /** All protocols on one encoder; its features are read once. */
  private async probe(
    encoder: EncoderKind,
    network: Encoder,
    protocols: readonly Protocol[],
    cells: readonly Cell[],
  ): Promise<EvaluationRow[]> {
    const isFrozen = protocols.some((protocol) => !(protocol in PARTS));
    const features = isFrozen ? await this.extract(encoder, network, cells) : null;
    const rows: EvaluationRow[] = [];
    for (const cell of cells)
      for (const protocol of protocols) {
        const isProbe = protocol === 'knn' || protocol === 'linear';
        rows.push(
          isProbe
            ? this.probeFrozen(encoder, protocol, features!, cell)
            : await this.probeTrained(encoder, protocol, network, cell),
        );
        await setImmediate();
      }
    features?.dispose();
    return rows;
  }

  /** Features of the test images, and of those training images that these cells or the reference need. */
  private async extract(encoder: EncoderKind, network: Encoder, cells: readonly Cell[]): Promise<FrozenFeatures> {
    const { layer, batchSize, onProgress } = this.options;
    const read = (images: ImageDataset, work: 'training features' | 'test features') =>
      extractFeatures(network, images, {
        ...{ layer, batchSize },
        onProgress: (done, total) => onProgress?.({ encoder, work, done, total }),
      });
    const positions = union([this.reference, ...cells.map(({ chosen }) => chosen)]);
    const rowOf = new Map(Array.from(positions, (position, row) => [position, row]));
    const pool = {
      features: await read(this.train.subset(positions), 'training features'),
      labels: positions.map((position) => this.train.labels[position]!),
    };
    const select = (chosen: Int32Array) =>
      selectRows(
        pool,
        chosen.map((position) => rowOf.get(position)!),
      );
    const reference = select(this.reference).features;
    const test = { features: await read(this.test, 'test features'), labels: this.test.labels };
    const dispose = () => {
      for (const features of [pool.features, reference, test.features]) features.dispose();
    };
    return { select, reference, test, dispose };
  }

  private probeFrozen(
    encoder: EncoderKind,
    protocol: 'knn' | 'linear',
    { select, reference, test }: FrozenFeatures,
    cell: Cell,
  ): EvaluationRow {
    const classes = this.classes.length;
    const train = select(cell.chosen);
    const { labels, seed } = cell;
    const report = (done: number) =>
      this.options.onProgress?.({ encoder, work: protocol, labels, seed, done, total: 1 });
    report(0);
    const result =
      protocol === 'knn'
        ? knn(train, test, { ...this.options.knn, classes })
        : linearProbe(train, test, { ...this.options.linear, classes, seed, reference });
    train.features.dispose();
    report(1);
    return this.row(encoder, protocol, cell, result);
  }

  private async probeTrained(
    encoder: EncoderKind,
    protocol: keyof typeof PARTS,
    from: Encoder,
    cell: Cell,
  ): Promise<EvaluationRow> {
    const network = this.makeFresh!(cell.seed);
    try {
      const task = { ...this.task(encoder, protocol, cell), network, from, part: PARTS[protocol] };
      return this.row(encoder, protocol, cell, await finetune(task, this.options.finetune));
    } finally {
      disposeEncoder(network);
    }
  }

  private task(encoder: EncoderKind, work: keyof typeof PARTS | 'supervised', { chosen, labels, seed }: Cell) {
    const { layer, onProgress } = this.options;
    return {
      train: this.train.subset(chosen) as LabeledImages & ImageDataset,
      test: this.test,
      classes: this.classes.length,
      ...{ seed, layer },
      onProgress: (done: number, total: number) => onProgress?.({ encoder, work, labels, seed, done, total }),
    };
  }

  private row(
    encoder: EncoderKind,
    protocol: EvaluationRow['protocol'],
    { labels, seed, chosen }: Cell,
    result: { accuracy: number },
  ): EvaluationRow {
    const { accuracy: score, ...rest } = result;
    const isPlain = (entry: [string, unknown]): entry is [string, number | string | boolean] =>
      ['number', 'string', 'boolean'].includes(typeof entry[1]);
    const details = Object.fromEntries(Object.entries(rest).filter(isPlain));
    return { encoder, protocol, labels, labelCount: chosen.length, seed, score, details };
  }
}

interface FrozenFeatures {
  /** The features and labels of these training images. */
  select(positions: Int32Array): LabeledFeatures;
  /** (R, D) */
  reference: Tensor;
  test: LabeledFeatures;
  dispose(): void;
}

function checkProtocols(names: readonly string[]): Protocol[] {
  if (names.length === 0) throw expected('at least one protocol', 'protocols', names);
  return [...new Set(names)].map((name) => {
    const found = PROTOCOLS.find((protocol) => protocol === name);
    if (found !== undefined) return found;
    throw expected(`one of ${PROTOCOLS.join(', ')}`, 'protocol', name, {
      remedy: `Did you mean \`${nearest(name, PROTOCOLS)}\`?`,
    });
  });
}

/** Leaves unlabeled training images in (statistics need no labels), unlabeled test images out. */
function withLabels(data: ImageDataset, role: 'training' | 'test'): ImageDataset & { labels: Int32Array } {
  if (data.labels === null || !data.labels.some((label) => label >= 0))
    throw new AutodidactError('DATA', `The ${role} data ${data.name} has no labels`, {
      remedy: 'Give --labels with a table of ids and labels, or a folder with class folders.',
    });
  return (role === 'training' ? data : data.labeled()) as ImageDataset & { labels: Int32Array };
}

function checkImages(data: ImageDataset, wanted: EvaluatedRun['data']): void {
  const { channels, imageSize } = wanted;
  const { height, width } = data.size;
  if (data.channels === channels && height === imageSize && width === imageSize) return;
  const shape = (side: string, count: number) => `${side} pixels and ${count} channel${count === 1 ? '' : 's'}`;
  throw expected(
    `images of ${shape(`${imageSize} x ${imageSize}`, channels)}, as in pretraining,`,
    data.name,
    shape(`${width} x ${height}`, data.channels),
    {
      code: 'DATA',
      remedy: `Open the data with size ${imageSize} and ${channels} channel${channels === 1 ? '' : 's'}.`,
    },
  );
}

function checkClasses(train: ImageDataset & { labels: Int32Array }, test: ImageDataset & { labels: Int32Array }): void {
  const of = (data: { labels: Int32Array }) => new Set(data.labels.filter((label) => label >= 0));
  const [taught, asked] = [of(train), of(test)];
  const missing = (there: Set<number>, other: Set<number>, role: string, data: ImageDataset): void => {
    const names = [...other].filter((label) => !there.has(label)).map((label) => train.classes?.[label] ?? label);
    if (names.length === 0) return;
    throw new AutodidactError('DATA', `The ${role} data ${data.name} has no images of ${names.join(', ')}`, {
      remedy: 'Training and test data need images of the same classes.',
    });
  };
  missing(asked, taught, 'test', test);
  missing(taught, asked, 'training', train);
  if (taught.size < 2)
    throw new AutodidactError(
      'DATA',
      `The training data ${train.name} has one class only, there is nothing to tell apart`,
    );
}

function union(parts: readonly Int32Array[]): Int32Array {
  return Int32Array.from(new Set(parts.flatMap((part) => [...part]))).sort();
}
