import type { Tokenizer } from '../../data/index.js';
import type { Tensor } from '../../engine/index.js';

/** Tokens of one text in words, with something else in some places. */
export function inWords(
  ids: readonly number[],
  tokenizer: Pick<Tokenizer, 'shown' | 'beginsWord'>,
  instead: ReadonlyMap<number, string> = new Map(),
): string {
  return ids
    .map((id, place) => {
      const shown = instead.get(place) ?? tokenizer.shown(id);
      return place > 0 && tokenizer.beginsWord[id] !== 0 ? ` ${shown}` : shown;
    })
    .join('');
}

/** The most probable tokens of one place, a line each: "cat 53 %". */
export function topAnswers(logits: Tensor, tokenizer: Pick<Tokenizer, 'shown'>, count = 3): string {
  const [values, ids] = logits
    .to('float32')
    .softmax(0)
    .topk(Math.min(count, logits.size(0)));
  const shares = values.toNumbers();
  return ids
    .toNumbers()
    .map((id, i) => `${tokenizer.shown(id)} ${Math.round(100 * shares[i]!)} %`)
    .join('\n');
}
