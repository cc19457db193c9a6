import { expected } from '../errors.js';
import { countClasses, type TargetCounts, type Targets } from './targets.js';

/** The words of a text whose tags are known. */
export interface TaggedWords {
  /** Where the last token of each word stands: the first at which a network that reads from left to right has seen all of it. */
  readonly places: Int32Array;
  /** Number of each word's tag. */
  readonly tags: Int32Array;
  /** In small letters. */
  readonly words: readonly string[];
}

/** One tag per word, such as its part of speech. */
export class TagTargets implements Targets {
  readonly kind = 'tags';

  /** @param known of each sample; places are those in the sample */
  constructor(
    readonly classes: readonly string[],
    private readonly known: readonly TaggedWords[],
  ) {}

  get count(): number {
    return this.known.length;
  }

  isKnown(position: number): boolean {
    return this.known[position]!.places.length > 0;
  }

  /** @throws AutodidactError `USAGE` for a position out of range */
  at(position: number): TaggedWords {
    const found = this.known[position];
    if (found === undefined) throw expected(`positions from 0 to ${this.count - 1}`, 'position', position);
    return found;
  }

  subset(positions: ArrayLike<number>): TagTargets {
    return new TagTargets(
      this.classes,
      Array.from(positions, (i) => this.at(i)),
    );
  }

  *contents(): Iterable<string | Uint8Array> {
    yield JSON.stringify(this.classes);
    for (const { places, tags } of this.known) yield JSON.stringify([[...places], [...tags]]);
  }

  counts(): TargetCounts {
    const words = this.known.flatMap(({ tags }) => [...tags]);
    return { perClass: countClasses(this.classes, words), others: { words: words.length } };
  }

  /** The same tags numbered by another data set's; one that it does not have gets the number behind its last, which no answer is. */
  numberedBy(classes: readonly string[]): TagTargets {
    const numbers = this.classes.map((name) => {
      const found = classes.indexOf(name);
      return found < 0 ? classes.length : found;
    });
    return new TagTargets(
      classes,
      this.known.map((sample) => ({ ...sample, tags: sample.tags.map((tag) => numbers[tag]!) })),
    );
  }
}
