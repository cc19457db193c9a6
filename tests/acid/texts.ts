/** What the learning runs of methods of texts share: generated narratives, changed views, and losses on held-out texts. */
import { openTexts, type Tokens, type TokensDataset } from '../../src/data/index.js';
import { Generator, noGrad, ops, scope, Tensor } from '../../src/engine/index.js';
import type { Method, MethodDefinition, Views } from '../../src/methods/method.js';
import { findMethod, parseMethodOptions } from '../../src/methods/registry.js';
import { SEED, type Sets } from './support.js';

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

/** A method whose views are changed before it learns from them. */
export function withViews(
  method: string,
  change: (views: Record<string, Tensor>, random: Generator) => Record<string, Tensor>,
): MethodDefinition {
  const definition = findMethod(method);
  return {
    ...definition,
    create(context) {
      const made = definition.create(context);
      const views = made.views.bind(made);
      made.views = (batch, random) => change(views(batch, random) as Record<string, Tensor>, random) as Views;
      return made;
    },
  };
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
