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
import { compose, normalize, randomResizedCrop, type Transform, toFloat } from '../../../augment/index.js';
import type { Backbone } from '../../../backbones/backbone.js';
import type { Generator, Tensor } from '../../../engine/index.js';
import { BatchNorm } from '../../../engine/nn/index.js';
import { singleChannel } from '../../colors/single-channel.js';
import { positionsAt } from '../../losses/clipped-nce.js';
import { agreementMaps, contrastMaps } from '../../losses/map-contrast.js';
import {
  type Batch,
  type DataDescription,
  defineMethod,
  Method,
  type Outcome,
  type Preview,
  type Turn,
  type Views,
} from '../../method.js';
import { amdimViews, drawPlaces, flippedPair } from './amdim.js';

const options = z.object({
  clip: z.number().positive().default(10).describe('Scores s are clipped softly to clip * tanh(s / clip)'),
  isBidirectional: z
    .boolean()
    .default(true)
    .describe('Whether each view is found from the other, or only view 2 from view 1'),
  minimumScale: z.number().min(0.01).max(1).default(0.3).describe('Smallest share of the image that a crop covers'),
  colorStrength: z.number().min(0).default(1).describe('Strength s of the color jitter (0.4s, 0.4s, 0.4s, 0.2s)'),
  grayProbability: z.number().min(0).max(1).default(0.25).describe('Share of views that lose their color'),
  singleChannelProbability: z
    .number()
    .min(0)
    .max(1)
    .default(0.25)
    .describe('Share of views that keep one color channel only, as the patches of CPC v2'),
});

type Options = z.output<typeof options>;

export class YADIM extends Method {
  /** Of the maps, before they are compared. */
  readonly norm: BatchNorm;
  private readonly augment: Transform;

  constructor(
    readonly options: Options,
    override readonly backbone: Backbone,
    private readonly data: DataDescription,
  ) {
    super();
    const { minimumScale, singleChannelProbability } = options;
    this.norm = new BatchNorm(backbone.layerSize(backbone.layers.at(-1)!));
    this.augment = compose(
      randomResizedCrop({ size: data.imageSize, scale: [minimumScale, 1] }),
      amdimViews(data.imageSize, { ...options, views: 'translate' }),
      ...(data.channels === 3 ? [singleChannel(singleChannelProbability)] : []),
    );
  }

  override prepare(samples: Tensor): Tensor {
    return normalize(this.data.mean, this.data.std)(toFloat(samples));
  }

  override views({ samples }: Batch, random: Generator): Views {
    return {
      images: flippedPair(samples, this.augment, random).map((view) => this.prepare(view)),
      draws: drawPlaces(samples, random),
    };
  }

  override loss(views: Views): Outcome {
    const maps = (views.images as readonly Tensor[]).map((images) => this.backbone.maps(images)) as [Tensor, Tensor];
    const [one, two] = maps.map((map) => this.norm.forward(map)) as [Tensor, Tensor];
    const [draws1, draws2] = (views.draws as Tensor).unbind(0) as [Tensor, Tensor];
    const forth = { source: positionsAt(one, draws1), target: two };
    const back = { source: positionsAt(two, draws2), target: one };
    // One direction counts as much as two, whose losses are averaged.
    const pairs = this.options.isBidirectional ? [forth, back] : [forth, forth];
    const { loss, penalty, accuracy } = contrastMaps(pairs, this.options.clip);
    return {
      loss: loss.add(penalty),
      metrics: { contrast: loss.detach(), penalty: penalty.detach(), accuracy },
      features: maps[0].mean([2, 3]),
    };
  }

  /** AMDIM's, which Falcon and Cho keep. */
  override turns(): Turn[] {
    return [{ name: 'main', modules: [this], betas: [0.8, 0.999] }];
  }

  override preview({ samples }: Batch, random: Generator): Preview[] {
    const shown = samples.narrow(0, 0, Math.min(6, samples.size(0)));
    const [first, second] = flippedPair(shown, this.augment, random);
    const [one, two] = [first, second].map((images) => this.norm.forward(this.backbone.maps(this.prepare(images)))) as [
      Tensor,
      Tensor,
    ];
    const sources = one.mean([2, 3]);
    const heat = agreementMaps({ source: sources, target: two }, second.size(3));
    const nearest = sources
      .matmul(two.mean([2, 3]).t())
      .argmax(1)
      .toNumbers();
    const rows = nearest.map((guess, i) => [
      { image: toFloat(shown).select(0, i), caption: 'image' },
      { image: first.select(0, i), caption: 'view 1' },
      { image: second.select(0, i), caption: 'view 2' },
      { image: heat.select(0, i), caption: 'places like view 1' },
      { image: second.select(0, guess), caption: 'most similar to view 1', isCorrect: guess === i },
    ]);
    return [
      {
        title: 'Which places belong to this image?',
        explanation:
          'From a place of view 1 the network must know every place of view 2 among the places of all other images. White: where view 2 is most like the whole of view 1.',
        rows,
      },
    ];
  }
}

export const yadim = defineMethod({
  name: 'yadim',
  title: 'YADIM',
  modality: 'image',
  family: 'contrastive',
  summary: 'From one place of a view of an image, know every place of its other view among those of all other images.',
  paper: {
    title: 'A Framework For Contrastive Self-Supervised Learning And Designing A New Approach',
    authors: 'William Falcon, Kyunghyun Cho',
    year: 2020,
    url: 'https://arxiv.org/abs/2009.00104',
    code: 'https://github.com/Lightning-Universe/lightning-bolts',
  },
  score: { metric: 'accuracy', name: 'places told from all other images', better: 'higher' },
  options,
  recipes: {
    // The paper does not give its training; that of AMDIM, by the same authors' report.
    paper: {
      backbone: 'resnet34',
      epochs: 300,
      batchSize: 480,
      optimizer: 'adam',
      learningRate: 2e-4,
      weightDecay: 1e-5,
      schedule: 'step',
      milestones: [250 / 300, 280 / 300],
      gamma: 0.2,
      warmupEpochs: 1,
    },
    small: {
      backbone: 'resnet18',
      width: 32,
      epochs: 100,
      batchSize: 128,
      optimizer: 'adam',
      learningRate: 1e-3,
      weightDecay: 1e-5,
      schedule: 'cosine',
      warmupEpochs: 1,
    },
  },
  smallestBatch: 2,
  create: ({ options, backbone, data }) => new YADIM(options, backbone, data),
});
