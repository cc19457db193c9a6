import { createHash } from 'node:crypto';
import { AutodidactError } from '../errors.js';
import { Dataset, type DatasetInfo, type Draw } from './dataset.js';
import { haveSameForm, type PairSpec, type SampleSpec, type SamplesOf } from './spec.js';
import type { Targets } from './targets.js';

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
   * Pairs are aligned when the ids of both sides are the same apart from the file's ending, in any order; samples that were
   * skipped on one side are then left out on both.
   *
   * The targets of an aligned pair are those of its sides, the first side's before the second's; two domains have none.
   */
  static of(first: Dataset, second: Dataset): PairDataset {
    const places = align(first, second);
    return places === null ? PairDataset.ofDomains(first, second) : PairDataset.ofAligned(first, second, places);
  }

  /** Two sides that are known to belong together sample by sample, with the same ids in the same order. */
  static aligned(first: Dataset, second: Dataset): PairDataset {
    if (first.ids.join('\n') !== second.ids.join('\n')) throw notAligned('A pair');
    const places = [...first.ids.keys()];
    return PairDataset.ofAligned(first, second, [places, places]);
  }

  /**
   * Two texts each, with what is known of them together. Both sides have the same ids in the same order.
   * @param owners what each pair is made of, such as its document
   */
  static ofTexts(
    first: Dataset,
    second: Dataset,
    targets: Targets | null,
    owners: readonly string[] = first.ids,
  ): PairDataset {
    const { ids, splits, name, note } = first;
    const known = targets === null ? [] : [targets];
    return new PairDataset(
      { ...infoOf(first, second), name, note, ids, splits, owners, targets: known },
      first,
      second,
      true,
      null,
    );
  }

  private static ofAligned(first: Dataset, second: Dataset, [firsts, seconds]: Places): PairDataset {
    const one = firsts.length === first.count ? first : first.subset(firsts);
    const two = second.subset(seconds);
    const kinds = new Set(one.targets.map(({ kind }) => kind));
    const { ids, splits, labeledAs, owners } = one;
    const targets = [...one.targets, ...two.targets.filter(({ kind }) => !kinds.has(kind))];
    return new PairDataset({ ...infoOf(one, two), ids, splits, labeledAs, owners, targets }, one, two, true, null);
  }

  private static ofDomains(first: Dataset, second: Dataset): PairDataset {
    const { ids, splits, owners } = first.count >= second.count ? first : second;
    return new PairDataset({ ...infoOf(first, second), ids, splits, owners, targets: [] }, first, second, false, null);
  }

  override collate(indices: ArrayLike<number>, draw?: Draw): SamplesOf<PairSpec> {
    const positions = this.identityOf(this.checked(indices));
    const side = <S extends SampleSpec>(data: Dataset<S>) =>
      data.collate(
        positions.map((i) => i % data.count),
        draw,
      );
    return { first: side(this.first), second: side(this.second) };
  }

  override sides(): readonly [first: Dataset, second: Dataset] | null {
    if (!this.spec.isAligned) return null;
    const own = (side: Dataset) => (this.positions === null ? side : side.subset(this.positions));
    return [own(this.first), own(this.second)];
  }

  /** The side that an encoder of this spec takes, where it does not take pairs: the one of the same form, the second of two alike. */
  override seenBy(spec: SampleSpec): Dataset | null {
    if (spec.modality === 'pair') return this;
    const sides = [this.second, this.first].filter((side) => side.spec.modality === spec.modality);
    const found = sides.find((side) => haveSameForm(side.spec, spec)) ?? sides[0] ?? null;
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

/** What the sides have in common in every pair. */
function infoOf(first: Dataset, second: Dataset): Omit<DatasetInfo, 'ids' | 'splits' | 'targets'> {
  return {
    name: `${first.name} and ${second.name}`,
    note: first.note ?? second.note,
    skipped: [...first.skipped, ...second.skipped],
    fingerprint: createHash('sha256').update(`${first.fingerprint} ${second.fingerprint}`).digest('hex'),
  };
}

/** The error for sides that must be aligned and are not. */
export function notAligned(title: string): AutodidactError {
  return new AutodidactError(
    'DATA',
    `${title} learns from aligned pairs, received two sides whose files do not match`,
    { remedy: 'Give both sides the same number of files with the same names, apart from the ending.' },
  );
}

const stem = (id: string): string => id.replace(/\.[^./]+$/, '');

/** The positions of the samples that belong together, in the order of the first side. */
type Places = readonly [firsts: number[], seconds: number[]];

/** Null when a sample has no partner that was merely skipped, or when two have the same stem. */
function align(first: Dataset, second: Dataset): Places | null {
  const [ofFirst, ofSecond] = [first, second].map(({ ids }) => new Map(ids.map((id, i) => [stem(id), i])));
  if (ofFirst!.size !== first.count || ofSecond!.size !== second.count) return null;
  const isExcused = (own: Map<string, number>, partners: Map<string, number>, { skipped }: Dataset): boolean => {
    const lost = new Set(skipped.map(({ id }) => stem(id)));
    return [...own.keys()].every((name) => partners.has(name) || lost.has(name));
  };
  if (!isExcused(ofFirst!, ofSecond!, second) || !isExcused(ofSecond!, ofFirst!, first)) return null;
  const shared = [...ofFirst!].filter(([name]) => ofSecond!.has(name));
  if (shared.length === 0) return null;
  return [shared.map(([, place]) => place), shared.map(([name]) => ofSecond!.get(name)!)];
}
