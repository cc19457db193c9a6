/** What methods share whose views are two distortions of every image: how these are drawn, and the preview that compares them. */
import { firstSamples } from '../../../data/index.js';
import type { Generator, Tensor } from '../../../engine/index.js';
import type { Batch, Preview } from '../../method.js';
import { Method } from '../../method.js';
import { type PairPreview, pairPreview } from '../../previews/pair-preview.js';
import { both, type Pair, type PairViews } from '../../views/two-views.js';

/** What the networks make of the views of a preview, and the words for it. */
export type Comparison = Omit<PairPreview, 'samples' | 'first' | 'second'>;

export abstract class PairMethod<Options, Carry = unknown> extends Method<Options, PairViews, Carry> {
  /** Images in a preview. */
  protected readonly shownImages: number = 8;

  /** Two views of each image, (N, C, H, W) each, in [0, 1]. */
  protected abstract draw(samples: Tensor, random: Generator): Pair;

  override views({ samples }: Batch, random: Generator): PairViews {
    return { images: both(this.draw(samples, random), (view) => this.prepare(view)) };
  }

  /**
   * Compares prepared views, (N, C, S, S) each.
   *
   * @param samples the whole batch of the preview, of which the views show the first images
   */
  protected abstract compare(first: Tensor, second: Tensor, samples: Tensor): Comparison;

  override preview(batch: Batch, random: Generator): Preview[] {
    const samples = firstSamples(batch.samples, this.shownImages);
    const [first, second] = this.draw(samples, random);
    const compared = this.compare(this.prepare(first), this.prepare(second), batch.samples);
    return pairPreview({ samples, first, second, ...compared });
  }
}
