import type { SpecialTokens, Tokenizer } from '../../data/index.js';

/** A tokenizer of these characters; id 0 is unknown, id 1 the end of a text. */
export function charactersOf(text: string, special: Partial<SpecialTokens> = {}): Tokenizer {
  const characters = [...new Set(text)];
  const shown = (id: number): string => ['?', '<end>'][id] ?? characters[id - 2] ?? '';
  const encode = (part: string): Int32Array =>
    Int32Array.from(part, (character) => characters.indexOf(character) + 2).map((id) => (id < 2 ? 0 : id));
  return {
    json: '',
    hash: '',
    vocabulary: characters.length + 2,
    special: { pad: null, unknown: 0, begin: null, end: 1, mask: null, ...special },
    beginsWord: new Uint8Array(characters.length + 2),
    encode,
    encodeInto: (ids, part) => void ids.push(...encode(part)),
    decode: (ids, { keepsSpecial = false } = {}) =>
      Array.from(ids, (id) => (id > 1 ? characters[id - 2] : keepsSpecial ? shown(id) : '')).join(''),
    token: shown,
    idOf: (token) => (characters.includes(token) ? characters.indexOf(token) + 2 : null),
    shown,
  };
}
