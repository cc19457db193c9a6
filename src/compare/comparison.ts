import { selectDevice } from '../engine/index.js';
import { AutodidactError } from '../errors.js';
import type { MakeFresh } from '../evaluate/baselines.js';
import type { Task } from '../evaluate/task.js';
import type { OpenOptions } from '../modalities/modality.js';
import type { RunSource } from '../train/run-config.js';
import type { Block } from './blocks.js';
import type { Competitor } from './competitors.js';
import type { CompareEvent } from './events.js';
import type { Cell, CompareConfig, CompareFolder } from './folder.js';
import { freshFrom, measureBaseline, measureEncoder, measureMethod, type Rules } from './measure.js';
import type { Samples } from './open.js';
import { type MethodPlan, stepsWithin } from './plans.js';
import { type Rung, rungsOf, survivors } from './race.js';
import { announce, canSkip, type Setup } from './setup.js';
import { type Ranking, rank, type Share } from './statistics.js';
import { SUPERVISED_BATCH, secondsPerPass } from './workload.js';

/** Blocks that choose nothing have no rounds. */
const FRESH_RUNG = 0;

/** What a comparison measured, and what follows from it. */
export interface Outcome {
  cells: readonly Cell[];
  /** Competitors that failed, with the reason. */
  failures: ReadonlyMap<string, string>;
  /** Methods that a round of halving gave up, with its number from 1. */
  left: ReadonlyMap<string, number>;
  /** null without labels, or where nobody was measured in all blocks. */
  ranking: Ranking | null;
  /** Who was scored again on fresh blocks. */
  finalists: readonly Competitor[];
}

/** Measures the cells of a comparison that are not there yet, in the order of the blocks: an early end leaves whole blocks. */
export class Comparison {
  private readonly rungs: readonly Rung[];
  private readonly rules: Rules;
  private readonly failures = new Map<string, string>();
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
      finetune: finetuneBudget(config),
    };
    for (const { name, kind } of setup.competitors)
      if (kind === 'method' && typeof plans[name] === 'string') this.failures.set(name, plans[name]);
  }

  async run(): Promise<Outcome> {
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
    const { cells, failures, left } = this;
    return { cells, failures, left, ranking, finalists };
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
        const path = this.folder.runPath(name, rung, block.name);
        const figures = await measureMethod(competitor, plan, steps, { block, samples, path }, this.rules, report);
        return { ...about, failure: null, ...figures };
      }
      if (kind === 'encoder') {
        const loaded = this.setup.encoders.get(name)!;
        return { ...about, failure: null, ...(await measureEncoder(loaded, { block, samples }, this.rules, report)) };
      }
      const makeFresh = this.freshReference(samples);
      const figures = await measureBaseline(kind, makeFresh, { block, samples }, this.rules, report);
      return { ...about, failure: null, ...figures };
    } catch (error) {
      if (!canSkip(error)) throw error;
      const failure = error instanceof Error ? error.message : String(error);
      const nothing = { steps: 0, epochs: 0, samples: 0, labelCount: 0, peakBytes: 0, warnings: [], measures: {} };
      return { ...about, failure, score: null, seconds: { pretraining: 0, evaluation: 0 }, ...nothing };
    }
  }

  /** Makes the network of the baselines. */
  private freshReference(samples: Samples): MakeFresh {
    const { competitors, encoders, config } = this.setup;
    const { reference, plans } = config;
    const loaded = encoders.get(reference);
    if (loaded !== undefined) return loaded.makeFresh;
    const { definition } = competitors.find((other) => other.name === reference)!;
    return freshFrom(definition!, plans[reference] as MethodPlan, samples, this.rules.device);
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
      const scores = scoresOf(this.cells, name, last, blocks);
      return scores.length === blocks.length ? [{ name, scores }] : [];
    });
    if (complete.length === 0) return null;
    const share = shareOf(task, new Set(blocks.flatMap(({ held }) => [...held!])).size);
    return rank(complete, { better: task.better, margin: config.request.margin, share });
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
}

/** What so many samples mean for the score of a task; see `rank`. */
export function shareOf({ isShare, contribution }: Task, samples: number): Share | undefined {
  return isShare ? { samples, isCount: contribution !== undefined } : undefined;
}

/** The scores of a competitor in those of the blocks that it was measured in. */
export function scoresOf(cells: readonly Cell[], name: string, rung: number, blocks: readonly Block[]): number[] {
  return blocks.flatMap((block) => {
    const cell = cells.find((one) => one.competitor === name && one.rung === rung && one.block === block.name);
    return cell?.score == null ? [] : [cell.score];
  });
}

function runSource({ data, open }: CompareConfig['source']): RunSource {
  const { size, channels = 'auto', length, limit, ...others } = open as OpenOptions;
  const { frames, fps, tokenizer, vocabulary, context, form, room } = others;
  const named = { frames, fps, tokenizer, vocabulary, context, form, room };
  const given = Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
  return {
    ...{ spec: data, split: 'train', limit: limit ?? null },
    asked: { size: size ?? null, channels, length: length ?? null, ...given },
  };
}

/** Of all trainings of its search together, at most; see `FinetuneOptions.mostSteps`. */
const MOST_STEPS = 8000;
/** `mostSteps` in multiples of `steps`. */
const CAP = 16;

/** Supervised training may take what pretraining takes, its search included. */
function finetuneBudget(config: CompareConfig): Rules['finetune'] {
  const { unit, amount } = config.budget;
  const perStep = SUPERVISED_BATCH * secondsPerPass(config);
  const steps = unit === 'seconds' ? amount / perStep : unit === 'images' ? amount / SUPERVISED_BATCH : amount;
  const mostSteps = Math.min(MOST_STEPS, Math.max(CAP, Math.floor(steps)));
  return { steps: Math.floor(mostSteps / CAP), mostSteps };
}
