import type { Prng } from '../../data/prng.js';

/** A question with its answer, as a line of a prompt: "question: answer". */
export interface Example {
  question: string;
  answer: string;
}

/** A prompt: solved examples, and one to solve. */
export interface FewShotPrompt {
  shots: Example[];
  asked: Example;
  /** The answers among which the network chooses; null where it writes one. */
  choices: readonly string[] | null;
}

export interface FewShotTask {
  name: string;
  /** One sentence for help and tables. */
  description: string;
  /** Accuracy of guessing; 0 where there is nothing to guess among. */
  chance: number;
  /** Whether answers are texts of which a part may be right: they are scored by ROUGE too. */
  isSummary?: boolean;
  draw(random: Prng, shots: number): FewShotPrompt;
}

const KINDS: Readonly<Record<string, readonly string[]>> = {
  animal: ['dog', 'cat', 'horse', 'cow', 'sheep', 'bird', 'fish', 'lion', 'bear', 'wolf'],
  color: ['red', 'blue', 'green', 'white', 'black', 'yellow', 'brown', 'gray', 'pink', 'gold'],
  number: ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'],
  place: ['river', 'hill', 'sea', 'road', 'field', 'house', 'town', 'valley', 'island', 'forest'],
};

/** Of a country, its capital. */
const CAPITALS: readonly (readonly [string, string])[] = [
  ['France', 'Paris'],
  ['England', 'London'],
  ['Spain', 'Madrid'],
  ['Germany', 'Berlin'],
  ['Italy', 'Rome'],
  ['Russia', 'Moscow'],
  ['Japan', 'Tokyo'],
  ['China', 'Peking'],
  ['Mexico', 'Mexico'],
  ['Cuba', 'Havana'],
  ['Portugal', 'Lisbon'],
  ['Austria', 'Vienna'],
];

const ADJECTIVES = ['old', 'small', 'great', 'poor', 'strong', 'young'];
const VERBS = ['saw', 'made', 'took', 'held', 'lost', 'found'];
const WHEN = ['in the morning', 'last year', 'with care', 'once more', 'after the war', 'at home'];

const pick = <T>(values: readonly T[], random: Prng): T => values[random.below(values.length)]!;

/** Different ones. */
const pickSome = <T>(values: readonly T[], count: number, random: Prng): T[] =>
  random.shuffle([...values]).slice(0, count);

const examples = (count: number, make: () => Example): Pick<FewShotPrompt, 'shots' | 'asked'> => {
  const asked = make();
  const shots: Example[] = [];
  // Examples that answer the question by themselves are drawn again, if there are others.
  for (let tries = 0; shots.length < count && tries < 100 * (count + 1); tries++) {
    const shot = make();
    if (shot.question !== asked.question) shots.push(shot);
  }
  return { shots, asked };
};

const written = (name: string, description: string, make: (random: Prng) => Example): FewShotTask => ({
  name,
  description,
  chance: 0,
  draw: (random, shots) => ({ ...examples(shots, () => make(random)), choices: null }),
});

/** Two kinds of words get two labels, which only the examples of the prompt tell. */
const labelMapping: FewShotTask = {
  name: 'label-mapping',
  description: 'Words of two kinds get two labels, other ones in each prompt: only the examples tell which',
  chance: 0.5,
  draw(random, shots) {
    const kinds = pickSome(Object.keys(KINDS), 2, random);
    const labels = pickSome(['yes', 'no', 'up', 'down', 'left', 'right'], 2, random);
    const drawn = examples(shots, () => {
      const which = random.below(2);
      return { question: pick(KINDS[kinds[which]!]!, random), answer: labels[which]! };
    });
    return { ...drawn, choices: labels };
  },
};

function addition(random: Prng): Example {
  const [a, b] = [random.below(10), random.below(10)];
  return { question: `${a} and ${b}`, answer: String(a + b) };
}

/** The letters of a word, moved round by some places, as in GPT-3's "cycled letters". */
function scrambled(random: Prng): Example {
  const word = pick(Object.values(KINDS).flat(), random);
  const by = 1 + random.below(word.length - 1);
  return { question: word.slice(by) + word.slice(0, by), answer: word };
}

function capital(random: Prng): Example {
  const [country, city] = pick(CAPITALS, random);
  return { question: country, answer: city };
}

/** A sentence, and what is left of it without adjectives and circumstances. */
function shortened(random: Prng): Example {
  const [subject, object] = pickSome(KINDS.animal!, 2, random) as [string, string];
  const [first, second] = [pick(ADJECTIVES, random), pick(ADJECTIVES, random)];
  const verb = pick(VERBS, random);
  return {
    question: `the ${first} ${subject} ${verb} the ${second} ${object} ${pick(WHEN, random)}`,
    answer: `${subject} ${verb} ${object}`,
  };
}

export const FEW_SHOT_TASKS: readonly FewShotTask[] = [
  labelMapping,
  written('arithmetic', 'The sum of two digits', addition),
  written('word-scrambling', 'A word whose letters were moved round', scrambled),
  written('question-answer', 'The capital of a country', capital),
  { ...written('shortening', 'A sentence without its adjectives and circumstances', shortened), isSummary: true },
];
