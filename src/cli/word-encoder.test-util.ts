import { memoryTexts } from '../data/text/tokens.test-util.js';
import { findMethod, parseMethodOptions } from '../methods/registry.js';
import { buildEncoder } from '../train/build.js';
import { saveEncoder } from '../train/encoder-file.js';

/** Saves an encoder of words that were drawn at random, with the tokenizer of these sentences. */
export function saveWordEncoder(path: string, sentences: readonly string[]): void {
  const { spec, assets } = memoryTexts([sentences], { length: 8, form: 'sentences' });
  const definition = findMethod('skip-gram');
  const options = parseMethodOptions(definition, {}, true);
  const training = { backbone: 'word-table', width: 4 };
  const encoder = buildEncoder(definition, options, training, spec, { seed: 1, device: 'cpu', assets });
  const origin = { method: 'skip-gram', options: options as object as Record<string, unknown>, ...training };
  saveEncoder(path, encoder, { ...origin, samples: spec, assets });
}
