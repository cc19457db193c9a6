/**
 * T5's span corruption: spans of a text are replaced by numbered marks, and the target lists the marks with what stood there.
 *
 * Raffel et al., "Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer", 2020, section 3.1.4; code:
 * google-research/text-to-text-transfer-transformer, t5/data/preprocessors.py (random_spans_noise_mask).
 */
import type { Prng } from '../../data/index.js';
import { roundHalfEven } from './token-rows.js';

export interface SpanRule {
  /** Share of the tokens that are hidden. */
  share: number;
  /** Mean length of a span in tokens. */
  meanSpan: number;
  /** Most spans of a text: there are so many marks. */
  mostSpans?: number;
}

/** How many tokens of a text are hidden, in how many spans. A text of one token is not hidden. */
export function spanBudget(
  length: number,
  { share, meanSpan, mostSpans = Number.POSITIVE_INFINITY }: SpanRule,
): { hidden: number; spans: number } {
  if (length < 2) return { hidden: 0, spans: 0 };
  const hidden = Math.min(Math.max(roundHalfEven(length * share), 1), length - 1);
  const spans = Math.min(Math.max(roundHalfEven(hidden / meanSpan), 1), hidden, length - hidden, mostSpans);
  return { hidden, spans };
}

/** Lengths of `parts` parts of at least 1 that sum to `total`, all such lists equally likely. */
export function randomComposition(total: number, parts: number, random: Prng): number[] {
  const cuts = random.permutation(total - 1).slice(0, parts - 1);
  const ends = [...[...cuts].map((cut) => cut + 1).sort((a, b) => a - b), total];
  return ends.map((end, i) => end - (ends[i - 1] ?? 0));
}

export interface CorruptedText {
  /** The text with a mark in the place of each span. */
  input: number[];
  /** Each mark, and the span that it stands for. */
  target: number[];
}

/**
 * Hides spans of one text. It begins with text that stays and ends with a span.
 *
 * @param sentinel the mark of span k
 */
export function corruptSpans(
  row: readonly number[],
  rule: SpanRule,
  sentinel: (span: number) => number,
  random: Prng,
): CorruptedText {
  const { hidden, spans } = spanBudget(row.length, rule);
  if (spans === 0) return { input: [...row], target: [] };
  const lengths = randomComposition(hidden, spans, random);
  const gaps = randomComposition(row.length - hidden, spans, random);
  const input: number[] = [];
  const target: number[] = [];
  let place = 0;
  for (let k = 0; k < spans; k++) {
    input.push(...row.slice(place, place + gaps[k]!), sentinel(k));
    place += gaps[k]!;
    target.push(sentinel(k), ...row.slice(place, place + lengths[k]!));
    place += lengths[k]!;
  }
  return { input, target };
}

/**
 * Puts text and spans together again.
 *
 * @param isSentinel whether an id is a mark
 */
export function joinSpans({ input, target }: CorruptedText, isSentinel: (id: number) => boolean): number[] {
  const spans = new Map<number, number[]>();
  let open: number[] = [];
  for (const id of target) {
    if (isSentinel(id)) {
      open = [];
      spans.set(id, open);
    } else open.push(id);
  }
  return input.flatMap((id) => spans.get(id) ?? [id]);
}
