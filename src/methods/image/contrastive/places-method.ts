/** What AMDIM and YADIM share: two views that are mirrored alike, a place in each of them, the loss over maps, and the pictures. */
import { horizontalFlip, type Transform } from '../../../augment/index.js';
import { type Generator, ops, type Tensor } from '../../../engine/index.js';
import { agreementMaps, contrastMaps, type MapPrediction } from '../../losses/map-contrast.js';
import type { Batch, OptimizerGroup, Outcome } from '../../method.js';
import { type Pair, type PairViews, twice } from '../../views/two-views.js';
import { type Comparison, PairMethod } from './pair-method.js';

/** Two views of each image (N, C, S, S), and which place of its map each of them predicts from: (2, N), uniform in [0, 1). */
export type PlacesViews = PairViews & { draws: Tensor };

export abstract class PlacesMethod<Options extends { clip: number }> extends PairMethod<Options> {
  protected override readonly shownImages = 6;
  protected abstract readonly augment: Transform;
  private readonly flip = horizontalFlip(0.5);

  /** Two views of every image, mirrored alike with probability 0.5. */
  protected override draw(samples: Tensor, random: Generator): Pair {
    const flipped = this.flip(samples, random);
    return twice(() => this.augment(flipped, random));
  }

  override views(batch: Batch, random: Generator): PlacesViews {
    const views = super.views(batch, random);
    const draws = ops.rand([2, batch.samples.size(0)], { generator: random, device: random.device });
    return { ...views, draws: draws.to(batch.samples.device) };
  }

  protected outcome(predictions: readonly MapPrediction[], features: Tensor): Outcome {
    const { loss, penalty, accuracy } = contrastMaps(predictions, this.options.clip);
    const metrics = { contrast: loss.detach(), penalty: penalty.detach(), accuracy };
    return { loss: loss.add(penalty), metrics, features };
  }

  /** Adam with a shorter memory of the gradient than usual. */
  override optimizerGroups(): OptimizerGroup[] {
    return [{ name: 'main', modules: [this], betas: [0.8, 0.999] }];
  }

  /** A comparison by mean scores of places that shows where the second view agrees with the vector of the first. */
  protected withMaps(
    explanation: string,
    similarity: Tensor,
    maps: readonly (MapPrediction & { caption: string })[],
  ): Comparison {
    const shown = maps.map((map) => ({ images: agreementMaps(map, this.spec.height), caption: map.caption }));
    const extra = (i: number) => shown.map(({ images, caption }) => ({ image: images.select(0, i), caption }));
    return { title: 'Which places belong to this image?', explanation, similarity, extra };
  }
}
