import type { Needs, OpenOptions } from './modality.js';

/** How data are opened for a method: as a person asks, and where they leave it open, as the method asks. */
export function askedFor(needs: Needs = {}, given: OpenOptions = {}): OpenOptions {
  const { frames, fps, tokens = {} } = needs;
  const { form, tokenizer, vocabulary, context, room } = tokens;
  // The size that a method asks for is that of its own tokenizer.
  const size = given.tokenizer === undefined ? vocabulary : undefined;
  const own = { frames, fps, form, tokenizer, vocabulary: size, context, room };
  const isKnown = ([, value]: [string, unknown]): boolean => value !== undefined;
  return Object.fromEntries([...Object.entries(own), ...Object.entries(given)].filter(isKnown));
}
