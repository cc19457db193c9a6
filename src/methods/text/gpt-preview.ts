import type { TextTransformer } from '../../backbones/text-transformer.js';
import type { Tokenizer, Tokens } from '../../data/index.js';
import { firstSamples } from '../../data/index.js';
import { noGrad, scope, type Tensor } from '../../engine/index.js';
import { AutodidactError } from '../../errors.js';
import type { Preview, Tile } from '../method.js';
import { continuations, type LanguageModel, noText } from './continuation.js';
import { paddedIds } from './padded-ids.js';

/** Texts that a preview continues, and the tokens that it adds. */
const TEXTS = 4;
const ADDED = 100;
const TEMPERATURE = 0.8;
/** Tokens whose attention is shown, and pixels of the picture at least. */
const MOST_SEEN = 64;
const SIDE = 128;

/** Texts with what the network continues them with, and the attention of one head of each block. */
export function gptPreview(model: LanguageModel, samples: Tokens, tokenizer: Tokenizer): Preview[] {
  const rows = rowsOf(paddedIds(firstSamples(samples, TEXTS)));
  return [continued(model, rows, tokenizer), attention(model.backbone, samples, rows[0]!, tokenizer)];
}

function continued(model: LanguageModel, rows: readonly number[][], tokenizer: Tokenizer): Preview {
  const prompts = rows.map((row) => row.slice(0, Math.max(1, Math.ceil(row.length / 2))));
  const { special } = tokenizer;
  const options = { tokens: ADDED, temperature: TEMPERATURE, stop: special.end, never: noText(special) };
  const added = continuations(model, prompts, options);
  return {
    title: 'How would this text go on?',
    explanation: `The network has read the first text and writes on, token by token, each drawn at temperature ${TEMPERATURE} from what it expects; the last one is how the text goes on in the data.`,
    rows: prompts.map((prompt, i) => [
      textTile(prompt, 'read', tokenizer),
      textTile(added[i]!, 'written by the network', tokenizer),
      textTile(rows[i]!.slice(prompt.length), 'in the data', tokenizer),
    ]),
  };
}

function textTile(ids: readonly number[], caption: string, tokenizer: Tokenizer): Tile {
  return { text: tokenizer.decode(ids, { keepsSpecial: true }), caption };
}

function attention(backbone: TextTransformer, samples: Tokens, row: readonly number[], tokenizer: Tokenizer): Preview {
  const count = Math.min(row.length, MOST_SEEN, backbone.options.length);
  const ids = samples.ids.narrow(0, 0, 1).narrow(1, 0, count);
  const tile = (layer: string): Tile => ({
    image: scope(() => noGrad(() => picture(backbone.attention({ ids }, layer).select(0, 0).select(0, 0)))),
    caption: `${layer}, head 1`,
  });
  return {
    title: 'Which tokens does it look at?',
    explanation: `Each row of a picture is a token of the text that follows, each column a token before it; the darker, the more attention: "${tokenizer.decode(row.slice(0, count)).replaceAll('\n', ' ')}".`,
    rows: [backbone.layers.map(tile)],
  };
}

/** Weights (T, T) as (1, H, H) in [0, 1], white for none, each row by its largest. */
function picture(weights: Tensor): Tensor {
  const scale = Math.max(1, Math.ceil(SIDE / weights.size(0)));
  const shares = weights.div(weights.amax([1], true).clampMin(1e-9));
  return shares.neg().add(1).clamp(0, 1).repeatInterleave(scale, 0).repeatInterleave(scale, 1).unsqueeze(0);
}

/** The tokens of each row that are no padding. */
function rowsOf(ids: Tensor): number[][] {
  const [count, length] = ids.shape as [number, number];
  const all = ids.toNumbers();
  const rows = Array.from({ length: count }, (_, i) => all.slice(i * length, (i + 1) * length).filter((id) => id >= 0));
  if (rows.some((row) => row.length === 0))
    throw new AutodidactError('DATA', 'Expected texts with tokens, found an empty one');
  return rows;
}
