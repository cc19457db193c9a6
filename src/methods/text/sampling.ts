import { noGrad, scope, type Tensor, tensor } from '../../engine/index.js';
import { AutodidactError, expected } from '../../errors.js';

/** How the next token is drawn from the logits. */
export interface SamplingOptions {
  /** Logits are divided by it; 0 takes the largest. Default 1. */
  temperature?: number;
  /** Only the k most probable tokens stay; 0 for all. Default 0. */
  topK?: number;
  /** Only the fewest most probable tokens stay whose probabilities sum to at least p. Default 1. */
  topP?: number;
}

/** @throws AutodidactError `USAGE` for values outside their ranges */
export function checkSampling({ temperature = 1, topK = 0, topP = 1 }: SamplingOptions): void {
  if (!(temperature >= 0 && Number.isFinite(temperature)))
    throw expected('a number from 0 on', 'temperature', temperature);
  if (!(Number.isSafeInteger(topK) && topK >= 0)) throw expected('a whole number from 0 on', 'topK', topK);
  if (!(topP > 0 && topP <= 1)) throw expected('a number above 0, at most 1', 'topP', topP);
}

/**
 * Draws a token from each row of logits: temperature, then top-k, then top-p, whose probabilities are those of the tokens that top-k left.
 *
 * The nucleus is that of its definition (Holtzman et al. 2020): the token that reaches p belongs to it. The code of GPT-2 drops that token
 * unless it is the first. Of equal logits at the border of top-k, those with smaller ids stay; the code of GPT-2 keeps all.
 *
 * @param logits float (N, V)
 * @param draws a number in [0, 1) for each row, which alone decides: a row's token does not depend on the others
 * @returns N ids
 * @throws AutodidactError `DIVERGED` for logits with NaN, `SHAPE` for another number of draws
 */
export function sampleTokens(logits: Tensor, options: SamplingOptions, draws: readonly number[]): number[] {
  const { temperature = 1, topK = 0, topP = 1 } = options;
  if (draws.length !== logits.size(0))
    throw expected(`${logits.size(0)} draws`, 'draws', draws.length, { code: 'SHAPE' });
  return scope(() =>
    noGrad(() => {
      if (temperature === 0 || topK === 1) {
        // Of NaN the largest is NaN, and some token would be taken all the same.
        if (logits.amax([1]).isnan().any().item() !== 0) throw diverged();
        return logits.argmax(1).toNumbers();
      }
      // On the CPU, in double precision: the same text on every device.
      const double = logits.to({ device: 'cpu', dtype: 'float64' });
      const [kept, order] = candidates(temperature === 1 ? double : double.div(temperature), topK, topP);
      const cumulative = kept.softmax(1).cumsum(1);
      const last = cumulative.size(1) - 1;
      const at = tensor(
        draws.map((draw) => [draw]),
        { dtype: 'float64' },
      );
      // Tokens whose share ends behind the draw: at least the last one, but none where a logit is NaN.
      const behind = cumulative.gt(at.mul(cumulative.narrow(1, last, 1))).sum([1]);
      const ranks = behind.toNumbers().map((count) => last + 1 - count);
      if (ranks.includes(last + 1)) throw diverged();
      if (order === null) return ranks;
      const places = tensor(ranks).to('int64').unsqueeze(1); // (N, 1)
      return order.gather(1, places).flatten().toNumbers();
    }),
  );
}

const diverged = () =>
  new AutodidactError('DIVERGED', 'The network gives NaN in place of probabilities', {
    remedy: 'Its training diverged, or its file is damaged: take an earlier checkpoint, or train again.',
  });

/** Logits of the tokens that may be drawn, others at -infinity, and the ids of the columns; null where these are the tokens in order. */
function candidates(logits: Tensor, topK: number, topP: number): [logits: Tensor, ids: Tensor | null] {
  const isWhole = topK === 0 || topK >= logits.size(1);
  if (isWhole && topP === 1) return [logits, null];
  // Stable: equal logits in the order of ids.
  const [sorted, ids] = logits.stableSort({ stable: true, dim: 1, descending: true });
  const [values, kept] = isWhole ? [sorted, ids] : [sorted.narrow(1, 0, topK), ids.narrow(1, 0, topK)];
  if (topP === 1) return [values, kept];
  const shares = values.softmax(1);
  const before = shares.cumsum(1).sub(shares);
  return [values.maskedFill(before.ge(topP), Number.NEGATIVE_INFINITY), kept];
}
