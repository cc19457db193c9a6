import { expect, it } from 'vitest';
import { findMethod, parseMethodOptions } from '../methods/registry.js';
import { presentOptions } from './earlier-options.js';

it('brings options of earlier versions to their present names', () => {
  const earlier = { conditioning: 'everyStep', embeddingSize: 620, longest: 30 };
  expect(presentOptions('skip-thoughts', { ...earlier, bidirectional: false })).toEqual({ ...earlier, encoder: 'uni' });
  expect(presentOptions('skip-thoughts', { ...earlier, bidirectional: true })).toEqual({ ...earlier, encoder: 'bi' });
  // Before, all tokens were scored.
  expect(presentOptions('elmo', { dropout: 0.1 })).toEqual({ dropout: 0.1, negatives: 0 });
});

it('leaves present options and other methods as they are', () => {
  for (const method of ['skip-thoughts', 'elmo', 'bert', 'simclr']) {
    const options = parseMethodOptions(findMethod(method), {}, false);
    expect(presentOptions(method, options)).toEqual(options);
  }
  for (const method of ['toString', undefined, 3]) expect(presentOptions(method, { a: 1 })).toEqual({ a: 1 });
});
