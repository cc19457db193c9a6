/** What AMDIM and YADIM share: two views that are mirrored alike, a place in each of them, the loss over maps, and the pictures. */
import {
  colorJitter,
  compose,
  grayscale,
  horizontalFlip,
  padAndCrop,
  randomResizedCrop,
  type Transform,
} from '../../../augment/index.js';
import { firstSamples } from '../../../data/index.js';
import { type Generator, ops, type Tensor } from '../../../engine/index.js';
import { agreementMaps, contrastMaps, type MapPrediction } from '../../losses/map-contrast.js';
import { type Batch, Method, type OptimizerGroup, type Outcome, type Preview } from '../../method.js';
import { pairPreview } from '../../previews/pair-preview.js';
import type { Pair } from '../../views/two-views.js';

const MOVED = 0.8;
const LARGEST_SHIFT = 4;

export interface AmdimViews {
  /** How the views move: by random crops, or by shifts of a few pixels. */
  views: 'crop' | 'translate';
  colorStrength: number;
  grayProbability: number;
}

/** AMDIM's moves and colors of each view, after the flip that both views share. */
export function amdimViews(size: number, { views, colorStrength: s, grayProbability }: AmdimViews): Transform {
  return compose(
    views === 'crop'
      ? randomResizedCrop({ size, scale: [0.3, 1], ratio: [0.7, 1.4] })
      : padAndCrop({ padding: LARGEST_SHIFT, mode: 'reflect', p: MOVED }),
    colorJitter({ brightness: 0.4 * s, contrast: 0.4 * s, saturation: 0.4 * s, hue: 0.2 * s, p: 0.8 }),
    grayscale(grayProbability),
  );
}

/** Two views of each image (N, C, S, S), and which place of its map each of them predicts from: (2, N), uniform in [0, 1). */
export type PlacesViews = { images: Pair; draws: Tensor };

/** How the networks see the views of a preview. */
export interface Comparison {
  /** How alike they find the first view i and the second view j: (N, N). */
  similarity: Tensor;
  /** Maps to show, each with its caption. */
  maps: readonly (MapPrediction & { caption: string })[];
}

export abstract class PlacesMethod<Options extends { clip: number }> extends Method<Options, PlacesViews> {
  protected abstract readonly augment: Transform;
  private readonly flip = horizontalFlip(0.5);
  /** The task in one or two sentences, for the preview. */
  protected abstract readonly explanation: string;

  override views({ samples }: Batch, random: Generator): PlacesViews {
    const [first, second] = this.flippedPair(samples, random);
    const images: Pair = [this.prepare(first), this.prepare(second)];
    const draws = ops.rand([2, samples.size(0)], { generator: random, device: random.device });
    return { images, draws: draws.to(samples.device) };
  }

  /** Two views of every image, mirrored alike with probability 0.5. */
  private flippedPair(samples: Tensor, random: Generator): Pair {
    const flipped = this.flip(samples, random);
    return [this.augment(flipped, random), this.augment(flipped, random)];
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

  /** Compares prepared first and second views, (N, C, S, S) each. */
  protected abstract compare(first: Tensor, second: Tensor): Comparison;

  override preview({ samples }: Batch, random: Generator): Preview[] {
    const shown = firstSamples(samples, 6);
    const [first, second] = this.flippedPair(shown, random);
    const { similarity, maps } = this.compare(this.prepare(first), this.prepare(second));
    const agreements = maps.map((map) => ({ ...map, images: agreementMaps(map, second.size(3)) }));
    const { explanation } = this;
    const title = 'Which places belong to this image?';
    return pairPreview({ title, explanation, samples: shown, first, second, similarity }).map((preview) => ({
      ...preview,
      rows: preview.rows.map((row, i) =>
        row.toSpliced(3, 0, ...agreements.map(({ images, caption }) => ({ image: images.select(0, i), caption }))),
      ),
    }));
  }
}
