/** Which texts methods of sentences can learn from, see `MethodDefinition.usable`. */
import type { Tokens } from '../../data/index.js';
import type { Usable } from '../method.js';
import { sentencesOf } from '../noise/sentences.js';
import { textRows } from './token-inputs.js';

const NUMBERS = ['no', 'one', 'two', 'three', 'four', 'five'];

export const LONGER_TEXTS =
  'Give documents of several sentences, not one sentence a row, or longer windows of text (--context).';

/** The texts with at least so many sentences. */
export function withSentences(samples: Tokens, count: number, changes: Partial<Usable> = {}): Usable {
  return {
    wanted: `with ${NUMBERS[count] ?? count} sentences`,
    isUsable: textRows(samples).map(({ ids, sentence }) => sentencesOf(ids, sentence).length >= count),
    remedy: LONGER_TEXTS,
    ...changes,
  };
}
