/**
 * Questions "a is to b as c is to ...", as Mikolov et al. 2013 ask them (`questions-words.txt`, compute-accuracy.c of word2vec): the answer
 * is the word nearest to b - a + c, the three words of the question left out. A question with a word that has no vector is not counted,
 * which is why the coverage belongs to the result.
 */
import { readFileSync } from 'node:fs';
import { AutodidactError, ioError } from '../../errors.js';
import type { WordSpace } from '../../methods/text/word-space.js';

export interface AnalogySection {
  name: string;
  questions: readonly (readonly [a: string, b: string, c: string, answer: string])[];
}

export interface AnalogyScore {
  name: string;
  /** Questions whose words all have vectors, and how many of them were answered rightly. */
  asked: number;
  right: number;
  /** All questions. */
  questions: number;
}

export interface AnalogyResult {
  sections: AnalogyScore[];
  total: AnalogyScore;
}

/**
 * Reads questions: four words on a line, sections after a line that begins with a colon.
 *
 * @throws AutodidactError `DATA` for another line, with its number; `IO`
 */
export function readAnalogies(path: string): AnalogySection[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw ioError('read', path, error);
  }
  const sections: { name: string; questions: [string, string, string, string][] }[] = [];
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    const fields = line.trim().split(/\s+/);
    if (fields[0] === '' || fields[0] === '//') continue;
    if (fields[0]!.startsWith(':')) {
      sections.push({ name: line.trim().slice(1).trim(), questions: [] });
      continue;
    }
    if (fields.length !== 4)
      throw new AutodidactError('DATA', `Expected four words on line ${i + 1} of ${path}, received ${fields.length}`, {
        remedy: 'A line has the words of "a is to b as c is to d"; a line that begins with a colon names what follows.',
      });
    if (sections.length === 0) sections.push({ name: 'questions', questions: [] });
    sections.at(-1)!.questions.push(fields as [string, string, string, string]);
  }
  const filled = sections.filter(({ questions }) => questions.length > 0);
  if (filled.length === 0) throw new AutodidactError('DATA', `There are no questions in ${path}`);
  return filled;
}

/** The share of questions that word vectors answer; see `WordSpace.first` for those over frequent words alone. */
export function askAnalogies(space: WordSpace, sections: readonly AnalogySection[]): AnalogyResult {
  const scores = sections.map(({ name, questions }): AnalogyScore => {
    const known = questions
      .map((words) => words.map((word) => space.find(word)))
      .filter((places): places is [number, number, number, number] => places.every((place) => place !== null));
    const answers = space.answers(known.map(([a, b, c]) => [a, b, c] as const));
    const right = known.filter(([, , , answer], i) => answers[i] === answer).length;
    return { name, asked: known.length, right, questions: questions.length };
  });
  const sum = (key: 'asked' | 'right' | 'questions') => scores.reduce((total, score) => total + score[key], 0);
  return {
    sections: scores,
    total: { name: 'total', asked: sum('asked'), right: sum('right'), questions: sum('questions') },
  };
}
