/**
 * YADIM: AMDIM with any encoder and one map only. Every place of the last map of one view is found from a random place of the
 * last map of the other.
 *
 * Falcon, Cho, "A Framework For Contrastive Self-Supervised Learning And Designing A New Approach", 2020,
 * https://arxiv.org/abs/2009.00104; the authors' code (github.com/Lightning-Universe/lightning-bolts) has the loss as
 * `FeatureMapContrastiveTask` with the tasks "00", but no module of this name.
 *
 * The paper takes the union of the augmentations of AMDIM and CPC: here AMDIM's shared flip, moves and colors, and of CPC's a crop of
 * each view and, in some views, a single color channel. The similarity is the plain product, without the networks that AMDIM
 * puts before it; the loss is AMDIM's, with its clip and its penalty. AMDIM's encoder ends in a batch norm; so do the maps here before they
 * are compared, since encoders that end in a ReLU would otherwise only learn to make all products small.
 */
import { z } from 'zod';
import { amdimView, compose, randomResizedCrop, singleChannel } from '../../../augment/index.js';
import type { Tensor } from '../../../engine/index.js';
import { BatchNorm } from '../../../engine/nn/index.js';
import { standardizedImages } from '../../encoders.js';
import { positionsAt } from '../../losses/clipped-nce.js';
import { defineMethod, type MethodContext, type Outcome } from '../../method.js';
import * as option from '../../options.js';
import type { Comparison } from './pair-method.js';
import { PlacesMethod, type PlacesViews } from './places-method.js';
import { card } from './yadim.card.js';

const options = z.object({
  clip: option.positive(10, 'Scores s are clipped softly to clip * tanh(s / clip)'),
  isBidirectional: option.flag(true, 'Whether each view is found from the other, or only view 2 from view 1'),
  minimumScale: option.minimumScale(0.3),
  colorStrength: option.colorStrength(1, '0.4s, 0.4s, 0.4s, 0.2s'),
  grayProbability: option.grayProbability(0.25),
  singleChannelProbability: option.share(0.25, 'Share of views that keep one color channel only, as in CPC v2'),
});

type Options = z.output<typeof options>;

export class YADIM extends PlacesMethod<Options> {
  /** Of the maps, before they are compared. */
  readonly norm: BatchNorm;
  protected override readonly augment;

  constructor(context: MethodContext<Options>) {
    super(context);
    const { backbone, options, spec } = this;
    this.norm = new BatchNorm(backbone.layerSize(backbone.layers.at(-1)!));
    this.augment = compose(
      randomResizedCrop({ size: spec.height, scale: [options.minimumScale, 1], ratio: [0.7, 1.4] }),
      amdimView({ ...options, size: spec.height, views: 'translate' }),
      ...(spec.channels === 3 ? [singleChannel(options.singleChannelProbability)] : []),
    );
  }

  override loss({ images: [first, second], draws }: PlacesViews): Outcome {
    const [map1, map2] = [this.backbone.maps(first), this.backbone.maps(second)]; // (N, D, h, w)
    const [one, two] = [this.norm.forward(map1), this.norm.forward(map2)];
    const forth = { source: positionsAt(one, draws.select(0, 0)), target: two };
    const back = { source: positionsAt(two, draws.select(0, 1)), target: one };
    // One direction counts as much as two, whose losses are averaged.
    return this.outcome(this.options.isBidirectional ? [forth, back] : [forth, forth], map1.mean([2, 3]));
  }

  protected override compare(first: Tensor, second: Tensor): Comparison {
    const source = this.norm.forward(this.backbone.maps(first)).mean([2, 3]); // (N, D)
    const target = this.norm.forward(this.backbone.maps(second));
    const explanation =
      'From a place of view 1 the network must know every place of view 2 among the places of all other images. White: where view 2 is most like the whole of view 1.';
    const maps = [{ source, target, caption: 'places like view 1' }];
    return this.withMaps(explanation, source.matmul(target.mean([2, 3]).t()), maps);
  }
}

export const yadim = defineMethod({
  ...card,
  options,
  smallestBatch: 2,
  encoder: standardizedImages(),
  create: (context) => new YADIM(context),
});
