import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Dataset, TOKENIZER_FILE, TokensDataset, type TokensSpec } from '../data/index.js';
import { openTexts, textsHaveSplit } from '../data/open-texts.js';
import { fetchedTexts } from '../data/sources/text/fetched-texts.js';
import { namesTexts, resolveTextSpec, TEXT_PREFIX } from '../data/sources/text/text-spec.js';
import { knownTokenizer } from '../data/text/json-tokenizer.js';
import { scope } from '../engine/index.js';
import { AutodidactError, expected } from '../errors.js';
import type { Modality, Needs, TokenNeeds } from './modality.js';

const id = z.int().min(0).nullable();

/** Windows of at most so many tokens, of which a method takes its small recipe. */
const SMALL_CONTEXT = 128;
/** It has all special tokens, and no word is unknown to it. */
const COMMON_TOKENIZER = 'wordpiece';

/** Samples whose words are read at once. */
const READ = 256;

/** Words with their apostrophes and hyphens, and numbers. */
const WORD = /[\p{L}\p{M}\p{N}]+(?:['’-][\p{L}\p{M}\p{N}]+)*/gu;

/** The words of each window in small letters, as far as its tokens spell them: what the tokenizer does not know is left out. */
function wordsIn(data: TokensDataset): string[][] {
  const { tokenizer } = data;
  const left = new Set(Object.values(tokenizer.special).filter((id) => id !== null));
  const found: string[][] = [];
  for (let from = 0; from < data.count; from += READ)
    scope(() => {
      const { ids, lengths } = data.collate(
        Int32Array.from({ length: Math.min(READ, data.count - from) }, (_, i) => from + i),
      );
      const [all, counts] = [ids.toNumbers(), lengths.toNumbers()];
      for (const [row, count] of counts.entries()) {
        const own = all.slice(row * ids.size(1), row * ids.size(1) + count).filter((id) => !left.has(id));
        found.push(tokenizer.decode(own).toLowerCase().match(WORD) ?? []);
      }
    });
  return found;
}

/** Windows of text as ids of a tokenizer, see `Tokens`. */
export const tokens: Modality<TokensSpec> = {
  name: 'tokens',
  schema: z.object({
    modality: z.literal('tokens'),
    length: z.int().min(1),
    vocabulary: z.int().min(1),
    tokenizer: z.string(),
    special: z.object({ pad: id, unknown: id, begin: id, end: id, mask: id }),
    form: z.enum(['stream', 'sentences']),
    room: z.int().min(0),
  }),
  plural: 'texts',
  examples: ['./texts', 'synthetic:narratives'],
  names: [...Object.keys(fetchedTexts).map((name) => `${TEXT_PREFIX}${name}`), 'synthetic:narratives'],
  claims: namesTexts,

  open: (
    spec,
    { size: _size, mostSize: _most, channels: _channels, length: _length, frames: _f, fps: _fps, ...options },
  ) => openTexts(spec, options),

  /** Whole sentences of one document, whose label they have; by word pieces where methods ask for different tokenizers. */
  shared(needs, { tokenizer }) {
    const asked = needs.map(({ tokens: own = {} }) => own);
    const kinds = new Set(asked.map((own) => own.tokenizer ?? COMMON_TOKENIZER));
    const isOneKind = kinds.size === 1 && tokenizer === undefined;
    const most = (of: (own: TokenNeeds) => number | undefined): number =>
      Math.max(0, ...asked.map((own) => of(own) ?? 0));
    return {
      ...{ isLabeled: true, form: 'sentences', room: most(({ room }) => room) },
      context: most(({ context }) => context) || SMALL_CONTEXT,
      ...(tokenizer === undefined ? { tokenizer: kinds.size === 1 ? [...kinds][0]! : COMMON_TOKENIZER } : {}),
      ...(isOneKind && most(({ vocabulary }) => vocabulary) > 0
        ? { vocabulary: most(({ vocabulary }) => vocabulary) }
        : {}),
    };
  },

  hasSplit: textsHaveSplit,
  resolve: resolveTextSpec,
  formOf: ({ length, form, room }) => ({ context: length, form, room }),
  isSmall: ({ length }) => length <= SMALL_CONTEXT,
  weight: ({ length }) => length,
  input: ({ length, vocabulary }) => ({ inputChannels: 1, imageSize: length, length, vocabulary }),

  check({ length, special }, { tokens: { leastContext = 1, special: needed = [] } = {} }: Needs, title) {
    if (length < leastContext)
      throw new AutodidactError(
        'USAGE',
        `${title} needs a context of at least ${leastContext} tokens, received ${length}`,
        {
          remedy: 'Raise --context.',
        },
      );
    const missing = needed.filter((part) => special[part] === null);
    if (missing.length > 0)
      throw new AutodidactError('DATA', `${title} needs a tokenizer with the special tokens ${missing.join(', ')}`, {
        remedy: 'Take another tokenizer.json, or let one be trained: --tokenizer bpe.',
      });
  },

  checkSame(wanted, given) {
    if (!((given as Dataset) instanceof TokensDataset))
      throw expected(
        `${tokens.plural} of ${tokens.describe(wanted)}, as in pretraining,`,
        given.name,
        given.describe(),
        {
          code: 'DATA',
        },
      );
    const { spec } = given;
    if (spec.tokenizer !== wanted.tokenizer)
      throw new AutodidactError('DATA', `${given.name} was read with another tokenizer than the run's`, {
        remedy:
          'Open it with the tokenizer.json of the run (assets/tokenizer.json in its folder), or leave --tokenizer out.',
      });
    if (spec.length !== wanted.length)
      throw expected(`windows of ${wanted.length} tokens, as in pretraining,`, given.name, `${spec.length} tokens`, {
        code: 'DATA',
        remedy: `Open the data with context ${wanted.length}.`,
      });
  },

  checkAssets({ tokenizer }, assets) {
    const bytes = assets.get(TOKENIZER_FILE);
    if (bytes === undefined)
      throw new AutodidactError('CHECKPOINT', `The run has no ${TOKENIZER_FILE} among its assets`, {
        remedy: 'Bring the file back from a copy: without it, nothing can be read as in pretraining.',
      });
    if (createHash('sha256').update(bytes).digest('hex') === tokenizer) return;
    throw new AutodidactError(
      'CHECKPOINT',
      `${TOKENIZER_FILE} among the assets of the run is not the tokenizer that it was trained with`,
      {
        remedy: 'Bring the file back from a copy.',
      },
    );
  },

  preserve: () => null,
  views: () => null,
  typedIn: (folder) => `text:${folder}`,
  // Tables of tokens get gradients at few rows: SGD with one rate for all hardly moves them.
  optimizer: 'adamw',
  words: (data) => wordsIn(data as TokensDataset),

  show({ ids, lengths }, index, { tokenizer }) {
    const own = ids.select(0, index).toNumbers().slice(0, lengths.select(0, index).item());
    return { kind: 'text', text: knownTokenizer(tokenizer)?.decode(own, { keepsSpecial: true }) ?? own.join(' ') };
  },

  describe: ({ length, vocabulary, form }) =>
    `${form === 'stream' ? 'blocks of' : 'sentences of up to'} ${length} tokens, ${vocabulary.toLocaleString('en')} different ones`,
};
