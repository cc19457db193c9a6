import { createBackbone } from '../backbones/registry.js';
import type { TokensDataset } from '../data/index.js';
import { memoryTexts } from '../data/text/tokens.test-util.js';
import { manualSeed } from '../engine/index.js';
import type { Encoder } from '../methods/method.js';
import { wordEncoder } from '../methods/text/word-vectors.js';
import type { MakeFresh } from './baselines.js';

/** Texts of one sentence, each of the class of its third word; the others say nothing. In two parts with one tokenizer. */
export function topics(counts: readonly [train: number, test: number]): [TokensDataset, TokensDataset] {
  const count = counts[0] + counts[1];
  const labels = Array.from({ length: count }, (_, i) => (i % 2 === 0 ? 'sea' : 'sky'));
  const noise = ['one', 'two', 'three', 'four', 'five', 'six', 'seven'];
  const documents = labels.map((label, i) => {
    const word = (step: number) => noise[(step * i + i * i) % noise.length]!;
    return [`${word(2)} ${word(3)} ${label === 'sea' ? 'wave' : 'cloud'} ${word(5)}`];
  });
  const all = memoryTexts(documents, { labels, form: 'sentences', length: 12 });
  const places = (from: number, length: number) => Array.from({ length }, (_, i) => from + i);
  return [all.subset(places(0, counts[0])), all.subset(places(counts[0], counts[1]))];
}

/** The vectors of words of these texts, as the seed draws them. */
export function wordsOf({ spec, assets }: TokensDataset, width = 3): MakeFresh {
  return (seed) => {
    manualSeed(seed);
    const { vocabulary, length } = spec;
    const makeBackbone = () => createBackbone('word-table', { inputChannels: 1, imageSize: length, vocabulary, width });
    return wordEncoder({ options: {}, spec, architecture: 'word-table', assets, makeBackbone }) as Encoder;
  };
}
