/** What the learning runs of methods of texts share: generated narratives, changed views, and losses on held-out texts. */
import { openTexts, type Tokens, type TokensDataset } from '../../src/data/index.js';
import { Generator, noGrad, ops, scope, Tensor } from '../../src/engine/index.js';
import type { Method, Views } from '../../src/methods/method.js';
import { findMethod, parseMethodOptions } from '../../src/methods/registry.js';
import type { TrainingOptions } from '../../src/train/config.js';
import { withViews } from './changed-views.js';
import { claim, type Learned, learn, SEED, type Sets } from './support.js';

export { withViews } from './changed-views.js';

export type Texts = Sets<TokensDataset>;

/** Tokens of a window: a narrative of five sentences fits. */
const CONTEXT = 88;

/** Narratives in windows of the form that a method asks for, word by word; drawn anew for each seed. */
export async function openNarratives(
  method: string,
  query: string,
  options: Record<string, unknown> = {},
): Promise<Texts> {
  const definition = findMethod(method);
  const { form, room = 0 } = definition.needs?.(parseMethodOptions(definition, options, true)).tokens ?? {};
  const rest = { tokenizer: 'words', vocabulary: 1000, context: CONTEXT, room, ...(form && { form }) };
  const spec = `synthetic:narratives?${query}&seed=${SEED}`;
  const train = await openTexts(spec, { ...rest, split: 'train' });
  return { train, test: await openTexts(spec, { ...rest, split: 'test', assets: train.assets }) };
}

/** The rows of a batch in a random order in which none keeps its place: those of other texts. */
export function otherRows(rows: Tensor, random: Generator): Tensor {
  const count = rows.size(0);
  const shift = 1 + ops.randint(0, Math.max(1, count - 1), [1], { generator: random, dtype: 'int64' }).item();
  return rows.roll([shift], [0]);
}

/** Mean of a metric, or of the `loss`, over all batches of held-out texts, whose views may be changed. */
export function heldOutMean(
  method: Method,
  texts: TokensDataset,
  metric: string,
  { batchSize = 50, change = (views: Views): Views => views, maker = method } = {},
): number {
  method.eval();
  const random = new Generator(1);
  let [sum, count] = [0, 0];
  for (let from = 0; from + batchSize <= texts.count; from += batchSize)
    noGrad(() =>
      scope(() => {
        const indices = Array.from({ length: batchSize }, (_, i) => from + i);
        const views = change(maker.views({ samples: texts.collate(indices), indices } as never, random));
        const outcome = method.loss(views, 'main', { step: 0, totalSteps: 1, epoch: 0, totalEpochs: 1, stage: 0 });
        const value = metric === 'loss' ? outcome.loss! : outcome.metrics![metric]!;
        sum += value instanceof Tensor ? value.item() : value;
        count++;
      }),
    );
  return sum / count;
}

/** How often each token stands in texts, (V). */
export function tokenShares(texts: TokensDataset): Float64Array {
  const counts = new Float64Array(texts.spec.vocabulary);
  let total = 0;
  for (const row of rowsOfTexts(texts))
    for (const id of row) {
      counts[id]!++;
      total++;
    }
  return counts.map((count) => count / total);
}

/** The tokens of each window. */
export function rowsOfTexts(texts: TokensDataset): number[][] {
  return scope(() => {
    const { ids, lengths } = texts.collate([...Array(texts.count).keys()]) as Tokens;
    const ends = lengths.toNumbers();
    return ids.unbind(0).map((row, i) => row.toNumbers().slice(0, ends[i]));
  });
}

/** Each text is to be written from that of the row before. */
const fromOthers = (views: Views): Views => ({ ...views, tokens: (views.tokens as Tensor).roll([1], [0]) });

/**
 * The figures of a method that writes hidden parts of a text: what it loses on held-out texts when it reads the own text and when it reads
 * another one; and the same of a network that learnt to write them from other texts, to which the own text says nothing.
 */
export async function lossesFromTexts(
  name: string,
  training: Partial<TrainingOptions>,
): Promise<Record<string, number>> {
  const texts = await openNarratives(name, 'count=400&test=200&sentences=4');
  const learned = await learn(name, texts.train, training);
  const strangers = await learn(withViews(name, fromOthers), texts.train, training);
  const loss = ({ run }: Learned, change?: (views: Views) => Views): number =>
    heldOutMean(run.method, texts.test, 'loss', change === undefined ? {} : { change });
  return {
    'loss from the own text': loss(learned),
    'loss from another text': loss(learned, fromOthers),
    'control: loss from the own text': loss(strangers),
    'control: loss from another text': loss(strangers, fromOthers),
  };
}

/** What holds of `lossesFromTexts` where the method learns from the text that it reads. */
export function claimOwnTextHelps(figures: Readonly<Record<string, number>>): void {
  const gain = figures['loss from another text']! - figures['loss from the own text']!;
  const nothing = figures['control: loss from another text']! - figures['control: loss from the own text']!;
  claim(gain).isAbove(0.1);
  claim(nothing).isBelow(0.02);
  claim(figures['loss from the own text']).isBelow(figures['control: loss from another text']);
}
