import { extname } from 'node:path';
import { Command, Option } from 'commander';
import { VECTOR_FORMATS, type VectorFormat } from '../data/text/word-vector-file.js';
import { AutodidactError, expected } from '../errors.js';
import type { LoadedWords } from '../evaluate/words/load-words.js';
import { ensureParent } from '../files.js';
import { nearest as nearestName } from '../options.js';
import { print, printJson, say, shownPath, table } from './output.js';

interface Given {
  count: number;
  limit?: number;
  format?: VectorFormat;
  json?: boolean;
}

interface Action {
  /** What stands behind the name. */
  takes: string;
  /** Fewest and most of it. */
  least: number;
  most: number;
  run(loaded: LoadedWords, operands: readonly string[], given: Given): void | Promise<void>;
}

const actions: Readonly<Record<string, Action>> = {
  nearest: { takes: '<word>', least: 1, most: Number.POSITIVE_INFINITY, run: nearest },
  analogy: { takes: '<a> <b> <c>', least: 3, most: 3, run: analogy },
  similarity: { takes: '<word> <word>, or <pairs.csv>', least: 1, most: 2, run: similarity },
  analogies: { takes: '<questions.txt>', least: 1, most: 1, run: analogies },
  map: { takes: '<file.png>', least: 1, most: 1, run: map },
  export: { takes: '<file>', least: 1, most: 1, run: write },
  import: { takes: '<run>', least: 1, most: 1, run: asRun },
};

const HELP = `
Actions:
  nearest <word>          the words whose vectors point most nearly in the same direction
  analogy <a> <b> <c>     the words that are to c as b is to a: nearest to b - a + c
  similarity <a> <b>      the cosine of two words
  similarity <pairs.csv>  Spearman's correlation with people's judgments: two words and a number on a line
  analogies <file>        the share of questions answered: "a b c d" on a line, sections after lines that begin with a colon
  map <file.png>          a map of the most frequent words
  export <file>           writes the vectors in the formats of word2vec and GloVe
  import <run>            makes a run of a file of vectors, to embed texts and to be evaluated

Examples:
  autodidact words runs/skip-gram-1 nearest king
  autodidact words runs/skip-gram-1 analogy man king woman
  autodidact words runs/skip-gram-1 export vectors.bin
  autodidact words glove.6B.100d.txt analogies questions-words.txt --limit 30000`;

/** `words <run> <action> ...`. */
export function wordsCommand(): Command {
  return new Command('words')
    .description('Asks word vectors: nearest words, analogies, similarity; takes them in and gives them out.')
    .argument('<run>', 'a run of skip-gram or cbow, or a file of word vectors of word2vec or GloVe')
    .argument('<action>', Object.keys(actions).join(', '))
    .argument('[operands...]', 'what the action takes, see below')
    .option('--count <n>', 'Words that are listed, and words of the map (default: 10, of the map 200)', readCount)
    .option('--limit <n>', 'Take only the most frequent words', readCount)
    .addOption(
      new Option(
        '--format <name>',
        'Of the file to write (default: .bin is word2vec-binary, others word2vec-text)',
      ).choices(VECTOR_FORMATS),
    )
    .option('--json', 'Print the result as JSON')
    .addHelpText('after', HELP)
    .action(words);
}

async function words(path: string, name: string, operands: readonly string[], given: Given): Promise<void> {
  const action = Object.hasOwn(actions, name) ? actions[name]! : undefined;
  if (action === undefined) {
    const names = Object.keys(actions);
    throw expected(`one of ${names.join(', ')}`, 'action', name, {
      remedy: `Did you mean ${nearestName(name, names)}?`,
    });
  }
  if (operands.length < action.least || operands.length > action.most)
    throw new AutodidactError(
      'USAGE',
      `Expected ${action.takes} after ${name}, received ${operands.length === 0 ? 'nothing' : operands.join(' ')}`,
    );
  const { loadWords } = await import('../evaluate/words/load-words.js');
  const loaded = loadWords(path, given.limit);
  say(...loaded.warnings);
  await action.run(loaded, operands, given);
}

async function spaceFor(loaded: LoadedWords) {
  return (await import('../evaluate/words/load-words.js')).spaceOf(loaded);
}

const shown = (value: number): string => value.toFixed(3);

async function nearest(loaded: LoadedWords, operands: readonly string[], { count = 10, json }: Given): Promise<void> {
  const space = await spaceFor(loaded);
  const found = operands.map((word) => ({ word, nearest: space.nearest(word, count) }));
  if (json) return printJson(found);
  for (const { word, nearest: near } of found) {
    if (found.length > 1) print(`${word}:`);
    print(...table(near.map(({ word: other, similarity: cosine }) => [shown(cosine), other])));
  }
}

async function analogy(loaded: LoadedWords, [a, b, c]: readonly string[], { count = 10, json }: Given): Promise<void> {
  const found = (await spaceFor(loaded)).analogies(a!, b!, c!, count);
  if (json) return printJson({ a, b, c, answers: found });
  print(`${a} is to ${b} as ${c} is to`);
  print(...table(found.map(({ word, similarity: cosine }) => [shown(cosine), word])));
}

async function similarity(loaded: LoadedWords, operands: readonly string[], { json }: Given): Promise<void> {
  const space = await spaceFor(loaded);
  const [first, second] = operands;
  if (second !== undefined) {
    const cosine = space.similarity(first!, second);
    return json ? printJson({ words: operands, similarity: cosine }) : print(shown(cosine));
  }
  const { judgeSimilarity, readJudgedPairs } = await import('../evaluate/words/similarity.js');
  const result = judgeSimilarity(space, readJudgedPairs(first!));
  if (json) return printJson({ file: first, ...result });
  print(
    Number.isNaN(result.rho)
      ? 'no correlation: too few pairs have vectors'
      : `Spearman's correlation ${shown(result.rho)}`,
    coverage(result.asked, result.pairs, 'pairs'),
  );
}

async function analogies(loaded: LoadedWords, [file]: readonly string[], { json }: Given): Promise<void> {
  const { askAnalogies, readAnalogies } = await import('../evaluate/words/analogies.js');
  const result = askAnalogies(await spaceFor(loaded), readAnalogies(file!));
  if (json) return printJson({ file, ...result });
  const rows = [...result.sections, result.total].map(({ name, asked, right, questions }) => [
    name,
    asked === 0 ? '' : percent(right / asked),
    String(asked),
    String(questions),
  ]);
  print(...table(rows, ['section', 'right', 'asked', 'questions']));
  print(coverage(result.total.asked, result.total.questions, 'questions'));
}

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;

/** What could be asked: a share of right answers says nothing of the rest. */
const coverage = (asked: number, all: number, what: string): string =>
  `${asked} of ${all} ${what} (${percent(asked / all)}) have vectors for all their words; the others are not counted`;

async function map(loaded: LoadedWords, [file]: readonly string[], { count = 200, json }: Given): Promise<void> {
  if (extname(file!).toLowerCase() !== '.png') throw expected('a file that ends in .png', 'map', file);
  const [{ drawWordMap }, { writeAtomically }] = await Promise.all([
    import('../export/pictures/word-map.js'),
    import('../files.js'),
  ]);
  const space = await spaceFor(loaded);
  const places = [...space.words.keys()].slice(0, count);
  const picture = await drawWordMap(space, places);
  ensureParent(file!);
  writeAtomically(file!, picture);
  if (json) printJson({ file, words: places.length });
  else print(shownPath(file!));
}

async function write(loaded: LoadedWords, [file]: readonly string[], given: Given): Promise<void> {
  const { writeWordVectors } = await import('../data/text/word-vector-file.js');
  const format = given.format ?? (extname(file!).toLowerCase() === '.bin' ? 'word2vec-binary' : 'word2vec-text');
  ensureParent(file!);
  writeWordVectors(file!, loaded, format);
  const { length } = loaded.words;
  if (given.json) printJson({ file, format, words: length, size: loaded.size });
  else print(`${shownPath(file!)}: ${length} words with ${loaded.size} numbers each, ${format}`);
}

async function asRun(loaded: LoadedWords, [out]: readonly string[], { json }: Given): Promise<void> {
  const { importWords } = await import('../train/import-words.js');
  importWords(loaded, out!);
  if (json) printJson({ run: out, words: loaded.words.length, size: loaded.size });
  else
    print(
      `${shownPath(out!)}: ${loaded.words.length} words with ${loaded.size} numbers each`,
      `Next: autodidact evaluate ${shownPath(out!)} --data ./labeled-texts`,
    );
}

function readCount(text: string): number {
  const count = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isSafeInteger(count) || count < 1) throw expected('a whole number from 1', 'count', text);
  return count;
}
