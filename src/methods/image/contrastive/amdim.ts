/**
 * AMDIM: from the whole of one view of an image, or from one place in it, know every place of the other view among the places of
 * all other images.
 *
 * Bachman, Hjelm, Buchwalter, "Learning Representations by Maximizing Mutual Information Across Views", NeurIPS 2019,
 * https://arxiv.org/abs/1906.00910; code: github.com/Philip-Bachman/amdim-public.
 *
 * Three kinds of prediction, each in both directions: global to the 5x5 map, global to the 7x7 map, and a random place of the 5x5 map
 * to the 5x5 map. They are a task only as far as a place does not see the whole image: the paper's encoder, `amdim`, has no padding.
 * Of any other backbone the features are the global vector, and the last two maps of several places take the part of 5x5 and 7x7.
 *
 * The paper's flip is drawn once for both views. Its code trains classifiers beside the encoder, on features without gradient;
 * here evaluation is a step of its own.
 */
import { z } from 'zod';
import { amdimView } from '../../../augment/index.js';
import type { Backbone } from '../../../backbones/backbone.js';
import type { Tensor } from '../../../engine/index.js';
import { expected } from '../../../errors.js';
import { KernelNetwork } from '../../../networks/kernel-network.js';
import { mapShapes } from '../../../networks/map-shapes.js';
import { standardizedImages } from '../../encoders.js';
import { positionsAt } from '../../losses/clipped-nce.js';
import { defineMethod, type MethodContext, type Outcome } from '../../method.js';
import * as option from '../../options.js';
import { card } from './amdim.card.js';
import type { Comparison } from './pair-method.js';
import { PlacesMethod, type PlacesViews } from './places-method.js';

const options = z.object({
  clip: option.positive(20, 'Scores s are clipped softly to clip * tanh(s / clip)'),
  views: option.choice(['crop', 'translate'], 'Crops of at least 30 %, or shifts by up to 4 pixels (CIFAR)'),
  colorStrength: option.colorStrength(1, '0.4s, 0.4s, 0.4s, 0.2s'),
  grayProbability: option.grayProbability(0.25),
});

type Options = z.output<typeof options>;

export class AMDIM extends PlacesMethod<Options> {
  readonly coarseNetwork: KernelNetwork;
  readonly fineNetwork: KernelNetwork;
  /** The layers whose maps are predicted, coarse and fine. */
  readonly layers: readonly [coarse: string, fine: string];
  protected override readonly augment;

  constructor(context: MethodContext<Options>) {
    super(context);
    const { backbone, options, spec } = this;
    this.layers = localLayers(backbone, spec.height);
    const [coarse, fine] = this.layers;
    this.coarseNetwork = new KernelNetwork(backbone.layerSize(coarse), backbone.featureSize);
    this.fineNetwork = new KernelNetwork(backbone.layerSize(fine), backbone.featureSize);
    this.augment = amdimView({ ...options, size: spec.height });
  }

  override loss({ images: [first, second], draws }: PlacesViews): Outcome {
    const [one, two] = [this.embed(first), this.embed(second)];
    const directions = [
      { source: one, target: two, draws: draws.select(0, 0) },
      { source: two, target: one, draws: draws.select(0, 1) },
    ];
    const predictions = directions.flatMap(({ source, target, draws }) => [
      { source: source.global, target: target.coarse },
      { source: source.global, target: target.fine },
      { source: positionsAt(source.coarse, draws), target: target.coarse },
    ]);
    return this.outcome(predictions, one.global);
  }

  /** The global vector (N, d), and (N, d, h, w) from the 5x5 map of the paper and its 7x7 map. */
  private embed(images: Tensor): Record<'global' | 'coarse' | 'fine', Tensor> {
    const layers = [...this.layers, this.backbone.layers.at(-1)!];
    const [coarse, fine, last] = this.backbone.pyramid(images, layers) as [Tensor, Tensor, Tensor];
    return {
      global: last.mean([2, 3]),
      coarse: this.coarseNetwork.forward(coarse),
      fine: this.fineNetwork.forward(fine),
    };
  }

  protected override compare(first: Tensor, second: Tensor): Comparison {
    const { global: source } = this.embed(first);
    const { coarse, fine } = this.embed(second);
    const explanation =
      'From the whole of view 1 the network must know every place of view 2 among the places of all other images. White: the places that it finds most like view 1.';
    return this.withMaps(explanation, source.matmul(coarse.mean([2, 3]).t()), [
      { source, target: coarse, caption: 'its places, coarse' },
      { source, target: fine, caption: 'its places, fine' },
    ]);
  }
}

/** The two last layers whose maps have several places, coarse first. */
function localLayers(backbone: Backbone, imageSize: number): readonly [coarse: string, fine: string] {
  const shapes = mapShapes(backbone, imageSize);
  const isLocal = shapes.map(([, height, width], i) => i < shapes.length - 1 && height * width > 1);
  // AMDIM's own encoder has a 3x3 map between the 5x5 map and the global vector, which the paper leaves out.
  const usable = backbone.layers.filter((layer, i) => isLocal[i] && layer !== 'local3');
  const [fine, coarse] = usable.slice(-2);
  if (fine !== undefined && coarse !== undefined) return [coarse, fine];
  const { architecture } = backbone;
  throw expected('a backbone with two maps of several places before its last layer', 'backbone', architecture, {
    remedy: 'Take larger images, or --backbone amdim.',
  });
}

export const amdim = defineMethod({
  ...card,
  options,
  smallOptions: { views: 'translate' },
  smallestBatch: 2,
  encoder: standardizedImages(),
  create: (context) => new AMDIM(context),
});
