/**
 * AMDIM: from the whole of one view of an image, or from one place in it, know every place of the other view among the places of
 * all other images.
 *
 * Bachman, Hjelm, Buchwalter, "Learning Representations by Maximizing Mutual Information Across Views", NeurIPS 2019,
 * https://arxiv.org/abs/1906.00910; code: github.com/Philip-Bachman/amdim-public.
 *
 * Three kinds of prediction, each in both directions: global to the 5x5 map, global to the 7x7 map, and a random place of the 5x5 map
 * to the 5x5 map. They are a task only as far as a place does not see the whole image, so the encoder of the paper has no padding;
 * `amdim` is that encoder. Any other backbone works too: its features are the global vector, its last two maps of several places
 * take the part of 5x5 and 7x7.
 *
 * The paper's flip is drawn once for both views. Its code trains classifiers beside the encoder, on features without gradient;
 * here evaluation is a step of its own.
 */
import { z } from 'zod';
import {
  colorJitter,
  compose,
  grayscale,
  horizontalFlip,
  normalize,
  padAndCrop,
  randomResizedCrop,
  type Transform,
  toFloat,
} from '../../../augment/index.js';
import type { Backbone } from '../../../backbones/backbone.js';
import { type Generator, noGrad, ops, scope, type Tensor } from '../../../engine/index.js';
import { expected } from '../../../errors.js';
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
import { KernelNetwork } from '../../networks/kernel-network.js';

const options = z.object({
  clip: z.number().positive().default(20).describe('Scores s are clipped softly to clip * tanh(s / clip)'),
  views: z
    .enum(['crop', 'translate'])
    .default('crop')
    .describe('How views move: crops of 30 % of the image or more, or shifts by up to 4 pixels, as for CIFAR'),
  colorStrength: z.number().min(0).default(1).describe('Strength s of the color jitter (0.4s, 0.4s, 0.4s, 0.2s)'),
  grayProbability: z.number().min(0).max(1).default(0.25).describe('Share of views that lose their color'),
});

type Options = z.output<typeof options>;

const MOVED = 0.8;
const LARGEST_SHIFT = 4;

/** The views of one image: a flip that both share, then moves and colors of their own. */
export function amdimViews(
  size: number,
  { views, colorStrength: s, grayProbability }: Omit<Options, 'clip'>,
): Transform {
  return compose(
    views === 'crop'
      ? randomResizedCrop({ size, scale: [0.3, 1] })
      : padAndCrop({ padding: LARGEST_SHIFT, mode: 'reflect', p: MOVED }),
    colorJitter({ brightness: 0.4 * s, contrast: 0.4 * s, saturation: 0.4 * s, hue: 0.2 * s, p: 0.8 }),
    grayscale(grayProbability),
  );
}

/** Two views of every image, mirrored alike with probability 0.5: (B, C, S, S) each. */
export function flippedPair(samples: Tensor, augment: Transform, random: Generator): [first: Tensor, second: Tensor] {
  const flipped = horizontalFlip(0.5)(samples, random);
  return [augment(flipped, random), augment(flipped, random)];
}

/** Which place of its map each image predicts from, for each of the two views: (2, B), uniform in [0, 1). */
export function drawPlaces(samples: Tensor, random: Generator): Tensor {
  return ops.rand([2, samples.size(0)], { generator: random, device: random.device }).to(samples.device);
}

interface Embedded {
  /** (B, d) */
  global: Tensor;
  /** (B, d, h, w): the 5x5 map of the paper, and its 7x7 map. */
  coarse: Tensor;
  fine: Tensor;
}

export class AMDIM extends Method {
  readonly coarseNetwork: KernelNetwork;
  readonly fineNetwork: KernelNetwork;
  /** The layers whose maps are predicted, coarse and fine. */
  readonly layers: readonly [coarse: string, fine: string];
  private readonly augment: Transform;

  constructor(
    readonly options: Options,
    override readonly backbone: Backbone,
    private readonly data: DataDescription,
  ) {
    super();
    this.layers = localLayers(backbone, data);
    const [coarse, fine] = this.layers.map(
      (layer) => new KernelNetwork(backbone.layerSize(layer), backbone.featureSize),
    );
    this.coarseNetwork = coarse!;
    this.fineNetwork = fine!;
    this.augment = amdimViews(data.imageSize, options);
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
    const [one, two] = (views.images as readonly Tensor[]).map((images) => this.embed(images)) as [Embedded, Embedded];
    const [draws1, draws2] = (views.draws as Tensor).unbind(0) as [Tensor, Tensor];
    const predictions = [[one, two, draws1] as const, [two, one, draws2] as const].flatMap(
      ([source, target, draws]) => [
        { source: source.global, target: target.coarse },
        { source: source.global, target: target.fine },
        { source: positionsAt(source.coarse, draws), target: target.coarse },
      ],
    );
    const { loss, penalty, accuracy } = contrastMaps(predictions, this.options.clip);
    return {
      loss: loss.add(penalty),
      metrics: { contrast: loss.detach(), penalty: penalty.detach(), accuracy },
      features: one.global,
    };
  }

  /** Adam with a shorter memory of the gradient than usual. */
  override turns(): Turn[] {
    return [{ name: 'main', modules: [this], betas: [0.8, 0.999] }];
  }

  private embed(images: Tensor): Embedded {
    const { layers } = this.backbone;
    const [coarse, fine, last] = this.backbone.pyramid(images, [...this.layers, layers.at(-1)!]) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    return {
      global: last.mean([2, 3]),
      coarse: this.coarseNetwork.forward(coarse),
      fine: this.fineNetwork.forward(fine),
    };
  }

  override preview({ samples }: Batch, random: Generator): Preview[] {
    const shown = samples.narrow(0, 0, Math.min(6, samples.size(0)));
    const [first, second] = flippedPair(shown, this.augment, random);
    const [one, two] = [first, second].map((images) => this.embed(this.prepare(images))) as [Embedded, Embedded];
    const side = second.size(3);
    const heat = (network: Tensor): Tensor => agreementMaps({ source: one.global, target: network }, side);
    const [coarse, fine] = [heat(two.coarse), heat(two.fine)];
    // Which image each whole first view finds among the second views, by the mean score of their places.
    const nearest = one.global
      .matmul(two.coarse.mean([2, 3]).t())
      .argmax(1)
      .toNumbers();
    const rows = nearest.map((guess, i) => [
      { image: toFloat(shown).select(0, i), caption: 'image' },
      { image: first.select(0, i), caption: 'view 1' },
      { image: second.select(0, i), caption: 'view 2' },
      { image: coarse.select(0, i), caption: 'its places, coarse' },
      { image: fine.select(0, i), caption: 'its places, fine' },
      { image: second.select(0, guess), caption: 'most similar to view 1', isCorrect: guess === i },
    ]);
    return [
      {
        title: 'Which places belong to this image?',
        explanation:
          'From the whole of view 1 the network must know every place of view 2 among the places of all other images. White: the places that it finds most like view 1.',
        rows,
      },
    ];
  }
}

/** The two last layers whose maps have several places, coarse first. */
function localLayers(backbone: Backbone, data: DataDescription): readonly [string, string] {
  const wasTraining = backbone.isTraining;
  const channels = backbone.options.inputChannels;
  const maps = scope(() =>
    noGrad(() => {
      const image = ops.zeros([1, channels, data.imageSize, data.imageSize]).to({ memoryFormat: 'channelsLast' });
      return backbone
        .eval()
        .pyramid(image, backbone.layers)
        .map((map) => map.size(2) * map.size(3));
    }),
  );
  backbone.train(wasTraining);
  const several = backbone.layers.filter((_, i) => i < maps.length - 1 && maps[i]! > 1);
  // AMDIM's own encoder has a 3x3 map between the 5x5 map and the global vector, which the paper leaves out.
  const usable = several.filter((layer) => layer !== 'local3');
  const [fine, coarse] = usable.slice(-2);
  if (fine === undefined || coarse === undefined)
    throw expected(
      'a backbone with two maps of several places before its last layer',
      'backbone',
      backbone.architecture,
      {
        remedy: 'Take larger images, or --backbone amdim.',
      },
    );
  return [coarse, fine];
}

export const amdim = defineMethod({
  name: 'amdim',
  title: 'AMDIM',
  modality: 'image',
  family: 'contrastive',
  summary:
    'From the whole of one view of an image, know every place of its other view among those of all other images.',
  paper: {
    title: 'Learning Representations by Maximizing Mutual Information Across Views',
    authors: 'Philip Bachman, R Devon Hjelm, William Buchwalter',
    year: 2019,
    url: 'https://arxiv.org/abs/1906.00910',
    code: 'https://github.com/Philip-Bachman/amdim-public',
  },
  score: { metric: 'accuracy', name: 'places told from all other images', better: 'higher' },
  options,
  smallOptions: { views: 'translate' },
  recipes: {
    // Adam at 0.0002 with decays 0.8 and 0.999, 500 steps of warm-up, a fifth of the rate after 250 and 280 epochs.
    paper: {
      backbone: 'amdim',
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
      backbone: 'amdim',
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
  create: ({ options, backbone, data }) => new AMDIM(options, backbone, data),
});
