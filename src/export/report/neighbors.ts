import { numbered } from '../../data/groups.js';
import { noGrad, scope, type Tensor, tensor } from '../../engine/index.js';
import { expected } from '../../errors.js';
import { normalized } from '../../evaluate/scores.js';
import { type Html, html } from './html.js';
import { isExact, type Thumbnail } from './thumbnails.js';

/** Another item and how alike the two features are. */
export interface Neighbor {
  index: number;
  /** Cosine of the angle between the features, in [-1, 1]. */
  cosine: number;
}

/** Queries compared at a time: this many rows of similarities to all items are in memory. */
const CHUNK = 512;

/**
 * The k items whose features have the highest cosine similarity to each query, the nearest first. The query itself is left out, and so are
 * items of the same owner.
 *
 * @param features float (N, D)
 * @param indices rows that ask
 * @param k at most as many as there are items of other owners are returned
 * @param owners what each item is a part of, by name, see `Dataset.owners`; by default each stands alone
 * @throws AutodidactError `USAGE` for a row or a k out of range
 */
export function nearestNeighbors(
  features: Tensor,
  indices: readonly number[],
  k: number,
  owners?: readonly string[],
): Neighbor[][] {
  const count = features.size(0);
  if (!(Number.isInteger(k) && k >= 1)) throw expected('a whole number from 1', 'k', k);
  for (const index of indices)
    if (!(Number.isInteger(index) && index >= 0 && index < count))
      throw expected(`rows from 0 to ${count - 1}`, 'indices', index);
  return scope(() =>
    noGrad(() => {
      const directions = normalized(features.to('float32')); // (N, D)
      const owned = tensor(numbered(owners ?? [...Array(count).keys()]), { device: features.device }); // (N)
      const found: Neighbor[][] = [];
      for (let from = 0; from < indices.length; from += CHUNK)
        found.push(...scope(() => nearest(directions, owned, indices.slice(from, from + CHUNK), Math.min(k, count))));
      return found;
    }),
  );
}

/** At most the nearest `wanted` rows of other owners to each query. */
function nearest(directions: Tensor, owned: Tensor, queries: readonly number[], wanted: number): Neighbor[][] {
  const rows = tensor(Int32Array.from(queries), { device: directions.device });
  const isOwn = owned.indexSelect(0, rows).unsqueeze(1).eq(owned); // (Q, N)
  const similarities = directions.indexSelect(0, rows).mm(directions.t()).maskedFill(isOwn, Number.NEGATIVE_INFINITY);
  const [values, places] = similarities.topk(wanted); // (Q, wanted)
  const [cosines, others] = [values.toNumbers(), places.toNumbers()];
  return queries.map((_, q) =>
    Array.from({ length: wanted }, (_, i) => ({ index: others[q * wanted + i]!, cosine: cosines[q * wanted + i]! }))
      .filter(({ cosine }) => cosine > Number.NEGATIVE_INFINITY)
      .map(({ index, cosine }) => ({ index, cosine: Math.max(-1, Math.min(1, cosine)) })),
  );
}

/** A sample of the figure and what to write below it. */
export interface Sample {
  id: string;
  shown: Thumbnail;
  /** Name of its class, null without a label. */
  label: string | null;
}

/** A query and its neighbors, the nearest first. */
export interface NeighborRow {
  query: Sample;
  neighbors: readonly (Sample & { cosine: number })[];
}

/** Rows of samples: the query, then what the encoder finds most alike, marked where labels say whether the class is the same. */
export function drawNeighbors(rows: readonly NeighborRow[]): Html {
  const isText = rows.some(({ query }) => query.shown.kind === 'text');
  return html`<div class="neighbors${isText && ' texts'}">${rows.map(
    ({ query, neighbors }) => html`<ol aria-label="${query.id} and its nearest neighbors">
<li class="query">${draw(query, `Query ${query.id}`)}<span>${query.label ?? 'query'}</span></li>
${neighbors.map((item, i) => {
  const isSame = query.label === null || item.label === null ? null : query.label === item.label;
  const verdict = isSame === null ? '' : isSame ? ', same class' : ', another class';
  return html`<li class="${isSame === null ? '' : isSame ? 'same' : 'other'}">${draw(
    item,
    `Neighbor ${i + 1}: ${item.id}${item.label === null ? '' : `, ${item.label}`}${verdict}, cosine ${item.cosine.toFixed(2)}`,
  )}<span>${isSame === null ? '' : html`<i aria-hidden="true">${isSame ? '✓' : '✗'}</i> `}${item.cosine.toFixed(2)}</span></li>
`;
})}</ol>
`,
  )}</div>`;
}

function draw({ shown, id, label }: Sample, alternative: string): Html {
  const name = label === null ? id : `${id} (${label})`;
  if (shown.kind === 'text')
    return html`<p title="${name}" aria-label="${alternative}: ${shown.text}">${shown.text}</p>`;
  const { source, width, height } = shown;
  return html`<img src="${source}" width="${width}" height="${height}"${isExact(shown) && html` class="pixels"`} alt="${alternative}" title="${name}">`;
}
