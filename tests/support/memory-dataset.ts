import { Dataset, type DatasetInfo } from '../../src/data/dataset.js';
import { ClassTargets, type SampleSpec, type SamplesOf } from '../../src/data/index.js';

export interface MemoryOptions<S extends SampleSpec> {
  spec: S;
  count: number;
  /** The samples at these positions, made anew at every call. */
  make(positions: readonly number[]): SamplesOf<S>;
  name?: string;
  plural?: string;
  /** [count], index into `classes` or -1. */
  labels?: readonly number[] | null;
  classes?: readonly string[];
  /** [count], see `Dataset.owners`; by default each sample stands alone. */
  owners?: readonly string[];
}

/** A data set whose samples are made by a function. */
export class MemoryDataset<S extends SampleSpec> extends Dataset<S> {
  readonly spec: S;
  readonly plural: string;

  constructor(
    private readonly options: MemoryOptions<S>,
    info: DatasetInfo = infoOf(options),
    private readonly positions: readonly number[] = [...Array(options.count).keys()],
  ) {
    super(info);
    this.spec = options.spec;
    this.plural = options.plural ?? 'images';
  }

  override collate(indices: ArrayLike<number>): SamplesOf<S> {
    return this.options.make(Array.from(this.checked(indices), (i) => this.positions[i]!));
  }

  protected override form(): string {
    return 'made up';
  }

  protected override derive(info: DatasetInfo, positions: Int32Array | null): MemoryDataset<S> {
    const kept = positions === null ? this.positions : Array.from(positions, (i) => this.positions[i]!);
    return new MemoryDataset(this.options, info, kept);
  }

  protected override identityOf(positions: Int32Array): Int32Array {
    return positions.map((i) => this.positions[i]!);
  }
}

function infoOf<S extends SampleSpec>({
  count,
  name = 'made up',
  labels,
  classes = [],
  owners,
}: MemoryOptions<S>): DatasetInfo {
  return {
    ...{ name, note: null, skipped: [], fingerprint: `${name}, ${count} samples` },
    ids: Array.from({ length: count }, (_, i) => `${i}.png`),
    splits: Array(count).fill(null),
    ...(owners === undefined ? {} : { owners }),
    targets: labels == null ? [] : [new ClassTargets(classes, Int32Array.from(labels))],
  };
}
