import { moments } from '../evaluate/intervals.js';
import { refusalOf } from '../evaluate/label-free.js';
import type { OpenOptions } from '../modalities/modality.js';
import { type Outcome, scoresOf, shareOf } from './comparison.js';
import type { Competitor } from './competitors.js';
import type { Cell } from './folder.js';
import type { MethodPlan } from './plans.js';
import type { ComparedRow, CompareResult, FreshRow } from './result.js';
import type { Setup } from './setup.js';
import { type Ranking, rank, tied } from './statistics.js';
import { conclude } from './verdict.js';
import { networkOf } from './workload.js';

/** Everything that a comparison came to, from what it measured. */
export function assemble(folder: string, setup: Setup, outcome: Outcome): CompareResult {
  const { ranking } = outcome;
  const { config, task, blocks, protocol, labelCount, floor } = setup;
  const { request, data, source, budget } = config;
  const rows = setup.competitors.map((competitor) => rowOf(competitor, setup, outcome));
  const seconds = (of: 'pretraining' | 'evaluation') => outcome.cells.reduce((sum, cell) => sum + cell.seconds[of], 0);
  const [pretraining, evaluation] = [seconds('pretraining'), seconds('evaluation')];
  const known = {
    folder,
    date: config.createdAt,
    data: {
      ...{ name: data.train.name, count: data.train.count, plural: data.plural, spec: source.data },
      testCount: task === null ? null : (data.test?.count ?? null),
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
    fresh: freshOf(setup, outcome),
    notes: setup.notes,
    seconds: { pretraining, evaluation, all: pretraining + evaluation },
  };
  return { ...known, conclusion: conclude(known), command: commandFor(setup, ranking) };
}

function rowOf({ name, title, kind }: Competitor, { config }: Setup, outcome: Outcome): ComparedRow {
  const { cells, ranking, failures, left } = outcome;
  const hasOwn = kind === 'method' || kind === 'encoder';
  const own = cells.filter((cell) => cell.competitor === name && cell.failure === null);
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
    ...{ name, title, kind, network: networkOf(hasOwn ? name : config.reference, config) },
    ...{ mean: scores.length > 0 ? mean : null, std: scores.length > 0 ? Math.sqrt(variance) : null, scores },
    standing: ranking?.others.find((standing) => standing.name === name) ?? null,
    failure: failures.get(name) ?? null,
    leftAfter: left.get(name) ?? null,
    ...{ labelFree, refusal: Object.keys(labelFree).length > 0 ? refusalOf(labelFree) : null },
    seconds: average(({ seconds }) => seconds.pretraining),
    ...{ steps: average(({ steps }) => steps), epochs: average(({ epochs }) => epochs) },
    evaluationSeconds: average(({ seconds }) => seconds.evaluation),
    peakBytes: Math.max(0, ...own.map(({ peakBytes }) => peakBytes)),
    cost: price === null ? null : (price * spent) / 3600,
    warnings: [...new Set(own.flatMap(({ warnings }) => warnings))],
    // A method has the budget for its end; the search of supervised training warns where the budget came first.
    isCut: kind === 'supervised' && own.some(({ warnings }) => warnings.length > 0),
  };
}

function freshOf({ fresh, task, config }: Setup, { finalists, cells }: Outcome): CompareResult['fresh'] {
  if (fresh.length === 0 || task === null) return null;
  const rows = finalists.flatMap(({ name, title }): FreshRow[] => {
    const scores = scoresOf(cells, name, 0, fresh);
    if (scores.length < fresh.length) return [];
    const { mean, variance } = moments(scores);
    return [{ name, title, mean, std: Math.sqrt(variance), scores }];
  });
  if (rows.length === 0) return null;
  // All fresh blocks score on the same test samples.
  const samples = cells.find(({ block, failure }) => block === fresh[0]!.name && failure === null)!.samples;
  const { better } = task;
  const { margin } = config.request;
  return {
    rows,
    ranking: rank(rows, { better, margin, leader: rows[0]!.name, share: shareOf(task, samples) }),
    blocks: fresh.length,
  };
}

/** Trains the best method for as long as its recipe says. */
function commandFor({ competitors, config }: Setup, ranking: Ranking | null): string | null {
  const leader = competitors.find(({ name }) => name === ranking?.leader.name);
  if (leader?.definition == null || tied(ranking!).length > 0) return null;
  const plan = config.plans[leader.name] as MethodPlan;
  const { backbone, width, batchSize } = plan.training;
  const { size, channels, length, frames, fps, limit, tokenizer, vocabulary, context } = config.source
    .open as OpenOptions;
  const { recipe } = config.request;
  const flags = {
    ...{
      recipe: recipe === 'auto' ? undefined : recipe,
      size,
      channels: channels === 'auto' ? undefined : channels,
      length,
      frames,
      fps,
      limit,
      ...{ tokenizer, vocabulary, context },
      backbone,
      width: width ?? undefined,
    },
    ...{ 'batch-size': batchSize, epochs: plan.recipeEpochs },
  };
  const words = Object.entries(flags).flatMap(([flag, value]) => (value === undefined ? [] : [`--${flag} ${value}`]));
  return `autodidact pretrain ${leader.definition.name} --data ${quoted(config.source.data)} ${words.join(' ')}`;
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
