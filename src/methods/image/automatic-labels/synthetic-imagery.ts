/**
 * Synthetic imagery: a renderer knows the depth, the surface normals and the contours of what it draws, so they can be asked for
 * without anybody's labels; an adversary sees to it that photographs look the same to the network as rendered scenes.
 *
 * Ren, Lee, "Cross-Domain Self-Supervised Multi-Task Feature Learning Using Synthetic Imagery", CVPR 2018,
 * https://arxiv.org/abs/1711.09082; code: github.com/jason718/game-feature-learning.
 *
 * With the backbone B, heads H on rendered scenes s, the discriminator D on maps of B, and the images r of the data set:
 *   B, H   L = 5 L_depth + 10 L_normal + L_contour + 0.05 BCE(D(B(s)), real)
 *   D      L = (BCE(D(B(s)), rendered) + BCE(D(B(r)), real)) / 2
 * The images r bear on nothing but D: no task and no gradient of B comes from them.
 *
 * Where paper and code differ, and what we follow. The code adds the square of the mean difference of depths where Eigen's
 * scale-invariant error subtracts it, and takes it over the batch: we subtract, per image; `scaleInvariance` -0.5 is the
 * code's sign. The code multiplies the contour loss of a whole image by negatives / positives: we weigh the contour pixels by it.
 * The code draws another scene in place of one with few contours: we leave out that scene's contour loss. D has no batch norm
 * here: in the code, which shows it each domain by itself, that hides the difference of their means. The code's D sees conv5 before its
 * ReLU, ours the last map as the backbone gives it; each image draws its own channel, not the batch.
 *
 * The paper's scenes come from SUNCG and SceneNet; ours are rendered by the library (`renderScenes`), of the size of the data.
 */
import { z } from 'zod';
import { normalize, toFloat } from '../../../augment/index.js';
import type { Backbone } from '../../../backbones/backbone.js';
import { fullPrecision, type Generator, noGrad, ops, scope, type Tensor } from '../../../engine/index.js';
import { Conv2d, LeakyReLU, Sequential } from '../../../engine/nn/index.js';
import { SceneHeads } from '../../heads/scene-heads.js';
import { discriminatorLoss, generatorLoss } from '../../losses/adversarial.js';
import {
  contourLoss,
  fewestContourPixels,
  normalAngle,
  normalLoss,
  scaleInvariantLoss,
} from '../../losses/geometry-losses.js';
import { type Exchange, HistoryPool } from '../../memory/history-pool.js';
import { oneChannel, SceneSupply } from '../../memory/scene-supply.js';
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
import { lastMap } from '../../networks/decoder.js';
import { type Description, realSheet, sceneSheet } from './scene-sheets.js';

const weight = (value: number, what: string) => z.number().min(0).default(value).describe(`Weight of the ${what}`);

const options = z.object({
  depthWeight: weight(5, 'scale-invariant error of the logarithm of depth'),
  normalWeight: weight(10, 'cosine loss of the surface normals'),
  contourWeight: weight(1, 'cross-entropy of the contours'),
  domainWeight: weight(0.05, 'loss for being told from a photograph; with 0 the discriminator only watches'),
  scaleInvariance: z
    .number()
    .min(-1)
    .max(1)
    .default(0.5)
    .describe(
      "How much of a common factor on an image's depths is forgiven: 0 nothing, 1 all; -0.5 is the code's sign",
    ),
  objects: z
    .number()
    .int()
    .min(1)
    .max(12)
    .default(5)
    .describe('Most objects in a scene; each number from 1 is as likely'),
  scenes: z
    .number()
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      'Number of different scenes, rendered at the first step and kept in memory; null renders new ones at every step',
    ),
  poolSize: z
    .number()
    .int()
    .min(0)
    .default(128)
    .describe('Earlier maps of each domain that the discriminator is shown again'),
  trunkWidth: z
    .number()
    .int()
    .min(1)
    .default(4096)
    .describe('Channels of the two layers that the heads share (fc6, fc7)'),
  headWidth: z.number().int().min(1).default(64).describe('Channels of the hidden layers of each head'),
  discriminatorWidth: z
    .number()
    .int()
    .min(1)
    .default(512)
    .describe('Channels of the hidden layers of the discriminator'),
  discriminatorRate: z
    .number()
    .positive()
    .default(1)
    .describe("Factor on the learning rate for the discriminator's SGD"),
});

type Options = z.output<typeof options>;

type TaskViews = Record<'scenes' | 'real' | 'logDepth' | 'normals' | 'contours', Tensor>;
/** Maps of both domains, (N, C, h, w) each, without a graph. */
type DomainMaps = readonly [rendered: Tensor, real: Tensor];

export class SyntheticImagery extends Method {
  readonly heads: SceneHeads;
  readonly discriminator: Sequential;
  readonly renderedPool: HistoryPool;
  readonly realPool: HistoryPool;
  private readonly supply: SceneSupply;
  private readonly normalized: (images: Tensor) => Tensor;
  private readonly fewestContours: number;

  constructor(
    readonly options: Options,
    override readonly backbone: Backbone,
    readonly data: DataDescription,
  ) {
    super();
    const { imageSize, channels } = data;
    const { trunkWidth, headWidth, discriminatorWidth, poolSize } = options;
    const { size, side } = lastMap(backbone, imageSize);
    this.heads = new SceneHeads({ size, side }, trunkWidth, headWidth, imageSize);
    this.discriminator = new Sequential(
      new Conv2d(size, discriminatorWidth, 3, { stride: 2, padding: side < 3 ? 1 : 0 }),
      new LeakyReLU(0.2),
      new Conv2d(discriminatorWidth, discriminatorWidth, 1),
      new LeakyReLU(0.2),
      new Conv2d(discriminatorWidth, 1, 1),
    );
    this.renderedPool = new HistoryPool(poolSize, [size, side, side]);
    this.realPool = new HistoryPool(poolSize, [size, side, side]);
    this.supply = new SceneSupply({ size: imageSize, objects: options.objects }, options.scenes);
    this.fewestContours = fewestContourPixels(imageSize);
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / channels;
    const fill = (value: number) => Array<number>(channels).fill(value);
    this.normalized = normalize(fill(mean(data.mean)), fill(mean(data.std)));
  }

  /** Gray images, the mean of the channels in each: the network has learnt from one channel at a time. */
  override prepare(samples: Tensor): Tensor {
    return scope(() => {
      const images = toFloat(samples);
      return this.normalized(images.mean([1], true).expand(images.shape));
    });
  }

  /** As many rendered scenes as there are samples; outside of training always new ones, so that scores are of scenes never seen. */
  override views({ samples }: Batch, random: Generator): Views {
    const count = samples.size(0);
    const scenes = this.isTraining ? this.supply.take(count, random) : this.supply.take(count, random, true);
    const pools = [this.renderedPool.draw(count, random), this.realPool.draw(count, random)] as const;
    return {
      scenes: this.asSeen(scenes.images, random),
      real: this.normalized(toFloat(oneChannel(samples, random))),
      logDepth: scenes.depth.log(),
      normals: scenes.normals,
      contours: scenes.contours,
      isOld: pools.map(({ isOld }) => isOld),
      slots: pools.map(({ slots }) => slots),
    };
  }

  /** Rendered colors as the network sees them: one channel, in as many as the data have. */
  private asSeen(images: Tensor, random: Generator): Tensor {
    const gray = oneChannel(images, random).narrow(1, 0, this.data.channels);
    return this.normalized(toFloat(gray));
  }

  override loss(views: Views, turn: string): Outcome {
    return turn === 'discriminator' ? this.discriminate(views) : this.solve(views as TaskViews);
  }

  /** The tasks on rendered scenes, and the wish to be taken for real. Each domain has batch statistics of its own. */
  private solve(views: TaskViews): Outcome {
    const maps = this.backbone.maps(views.scenes);
    const real = noGrad(() => this.backbone.maps(views.real));
    (views as Views).maps = [maps.detach(), real]; // for the discriminator, whose turn is next
    const answers = this.heads.forward(maps);
    const logits = this.discriminator.forward(maps);
    return fullPrecision(maps.device, () => {
      const { depthWeight, normalWeight, contourWeight, domainWeight, scaleInvariance } = this.options;
      const depth = scaleInvariantLoss(answers.logDepth, views.logDepth, scaleInvariance);
      const normals = normalLoss(answers.normals, views.normals);
      const contours = contourLoss(answers.contours, views.contours, this.fewestContours);
      const tasks = depth.mul(depthWeight).add(normals.mul(normalWeight)).add(contours.mul(contourWeight));
      const loss = domainWeight === 0 ? tasks : tasks.add(generatorLoss(logits).mul(domainWeight));
      const metrics = {
        depth: depth.detach(),
        contours: contours.detach(),
        angle: noGrad(() => normalAngle(answers.normals, views.normals)),
      };
      return { loss, metrics, features: real.mean([2, 3]) };
    });
  }

  /** Rendered or real? On maps of this step and of earlier ones; the backbone is not asked. */
  private discriminate(views: Views): Outcome {
    const maps = (views.maps as DomainMaps | undefined) ?? this.domainMaps(views as TaskViews);
    const [rendered, real] = this.exchanges(views);
    const logits = [this.renderedPool.shown(maps[0], rendered), this.realPool.shown(maps[1], real)].map((shown) =>
      this.discriminator.forward(shown).to('float32'),
    ) as [Tensor, Tensor];
    return fullPrecision(maps[0].device, () => {
      const loss = discriminatorLoss(logits[1], logits[0]);
      // An image is taken for what its positions say on average.
      const [forRendered, forReal] = logits.map((values) => values.mean([1, 2, 3])) as [Tensor, Tensor];
      const accuracy = noGrad(() =>
        ops
          .cat([forRendered.lt(0), forReal.gt(0)])
          .to('float32')
          .mean(),
      );
      return { loss, metrics: { accuracy } };
    });
  }

  private domainMaps({ scenes, real }: TaskViews): DomainMaps {
    return noGrad(() => [this.backbone.maps(scenes), this.backbone.maps(real)] as const);
  }

  private exchanges({ isOld, slots }: Views): [rendered: Exchange, real: Exchange] {
    const at = (i: number): Exchange => ({ isOld: (isOld as Tensor[])[i]!, slots: (slots as Tensor[])[i]! });
    return [at(0), at(1)];
  }

  /** The pools take in the maps that the discriminator has just seen. */
  override afterStep(views: Views): void {
    const [rendered, real] = this.exchanges(views);
    const maps = views.maps as DomainMaps;
    this.renderedPool.keep(maps[0], rendered);
    this.realPool.keep(maps[1], real);
  }

  /** The tasks' turn comes first and leaves its maps to the discriminator; the code has the reverse order. */
  override turns(): Turn[] {
    const { backbone, heads, discriminator, options } = this;
    return [
      { name: 'tasks', modules: [backbone, heads], betas: [0.5, 0.999] },
      {
        name: 'discriminator',
        modules: [discriminator],
        optimizer: 'sgd',
        momentum: 0.9,
        weightDecay: 5e-4,
        learningRateFactor: options.discriminatorRate,
      },
    ];
  }

  override dispose(): void {
    this.supply.dispose();
    super.dispose();
  }

  /**
   * Depth in meters (N, 1, S, S), unit normals in camera coordinates (N, 3, S, S) and the probability of a contour (N, 1, S, S) for
   * uint8 or float [0, 1] images (N, C, S, S).
   */
  describe(images: Tensor): Description {
    return noGrad(() =>
      scope(() => {
        const { logDepth, normals, contours } = this.heads.forward(this.backbone.maps(this.prepare(images)));
        const length = normals.square().sum([1], true).sqrt().clampMin(1e-8);
        return { depth: logDepth.exp(), normals: normals.div(length), contours: contours.sigmoid() };
      }),
    );
  }

  override preview({ samples }: Batch, random: Generator): Preview[] {
    const real = samples.narrow(0, 0, Math.min(4, samples.size(0)));
    const scenes = this.supply.take(4, random, true);
    const answers = this.describe(scenes.images.narrow(1, 0, this.data.channels));
    return [sceneSheet(scenes, answers), realSheet(real, this.describe(real))];
  }
}

export const syntheticImagery = defineMethod({
  name: 'synthetic-imagery',
  title: 'Synthetic imagery',
  modality: 'image',
  family: 'automatic-labels',
  summary:
    'Tell depth, normals and contours of rendered scenes, with features that do not tell a scene from a photograph.',
  paper: {
    title: 'Cross-Domain Self-Supervised Multi-Task Feature Learning Using Synthetic Imagery',
    authors: 'Zhongzheng Ren, Yong Jae Lee',
    year: 2018,
    url: 'https://arxiv.org/abs/1711.09082',
    code: 'https://github.com/jason718/game-feature-learning',
  },
  score: { metric: 'angle', name: 'mean angle to the true normals of rendered scenes in degrees', better: 'lower' },
  options,
  // In a short run the discriminator has to learn faster to be of any use.
  smallOptions: { scenes: 1000, trunkWidth: 64, headWidth: 32, discriminatorWidth: 64, discriminatorRate: 60 },
  smallestImage: 32,
  recipes: {
    paper: {
      backbone: 'caffenet',
      epochs: 30,
      batchSize: 224,
      optimizer: 'adam',
      learningRate: 1e-3,
      weightDecay: 0,
      schedule: 'step',
      milestones: [18 / 30, 27 / 30],
      gamma: 0.1,
    },
    small: {
      backbone: 'resnet18',
      width: 16,
      epochs: 50,
      batchSize: 64,
      optimizer: 'adam',
      learningRate: 2e-3,
      weightDecay: 0,
      schedule: 'cosine',
    },
  },
  create: ({ options, backbone, data }) => new SyntheticImagery(options, backbone, data),
});
