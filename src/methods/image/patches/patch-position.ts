/**
 * Relative patch position: given two patches of an image, predict in which of the eight places around the first the second lies.
 *
 * Doersch, Gupta, Efros, "Unsupervised Visual Representation Learning by Context Prediction", ICCV 2015,
 * https://arxiv.org/abs/1505.05192; code: github.com/cdoersch/deepcontext.
 *
 * What could give the answer away without looking at content is taken from the patches: a gap and a jitter (lines that run on
 * across the border), all colors but one (the lens's fringes say where in the image a patch lies), sometimes the fine detail.
 * Where paper and code differ: the noise in the dropped channels is the paper's (std 1/100 of the kept one; the code has
 * uniform noise of full strength), the division by the RMS is the code's (without its factor 50, which batch norm cancels).
 * The code lays whole grids over large images; we lay blocks of 2x2 patches and draw one pair along each line from them, both
 * ways round, so that all eight answers are exactly as frequent.
 */
import { z } from 'zod';
import { pixelate, projectColors, standardize, type Transform, toFloat, toUnitPower } from '../../../augment/index.js';
import type { Backbone } from '../../../backbones/backbone.js';
import { firstSamples, type ImageSpec } from '../../../data/index.js';
import { type Generator, ops, type Tensor } from '../../../engine/index.js';
import { BatchNorm, type Sequential } from '../../../engine/nn/index.js';
import { Tower } from '../../../networks/tower.js';
import { accuracy } from '../../losses/accuracy.js';
import { type Batch, defineMethod, Method, type MethodContext, type Outcome, type Preview } from '../../method.js';
import * as option from '../../options.js';
import { type Block, blockOf, DIRECTIONS, drawLayout, type Layout } from './blocks.js';
import { centered, comparePairs, cutBlocks, disguise, type Pairs, pairHead, pairRows, pairsOf } from './pairs.js';
import { card } from './patch-position.card.js';

const options = z.object({
  patchSize: option.wholeOrNull('Side of a patch in pixels; null: a quarter of the smallest image (paper: 96 of 387)'),
  gap: option.wholeOrNull('Pixels between neighboring patches; null takes half a patch (the paper: 48)', { min: 0 }),
  jitter: option.wholeOrNull('Largest move of a patch per axis; null: an eighth of it (paper: 7 of 96)', { min: 0 }),
  grids: option.whole(4, 'Blocks of 2x2 patches cut from each image in a step'),
  smallestScale: option.part(0.577, 'Least factor on the side of images; the paper: sqrt(1/3). 1 for small images'),
  color: option.choice(['drop', 'project', 'none'], 'Against fringes: keep one channel, or project green-magenta away'),
  pixelateProbability: option.share(0.33, 'Share of patches that lose their fine detail'),
  smallestPixelSide: option.part(0.104, 'Least resolution of a pixelated patch, as a share of it; paper: 10 of 96'),
  towerSize: option.whole(4096, 'Length of the vector of each patch (fc6)'),
  headSize: option.whole(4096, 'Width of the layers that compare two vectors (fc7, fc8)'),
  useNormScale: option.flag(false, 'Whether batch norms have a scale and a shift; without them units cannot go silent'),
});

type Options = z.output<typeof options>;

/** Patches (4 G N, C, p, p), and 8 G N pairs of them. */
type PatchViews = Pairs & { patches: Tensor };

export class PatchPosition extends Method<Options, PatchViews> {
  readonly tower: Tower;
  readonly head: Sequential;
  readonly block: Block;
  private readonly pixelate: Transform;

  constructor(context: MethodContext<Options>) {
    super(context);
    const { towerSize, headSize, pixelateProbability: p, smallestPixelSide: smallest } = this.options;
    this.pixelate = pixelate({ smallest, p });
    this.block = blockOf(this.options, this.spec.height);
    this.tower = new Tower(this.backbone, { side: this.block.patch, outputSize: towerSize, useNorm: true });
    this.head = pairHead(towerSize, headSize);
  }

  override views({ samples }: Batch, random: Generator): PatchViews {
    const layout = drawLayout(samples.size(0), this.block, this.options.grids, random);
    return this.viewsOf(this.cut(samples, layout), layout, random);
  }

  override pipelines() {
    return { ...super.pipelines(), patches: { name: 'cutBlocks', ...this.block } };
  }

  private viewsOf(cut: Tensor, layout: Layout, random: Generator): PatchViews {
    const patches = disguise(cut, colorRule(this.options, this.spec), this.pixelate, random);
    return { patches, ...pairsOf(layout, cut) };
  }

  private cut(samples: Tensor, layout: Layout): Tensor {
    return cutBlocks(samples, layout, this.block.patch);
  }

  override loss({ patches, ...pairs }: PatchViews): Outcome {
    const maps = this.backbone.maps(patches); // (4 G N, D, h, w)
    const logits = comparePairs(maps, pairs, this.tower, this.head);
    const loss = ops.crossEntropy(logits, pairs.labels);
    return { loss, metrics: { accuracy: accuracy(logits, pairs.labels) }, features: maps.mean([2, 3]) };
  }

  override preview({ samples }: Batch, random: Generator): Preview[] {
    const images = firstSamples(samples, 6);
    const { grids } = this.options;
    const layout = drawLayout(images.size(0), this.block, grids, random);
    const cut = this.cut(images, layout);
    const { patches: seen, ...pairs } = this.viewsOf(cut, layout, random);
    const logits = comparePairs(this.backbone.maps(seen), pairs, this.tower, this.head);
    const rows = pairRows({ images, layout, grids, cut, seen, guesses: logits.argmax(1).toNumbers() });
    const title = 'Where does the second patch lie?';
    const explanation =
      'From the two patches alone the network says in which of the eight places around the blue one the orange one was cut out.';
    return [{ title, explanation, rows, chance: 1 / DIRECTIONS.length }];
  }
}

/** Batch norm without scale and shift: 1 and 0 stay in the state dict, so that the encoder keeps its layout. */
function freezeNormScales(backbone: Backbone): void {
  for (const [, module] of backbone.modules()) {
    if (!(module instanceof BatchNorm) || module.weight === null || module.bias === null) continue;
    module.weight.requiresGrad = false;
    module.bias.requiresGrad = false;
  }
}

/** Gray images have no color fringes to hide. */
function colorRule({ color }: Options, { channels }: ImageSpec): Options['color'] {
  return channels === 1 ? 'none' : color;
}

export const patchPosition = defineMethod({
  ...card,
  options,
  smallOptions: { grids: 1, smallestScale: 1, smallestPixelSide: 0.5, towerSize: 256, headSize: 256 },
  needs: () => ({ side: 32 }),
  /** Whole images as the backbone saw patches: for dropped colors, the mean over the three channels that may be kept. */
  encoder({ options, spec, makeBackbone }) {
    const backbone = makeBackbone({ imageSize: blockOf(options, spec.height).patch });
    if (!options.useNormScale) freezeNormScales(backbone);
    const rule = colorRule(options, spec);
    const centering = 'each channel minus its mean over the image, ';
    const notes = {
      none: `${centering}then all divided by their root mean square`,
      project: `${centering}green against magenta projected away, all divided by their root mean square`,
      drop: 'each channel standardized over the image, then divided by the root of 3',
    };
    const conversions = {
      none: (images: Tensor) => toUnitPower(centered(images)),
      project: (images: Tensor) => toUnitPower(projectColors(centered(images))),
      drop: (images: Tensor) => standardize(images).div(Math.sqrt(3)),
    };
    const preparation = { note: notes[rule] };
    return { spec, backbone, preparation, prepare: (samples) => conversions[rule](toFloat(samples)) };
  },
  create: (context) => new PatchPosition(context),
});
