import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { AutodidactError } from '../errors.js';
import { Dataset, type DatasetInfo } from './dataset.js';
import type { PairSpec, SampleSpec, SamplesOf } from './spec.js';

/**
 * Two data sets side by side. Aligned sides show the same things: sample i of both belongs together, as an image and its depth do.
 * Otherwise they are two domains, such as rendered and real images; the shorter side is repeated to the length of the longer.
 */
export class PairDataset extends Dataset<PairSpec> {
  readonly plural = 'pairs';
  override readonly spec: PairSpec;

  private constructor(
    info: DatasetInfo,
    readonly first: Dataset,
    readonly second: Dataset,
    isAligned: boolean,
    /** The pair of each sample; null for all in their order. */
    private readonly positions: Int32Array | null,
  ) {
    super(info);
    this.spec = { modality: 'pair', first: first.spec, second: second.spec, isAligned };
  }

  /**
   * Pairs are aligned when the ids of both sides are the same apart from the file's ending, in any order.
   *
   * The targets of an aligned pair are those of its sides, the first side's before the second's; two domains have none.
   */
  static of(first: Dataset, second: Dataset): PairDataset {
    const order = matchIds(first.ids, second.ids);
    const partner = order === null ? second : second.subset(order);
    const count = Math.max(first.count, partner.count);
    const isAligned = order !== null;
    const kinds = new Set(first.targets.map(({ kind }) => kind));
    const longer = first.count >= partner.count ? first : partner;
    const info: DatasetInfo = {
      name: `${first.name} and ${second.name}`,
      note: first.note ?? second.note,
      ids: isAligned ? first.ids : Array.from({ length: count }, (_, i) => longer.ids[i]!),
      splits: isAligned ? first.splits : longer.splits,
      skipped: [...first.skipped, ...second.skipped],
      fingerprint: createHash('sha256')
        .update(`${first.fingerprint} ${partner.fingerprint} ${isAligned}`)
        .digest('hex'),
      targets: isAligned ? [...first.targets, ...partner.targets.filter(({ kind }) => !kinds.has(kind))] : [],
    };
    return new PairDataset(info, first, partner, isAligned, null);
  }

  override collate(indices: ArrayLike<number>): SamplesOf<PairSpec> {
    const positions = this.identityOf(this.checked(indices));
    const side = <S extends SampleSpec>(data: Dataset<S>) => data.collate(positions.map((i) => i % data.count));
    return { first: side(this.first), second: side(this.second) };
  }

  /** The side that this encoder takes, where it does not take pairs: the second of two alike. */
  override seenBy(spec: SampleSpec): Dataset | null {
    if (spec.modality === 'pair') return this;
    const sides = [this.second, this.first].filter((side) => side.spec.modality === spec.modality);
    const found = sides.find((side) => isDeepStrictEqual(side.spec, spec)) ?? sides[0] ?? null;
    if (found === null || this.positions === null) return found;
    return found.subset(this.positions.map((i) => i % found.count));
  }

  protected override form(): string {
    const side = (data: Dataset) => data.describe().replace(/^.*?: /, '');
    return `${side(this.first)} | ${side(this.second)}${this.spec.isAligned ? '' : ', not aligned'}`;
  }

  protected override derive(info: DatasetInfo, positions: Int32Array | null): PairDataset {
    const kept = positions === null ? this.positions : this.identityOf(positions);
    return new PairDataset(info, this.first, this.second, this.spec.isAligned, kept);
  }

  protected override identityOf(positions: Int32Array): Int32Array {
    const { positions: own } = this;
    return own === null ? positions : positions.map((position) => own[position]!);
  }
}

/** The error for sides that must be aligned and are not, with the first sample that has no partner. */
export function notAligned(title: string): AutodidactError {
  return new AutodidactError(
    'DATA',
    `${title} learns from aligned pairs, received two sides whose files do not match`,
    {
      remedy: 'Give both sides the same number of files with the same names, apart from the ending.',
    },
  );
}

const stem = (id: string): string => id.replace(/\.[^./]+$/, '');

/** For each id of `first` the position of the same stem in `second`; null when one of them has no partner. */
function matchIds(first: readonly string[], second: readonly string[]): Int32Array | null {
  if (first.length !== second.length) return null;
  const places = new Map(second.map((id, i) => [stem(id), i]));
  const order = first.map((id) => places.get(stem(id)));
  if (places.size !== second.length || order.some((place) => place === undefined)) return null;
  return new Set(order).size === order.length ? Int32Array.from(order as number[]) : null;
}
