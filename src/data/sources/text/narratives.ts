import { z } from 'zod';
import { narrative } from '../../synthetic/narratives.js';
import { parseQuery } from '../query.js';
import type { Split } from '../source.js';
import type { TextSource } from './text-source.js';

export const SYNTHETIC_NARRATIVES = 'synthetic:narratives';

/** Whether a data spec names generated narratives. */
export function isSyntheticNarratives(spec: string): boolean {
  return spec === SYNTHETIC_NARRATIVES || spec.startsWith(`${SYNTHETIC_NARRATIVES}?`);
}

const options = z.object({
  count: z.coerce.number().int().min(1).max(10_000_000).default(2000).describe('Narratives to learn from'),
  test: z.coerce.number().int().min(0).max(10_000_000).default(400).describe('Further ones, to test on'),
  sentences: z.coerce.number().int().min(2).max(5).default(4).describe('Sentences of each'),
  relations: z.coerce.number().min(0).max(1).default(0).describe('Share of sentences about relations of words'),
  cues: z.enum(['yes', 'no']).default('yes').describe('Whether sentences begin with first, then, ... finally'),
  seed: z.coerce.number().int().min(0).default(0).describe('Random seed'),
});

/** Part of the pack's key: changes when the same seed gives other narratives. */
const TELLER = 'narratives-1';

/** Generated narratives, whose classes are their topics: `synthetic:narratives?count=2000&sentences=4&relations=0.5`. */
export function narrativeSource(spec: string): TextSource {
  const query = spec.slice(SYNTHETIC_NARRATIVES.length).replace(/^\?/, '');
  const asked = parseQuery(options, query, spec);
  const { count, test, seed, sentences, relations, cues } = asked;
  const form = { sentences, relations, hasCues: cues === 'yes' };
  const all: { split: Split; count: number; seed: number }[] = [
    { split: 'train', count, seed: 2 * seed },
    { split: 'test', count: test, seed: 2 * seed + 1 },
  ];
  const sides = all.filter((side) => side.count > 0);
  return {
    ...{
      name: 'synthetic narratives',
      kind: 'narratives',
      skipped: [],
      sides: sides.map(({ split }) => split),
      unit: 'documents',
      identity: [TELLER, asked],
    },
    size: count + test,
    async *documents(onRead) {
      for (const side of sides)
        for (let index = 0; index < side.count; index++) {
          const made = narrative(form, side.seed, index);
          onRead?.(1);
          yield {
            ...{ id: `${side.split}/${index}`, label: made.topic, split: side.split, isInSentences: true },
            text: made.sentences.map((sentence, i) => (i === 0 ? sentence : ` ${sentence}`)),
          };
        }
    },
  };
}
