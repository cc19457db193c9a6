/**
 * Few-shot prompting (Brown et al., "Language Models are Few-Shot Learners", 2020, https://arxiv.org/abs/2005.14165): a language model
 * solves tasks after examples in its prompt alone; nothing is trained.
 */
import { createHash } from 'node:crypto';
import { checkWeights } from '../../backbones/check-weights.js';
import type { Tokenizer } from '../../data/index.js';
import { Prng } from '../../data/prng.js';
import { noGrad, ops, scope, tensor } from '../../engine/index.js';
import type { Module } from '../../engine/nn/index.js';
import { AutodidactError } from '../../errors.js';
import { continuations, type LanguageModel } from '../../methods/text/continuation.js';
import { meanRouge, type Rouge, rouge } from '../metrics/rouge.js';
import { type Example, FEW_SHOT_TASKS, type FewShotPrompt, type FewShotTask } from './few-shot-tasks.js';

export interface FewShotOptions {
  tasks?: readonly FewShotTask[];
  /** Numbers of solved examples in a prompt. */
  shots?: readonly number[];
  /** Prompts for each task and number. */
  trials?: number;
  seed?: number;
  onProgress?: (done: number, total: number) => void;
}

export interface FewShotRow {
  task: string;
  shots: number;
  /** Mean number of examples that found room in the context. */
  fitting: number;
  trials: number;
  accuracy: number;
  /** The same prompts with the answers of their examples exchanged: what is learned from the examples must be lost. Null without two. */
  shuffled: number | null;
  chance: number;
  /** Of summaries alone. */
  rouge: SummaryScores | null;
}

/** ROUGE F1 of summaries, means over the prompts. */
export interface SummaryScores {
  answers: Rouge;
  /** As `FewShotRow.shuffled`. */
  shuffled: Rouge | null;
  /** Of the whole question in the place of the answer, for comparison. */
  copied: Rouge;
}

export interface FewShotResult {
  rows: FewShotRow[];
  /** Tasks that could not be asked, with the reason. */
  skipped: { task: string; reason: string }[];
  /** SHA-256 of all weights, the same before and after. */
  weights: string;
}

/** Prompts that are read at once. */
const BATCH = 32;

/** What ends an example: the first that the tokenizer knows. */
const ENDS = ['\n', ';', '.'];

/** A tokenizer with what ends an example in its texts. */
interface Writing {
  tokenizer: Tokenizer;
  end: string;
}

function writingOf(tokenizer: Tokenizer): Writing {
  const isKnown = (end: string): boolean => {
    const ids = [...tokenizer.encode(end)];
    return ids.length > 0 && !ids.includes(tokenizer.special.unknown ?? -1);
  };
  return { tokenizer, end: ENDS.find(isKnown) ?? ENDS[0]! };
}

const lineOf = ({ question, answer }: Example, end: string): string =>
  `${question}: ${answer}${end}${end === '\n' ? '' : ' '}`;

/**
 * Asks a language model to solve tasks after 0, 1, ... examples. A choice is the answer with the largest probability; a written answer, the
 * most probable text up to the end of the line, must be right to the letter; summaries are scored by ROUGE besides.
 *
 * @throws AutodidactError `ENGINE` should the weights change, which prompting must not do; `CHECKPOINT` for weights that are not finite
 */
export function evaluateFewShot(
  model: LanguageModel & Module,
  tokenizer: Tokenizer,
  { tasks = FEW_SHOT_TASKS, shots = [0, 1, 4, 8], trials = 100, seed = 0, onProgress }: FewShotOptions = {},
): FewShotResult {
  checkWeights(model);
  const weights = weightsHash(model);
  const writing = writingOf(tokenizer);
  const isTraining = model.isTraining;
  model.eval();
  const rows: FewShotRow[] = [];
  const skipped: FewShotResult['skipped'] = [];
  let done = 0;
  for (const [number, task] of tasks.entries()) {
    const drawn = shots.map((count) =>
      Array.from({ length: trials }, (_, i) => task.draw(new Prng(seed, number, i), count)),
    );
    const reason = reasonToSkip(task, writing, model, drawn.flat());
    if (reason !== null) skipped.push({ task: task.name, reason });
    for (const [place, count] of shots.entries()) {
      if (reason === null) rows.push(measure(model, writing, task, drawn[place]!, count, seed));
      onProgress?.(++done, tasks.length * shots.length);
    }
  }
  model.train(isTraining);
  if (weightsHash(model) !== weights)
    throw new AutodidactError('ENGINE', 'The weights of the network have changed while it was only prompted');
  return { rows, skipped, weights };
}

function measure(
  model: LanguageModel,
  writing: Writing,
  task: FewShotTask,
  prompts: readonly FewShotPrompt[],
  shots: number,
  seed: number,
): FewShotRow {
  const { isSummary = false } = task;
  const asked = (list: readonly FewShotPrompt[]): { answers: string[]; fitting: number } => {
    const fitted = list.map((prompt) => arranged(prompt, writing, model.backbone.options.length, isSummary));
    const fitting = fitted.reduce((sum, { count }) => sum + count, 0) / list.length;
    return { answers: answersTo(model, writing, fitted), fitting };
  };
  const right = prompts.map((prompt) => prompt.asked.answer);
  const share = (answers: readonly string[]): number =>
    answers.filter((answer, i) => answer === right[i]).length / right.length;
  const overlap = (answers: readonly string[]): Rouge =>
    meanRouge(answers.map((answer, i) => rouge(answer, right[i]!)));
  const { answers, fitting } = asked(prompts);
  const exchanged =
    shots < 2 ? null : asked(prompts.map((prompt, i) => withoutMeaning(prompt, new Prng(seed, i)))).answers;
  return {
    ...{ task: task.name, shots, fitting, trials: prompts.length, chance: task.chance },
    ...{ accuracy: share(answers), shuffled: exchanged && share(exchanged) },
    rouge: isSummary
      ? {
          answers: overlap(answers),
          shuffled: exchanged && overlap(exchanged),
          copied: overlap(prompts.map((prompt) => prompt.asked.question)),
        }
      : null,
  };
}

/** The same examples, each with the answer of another: a random cycle through all of them (Sattolo 1986). */
export function withoutMeaning(prompt: FewShotPrompt, random: Prng): FewShotPrompt {
  const answers = prompt.shots.map(({ answer }) => answer);
  for (let i = answers.length - 1; i > 0; i--) {
    const j = random.below(i);
    [answers[i], answers[j]] = [answers[j]!, answers[i]!];
  }
  return { ...prompt, shots: prompt.shots.map(({ question }, i) => ({ question, answer: answers[i]! })) };
}

/** A prompt as ids, with the examples that find room. */
interface Fitted {
  ids: number[];
  /** Examples in it: the last ones. */
  count: number;
  /** Ids of each choice, or of the right answer where it is written. */
  answers: number[][];
  choices: readonly string[] | null;
  /** Most tokens of a written answer. */
  tokens: number;
}

function arranged(
  { shots, asked, choices }: FewShotPrompt,
  { tokenizer, end }: Writing,
  length: number,
  isSummary: boolean,
): Fitted {
  const encoded = (kept: readonly Example[]) => [
    ...tokenizer.encode(`${kept.map((shot) => lineOf(shot, end)).join('')}${asked.question}:`),
  ];
  // With the space before it: tokenizers of words and of bytes join it to the word.
  const before = encoded([]).length;
  const answers = (choices ?? [asked.answer]).map((answer) =>
    [...tokenizer.encode(lineOf({ question: asked.question, answer }, end))].slice(before),
  );
  // A summary may be too long, which must cost precision.
  const tokens = (isSummary ? 2 : 1) * Math.max(...answers.map((ids) => ids.length));
  const room = length - tokens;
  let kept = shots;
  while (kept.length > 0 && encoded(kept).length > room) kept = kept.slice(1);
  return { ids: encoded(kept), count: kept.length, answers, choices, tokens };
}

function answersTo(model: LanguageModel, writing: Writing, prompts: readonly Fitted[]): string[] {
  const found: string[] = [];
  for (let from = 0; from < prompts.length; from += BATCH) {
    const batch = prompts.slice(from, from + BATCH);
    if (batch[0]!.choices === null) found.push(...writtenAnswers(model, writing, batch));
    else found.push(...batch.map((prompt) => chosenAnswer(model, prompt)));
  }
  return found;
}

function writtenAnswers(model: LanguageModel, { tokenizer, end }: Writing, prompts: readonly Fitted[]): string[] {
  const most = Math.max(...prompts.map(({ tokens }) => tokens));
  const texts = continuations(
    model,
    prompts.map(({ ids }) => ids),
    { tokens: most, temperature: 0 },
  );
  return texts.map((ids, i) => {
    const { ids: prompt, tokens } = prompts[i]!;
    // What others of the batch still write has no room behind this prompt.
    const whole = tokenizer.decode([...prompt, ...ids.slice(0, tokens)]);
    return whole.slice(tokenizer.decode(prompt).length).split(end)[0]!.trim();
  });
}

/** The choice whose tokens are the most probable together. */
function chosenAnswer(model: LanguageModel, { ids, answers, choices }: Fitted): string {
  const sums = logProbabilities(model, ids, answers);
  return choices![sums.indexOf(Math.max(...sums))]!;
}

/** ln p of each continuation of a text. */
export function logProbabilities(
  model: LanguageModel,
  prompt: readonly number[],
  continued: readonly (readonly number[])[],
): number[] {
  const longest = Math.max(...continued.map(({ length }) => length));
  const rows = continued.map((ids) => [...prompt, ...ids, ...Array<number>(longest - ids.length).fill(-1)]);
  return scope(() =>
    noGrad(() => {
      const { device } = model.backbone.embeddings.tokens.weight;
      const all = tensor(rows, { dtype: 'int64', device });
      const input = model.backbone.inputOf(all.narrow(1, 0, all.size(1) - 1));
      const first = prompt.length - 1;
      const hidden = model.backbone.read(input).narrow(1, first, longest);
      const next = all.narrow(1, prompt.length, longest);
      const shares = model
        .logits(hidden)
        .to('float32')
        .logSoftmax(-1)
        .gather(2, next.clampMin(0).unsqueeze(2))
        .squeeze(2);
      return ops.where(next.ge(0), shares, ops.zerosLike(shares)).sum([1]).toNumbers();
    }),
  );
}

/** One sentence, or null where all of these can be asked. */
function reasonToSkip(
  { isSummary = false }: FewShotTask,
  writing: Writing,
  model: LanguageModel,
  prompts: readonly FewShotPrompt[],
): string | null {
  const { tokenizer, end } = writing;
  const { unknown } = tokenizer.special;
  const linesOf = ({ shots, asked, choices }: FewShotPrompt): Example[] => [
    ...shots,
    ...(choices ?? [asked.answer]).map((answer) => ({ ...asked, answer })),
  ];
  const lines = new Set(prompts.flatMap(linesOf).map((example) => lineOf(example, end)));
  if (unknown !== null && [...lines].some((line) => tokenizer.encode(line).includes(unknown)))
    return 'its prompts have characters or words that the tokenizer of the run does not know';
  const { length } = model.backbone.options;
  const isTooLong = (prompt: FewShotPrompt): boolean => {
    const { ids, tokens } = arranged({ ...prompt, shots: [] }, writing, length, isSummary);
    return ids.length + tokens > length;
  };
  if (prompts.some(isTooLong))
    return `its questions with their answers are longer than the ${length} tokens that the network reads`;
  return null;
}

/** SHA-256 of all parameters and buffers. */
export function weightsHash(module: Module): string {
  const hash = createHash('sha256');
  for (const [key, value] of module.stateDict()) hash.update(key).update(value.toBytes());
  return hash.digest('hex');
}
