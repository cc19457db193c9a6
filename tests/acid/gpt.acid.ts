/**
 * GPT must learn to spell: after 1,000 batches of 12 windows of 64 characters its held-out loss must lie below 2.0 nats on the State of the
 * Union addresses, and below that of an interpolated bigram. Control: trained on windows whose characters were shuffled, it must stay
 * above the bigram. With two blocks it must find the second copy of a random string easy, which one block cannot (no induction heads). And a
 * network that has learned from prompts must map words to labels by the examples of a new prompt; with the answers of the examples
 * exchanged it must not.
 */
import { afterAll, beforeAll, it } from 'vitest';
import type { Tokenizer, TokensDataset, TokensSpec } from '../../src/data/index.js';
import { openTexts } from '../../src/data/open-texts.js';
import { Prng } from '../../src/data/prng.js';
import { type Generator, manualSeed, noGrad, ops, scope, type Tensor, tensor } from '../../src/engine/index.js';
import { AdamW, clipGradNorm, parameterGroups } from '../../src/engine/optim/index.js';
import { cosine } from '../../src/engine/optim/schedule.js';
import { AutodidactError } from '../../src/errors.js';
import { threeSigma } from '../../src/evaluate/gates.js';
import { evaluateFewShot } from '../../src/evaluate/language/few-shot.js';
import { FEW_SHOT_TASKS } from '../../src/evaluate/language/few-shot-tasks.js';
import type { Batch, MethodDefinition, Views } from '../../src/methods/method.js';
import { findMethod } from '../../src/methods/registry.js';
import { charactersOf } from '../../src/methods/text/characters.test-util.js';
import type { Gpt } from '../../src/methods/text/gpt.js';
import { buildMethod } from '../../src/train/build.js';
import { fromRecipe } from '../../src/train/config.js';
import { claim, heldOut, keepResult, type Learned, learn, SEED } from './support.js';

const T = 65;
const TRAINING = { backbone: 'gpt2-micro', batchSize: 12, learningRate: 1e-3, precision: 'fp32' as const };
const STEPS = 1000;
/** Held-out windows, drawn from all held-out documents. */
const TESTED = 2000;
const figures: Record<string, number> = {};

afterAll(() => keepResult('gpt', figures));

/** The addresses where they were fetched, else generated narratives. */
async function openText(): Promise<{ train: TokensDataset; test: TokensDataset; isReal: boolean }> {
  const options = { tokenizer: 'characters', context: T, form: 'stream' as const };
  const open = async (spec: string) => ({
    train: await openTexts(spec, { ...options, split: 'train' }),
    test: await openTexts(spec, { ...options, split: 'test', limit: TESTED }),
  });
  try {
    return { ...(await open('text:addresses')), isReal: true };
  } catch (error) {
    if (!(error instanceof AutodidactError && error.code === 'NOT_FOUND')) throw error;
    return { ...(await open(`synthetic:narratives?count=4000&test=400&seed=${SEED}`)), isReal: false };
  }
}

/** The method on windows whose characters were put into a random order. */
function onShuffled(): MethodDefinition {
  const definition = findMethod('gpt');
  return {
    ...definition,
    create(context) {
      const method = definition.create(context);
      const views = method.views.bind(method);
      method.views = (batch: Batch, random: Generator): Views => {
        const samples = batch.samples as unknown as { ids: Tensor };
        const [count, length] = samples.ids.shape as [number, number];
        const order = ops.rand([count, length], { generator: random }).argsort(1);
        return views({ ...batch, samples: { ...samples, ids: samples.ids.gather(1, order) } } as never, random);
      };
      return method;
    },
  };
}

/** Rows of a data set, as many as are asked for, without padding. */
function rowsOf(dataset: TokensDataset, most: number): number[][] {
  const rows: number[][] = [];
  for (let from = 0; from < Math.min(most, dataset.count); from += 100)
    scope(() => {
      const indices = Array.from({ length: Math.min(100, dataset.count - from) }, (_, i) => from + i);
      const { ids, lengths } = dataset.collate(indices);
      const [all, width] = [ids.toNumbers(), ids.size(1)];
      for (const [i, length] of lengths.toNumbers().entries()) rows.push(all.slice(i * width, i * width + length));
    });
  return rows;
}

/** Mean nats per token of a bigram that is interpolated with the unigram and the uniform distribution (Witten and Bell 1991). */
function bigramLoss(train: readonly number[][], test: readonly number[][], vocabulary: number): number {
  const pairs = new Map<number, Map<number, number>>();
  const singles = new Map<number, number>();
  const add = (counts: Map<number, number>, id: number): void => void counts.set(id, (counts.get(id) ?? 0) + 1);
  for (const row of train)
    for (const [t, id] of row.entries()) {
      add(singles, id);
      if (t === 0) continue;
      const before = row[t - 1]!;
      if (!pairs.has(before)) pairs.set(before, new Map());
      add(pairs.get(before)!, id);
    }
  const smoothed = (counts: Map<number, number>, id: number, lower: number): number => {
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
    return ((counts.get(id) ?? 0) + counts.size * lower) / (total + counts.size);
  };
  const known = new Map<number, number>();
  const probability = (before: number, id: number): number => {
    const key = before * vocabulary + id;
    if (!known.has(key)) {
      const single = smoothed(singles, id, 1 / vocabulary);
      known.set(key, pairs.has(before) ? smoothed(pairs.get(before)!, id, single) : single);
    }
    return known.get(key)!;
  };
  let [sum, count] = [0, 0];
  for (const row of test)
    for (let t = 1; t < row.length; t++, count++) sum -= Math.log(probability(row[t - 1]!, row[t]!));
  return sum / count;
}

let text: Awaited<ReturnType<typeof openText>>;
let learned: Learned;
let shuffled: Learned;

beforeAll(async () => {
  text = await openText();
  const epochs = (steps: number): number => (steps * TRAINING.batchSize) / text.train.count;
  const warmup = { warmupEpochs: epochs(STEPS / 10) };
  learned = await learn('gpt', text.train, { ...TRAINING, epochs: epochs(STEPS), ...warmup });
  shuffled = await learn(onShuffled(), text.train, { ...TRAINING, epochs: epochs(STEPS / 4), ...warmup });
});

it('expects held-out text better than a bigram; the control does not', () => {
  const loss = ({ run }: Learned): number => heldOut(run.method, text.test, 'loss', 100);
  figures['held-out loss, nats per character'] = loss(learned);
  figures['interpolated bigram'] = bigramLoss(
    rowsOf(text.train, 30_000),
    rowsOf(text.test, TESTED),
    text.train.spec.vocabulary,
  );
  figures['control: learned from shuffled characters'] = loss(shuffled);
  if (text.isReal) claim(figures['held-out loss, nats per character']).isBelow(2);
  claim(figures['held-out loss, nats per character']).isBelow(figures['interpolated bigram']);
  claim(figures['control: learned from shuffled characters']).isAbove(figures['interpolated bigram']);
});

/** A network of a few blocks that learns from rows of ids which a function draws. */
function learnRows(blocks: number, vocabulary: number, draw: (random: Prng) => number[], steps = STEPS): Gpt {
  const special = { pad: null, unknown: null, begin: null, end: null, mask: null };
  const spec: TokensSpec = {
    ...{ modality: 'tokens' as const, length: T, vocabulary, tokenizer: '', special, form: 'stream' as const, room: 0 },
  };
  const training = { ...fromRecipe(findMethod('gpt').recipes.small), backbone: 'gpt2-micro', width: 64 };
  const made = buildMethod(
    findMethod('gpt'),
    { dropout: 0, blocks },
    training,
    { spec, count: 1000 },
    { seed: SEED, device: 'cpu' },
  );
  const method = made as unknown as Gpt;
  const optimizer = new AdamW(parameterGroups(method, { weightDecay: 0.1 }), {
    learningRate: 2e-3,
    betas: [0.9, 0.99],
  });
  const rate = cosine({ total: steps, warmup: 50 });
  const random = new Prng(SEED, blocks);
  manualSeed(SEED);
  for (let step = 0; step < steps; step++)
    scope(() => {
      method.zeroGrad();
      const { loss } = method.loss(method.views(batchOf(Array.from({ length: 32 }, () => draw(random)))));
      loss!.backward();
      clipGradNorm(method.parameters(), 1);
      optimizer.scaleLearningRate(rate(step));
      optimizer.step();
    });
  optimizer.dispose();
  return method.eval();
}

function batchOf(rows: readonly (readonly number[])[]): Batch<TokensSpec> {
  const ids = tensor(rows as number[][], { dtype: 'int64' });
  const lengths = ops.full([rows.length], T, { dtype: 'int64' });
  const samples = { ids, lengths, sentence: ops.zerosLike(ids), document: ops.zerosLike(lengths) };
  return { samples, indices: rows.map((_, i) => i) };
}

/** Letters of the repeated strings, and the shortest and longest string. */
const LETTERS = 24;
const PERIODS = [8, 24] as const;

const repeated = (random: Prng): { ids: number[]; period: number } => {
  const period = PERIODS[0] + random.below(PERIODS[1] - PERIODS[0] + 1);
  const string = Array.from({ length: period }, () => random.below(LETTERS));
  return { ids: Array.from({ length: T }, (_, t) => string[t % period]!), period };
};

/** Mean loss on the second copy of a random string, as a share of that on the first. */
function shareOfFirst(method: Gpt): number {
  const random = new Prng(SEED, 99);
  const rows = Array.from({ length: 200 }, () => repeated(random));
  const losses = scope(() =>
    noGrad(() => {
      const { tokens, next } = method.views(batchOf(rows.map(({ ids }) => ids)));
      const logits = method.logits(method.backbone.read({ ids: tokens }));
      return ops.crossEntropy(logits.flatten(0, 1), next.flatten(), null, 0).toNumbers();
    }),
  );
  const mean = (isMeant: (t: number, period: number) => boolean): number => {
    const found = losses.filter((_, i) => isMeant((i % (T - 1)) + 1, rows[Math.floor(i / (T - 1))]!.period));
    return found.reduce((sum, loss) => sum + loss, 0) / found.length;
  };
  // The first token of the second copy cannot be known.
  return mean((t, period) => t > period && t < 2 * period) / mean((t, period) => t < period);
}

it('repeats a random string with two blocks; one block cannot', () => {
  const draw = (random: Prng) => repeated(random).ids;
  figures['induction: loss of the second copy / the first, two blocks'] = shareOfFirst(learnRows(2, LETTERS, draw));
  figures['control: the same with one block'] = shareOfFirst(learnRows(1, LETTERS, draw));
  claim(figures['induction: loss of the second copy / the first, two blocks']).isBelow(0.2);
  claim(figures['control: the same with one block']).isAbove(0.5);
});

/** Words, labels and signs of the task of labels, as tokens. */
function wordTokenizer(text: string): Tokenizer {
  const pieces = (part: string): string[] => part.match(/\n|:|[^\s:]+/g) ?? [];
  const known = [...new Set(pieces(text))];
  return {
    ...charactersOf(''),
    vocabulary: known.length,
    encode: (part) => Int32Array.from(pieces(part), (piece) => known.indexOf(piece)),
  };
}

it('labels words as the examples of a prompt say; with their answers exchanged it cannot', () => {
  const task = FEW_SHOT_TASKS.find(({ name }) => name === 'label-mapping')!;
  const written = (random: Prng): string =>
    task
      .draw(random, 17)
      .shots.map(({ question, answer }) => `${question}: ${answer}\n`)
      .join('');
  const tokenizer = wordTokenizer(Array.from({ length: 300 }, (_, i) => written(new Prng(SEED, i))).join(''));
  const method = learnRows(2, tokenizer.vocabulary, (random) => [...tokenizer.encode(written(random))].slice(0, T));
  const shots = [0, 2, 8];
  const trials = 400;
  const { rows } = evaluateFewShot(method, tokenizer, { tasks: [task], shots, trials, seed: SEED + 1000 });
  for (const [i, count] of shots.entries()) figures[`labels of words after ${count} examples`] = rows[i]!.accuracy;
  figures['control: after 8 examples with exchanged answers'] = rows[2]!.shuffled!;
  const bound = threeSigma(task.chance, trials);
  claim(figures['labels of words after 8 examples']).isAbove(bound);
  claim(figures['labels of words after 8 examples']).isAbove(figures['labels of words after 0 examples']);
  claim(figures['control: after 8 examples with exchanged answers']).isBelow(bound);
});
