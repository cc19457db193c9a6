/**
 * GPT must learn to spell: after 1,000 batches of 12 windows of 64 characters its held-out loss must lie below 2.0 nats on the State of the
 * Union addresses, and below that of an interpolated bigram. Control: trained on windows whose characters were shuffled, it must stay
 * above the bigram. With two blocks it must find the second copy of a random string easy, which one block cannot (no induction heads). The
 * network that can must then label words by the examples of a prompt, a task that it never saw; with the answers of the examples exchanged
 * it must be at chance.
 */
import { afterAll, it } from 'vitest';
import type { Tokenizer, TokensDataset, TokensSpec } from '../../src/data/index.js';
import { openTexts } from '../../src/data/open-texts.js';
import { Prng } from '../../src/data/prng.js';
import { type Generator, manualSeed, noGrad, ops, scope, type Tensor, tensor } from '../../src/engine/index.js';
import { AdamW, clipGradNorm, parameterGroups } from '../../src/engine/optim/index.js';
import { cosine } from '../../src/engine/optim/schedule.js';
import { AutodidactError } from '../../src/errors.js';
import { threeSigma } from '../../src/evaluate/gates.js';
import { evaluateFewShot } from '../../src/evaluate/language/few-shot.js';
import type { FewShotTask } from '../../src/evaluate/language/few-shot-tasks.js';
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

it('expects held-out text better than a bigram; the control does not', async () => {
  const text = await openText();
  const epochs = (steps: number): number => (steps * TRAINING.batchSize) / text.train.count;
  const warmup = { warmupEpochs: epochs(STEPS / 10) };
  const learned = await learn('gpt', text.train, { ...TRAINING, epochs: epochs(STEPS), ...warmup });
  const shuffled = await learn(onShuffled(), text.train, { ...TRAINING, epochs: epochs(STEPS / 4), ...warmup });
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
  const none = ops.zerosLike(lengths);
  const samples = { ids, lengths, sentence: ops.zerosLike(ids), document: none, start: none };
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

let inducer: Gpt;
/** Two blocks have learnt to repeat after a thousand steps with most seeds. */
const REPEATING_STEPS = 1500;

it('repeats a random string with two blocks; one block cannot', () => {
  const draw = (random: Prng) => repeated(random).ids;
  inducer = learnRows(2, LETTERS, draw, REPEATING_STEPS);
  figures['induction: loss of the second copy / the first, two blocks'] = shareOfFirst(inducer);
  figures['control: the same with one block'] = shareOfFirst(learnRows(1, LETTERS, draw, REPEATING_STEPS));
  claim(figures['induction: loss of the second copy / the first, two blocks']).isBelow(0.2);
  claim(figures['control: the same with one block']).isAbove(0.5);
});

/** Half of the letters as words, the others as labels; signs between them are no tokens. */
const WORDS = Array.from({ length: LETTERS / 2 }, (_, i) => `word${i}`);
const LABELS = Array.from({ length: LETTERS / 2 }, (_, i) => `label${i}`);

function wordTokenizer(): Tokenizer {
  const known = [...WORDS, ...LABELS];
  const special = { pad: null, unknown: null, begin: null, end: null, mask: null };
  const encode = (text: string) => Int32Array.from(text.match(/\w+/g) ?? [], (piece) => known.indexOf(piece));
  return { ...charactersOf('', special), vocabulary: known.length, encode };
}

/** Four words get labels, other ones in each prompt; one of the words is asked again. */
const LABELED = 4;
const labels: FewShotTask = {
  name: 'labels',
  description: 'Words have the labels of the prompt',
  chance: 1 / LABELED,
  draw(random, shots) {
    const [words, choices] = [WORDS, LABELS].map((list) => random.shuffle([...list]).slice(0, LABELED)) as [
      string[],
      string[],
    ];
    const all = words.map((question, i) => ({ question, answer: choices[i]! }));
    return { shots: all.slice(0, shots), asked: all[random.below(LABELED)]!, choices };
  },
};

it('labels words as the examples of a prompt say, though it never saw the task; with their answers exchanged it cannot', () => {
  const trials = 400;
  const settings = { tasks: [labels], shots: [0, LABELED], trials, seed: SEED + 1000 };
  const [none, all] = evaluateFewShot(inducer, wordTokenizer(), settings).rows;
  figures['labels of words without examples'] = none!.accuracy;
  figures['labels of words after 4 examples'] = all!.accuracy;
  figures['control: after 4 examples with exchanged answers'] = all!.shuffled!;
  claim(figures['labels of words after 4 examples']).isAbove(0.75);
  claim(figures['labels of words without examples']).isBelow(threeSigma(labels.chance, trials));
  claim(figures['control: after 4 examples with exchanged answers']).isBelow(threeSigma(labels.chance, trials));
});
