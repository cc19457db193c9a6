import type { Tokens } from '../../data/index.js';
import { type Tensor, tensor } from '../../engine/index.js';
import { sentencesOf } from '../noise/sentences.js';
import { PADDING, textRows } from './token-inputs.js';

/**
 * Sentence by sentence: int64 (N, S, L), of as many sentences and tokens as the text with most of them, -1 behind the end of a sentence and
 * in all of one that a text does not have.
 */
export function sentenceRows(samples: Tokens): Tensor {
  const texts = textRows(samples).map(({ ids, sentence }) => sentencesOf(ids, sentence));
  const most = Math.max(1, ...texts.map((sentences) => sentences.length));
  const longest = Math.max(1, ...texts.flat().map((sentence) => sentence.length));
  const values = new BigInt64Array(texts.length * most * longest).fill(BigInt(PADDING));
  for (const [i, sentences] of texts.entries())
    for (const [s, sentence] of sentences.entries())
      for (const [t, id] of sentence.entries()) values[(i * most + s) * longest + t] = BigInt(id);
  return tensor(values, { shape: [texts.length, most, longest], device: samples.ids.device });
}
