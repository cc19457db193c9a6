/** Generated narratives whose words stand in known relations, and how much of them word vectors know. */
import { openTexts, type TokensDataset } from '../../src/data/index.js';
import { NARRATIVE_RELATIONS, NARRATIVE_TOPICS, narrative } from '../../src/data/synthetic/narratives.js';
import { type Generator, noGrad, ops, scope, type Tensor } from '../../src/engine/index.js';
import { type AnalogySection, askAnalogies } from '../../src/evaluate/words/analogies.js';
import type { MethodDefinition } from '../../src/methods/method.js';
import { findMethod } from '../../src/methods/registry.js';
import type { WordSpace } from '../../src/methods/text/word-space.js';
import type { WordOptions, WordVectors, WordViews } from '../../src/methods/text/word-vectors.js';
import { withViews } from './changed-views.js';
import { SEED } from './claims.js';
import type { Learned } from './support.js';

/** Half of the sentences tell of relations, half of one of four topics. */
export function openNarratives(count: number): Promise<TokensDataset> {
  const spec = `synthetic:narratives?count=${count}&test=0&sentences=5&relations=0.5&cues=no&seed=${SEED}`;
  return openTexts(spec, { tokenizer: 'words', context: 128, form: 'stream', split: 'train' });
}

/** Every two pairs of a relation, in both directions: "france is to paris as italy is to ...". */
export const SECTIONS: readonly AnalogySection[] = Object.entries(NARRATIVE_RELATIONS).map(([name, pairs]) => ({
  name,
  questions: pairs.flatMap(([a, b], i) =>
    pairs.flatMap(([c, d], k) => (i === k ? [] : [[a, b, c, d] as const, [b, a, d, c] as const])),
  ),
}));

export const QUESTIONS = SECTIONS.reduce((sum, { questions }) => sum + questions.length, 0);
export const TOPICS = NARRATIVE_TOPICS.length;

/** The word vectors of a run. */
export function spaceOf({ run }: Learned): WordSpace {
  return (run.method as unknown as WordVectors<WordOptions>).space();
}

/** The share of questions that are answered rightly. */
export function analogyAccuracy(space: WordSpace): number {
  const { total, sections } = askAnalogies(space, SECTIONS);
  const shares = sections.map(({ name, right, asked }) => `${name} ${right} of ${asked}`);
  process.stdout.write(`  ${shares.join(', ')}\n`);
  return total.right / total.asked;
}

/** Of the words that one topic alone has, the share whose nearest such word is of the same topic; a guess finds about a quarter. */
export function topicPurity(space: WordSpace): number {
  const topics = new Map<string, Set<string>>();
  for (let i = 0; i < 400; i++) {
    const { topic, sentences } = narrative({ sentences: 5, relations: 0, hasCues: false }, 1, i);
    for (const word of sentences
      .join(' ')
      .toLowerCase()
      .match(/[a-z]+/g)!)
      topics.set(word, (topics.get(word) ?? new Set()).add(topic));
  }
  const own = space.words.filter((word) => topics.get(word)?.size === 1);
  const topicOf = (word: string): string => [...topics.get(word)!][0]!;
  const isOwn = new Set(own);
  const right = own.filter((word) => {
    const near = space.nearest(word, space.words.length).find((found) => isOwn.has(found.word))!;
    return topicOf(near.word) === topicOf(word);
  });
  if (NARRATIVE_TOPICS.some((topic) => !own.some((word) => topicOf(word) === topic)))
    throw new Error('A topic has no words of its own');
  return right.length / own.length;
}

/** The method on words that were dealt out anew among all sentences of a batch: as frequent as before, and in no relation. */
export function onShuffledWords(name: string): MethodDefinition {
  return withViews<WordViews>(name, (views, random) => ({
    ...views,
    ids: noGrad(() => scope(() => shuffled(views.ids, random))),
  }));
}

/** Ends of sentences stay where they are. */
function shuffled(ids: Tensor, random: Generator): Tensor {
  const flat = ids.flatten();
  const places = flat.ne(0).nonzero().squeeze(1);
  const order = ops.randperm(places.size(0), { generator: random, dtype: 'int64' });
  return flat.indexCopy(0, places, flat.indexSelect(0, places.indexSelect(0, order))).view(ids.shape);
}

/** The method as it learns on a GPU: by operators on whole batches. */
export function byOperators(name: string): MethodDefinition {
  const definition = findMethod(name);
  return {
    ...definition,
    create(context) {
      const method = definition.create(context) as unknown as WordVectors<WordOptions>;
      Object.defineProperty(method, 'isCompiled', { value: false });
      return method as never;
    },
  };
}
