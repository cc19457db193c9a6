import { selectDevice, threads } from '../engine/index.js';
import { AutodidactError } from '../errors.js';
import { moments } from '../evaluate/intervals.js';
import { refusalOf } from '../evaluate/label-free.js';
import { type Job, startJob } from '../job.js';
import type { OpenOptions } from '../modalities/modality.js';
import { parseValues } from '../options.js';
import type { RunSource } from '../train/run-config.js';
import type { Block } from './blocks.js';
import type { Competitor } from './competitors.js';
import { type Cell, type CompareConfig, CompareFolder } from './folder.js';
import { freshFrom, measureBaseline, measureMethod, type Rules } from './measure.js';
import { type MethodPlan, stepsWithin } from './plans.js';
import { type Rung, rungsOf, survivors } from './race.js';
import { type CompareRequest, checkRequest, compareRequest } from './request.js';
import type { ComparedRow, CompareResult, FreshRow } from './result.js';
import { announce, canSkip, networkInWords, type Setup, setUp } from './setup.js';
import { type Ranking, rank } from './statistics.js';
import { conclude } from './verdict.js';

export interface CompareOptions extends Partial<CompareRequest> {
  /** What `--data` takes: a folder, a file, the name of a data set. */
  data: string;
  /** Data that score; by default the test samples of the data, or a fifth of the labeled ones, which are kept apart. */
  test?: string;
  /** How the data are opened: size, channels, length, limit, labels. */
  open?: OpenOptions;
  /** The folder to make. Default: the first of runs/compare-1, -2, ... that is free. */
  out?: string;
  /** Stops after the step in progress and fails with INTERRUPTED; what was measured is kept, and goes on with `resumeComparison`. */
  signal?: AbortSignal;
}

/** What a comparison reports while it works. */
export type CompareEvent =
  | { type: 'note'; sentence: string }
  /** Trial steps of a method begin. */
  | { type: 'calibrate'; title: string; done: number; total: number }
  /** All is settled, in sentences, and the folder is there. */
  | { type: 'start'; folder: string; sentences: string[]; total: number }
  | { type: 'progress'; title: string; block: string; work: string; done: number; total: number }
  /** Cells come as they are measured; those of an earlier process come first. */
  | { type: 'cell'; cell: Cell; title: string; done: number; total: number; isNew: boolean };

/**
 * Compares methods on one's own data: each is pretrained with the same budget in the same blocks of seeds, labels and validation samples,
 * beside networks that were not pretrained. What differs, and what does not, is said by paired intervals; the leader is scored again on
 * new blocks and test samples. Without labels, scores without a ranking.
 *
 * Every measurement is a file of its own in the folder, written once and whole. A method that fails keeps its row and costs no other.
 *
 * @throws AutodidactError `USAGE`, `DATA`, `NOT_FOUND`, `IO` when the system fails, `INTERRUPTED` on `signal`
 */
export function compare(options: CompareOptions): Job<CompareEvent, CompareResult> {
  return startJob(async (emit) => {
    const { data, test, open = {}, out, signal, ...rest } = options;
    const request = parsed(rest);
    checkRequest(request);
    const path = out ?? CompareFolder.nextPath('runs');
    const folder = CompareFolder.create(path);
    const setup = await setUp({
      ...{ request, source: { data, test, open }, signal },
      say: (sentence) => emit({ type: 'note', sentence }),
      onCalibrate: (title, done, total) => emit({ type: 'calibrate', title, done, total }),
    });
    folder.claim();
    try {
      folder.writeConfig(setup.config);
      return await new Comparison(folder, setup, signal, emit).run();
    } finally {
      folder.release();
    }
  });
}

/**
 * Goes on with a comparison where it stopped, bit for bit: what was measured stays, a training in progress continues from its checkpoint.
 * @throws AutodidactError `DATA` when the data are not those that it began with
 */
export function resumeComparison(
  path: string,
  { signal }: { signal?: AbortSignal } = {},
): Job<CompareEvent, CompareResult> {
  return startJob(async (emit) => {
    const folder = CompareFolder.open(path);
    folder.claim();
    try {
      const config = folder.readConfig();
      if (process.env.AUTODIDACT_THREADS === undefined) threads(config.threads);
      const { data, test, open } = config.source;
      const setup = await setUp({
        ...{ request: config.request, source: { data, test, open: open as OpenOptions }, config, signal },
        say: (sentence) => emit({ type: 'note', sentence }),
        onCalibrate: (title, done, total) => emit({ type: 'calibrate', title, done, total }),
      });
      return await new Comparison(folder, setup, signal, emit).run();
    } finally {
      folder.release();
    }
  });
}

function parsed(values: Partial<CompareRequest>): CompareRequest {
  const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
  return parseValues(compareRequest, given);
}

/** A name of a rung for blocks that choose nothing. */
const FRESH_RUNG = 0;

class Comparison {
  private readonly rungs: readonly Rung[];
  private readonly rules: Rules;
  private readonly steps = new Map<string, number>();
  /** Competitors that failed, with the reason. */
  private readonly failures = new Map<string, string>();
  /** Methods that a rung of halving gave up, with its number from 1. */
  private readonly left = new Map<string, number>();
  private readonly cells: Cell[] = [];
  private done = 0;
  private total = 0;

  constructor(
    private readonly folder: CompareFolder,
    private readonly setup: Setup,
    private readonly signal: AbortSignal | undefined,
    private readonly emit: (event: CompareEvent) => void,
  ) {
    const { config, task, protocol } = setup;
    const { request, source, plans } = config;
    this.rungs = rungsOf(request.halving);
    this.rules = {
      ...{ task, protocol, labels: request.labels, threads: config.threads, signal },
      device: selectDevice(request.device),
      source: runSource(source),
      finetune: finetuneBudget(config, setup.blocks[0]!.pool.length),
    };
    for (const { name, kind } of setup.competitors)
      if (kind === 'method' && typeof plans[name] === 'string') this.failures.set(name, plans[name]);
  }

  async run(): Promise<CompareResult> {
    const { setup } = this;
    const { competitors, blocks, fresh } = setup;
    this.total = this.planned();
    this.emit({ type: 'start', folder: this.folder.path, sentences: announce(setup), total: this.total });
    for (const [rung, { share, isLast }] of this.rungs.entries()) {
      for (const block of isLast ? blocks : blocks.slice(0, 1))
        for (const competitor of competitors)
          if (this.takesPart(competitor, isLast)) await this.cell(competitor, { rung, share }, block);
      if (!isLast) this.halve(rung);
    }
    const ranking = this.ranking();
    const finalists = ranking === null || fresh.length === 0 ? [] : this.finalists(ranking);
    for (const block of fresh)
      for (const competitor of finalists)
        if (!this.failures.has(competitor.name)) await this.cell(competitor, { rung: FRESH_RUNG, share: 1 }, block);
    const result = this.result(ranking, finalists);
    this.folder.writeResult(result);
    return result;
  }

  private takesPart({ name, kind }: Competitor, isLast: boolean): boolean {
    if (this.failures.has(name) || this.left.has(name)) return false;
    return kind === 'method' || isLast;
  }

  /** Cells at most, for progress. */
  private planned(): number {
    const { competitors, blocks, fresh } = this.setup;
    let methods = competitors.filter(
      (competitor) => competitor.kind === 'method' && this.takesPart(competitor, true),
    ).length;
    const baselines = competitors.filter(({ kind }) => kind !== 'method').length;
    let cells = baselines * blocks.length + (fresh.length > 0 ? fresh.length * (1 + baselines) : 0);
    for (const { isLast } of this.rungs) {
      cells += methods * (isLast ? blocks.length : 1);
      if (!isLast) methods = Math.min(methods, Math.max(2, Math.ceil(methods / this.setup.config.request.halving!)));
    }
    return cells;
  }

  private async cell(
    competitor: Competitor,
    { rung, share }: { rung: number; share: number },
    block: Block,
  ): Promise<void> {
    const { name, title } = competitor;
    const found = this.folder.readCell(name, rung, block.name);
    const cell = found ?? (await this.measured(competitor, { rung, share }, block));
    if (found === null) {
      this.folder.writeCell(cell);
      if (cell.failure === null) this.folder.dropCheckpoints(name, rung, block.name);
    }
    if (cell.failure !== null) this.failures.set(name, cell.failure);
    this.cells.push(cell);
    this.done++;
    this.emit({ type: 'cell', cell, title, done: this.done, total: this.total, isNew: found === null });
  }

  private async measured(
    competitor: Competitor,
    { rung, share }: { rung: number; share: number },
    block: Block,
  ): Promise<Cell> {
    const { name, title, kind } = competitor;
    const { config } = this.setup;
    const about = { competitor: name, rung, block: block.name };
    const samples = this.setup.samples.get(name)!;
    const report = (work: string, done: number, total: number): void =>
      this.emit({ type: 'progress', title, block: block.name, work, done, total });
    if (this.signal?.aborted) throw new AutodidactError('INTERRUPTED', 'The comparison was stopped');
    try {
      if (kind === 'method') {
        const plan = config.plans[name] as MethodPlan;
        const { unit, amount } = config.budget;
        const steps = stepsWithin(plan, { unit, amount: share * amount }, this.setup.blocks[0]!.pool.length);
        this.steps.set(name, steps);
        const path = this.folder.runPath(name, rung, block.name);
        const figures = await measureMethod(competitor, plan, steps, { block, samples, path }, this.rules, report);
        return { ...about, failure: null, ...figures };
      }
      const { reference } = config;
      const { definition } = this.setup.competitors.find((other) => other.name === reference)!;
      const makeFresh = freshFrom(definition!, config.plans[reference] as MethodPlan, samples, this.rules.device);
      const figures = await measureBaseline(kind, makeFresh, { block, samples }, this.rules, report);
      return { ...about, failure: null, ...figures };
    } catch (error) {
      if (!canSkip(error)) throw error;
      const failure = error instanceof Error ? error.message : String(error);
      const nothing = { steps: 0, epochs: 0, samples: 0, labelCount: 0, peakBytes: 0, warnings: [], measures: {} };
      return { ...about, failure, score: null, seconds: { pretraining: 0, evaluation: 0 }, ...nothing };
    }
  }

  /** Gives up the methods that scored worst in a rung. */
  private halve(rung: number): void {
    const { task, config } = this.setup;
    const scored = this.cells
      .filter((cell) => cell.rung === rung && cell.score !== null)
      .map(({ competitor, score }) => ({ name: competitor, score: score! }));
    // Without labels nothing ranks: all go on.
    if (task === null || scored.length === 0) return;
    const kept = survivors(scored, config.request.halving!, task.better);
    for (const { name } of scored) if (!kept.has(name)) this.left.set(name, rung + 1);
  }

  /** The scores in the blocks that choose, of competitors that were measured in all of them. */
  private ranking(): Ranking | null {
    const { task, blocks, competitors, config } = this.setup;
    if (task === null) return null;
    const last = this.rungs.length - 1;
    const complete = competitors.flatMap(({ name }) => {
      const scores = this.scoresOf(name, last, blocks);
      return scores.length === blocks.length ? [{ name, scores }] : [];
    });
    return complete.length === 0 ? null : rank(complete, { better: task.better, margin: config.request.margin });
  }

  private scoresOf(name: string, rung: number, blocks: readonly Block[]): number[] {
    return blocks.flatMap((block) => {
      const cell = this.cells.find((one) => one.competitor === name && one.rung === rung && one.block === block.name);
      return cell?.score == null ? [] : [cell.score];
    });
  }

  /** The leader, the best method where the leader is none, and what needs no pretraining. */
  private finalists({ leader, others }: Ranking): Competitor[] {
    const { competitors } = this.setup;
    const find = (name: string) => competitors.find((competitor) => competitor.name === name)!;
    const ordered = [leader, ...others].map(({ name }) => find(name));
    const method = ordered.find(({ kind }) => kind === 'method');
    const wanted = new Set([ordered[0]!, ...(method === undefined ? [] : [method])]);
    for (const competitor of ordered) if (competitor.kind !== 'method') wanted.add(competitor);
    return [...wanted];
  }

  private result(ranking: Ranking | null, finalists: readonly Competitor[]): CompareResult {
    const { setup } = this;
    const { config, task, blocks, protocol, labelCount, floor } = setup;
    const { request, data, source, budget } = config;
    const rows = setup.competitors.map((competitor) => this.row(competitor, ranking));
    const seconds = (of: 'pretraining' | 'evaluation') => this.cells.reduce((sum, cell) => sum + cell.seconds[of], 0);
    const [pretraining, evaluation] = [seconds('pretraining'), seconds('evaluation')];
    const known = {
      folder: this.folder.path,
      date: config.createdAt,
      data: {
        ...{ name: data.train.name, count: data.train.count, plural: data.plural, spec: source.data },
        testCount: data.test?.count ?? null,
      },
      score:
        task === null
          ? null
          : {
              ...{ metric: task.score, title: task.title, better: task.better, isShare: task.isShare },
              ...{ protocol, labels: request.labels, labelCount, floor },
            },
      ...{ budget, blocks: blocks.length, held: blocks[0]!.held?.length ?? 0 },
      ...{ margin: request.margin, price: request.price, rows: sorted(rows, ranking), ranking },
      fresh: this.fresh(finalists),
      notes: setup.notes,
      seconds: { pretraining, evaluation, all: pretraining + evaluation },
    };
    return { ...known, conclusion: conclude(known), command: this.command(ranking) };
  }

  private row({ name, title, kind }: Competitor, ranking: Ranking | null): ComparedRow {
    const { config } = this.setup;
    const plan = config.plans[kind === 'method' ? name : config.reference];
    const own = this.cells.filter((cell) => cell.competitor === name && cell.failure === null);
    const choosing = own.filter(({ block }) => !block.startsWith('fresh'));
    const rung = Math.max(0, ...choosing.map((cell) => cell.rung));
    const last = choosing.filter((cell) => cell.rung === rung);
    const scores = last.flatMap(({ score }) => (score === null ? [] : [score]));
    const { mean, variance } = moments(scores);
    const average = (of: (cell: Cell) => number) => (last.length === 0 ? 0 : moments(last.map(of)).mean);
    const spent = own.reduce((sum, { seconds }) => sum + seconds.pretraining + seconds.evaluation, 0);
    const labelFree = scores.length === 0 ? meansOf(last.map(({ measures }) => measures)) : {};
    const { price } = config.request;
    return {
      ...{ name, title, kind, network: typeof plan === 'object' ? networkInWords(plan) : null },
      ...{ mean: scores.length > 0 ? mean : null, std: scores.length > 0 ? Math.sqrt(variance) : null, scores },
      standing: ranking?.others.find((standing) => standing.name === name) ?? null,
      failure: this.failures.get(name) ?? null,
      leftAfter: this.left.get(name) ?? null,
      ...{ labelFree, refusal: Object.keys(labelFree).length > 0 ? refusalOf(labelFree) : null },
      seconds: average(({ seconds }) => seconds.pretraining),
      ...{ steps: average(({ steps }) => steps), epochs: average(({ epochs }) => epochs) },
      evaluationSeconds: average(({ seconds }) => seconds.evaluation),
      peakBytes: Math.max(0, ...own.map(({ peakBytes }) => peakBytes)),
      cost: price === null ? null : (price * spent) / 3600,
      warnings: [...new Set(own.flatMap(({ warnings }) => warnings))],
    };
  }

  private fresh(finalists: readonly Competitor[]): CompareResult['fresh'] {
    const { fresh, task, config } = this.setup;
    if (fresh.length === 0 || task === null) return null;
    const rows = finalists.flatMap(({ name, title }): FreshRow[] => {
      const scores = this.scoresOf(name, FRESH_RUNG, fresh);
      if (scores.length < fresh.length) return [];
      const { mean, variance } = moments(scores);
      return [{ name, title, mean, std: Math.sqrt(variance), scores }];
    });
    if (rows.length === 0) return null;
    return { rows, ranking: rank(rows, { better: task.better, margin: config.request.margin }), blocks: fresh.length };
  }

  /** Trains the best method for as long as its recipe says. */
  private command(ranking: Ranking | null): string | null {
    const { competitors, config } = this.setup;
    const leader = competitors.find(({ name }) => name === ranking?.leader.name);
    if (leader?.definition == null) return null;
    const plan = config.plans[leader.name] as MethodPlan;
    const { backbone, width, batchSize } = plan.training;
    const { size, channels, length, frames, fps, limit } = config.source.open as OpenOptions;
    const flags = {
      ...{ size, channels, length, frames, fps, limit, backbone, width: width ?? undefined },
      ...{ 'batch-size': batchSize, epochs: plan.recipeEpochs },
    };
    const words = Object.entries(flags).flatMap(([flag, value]) => (value === undefined ? [] : [`--${flag} ${value}`]));
    return `autodidact pretrain ${leader.definition.name} --data ${quoted(config.source.data)} ${words.join(' ')}`;
  }
}

function runSource({ data, open }: CompareConfig['source']): RunSource {
  const { size, channels = 'auto', length, frames, fps, limit } = open as OpenOptions;
  const clip = { ...(frames === undefined ? {} : { frames }), ...(fps === undefined ? {} : { fps }) };
  return {
    ...{ spec: data, split: 'train', limit: limit ?? null },
    asked: { size: size ?? null, channels, length: length ?? null, ...clip },
  };
}

/** Samples per step of supervised training and fine-tuning. */
const SUPERVISED_BATCH = 64;
/** Of all trainings of its search together, at most; see `FinetuneOptions.mostSteps`. */
const MOST_STEPS = 8000;
/** `mostSteps` in multiples of `steps`. */
const CAP = 16;

/** Supervised training may take what pretraining takes, its search included. */
function finetuneBudget({ budget, plans, reference }: CompareConfig, count: number): Rules['finetune'] {
  const plan = plans[reference] as MethodPlan;
  const { unit, amount } = budget;
  const perStep = SUPERVISED_BATCH * plan.secondsPerPass;
  const steps =
    unit === 'seconds'
      ? amount / perStep
      : unit === 'images'
        ? amount / SUPERVISED_BATCH
        : stepsWithin(plan, budget, count);
  const mostSteps = Math.min(MOST_STEPS, Math.max(CAP, Math.floor(steps)));
  return { steps: Math.floor(mostSteps / CAP), mostSteps };
}

/** Ranked rows first, then those that halving left, then what has no rank. */
function sorted(rows: readonly ComparedRow[], ranking: Ranking | null): ComparedRow[] {
  if (ranking === null) return [...rows];
  const order = [ranking.leader.name, ...ranking.others.map(({ name }) => name)];
  const place = ({ name, leftAfter, failure }: ComparedRow): number => {
    const ranked = order.indexOf(name);
    return ranked >= 0 ? ranked : leftAfter !== null && failure === null ? 1e6 - leftAfter : 1e7;
  };
  return [...rows].sort((a, b) => place(a) - place(b));
}

function meansOf(parts: readonly Record<string, number>[]): Record<string, number> {
  const names = [...new Set(parts.flatMap((part) => Object.keys(part)))];
  return Object.fromEntries(names.map((name) => [name, moments(parts.flatMap((part) => part[name] ?? [])).mean]));
}

const quoted = (text: string): string => (/^[\w./:,=+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
