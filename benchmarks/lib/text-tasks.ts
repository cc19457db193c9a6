/** What the methods of text have in common in `text-tasks`, the form of the results, and the table of docs/text.md. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { period } from '../../scripts/learning-runs.js';
import { markdownTable } from '../../scripts/markdown-table.js';
import type { TrainingOptions } from '../../src/train/config.js';

export const SPEC = 'text:brown';
export const FORM = { tokenizer: 'wordpiece', vocabulary: 4000, context: 64 } as const;
export const SEEDS = [0, 1, 2];
export const LABELS = { genre: '10/class', tags: '5%' } as const;
/** Windows per genre that teach and that score; windows with tags. */
export const COUNTS = { train: 50, test: 40, taggedTrain: 600, taggedTest: 400, passages: 400 } as const;

/** What departs from the small recipe: a length of about one minute of one core, and networks narrow enough to learn in it. */
export const METHODS: Readonly<Record<string, { steps: number; training?: Partial<TrainingOptions> }>> = {
  'skip-gram': { steps: 750 },
  bert: { steps: 1000, training: { width: 64 } },
  simcse: { steps: 300, training: { width: 64 } },
  'skip-thoughts': { steps: 200 },
  gpt: { steps: 400, training: { width: 64, batchSize: 32 } },
  electra: { steps: 600, training: { width: 64 } },
  elmo: { steps: 120, training: { width: 256 } },
};

/** Networks that are trained on the labels alone. */
export const SUPERVISED = ['bert', 'skip-gram'];

/** Scores of every seed by "<task> <row>": `genre pretrained`, `tags random`. */
export type Scores = Record<string, number[]>;

export interface TextResult {
  name: string;
  title: string;
  network: string;
  /** Of pretraining. */
  steps: number;
  /** Seconds of the processor, the mean over the seeds. */
  seconds: number;
  date: string;
  machine: string;
  scores: Scores;
  /** What the paired differences of the pretrained encoder say with each seed, by "<task> <other row>". */
  verdicts: Record<string, { difference: number; interval: readonly [number, number] | null; verdict: string }[]>;
}

const FOLDER = fileURLToPath(new URL('../results/text-tasks/', import.meta.url));
const PAGE = fileURLToPath(new URL('../../docs/text.md', import.meta.url));
const [START, END] = ['<!-- table: written by `npm run bench text-tasks` -->', '<!-- end of the table -->'];

export const resultPath = (name: string): string => `${FOLDER}${name}.json`;

/** All results that are kept, in the order of `METHODS`. */
export function results(): TextResult[] {
  const kept = existsSync(FOLDER) ? readdirSync(FOLDER).map((file) => file.replace(/\.json$/, '')) : [];
  return Object.keys(METHODS)
    .filter((name) => kept.includes(name))
    .map((name) => JSON.parse(readFileSync(resultPath(name), 'utf8')) as TextResult);
}

/** Mean and sample deviation in %. */
function shown(values: readonly number[]): string {
  if (values.length === 0) return '';
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const deviation = values.length > 1 ? ` ± ${(100 * Math.sqrt(squares / (values.length - 1))).toFixed(1)}` : '';
  return `${(100 * mean).toFixed(1)}${deviation}`;
}

/** Writes the table of all kept results into docs/text.md. */
export function writeTable(): void {
  const all = results();
  if (all.length === 0) return;
  const scores = (result: TextResult, name: string): number[] => result.scores[name] ?? [];
  const pretrained = (result: TextResult, task: string): string => {
    const text = shown(scores(result, `${task} pretrained`));
    const verdicts = result.verdicts[`${task} random`] ?? [];
    return verdicts.length > 0 && verdicts.every(({ verdict }) => verdict === 'better') ? `**${text}**` : text;
  };
  const rows = all.map((result) => [
    `${result.title}, ${result.steps} steps in ${Math.round(result.seconds)} s`,
    ...['genre', 'tags', 'retrieval'].flatMap((task) => [
      pretrained(result, task),
      shown(scores(result, `${task} random`)),
    ]),
  ]);
  const beside = (title: string, genre: number[], tags: number[], passages: number[] = []) => [
    ...[title, shown(genre), '', shown(tags), '', shown(passages), ''],
  ];
  const alone = all
    .filter((result) => scores(result, 'genre supervised').length > 0)
    .map((result) =>
      beside(
        `${result.network}, trained on the labels alone`,
        scores(result, 'genre supervised'),
        scores(result, 'tags supervised'),
      ),
    );
  const first = (name: string) => all.map((result) => scores(result, name)).find(({ length }) => length > 0) ?? [];
  rows.push(
    ...alone,
    beside('bag of words', first('genre bag-of-words'), [], first('retrieval bag-of-words')),
    beside('most frequent tag of each word', [], first('tags frequent-tag')),
  );
  const kinds = ['genre, pretrained', 'random', 'tags, pretrained', 'random', 'passages, pretrained', 'random'];
  const table = markdownTable(['', ...kinds], rows, ['left', ...kinds.map(() => 'right' as const)]);
  const { machine } = all.at(-1)!;
  const page = readFileSync(PAGE, 'utf8');
  const [before, rest] = page.split(START) as [string, string];
  const after = rest.split(END)[1]!;
  writeFileSync(
    PAGE,
    `${before}${START}\n\n${table}\n\n${period(all.map(({ date }) => date))}, one thread of ${machine}.\n\n${END}${after}`,
  );
}
