/** Transformers for text in the layouts in which they are published; see `text-layout-names.ts`. */
import { noGrad, ops, scope, type Tensor } from '../engine/index.js';
import { type Entry, LAYOUTS, type Layout } from './text-layout-names.js';
import type { TextTransformer } from './text-transformer.js';

/** The layout in which such a network is published; null where there is none. */
export function publishedLayout({ design, options }: TextTransformer): Layout | null {
  const { block, isCausal, positions, segments } = design;
  const isFactorized = options.embeddingSize !== options.width;
  if (positions !== 'learned' || block.bias === false) return null;
  const isPost = block.normPlace === 'post';
  if (isCausal) return options.sharesBlocks || isFactorized ? null : LAYOUTS[isPost ? 'openai-gpt' : 'gpt2'];
  if (segments !== 2) return null;
  if (options.sharesBlocks) return isPost ? LAYOUTS.albert : null;
  if (isFactorized) return isPost ? LAYOUTS.electra : null;
  return LAYOUTS[isPost ? 'bert' : 'roberta-prelayernorm'];
}

/** One sentence without its period: why a network has no published layout. */
export function reasonWithoutLayout({ architecture, design }: TextTransformer): string {
  if (design.positions === 'rotary')
    return `${architecture} has rotary positions, normalized queries and keys and squared ReLU, which no published family has together`;
  if (design.segments !== 2)
    return `${architecture} is one half of a network that reads with one transformer and writes with another`;
  return `${architecture} has its norms before the branches, and shared blocks and small tables are published (ALBERT, ELECTRA) with norms behind them alone`;
}

/** Early files call the gains and shifts of norms so. */
const oldSpelling = (name: string): string =>
  name.replace(/LayerNorm\.weight$/, 'LayerNorm.gamma').replace(/LayerNorm\.bias$/, 'LayerNorm.beta');

/** The tensor of this published name, also in the spelling of early files. */
export const inPublishedSpelling = (weights: ReadonlyMap<string, Tensor>, name: string): Tensor | undefined =>
  weights.get(name) ?? weights.get(oldSpelling(name));

/**
 * The tensors of a published file under the names of this network; null when the file is not in its layout. Tensors that the file does
 * not have are left out; a longer table of positions is cut.
 */
export function fromPublished(
  network: TextTransformer,
  weights: ReadonlyMap<string, Tensor>,
): Map<string, Tensor> | null {
  const layout = publishedLayout(network);
  if (layout === null) return null;
  const entries = layout.entries(network);
  const find = (name: string) => inPublishedSpelling(weights, name);
  // Families differ in the names of one or the other.
  const marks = [entries[0]!, entries.find(({ own }) => own === 'blocks.0.norm1.weight')!];
  const prefix = layout.prefixes.find((start) => marks.every(({ published }) => find(start + published[0]!)));
  if (prefix === undefined) return null;
  const found = new Map<string, Tensor>();
  for (const entry of entries) {
    const { own, published, isTransposed } = entry;
    const given = published.map((name) => find(prefix + name));
    if (given.some((value) => value === undefined)) continue;
    if (own === null) {
      if (!isFixed(given[0]!, entry, network)) return null;
      continue;
    }
    const value = noGrad(() => scope(() => ops.cat(given as Tensor[], 0).to('float32')));
    if (isTransposed) found.set(own, transposed(value));
    else found.set(own, published[0] === layout.positions ? positionsOf(value, layout, network) : value);
  }
  return found;
}

function transposed(value: Tensor): Tensor {
  return noGrad(() => scope(() => value.t().contiguous().clone()));
}

/** The rows of a published table that are positions, as many as the network has. */
function positionsOf(value: Tensor, { hasPaddingRows = false }: Layout, { options }: TextTransformer): Tensor {
  // The row of padding is 0 from the start and never learns.
  const first = hasPaddingRows ? scope(() => value.abs().amax([1]).toNumbers()).lastIndexOf(0) + 1 : 0;
  const count = Math.min(options.length, value.size(0) - first);
  return count < value.size(0) ? value.narrow(0, first, count) : value;
}

const fixedValue = ({ fixed }: Entry, { options: { width } }: TextTransformer): Tensor =>
  fixed === 'identity' ? ops.eye(width) : ops.zeros([width]);

function isFixed(value: Tensor, entry: Entry, network: TextTransformer): boolean {
  return scope(() => {
    const wanted = fixedValue(entry, network);
    return `${wanted.shape}` === `${value.shape}` && wanted.sub(value.to('float32')).abs().max().item() === 0;
  });
}

/**
 * The network's tensors under the names and in the form of the published layout; null where there is none.
 *
 * @param padding id of the token for padding, behind which `roberta-prelayernorm` counts positions
 */
export function toPublished(network: TextTransformer, padding = 1): Map<string, Tensor> | null {
  const layout = publishedLayout(network);
  if (layout === null) return null;
  const own = network.stateDict();
  const made = new Map<string, Tensor>();
  const add = (name: string, value: Tensor): void => {
    made.set(layout.prefixes[0]! + name, value);
  };
  noGrad(() => {
    for (const entry of layout.entries(network)) {
      const [first] = entry.published;
      const value = entry.own === null ? null : own.get(entry.own)!.detach();
      if (value === null) add(first!, fixedValue(entry, network));
      else if (entry.isTransposed) add(first!, transposed(value));
      else if (first === layout.positions && layout.hasPaddingRows)
        add(
          first,
          scope(() => ops.cat([ops.zerosLike(value.narrow(0, 0, 1)).expand([padding + 1, -1]), value], 0)),
        );
      else
        for (const [i, part] of value.chunk(entry.published.length, 0).entries())
          add(entry.published[i]!, part.contiguous().clone());
    }
  });
  return made;
}
