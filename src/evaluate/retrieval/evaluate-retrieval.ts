import type { Dataset } from '../../data/index.js';
import { noGrad, scope, type Tensor } from '../../engine/index.js';
import { AutodidactError, expected } from '../../errors.js';
import { type Job, startJob } from '../../job.js';
import type { Encoder } from '../../methods/method.js';
import { modalityOf } from '../../modalities/registry.js';
import { counting, readingWords } from '../bag-of-words.js';
import { disposeEncoder, type MakeFresh, randomEncoder } from '../baselines.js';
import { compareAll, type Measured } from '../comparison.js';
import type { EvaluationEvent } from '../evaluate.js';
import { extractFeatures, fingerprint } from '../features.js';
import { checkStopped } from '../inputs.js';
import { figuresOf } from '../intervals.js';
import { seenFor } from '../reading.js';
import { describedData, type EncoderKind, type EvaluationResult, type EvaluationRow, summarize } from '../result.js';
import { inTurns, type Steps } from '../steps.js';
import { checkSeeds, subjectOf, withUnchanged } from '../subject.js';
import { RETRIEVAL, RETRIEVAL_RULES, type RetrievalOptions, type RetrievalRule } from './options.js';
import { cosineRanks, retrievalFigures, wordRanking } from './ranks.js';

const BASELINES = ['random', 'bag-of-words'] as const;
/** Nothing is learned from labels. */
const NO_LABELS = 'none';
const SCORE = { metric: 'recall@1', title: 'Found at once (recall@1)', better: 'higher', isShare: true } as const;

/**
 * Measures how well an encoder finds the partner of a sample among those of all others, by the cosine of their vectors; nothing is trained. Beside it
 * stand the same network at random initialization and the cosine of tf-idf of words.
 *
 * @throws AutodidactError `USAGE` for unknown rules or baselines, `DATA` for samples that are no aligned pairs or fewer than two,
 *   `INTERRUPTED` on `signal`
 */
export function evaluateRetrieval(options: RetrievalOptions): Job<EvaluationEvent, EvaluationResult> {
  return startJob(async (emit) => {
    const started = performance.now();
    const asked = checked(options);
    const { encoder, test, train, rules, seeds, baselines } = asked;
    const empty = emptyResult(options, asked);
    emit({ type: 'start', result: empty });
    const rows: EvaluationRow[] = [];
    const measured: Measured[] = [];
    const keep = (kind: EncoderKind, rule: RetrievalRule, seed: number | null, ranks: readonly number[]): void => {
      const task = {
        score: SCORE.metric,
        measure: retrievalFigures,
        contribution: (rank: number) => Number(rank === 1),
      };
      const { measures, intervals, values } = figuresOf(task, ranks);
      // What is the same for every seed is compared with each of them.
      for (const own of seed === null ? seeds : [seed])
        measured.push({
          encoder: kind,
          protocol: rule,
          labels: NO_LABELS,
          seed: own,
          score: measures[SCORE.metric]!,
          values,
        });
      for (const [metric, value] of Object.entries(measures)) {
        const row: EvaluationRow = {
          ...{ encoder: kind, protocol: rule, task: RETRIEVAL, metric, value, interval: intervals[metric] ?? null },
          ...{ n: ranks.length, seed: seed ?? seeds[0]!, labels: NO_LABELS, labelCount: 0, steps: null, epochs: null },
          details: {},
        };
        rows.push(row);
        emit({ type: 'row', row });
      }
    };
    const byVectors = async (kind: EncoderKind, network: Encoder, seed: number | null): Promise<void> => {
      const sides: Tensor[] = [];
      try {
        for (const side of test.sides()!)
          sides.push(
            await extractFeatures(network, side, {
              ...{ layer: options.layer, signal: options.signal },
              onProgress: (done, total) =>
                emit({ type: 'progress', encoder: kind, work: 'test features', done, total }),
            }),
          );
        for (const rule of rules) keep(kind, rule, seed, ranksBy(rule, sides[0]!, sides[1]!));
      } finally {
        for (const side of sides) side.dispose();
      }
    };
    await withUnchanged(encoder, async () => {
      await byVectors('pretrained', encoder, null);
      if (baselines.includes('random'))
        for (const seed of seeds) {
          checkStopped(options.signal);
          const network = randomEncoder(asked.makeFresh!, seed, train);
          try {
            await byVectors('random', network, seed);
          } finally {
            disposeEncoder(network);
          }
        }
    });
    if (baselines.includes('bag-of-words')) {
      const ranks = await inTurns(rankingByWords(train, test), options.signal);
      for (const rule of rules) keep('bag-of-words', rule, null, ranks);
    }
    return {
      ...empty,
      ...{ isComplete: true, rows, summary: summarize(rows), comparisons: compareAll(measured, SCORE) },
      seconds: (performance.now() - started) / 1000,
    };
  });
}

function ranksBy(rule: RetrievalRule, queries: Tensor, candidates: Tensor): number[] {
  if (rule === 'cosine') return cosineRanks(queries, candidates);
  return scope(() =>
    noGrad(() => {
      const mean = candidates.mean([0], true);
      return cosineRanks(queries.sub(mean), candidates.sub(mean));
    }),
  );
}

/** How rare a word is say both sides of the training pairs. */
function* rankingByWords(train: Dataset, test: Dataset): Steps<number[]> {
  const bag = yield* counting(train.sides()!);
  const weights: ReadonlyMap<string, number>[][] = [];
  for (const side of test.sides()!) weights.push((yield* readingWords(side)).map((words) => bag.weightsOf(words)));
  return yield* wordRanking(weights[0]!, weights[1]!);
}

interface Asked {
  encoder: Encoder;
  makeFresh: MakeFresh | undefined;
  test: Dataset;
  train: Dataset;
  rules: readonly RetrievalRule[];
  seeds: readonly number[];
  baselines: readonly string[];
}

function checked(options: RetrievalOptions): Asked {
  const { seeds = [0, 1, 2], rules: given = RETRIEVAL_RULES } = options;
  const { encoder, makeFresh } = subjectOf(options, 'evaluateRetrieval');
  checkSeeds(seeds);
  const rules = given.map((name) => named(name, RETRIEVAL_RULES, 'protocol'));
  if (rules.length === 0) throw expected(`some of ${RETRIEVAL_RULES.join(', ')}`, 'protocol', given);
  const asPairs = { name: RETRIEVAL, reads: 'sides' } as const;
  const test = seenFor(asPairs, encoder, options.test);
  const train = options.train === undefined ? test : seenFor(asPairs, encoder, options.train);
  if (test.count < 2) throw expected('at least two pairs', test.name, test.count, { code: 'DATA' });
  const hasWords = test.sides()!.every(({ spec }) => modalityOf(spec).words !== undefined);
  const usual = [...(makeFresh === undefined ? [] : ['random']), ...(hasWords ? ['bag-of-words'] : [])];
  const baselines = (options.baselines ?? usual).map((name) => named(name, BASELINES, 'baselines'));
  if (baselines.includes('random') && makeFresh === undefined)
    throw expected('a function that makes the network anew', 'makeFresh', undefined);
  if (baselines.includes('bag-of-words') && !hasWords)
    throw new AutodidactError('USAGE', `There is no bag-of-words for ${RETRIEVAL} of ${test.plural} without words`, {
      remedy: 'Leave it out of the baselines.',
    });
  return { encoder, makeFresh, test, train, rules, seeds, baselines };
}

function named<Name extends string>(name: string, names: readonly Name[], option: string): Name {
  const found = names.find((known) => known === name);
  if (found === undefined) throw expected(`some of ${names.join(', ')}`, option, name);
  return found;
}

function emptyResult(
  options: RetrievalOptions,
  { encoder, test, train, rules, seeds, baselines }: Asked,
): EvaluationResult {
  const { run, sources = {}, layer = null } = options;
  return {
    date: new Date().toISOString(),
    step: run?.step ?? null,
    encoder: fingerprint(encoder.backbone),
    ...{ task: RETRIEVAL, score: { ...SCORE } },
    data: { train: describedData(train, sources.train), test: describedData(test, sources.test) },
    options: {
      ...{
        protocols: [...rules],
        labels: [NO_LABELS],
        seeds: [...seeds],
        baselines: [...baselines],
        layer,
        settings: {},
      },
    },
    ...{
      isComplete: false,
      rows: [],
      summary: [],
      comparisons: [],
      floor: 1 / test.count,
      testCount: test.count,
      classes: [],
      seconds: 0,
    },
    notes: [
      `Each text is looked for among ${test.count.toLocaleString('en')}; with others it would be found more or less often.`,
    ],
  };
}
