import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Dataset, TOKENIZER_FILE, TokensDataset, type TokensSpec } from '../data/index.js';
import { openTexts, textsHaveSplit } from '../data/open-texts.js';
import { fetchedTexts } from '../data/sources/text/fetched-texts.js';
import { namesTexts, resolveTextSpec, TEXT_PREFIX } from '../data/sources/text/text-spec.js';
import { knownTokenizer } from '../data/text/json-tokenizer.js';
import { AutodidactError, expected } from '../errors.js';
import type { Modality, Needs } from './modality.js';

const id = z.int().min(0).nullable();

/** Windows of at most so many tokens, of which a method takes its small recipe. */
const SMALL_CONTEXT = 128;

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
  names: [...Object.keys(fetchedTexts).map((name) => `${TEXT_PREFIX}${name}`), 'synthetic:narratives'],
  claims: namesTexts,

  open: (
    spec,
    { size: _size, mostSize: _most, channels: _channels, length: _length, frames: _f, fps: _fps, ...options },
  ) => openTexts(spec, options),

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

  show({ ids, lengths }, index, { tokenizer }) {
    const own = ids.select(0, index).toNumbers().slice(0, lengths.select(0, index).item());
    return { kind: 'text', text: knownTokenizer(tokenizer)?.decode(own, { keepsSpecial: true }) ?? own.join(' ') };
  },

  describe: ({ length, vocabulary, form }) =>
    `${form === 'stream' ? 'blocks of' : 'sentences of up to'} ${length} tokens, ${vocabulary.toLocaleString('en')} different ones`,
};
