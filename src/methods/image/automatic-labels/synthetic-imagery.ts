/**
 * Synthetic imagery: a renderer knows the depth, the surface normals and the contours of what it draws, so a network can learn to
 * predict them without anybody's labels; an adversary makes the features of photographs look like those of rendered scenes.
 *
 * Ren, Lee, "Cross-Domain Self-Supervised Multi-Task Feature Learning Using Synthetic Imagery", CVPR 2018,
 * https://arxiv.org/abs/1711.09082; code: github.com/jason718/game-feature-learning.
 *
 * With the backbone B, heads H on rendered scenes s, the discriminator D on maps of B, and real images r, which only train D:
 *   B, H   L = 5 L_depth + 10 L_normal + L_contour + 0.05 BCE(D(B(s)), real)
 *   D      L = (BCE(D(B(s)), rendered) + BCE(D(B(r)), real)) / 2
 *
 * Where paper and code differ, and what we follow. The code adds the square of the mean difference of depths where Eigen's
 * scale-invariant error subtracts it, and takes it over the batch: we subtract, per image. The code multiplies the contour loss of a
 * whole image by negatives / positives: we weigh the contour pixels by it. The code draws another scene in place of one with few
 * contours: we leave out that scene's contour loss. D has no batch norm here: in the code, which shows it each domain by itself, that
 * hides the difference of their means. The code's D sees conv5 before its ReLU, ours the last map as the backbone gives it; each image
 * draws its own channel, not the batch. The code updates D first.
 *
 * The paper's scenes come from SUNCG and SceneNet; here they are the first side of a pair, or `renderScenes` renders them in the
 * size of the data's images.
 */
import { z } from 'zod';
import { oneChannel, standardizeGray, toFloat } from '../../../augment/index.js';
import { decodeGeometry, GEOMETRY_CHANNELS } from '../../../data/geometry-coding.js';
import { firstSamples, type ImageSpec } from '../../../data/index.js';
import { fullPrecision, type Generator, noGrad, ops, Tensor, withoutGraph } from '../../../engine/index.js';
import type { Sequential } from '../../../engine/nn/index.js';
import { lastMap } from '../../../networks/decoder.js';
import { mapDiscriminator } from '../../../networks/map-discriminator.js';
import { SceneHeads } from '../../heads/scene-heads.js';
import { discriminatorLoss, generatorLoss } from '../../losses/adversarial.js';
import * as geometry from '../../losses/geometry-losses.js';
import { type Exchange, HistoryPool } from '../../memory/history-pool.js';
import { type SceneSample, SceneSupply } from '../../memory/scene-supply.js';
import { type Batch, defineMethod, Method, type MethodContext, type Outcome, type Preview } from '../../method.js';
import * as option from '../../options.js';
import { both, type Pair } from '../../views/two-views.js';
import { type DomainSamples, type DomainSpec, realEncoder, realOf } from './scene-domains.js';
import { type Description, realSheet, sceneSheet } from './scene-sheets.js';
import { card } from './synthetic-imagery.card.js';

const options = z.object({
  depthWeight: option.weight(5, 'Weight of the scale-invariant error of the logarithm of depth'),
  normalWeight: option.weight(10, 'Weight of the cosine loss of the surface normals'),
  contourWeight: option.weight(1, 'Weight of the cross-entropy of the contours'),
  domainWeight: option.weight(0.05, 'Weight of the adversarial loss; with 0 the discriminator only watches'),
  scaleInvariance: option.share(0.5, "Lambda: 0 the squared error, 1 blind to scale; -0.5 the code's", { min: -1 }),
  objects: option.whole(5, 'Most objects in a scene rendered here; each number from 1 is as likely', { max: 12 }),
  scenes: option.wholeOrNull('Scenes rendered at the first step and kept; null renders new ones at every step'),
  poolSize: option.count(128, 'Earlier maps of each domain that the discriminator is shown again'),
  trunkWidth: option.whole(4096, 'Channels of the two layers that the heads share (fc6, fc7)'),
  headWidth: option.whole(64, 'Channels of the hidden layers of each head'),
  discriminatorWidth: option.whole(512, 'Channels of the hidden layers of the discriminator'),
  discriminatorRate: option.positive(1, "Factor on the learning rate for the discriminator's SGD"),
});

type Options = z.output<typeof options>;
/** Scenes and real images in gray, (N, C, S, S), the scenes' geometry, and the exchanges with each domain's pool. */
type DomainViews = Record<'scenes' | 'real' | 'logDepth' | 'normals' | 'contours', Tensor> & {
  isOld: Pair;
  slots: Pair;
};
/** Maps of rendered scenes and of real images, (N, C, h, w) each, without a graph. */
type DomainMaps = Pair;
/** What the pools take in after the step. */
type Judged = { maps: DomainMaps; exchanges: readonly [rendered: Exchange, real: Exchange] };

export class SyntheticImagery extends Method<Options, DomainViews, Judged, DomainSpec, ImageSpec> {
  readonly heads: SceneHeads;
  readonly discriminator: Sequential;
  readonly renderedPool: HistoryPool;
  readonly realPool: HistoryPool;
  private readonly supply: SceneSupply;
  private readonly standardized: (images: Tensor) => Tensor;
  private readonly fewestContours: number;
  /** The maps that the tasks have made of these views, for the discriminator, which comes next. */
  private readonly mapsOf = new WeakMap<DomainViews, DomainMaps>();

  constructor(context: MethodContext<Options, DomainSpec, ImageSpec>) {
    super(context);
    const { trunkWidth, headWidth, discriminatorWidth, poolSize, objects, scenes } = this.options;
    const { height } = this.encoder.spec;
    const { size, side } = lastMap(this.backbone, height);
    this.heads = new SceneHeads({ size, side }, trunkWidth, headWidth, height);
    this.discriminator = mapDiscriminator(size, side, discriminatorWidth);
    this.renderedPool = new HistoryPool(poolSize, [size, side, side]);
    this.realPool = new HistoryPool(poolSize, [size, side, side]);
    this.supply = new SceneSupply({ size: height, objects }, scenes);
    this.fewestContours = geometry.fewestContourPixels(height);
    this.standardized = standardizeGray(this.encoder.spec);
  }

  override views({ samples }: Batch<DomainSpec>, random: Generator): DomainViews {
    const real = realOf(samples);
    const count = real.size(0);
    const { images, depth, normals, contours } = this.scenesOf(samples, count, random);
    const exchanges = both([this.renderedPool, this.realPool], (pool) => pool.draw(count, random));
    return {
      scenes: this.asSeen(images, random),
      real: this.standardized(toFloat(oneChannel(real, random))),
      ...{ logDepth: depth.log(), normals, contours },
      isOld: both(exchanges, ({ isOld }) => isOld),
      slots: both(exchanges, ({ slots }) => slots),
    };
  }

  /** Those of a pair, or `count` that are rendered here: outside of training new ones, so that scores are of scenes never seen. */
  private scenesOf(samples: DomainSamples, count: number, random: Generator): SceneSample {
    if (samples instanceof Tensor) return this.supply.take(count, random, !this.isTraining);
    return decodeGeometry(samples.first);
  }

  /** Rendered colors as the network sees them: one channel, in as many as the data have. */
  private asSeen(images: Tensor, random: Generator): Tensor {
    const gray = oneChannel(images, random).narrow(1, 0, this.encoder.spec.channels);
    return this.standardized(toFloat(gray));
  }

  override loss(views: DomainViews, group: string): Outcome<Judged> {
    return group === 'discriminator' ? this.discriminate(views) : this.solve(views);
  }

  /** The tasks on rendered scenes, and the adversarial loss. Each domain has batch statistics of its own. */
  private solve(views: DomainViews): Outcome<Judged> {
    const maps = this.backbone.maps(views.scenes);
    const real = noGrad(() => this.backbone.maps(views.real));
    this.mapsOf.set(views, [maps.detach(), real]);
    const answers = this.heads.forward(maps);
    const logits = this.discriminator.forward(maps);
    return fullPrecision(maps.device, () => {
      const { depthWeight, normalWeight, contourWeight, domainWeight, scaleInvariance } = this.options;
      const depth = geometry.scaleInvariantLoss(answers.logDepth, views.logDepth, scaleInvariance);
      const normals = geometry.normalLoss(answers.normals, views.normals);
      const contours = geometry.contourLoss(answers.contours, views.contours, this.fewestContours);
      const tasks = depth.mul(depthWeight).add(normals.mul(normalWeight)).add(contours.mul(contourWeight));
      const loss = domainWeight === 0 ? tasks : tasks.add(generatorLoss(logits).mul(domainWeight));
      const angle = noGrad(() => geometry.normalAngle(answers.normals, views.normals));
      const metrics = { depth: depth.detach(), contours: contours.detach(), angle };
      return { loss, metrics, features: real.mean([2, 3]) };
    });
  }

  /** Rendered or real? On maps of this step and of earlier ones; the backbone learns nothing. */
  private discriminate(views: DomainViews): Outcome<Judged> {
    const { isOld, slots, scenes, real } = views;
    const maps = this.mapsOf.get(views) ?? noGrad(() => both([scenes, real], (images) => this.backbone.maps(images)));
    const exchanges = both([0, 1] as const, (i) => ({ isOld: isOld[i], slots: slots[i] }));
    const shown = [this.renderedPool.shown(maps[0], exchanges[0]), this.realPool.shown(maps[1], exchanges[1])] as const;
    const logits = both(shown, (map) => this.discriminator.forward(map).to('float32'));
    return fullPrecision(maps[0].device, () => {
      const loss = discriminatorLoss(logits[1], logits[0]);
      // The verdict on an image is the mean over its positions.
      const [forRendered, forReal] = both(logits, (values) => values.mean([1, 2, 3]));
      const isRight = ops.cat([forRendered.lt(0), forReal.gt(0)]);
      return { loss, metrics: { accuracy: noGrad(() => isRight.to('float32').mean()) }, carry: { maps, exchanges } };
    });
  }

  /** The pools take in the maps that the discriminator has just seen. */
  override afterStep(carries: readonly Judged[]): void {
    for (const { maps, exchanges } of carries) {
      this.renderedPool.keep(maps[0], exchanges[0]);
      this.realPool.keep(maps[1], exchanges[1]);
    }
  }

  override optimizerGroups() {
    const { backbone, heads, discriminator, options } = this;
    const sgd = { optimizer: 'sgd', momentum: 0.9, weightDecay: 5e-4 } as const;
    return [
      { name: 'tasks', modules: [backbone, heads], betas: [0.5, 0.999] as const },
      { name: 'discriminator', modules: [discriminator], ...sgd, learningRateFactor: options.discriminatorRate },
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
    return withoutGraph(() => {
      const { logDepth, normals, contours } = this.heads.forward(this.backbone.maps(this.prepare(images)));
      const length = normals.square().sum([1], true).sqrt().clampMin(1e-8);
      return { depth: logDepth.exp(), normals: normals.div(length), contours: contours.sigmoid() };
    });
  }

  override preview({ samples }: Batch<DomainSpec>, random: Generator): Preview[] {
    const shown = firstSamples(samples, 4);
    const [real, scenes] = [realOf(shown), this.scenesOf(shown, 4, random)];
    const answers = this.describe(scenes.images.narrow(1, 0, this.encoder.spec.channels));
    return [sceneSheet(scenes, answers), realSheet(real, this.describe(real))];
  }
}

export const syntheticImagery = defineMethod({
  ...card,
  modalities: ['image', 'pair'],
  options,
  // In a short run the discriminator has to learn faster to be of any use.
  smallOptions: { scenes: 1000, trunkWidth: 64, headWidth: 32, discriminatorWidth: 64, discriminatorRate: 60 },
  needs: () => ({ side: 32, pairs: { first: [GEOMETRY_CHANNELS], second: [1, 3] } }),
  encoder: realEncoder,
  create: (context) => new SyntheticImagery(context),
});
