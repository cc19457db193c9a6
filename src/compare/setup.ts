import type { Dataset, Targets } from '../data/index.js';
import { type Device, selectDevice, threads } from '../engine/index.js';
import { AutodidactError } from '../errors.js';
import { chooseLabels } from '../evaluate/label-amounts.js';
import { LEAST } from '../evaluate/label-free.js';
import { copiesInWords } from '../evaluate/overlap.js';
import { pick, strataOf, type Task } from '../evaluate/task.js';
import { findTask } from '../evaluate/tasks/registry.js';
import { untaughtOf } from '../evaluate/untaught.js';
import { counted, duration } from '../format.js';
import { needsOf } from '../methods/registry.js';
import type { Modality } from '../modalities/modality.js';
import { modalityFor } from '../modalities/registry.js';
import type { LoadedEncoder } from '../train/load-encoder.js';
import { openedOn } from '../train/open-settled.js';
import { type Block, choosingBlocks, freshBlocks, SHARE } from './blocks.js';
import { type Competitor, competitorsOf } from './competitors.js';
import { aboutEncoder, keptOf, openCompeting } from './encoders.js';
import type { CompareConfig } from './folder.js';
import { Opener, type Samples, type Source } from './open.js';
import { calibrate, type MethodPlan, stepsWithin } from './plans.js';
import { budgetInWords, type CompareRequest, methodsOf } from './request.js';
import { loadOf, networkInWords, type Shares, scoringSeconds, settledBudget, trainingSeconds } from './workload.js';

/** A comparison that is ready to run. */
export interface Setup {
  config: CompareConfig;
  competitors: Competitor[];
  /** null without labels. */
  task: Task | null;
  protocol: string;
  /** By the name of the competitor. */
  samples: Map<string, Samples>;
  /** By the name of the competitor: those that compete as they are. */
  encoders: Map<string, LoadedEncoder>;
  blocks: Block[];
  fresh: Block[];
  /** Labels that each competitor gets. */
  labelCount: number;
  /** The score of the best constant answer on the test samples. */
  floor: number;
  notes: string[];
}

interface Begin {
  request: CompareRequest;
  source: Source;
  /** Of a comparison that goes on. */
  config?: CompareConfig;
  signal: AbortSignal | undefined;
  say(sentence: string): void;
  /** Called before each method is measured. */
  onCalibrate(title: string, done: number, total: number): void;
}

/** Everything that is settled before the first training: who takes part, with what samples, budget and blocks. */
export async function setUp(begin: Begin): Promise<Setup> {
  const { request, signal, say } = begin;
  const device = selectDevice(request.device);
  const modality = await modalityFor(begin.source.data);
  const competitors = competitorsOf(methodsOf(request), request.baselines, modality, request.encoders);
  const source =
    begin.config === undefined ? await lasting(begin.source, request, device, { modality, competitors }) : begin.source;
  const asked = findTask(request.task);
  const opener = new Opener(source, asked.kind, signal, say);
  const methods = competitors.filter(({ kind }) => kind === 'method');
  const samples = new Map<string, Samples>();
  const plans: CompareConfig['plans'] = { ...begin.config?.plans };
  const skip = (name: string, error: unknown): void => {
    if (begin.config !== undefined || !canSkip(error)) throw error;
    plans[name] = error instanceof Error ? error.message : String(error);
  };
  for (const { name, definition } of methods) {
    if (typeof plans[name] === 'string') continue;
    try {
      samples.set(name, await opener.samplesFor(definition!, request.recipe));
    } catch (error) {
      skip(name, error);
    }
  }
  const encoders = await openAll(competitors, { opener, samples, device, config: begin.config });
  const [usual] = samples.values();
  if (usual === undefined) throw nothingRuns(methods, plans);
  const { train, test } = usual;
  const seen = sideWith(train, asked);
  const task = seen !== null && test !== null ? asked : null;
  const strata = task === null ? new Int32Array(train.count).fill(0) : strataOf(task, seen!);
  const blocks = choosingBlocks(strata, request.blocks, request.seed, train.owners);
  if (task === null) checkHeld(blocks, train);
  const fresh = task === null ? [] : freshBlocks(train.count, request.freshBlocks, request.seed);
  const { labelCount, notes } =
    task === null ? { labelCount: 0, notes: [] } : review(task, seen!, test!, blocks, request);

  const able = methods.filter(({ name }) => samples.has(name));
  for (const [done, { name, title, definition }] of able.entries()) {
    if (plans[name] !== undefined) continue;
    try {
      begin.onCalibrate(title, done, able.length);
      checkStopped(signal);
      const pool = samples.get(name)!.train.subset(blocks[0]!.pool);
      const twin = able.find((other) => other.definition === definition)!;
      plans[name] = plans[twin.name] ?? (await calibrate(definition!, pool, request, device));
    } catch (error) {
      skip(name, error);
    }
  }
  if (encoders.size === 0 && able.every(({ name }) => typeof plans[name] === 'string'))
    throw nothingRuns(methods, plans);
  const kept: CompareConfig['encoders'] = begin.config?.encoders ?? {};
  if (begin.config === undefined)
    for (const competitor of competitors) {
      const loaded = encoders.get(competitor.name);
      if (loaded !== undefined)
        kept[competitor.name] = keptOf(competitor, loaded, samples.get(competitor.name)!.train.subset(blocks[0]!.pool));
    }
  const reference = begin.config?.reference ?? referenceOf(methods, plans) ?? [...encoders.keys()][0]!;
  for (const { name, kind } of competitors)
    if (kind !== 'method' && kind !== 'encoder') samples.set(name, samples.get(reference)!);
  const entered = competitors.filter(({ kind }) => {
    if (kind === 'bag-of-words') return task !== null && untaughtOf(task, train).includes(kind);
    return kind !== 'supervised' || task !== null;
  });
  const networks = { plans, encoders: kept, reference };
  const config: CompareConfig = begin.config ?? {
    format: 1,
    request,
    source: {
      data: source.data,
      ...(source.test === undefined ? {} : { test: source.test }),
      open: { ...source.open },
    },
    data: { train: described(train), test: test === null ? null : described(test), plural: train.plural },
    budget: settledBudget(request, { ...networks, competitors: entered, blocks, fresh, train, labelCount }),
    ...{ ...networks, threads: threads() },
    createdAt: new Date().toISOString(),
  };
  checkSame(config, train, test);
  const floor = task === null ? 0 : task.floor(sideWith(test!, task)!);
  const protocol = request.protocol ?? 'linear';
  const seenBefore = encoders.size === 0 ? [] : [KNOWN_SAMPLES];
  const copies = task === null ? null : copiesInWords(train, test!);
  const reviews = able.flatMap(({ name }) => (typeof plans[name] === 'object' ? plans[name].review : []));
  const known = [...new Set(reviews), ...(copies === null ? [] : [copies]), ...seenBefore];
  const settled = { samples, encoders, blocks, fresh, labelCount, floor, notes: [...notes, ...known] };
  return { config, competitors: entered, task, protocol, ...settled };
}

const KNOWN_SAMPLES =
  'What an encoder that was given learned from is not known here: where the samples that score were among it, its score is flattered.';

interface Opening {
  opener: Opener;
  samples: Map<string, Samples>;
  device: Device;
  config: CompareConfig | undefined;
}

/** Opens the encoders that compete, with their samples. @throws AutodidactError when one of them cannot take part */
async function openAll(
  competitors: readonly Competitor[],
  { opener, samples, device, config }: Opening,
): Promise<Map<string, LoadedEncoder>> {
  const opened = new Map<string, LoadedEncoder>();
  for (const competitor of competitors) {
    if (competitor.kind !== 'encoder') continue;
    const { name, title } = competitor;
    const loaded = openCompeting(competitor, config?.encoders[name], device);
    try {
      samples.set(name, await opener.samplesOf(loaded, title));
    } catch (error) {
      throw aboutEncoder(title, error);
    }
    opened.set(name, loaded);
  }
  return opened;
}

async function lasting(
  source: Source,
  request: CompareRequest,
  device: Device,
  { modality, competitors }: { modality: Modality; competitors: readonly Competitor[] },
): Promise<Source> {
  // What is shared may not depend on the recipe, which only open data settle; a test holds methods to it.
  const needs = competitors.flatMap(({ definition }) =>
    definition === null ? [] : [needsOf(definition, {}, request.recipe !== 'paper')],
  );
  return {
    data: await modality.resolve(source.data),
    test: source.test === undefined ? undefined : await (await modalityFor(source.test)).resolve(source.test),
    open: { ...modality.shared?.(needs, source.open), ...openedOn(device, request.recipe, source.open) },
  };
}

/** What is wrong with the system ends a comparison; what is wrong with a method costs no other. */
export function canSkip(error: unknown): boolean {
  return !(error instanceof AutodidactError && ['IO', 'INTERRUPTED', 'NOT_FOUND'].includes(error.code));
}

function checkStopped(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AutodidactError('INTERRUPTED', 'The comparison was stopped');
}

function nothingRuns(methods: readonly Competitor[], plans: CompareConfig['plans']): AutodidactError {
  const reasons = methods.slice(0, 3).map(({ name }) => `${name}: ${String(plans[name]).replace(/\.$/, '')}`);
  const more = methods.length > 3 ? `; and ${methods.length - 3} more` : '';
  return new AutodidactError('DATA', `None of the methods can run on these data: ${reasons.join('; ')}${more}`, {
    remedy: '`autodidact methods` lists what each learns from.',
  });
}

/** The first of the methods whose network most of them have; undefined where none of them can run. */
function referenceOf(methods: readonly Competitor[], plans: CompareConfig['plans']): string | undefined {
  const able = methods.filter(({ name }) => typeof plans[name] === 'object');
  const networkOf = (name: string) => networkInWords(plans[name] as MethodPlan);
  const votes = (name: string) => able.filter((other) => networkOf(other.name) === networkOf(name)).length;
  return [...able].sort((a, b) => votes(b.name) - votes(a.name))[0]?.name;
}

/** The targets of the task where any of the samples has one. */
function sideWith(data: Dataset, task: Task): Targets | null {
  const targets = data.target(task.kind);
  return targets !== null && data.ids.some((_, i) => targets.isKnown(i)) ? targets : null;
}

/** Checks labels before minutes are spent, in the first block as in the last. */
function review(
  task: Task,
  train: Targets,
  test: Dataset,
  blocks: readonly Block[],
  { labels }: CompareRequest,
): { labelCount: number; notes: string[] } {
  const known = sideWith(test, task);
  if (known === null)
    throw new AutodidactError('DATA', `The test data ${test.name} has no ${task.wanted.plural}`, {
      remedy: task.wanted.remedy,
    });
  const matched = task.match?.(known, train, test.name) ?? known;
  const notes = task.review?.(train, matched) ?? [];
  const { pool, seed } = blocks[0]!;
  const taught = pick(train, pool);
  const classes = task.classOf === undefined ? null : (task.classes?.(train) ?? []);
  const { chosen, note } = chooseLabels(strataOf(task, taught), labels, seed, classes);
  return { labelCount: chosen.length, notes: note === null ? notes : [...notes, note] };
}

/** Checks that scores without labels have the samples that they need. */
function checkHeld(blocks: readonly Block[], { plural, count }: Dataset): void {
  const least = Math.min(...blocks.map(({ held }) => held!.length));
  if (least >= LEAST) return;
  const message = `Scores without labels need at least ${LEAST} ${plural} that take no part in training; of ${count} there are ${least}`;
  throw new AutodidactError('DATA', message, {
    remedy: `Give at least ${Math.ceil(LEAST / SHARE)} ${plural}, or label some of them (--label-file).`,
  });
}

const described = ({ name, count, fingerprint, targetsFingerprint: targets }: Dataset) => ({
  ...{ name, count, fingerprint, targets },
});

function checkSame({ data }: CompareConfig, train: Dataset, test: Dataset | null): void {
  const changed = (what: string): AutodidactError =>
    new AutodidactError('DATA', `${what} ${data.train.name} have changed since the comparison began`, {
      remedy: 'Bring back the same files, or begin a new comparison.',
    });
  if (data.train.fingerprint !== train.fingerprint || data.test?.fingerprint !== test?.fingerprint)
    throw changed('The data');
  const isOther = (kept: string | null | undefined, side: Dataset | null) =>
    kept != null && kept !== side?.targetsFingerprint;
  if (isOther(data.train.targets, train) || isOther(data.test?.targets, test)) throw changed('The labels of');
}

/** What will be done and how long it takes, in sentences. */
export function announce({ config, competitors, blocks, fresh, labelCount, samples, task }: Setup): string[] {
  const { plans, encoders, budget, reference, request, data } = config;
  const able = competitors.filter(({ name, kind }) => kind !== 'method' || typeof plans[name] === 'object');
  const methods = able.filter(({ kind }) => kind === 'method');
  const given = able.filter(({ kind }) => kind === 'encoder');
  const { train } = samples.get(reference)!;
  const pool = blocks[0]!.pool.length;
  const shares: Shares = { plans, encoders, competitors, blocks, fresh, reference, train, labelCount };
  const { trainings, scorings } = loadOf(request.halving, shares);
  const all = trainings * trainingSeconds(shares, budget) + scorings * scoringSeconds(shares);
  const scored = task === null ? 'without labels' : `${labelCount.toLocaleString('en')} labels`;
  const parts = [
    ...(methods.length > 0 || given.length === 0 ? [counted(methods.length, 'method')] : []),
    ...(given.length > 0 ? [counted(given.length, 'encoder')] : []),
    counted(able.length - methods.length - given.length, 'baseline'),
  ];
  const who = `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
  const limit = `${budgetInWords(budget, duration)} of ${methods.length > 0 ? 'pretraining each' : 'supervised training'}`;
  return [
    `${who} in ${counted(blocks.length, 'block')}, ${scored}, ${limit}`,
    ...given.map(({ name, title }) => `${title}: ${encoders[name]!.network}, as it is`),
    ...methods.map(({ name, title }) => {
      const plan = plans[name] as MethodPlan;
      const steps = stepsWithin(plan, budget, pool);
      const perEpoch = Math.max(1, Math.floor(pool / plan.training.batchSize));
      const passes = (steps / perEpoch).toPrecision(2);
      return `${title}: ${networkInWords(plan)}, ${counted(steps, 'step')} of ${plan.training.batchSize}, ${passes} passes over ${pool.toLocaleString('en')} ${data.plural}`;
    }),
    ...competitors.flatMap(({ name, title }) =>
      typeof plans[name] === 'string' ? [`${title} does not take part: ${plans[name]}`] : [],
    ),
    `about ${duration(all)} in all`,
  ];
}
