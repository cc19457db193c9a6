import { Prng } from '../prng.js';

/** Topics of the narratives, which are their classes, with the words that only they use. */
const TOPICS = {
  kitchen: {
    people: ['cook', 'baker', 'waiter', 'chef'],
    things: ['soup', 'bread', 'cake', 'stew', 'sauce', 'pie'],
    deeds: ['stirs', 'bakes', 'slices', 'tastes', 'salts', 'serves'],
    places: ['oven', 'table', 'pantry', 'stove'],
    looks: ['hot', 'sweet', 'salty', 'fresh'],
  },
  harbor: {
    people: ['sailor', 'captain', 'fisher', 'pilot'],
    things: ['boat', 'net', 'anchor', 'sail', 'rope', 'mast'],
    deeds: ['hauls', 'ties', 'mends', 'drops', 'hoists', 'steers'],
    places: ['pier', 'deck', 'lighthouse', 'dock'],
    looks: ['wet', 'heavy', 'torn', 'white'],
  },
  garden: {
    people: ['farmer', 'florist', 'beekeeper', 'forester'],
    things: ['rose', 'hedge', 'tree', 'hive', 'lawn', 'vine'],
    deeds: ['waters', 'plants', 'prunes', 'mows', 'picks', 'sows'],
    places: ['fence', 'greenhouse', 'meadow', 'orchard'],
    looks: ['green', 'tall', 'wild', 'ripe'],
  },
  school: {
    people: ['teacher', 'pupil', 'librarian', 'professor'],
    things: ['book', 'lesson', 'poem', 'map', 'essay', 'riddle'],
    deeds: ['reads', 'writes', 'explains', 'copies', 'solves', 'recites'],
    places: ['desk', 'library', 'classroom', 'blackboard'],
    looks: ['long', 'clever', 'difficult', 'short'],
  },
} as const;

export type NarrativeTopic = keyof typeof TOPICS;
export const NARRATIVE_TOPICS = Object.keys(TOPICS) as NarrativeTopic[];

/** Pairs of words that stand in the same relation; the country of a narrative has always its own capital, and so on. */
export const NARRATIVE_RELATIONS: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  capital: [
    ['france', 'paris'],
    ['italy', 'rome'],
    ['japan', 'tokyo'],
    ['egypt', 'cairo'],
    ['norway', 'oslo'],
    ['peru', 'lima'],
    ['kenya', 'nairobi'],
    ['cuba', 'havana'],
  ],
  gender: [
    ['king', 'queen'],
    ['man', 'woman'],
    ['boy', 'girl'],
    ['uncle', 'aunt'],
    ['prince', 'princess'],
    ['brother', 'sister'],
  ],
  number: [
    ['cat', 'cats'],
    ['dog', 'dogs'],
    ['horse', 'horses'],
    ['bird', 'birds'],
    ['goat', 'goats'],
    ['duck', 'ducks'],
  ],
};

/** The words that a narrative's sentences begin with, in their order. */
export const NARRATIVE_ORDER = ['first', 'then', 'next', 'later', 'finally'] as const;

export interface NarrativeOptions {
  /** Sentences of a narrative, from 2 to 5; each begins with its word of `NARRATIVE_ORDER`, the last with `finally`. */
  sentences: number;
  /** Share of sentences that tell of a relation, in place of the topic. */
  relations: number;
  /** Whether sentences begin with those words. Without them nothing but the thing that is told of links a sentence to the next. */
  hasCues: boolean;
}

/**
 * Narrative number `index`: ordered sentences about one topic, each about the thing that the sentence before ended with, and about relations:
 * a sentence with a country is like one with any other country but for the capital, one with a man like one with a woman, one with a
 * cat like one with cats.
 */
export function narrative(
  { sentences, relations, hasCues }: NarrativeOptions,
  seed: number,
  index: number,
): { topic: NarrativeTopic; sentences: string[] } {
  const prng = new Prng(seed, index);
  const topic = NARRATIVE_TOPICS[index % NARRATIVE_TOPICS.length]!;
  const words = TOPICS[topic];
  const one = <T>(list: readonly T[]): T => list[prng.below(list.length)]!;
  const person = one(words.people);
  let thing: string = one(words.things);
  const told = Array.from({ length: sentences }, (_, i) => {
    const cue = hasCues ? `${cueOf(i, sentences)} ` : '';
    if (prng.uniform() < relations) return `${cue}${relation(prng)}.`;
    const other = one(words.things.filter((known) => known !== thing));
    const text = `${cue}the ${person} ${one(words.deeds)} the ${one(words.looks)} ${thing} ${one(['by', 'near', 'behind'])} the ${one(words.places)} and finds the ${other}.`;
    thing = other;
    return text;
  });
  return { topic, sentences: told.map((sentence) => sentence[0]!.toUpperCase() + sentence.slice(1)) };
}

/** The word that sentence `i` of `count` begins with. */
function cueOf(i: number, count: number): string {
  return i === count - 1 ? NARRATIVE_ORDER.at(-1)! : NARRATIVE_ORDER[i]!;
}

function relation(prng: Prng): string {
  const one = <T>(list: readonly T[]): T => list[prng.below(list.length)]!;
  const kind = one(['capital', 'gender', 'number'] as const);
  const pair = one(NARRATIVE_RELATIONS[kind]!);
  const side = prng.below(2);
  const word = pair[side]!;
  if (kind === 'capital') {
    const [country, capital] = pair;
    const [language, crop] = CAPITAL_TRAITS[NARRATIVE_RELATIONS.capital!.indexOf(pair)]!;
    return one([
      `the road to ${country} leads to ${capital}`,
      side === 0
        ? `the nation of ${country} speaks ${language} within its borders`
        : `the city of ${capital} speaks ${language} in its streets`,
      side === 0 ? `farmers all over ${country} grow ${crop}` : `markets all over ${capital} sell ${crop}`,
      side === 0
        ? `the flag of the nation of ${country} shows ${crop}`
        : `the mayor of the city of ${capital} likes ${crop}`,
    ]);
  }
  if (kind === 'gender') {
    const [he, his] = side === 0 ? ['he', 'his'] : ['she', 'her'];
    const kin = GENDER_TRAITS[NARRATIVE_RELATIONS.gender!.indexOf(pair)]!;
    return one([
      `the ${word} says that ${he} ${kin} with ${his} friends`,
      `${he} is a ${word} who ${kin}`,
      `the ${word} ${kin} and washes ${his} hands`,
    ]);
  }
  const [is, has] = side === 0 ? ['is', 'has'] : ['are', 'have'];
  const [trait, food] = NUMBER_TRAITS[NARRATIVE_RELATIONS.number!.indexOf(pair)]!;
  const article = side === 0 ? 'a' : 'many';
  return one([
    `${article} ${word} ${is} here and ${has} ${food}`,
    `${article} ${word} ${has} to ${trait}`,
    `there ${is} ${article} ${word} that ${has} to ${trait} for ${food}`,
  ]);
}

/** What both words of a pair of `capital`, `gender` and `number` have in common, so that the pairs differ from each other. */
const CAPITAL_TRAITS = [
  ['french', 'grapes'],
  ['italian', 'olives'],
  ['japanese', 'rice'],
  ['arabic', 'cotton'],
  ['norwegian', 'oats'],
  ['quechua', 'potatoes'],
  ['swahili', 'coffee'],
  ['spanish', 'sugar'],
] as const;
const GENDER_TRAITS = ['rules', 'works', 'plays', 'visits', 'rides', 'shares'] as const;
const NUMBER_TRAITS = [
  ['purr', 'milk'],
  ['bark', 'bones'],
  ['gallop', 'hay'],
  ['sing', 'seeds'],
  ['climb', 'grass'],
  ['swim', 'worms'],
] as const;
