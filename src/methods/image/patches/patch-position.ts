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
import {
  cutPatches,
  keepOneChannel,
  pixelate,
  projectColors,
  resize,
  standardize,
  type Transform,
  toFloat,
  toUnitPower,
} from '../../../augment/index.js';
import type { Backbone } from '../../../backbones/backbone.js';
import { firstSamples, type ImageSpec } from '../../../data/index.js';
import { type Generator, ops, type Tensor } from '../../../engine/index.js';
import { BatchNorm, Linear, ReLU, Sequential } from '../../../engine/nn/index.js';
import { Tower } from '../../../networks/tower.js';
import { indexTensor } from '../../index-tensor.js';
import { accuracy } from '../../losses/accuracy.js';
import { type Batch, defineMethod, Method, type MethodContext, type Outcome, type Preview } from '../../method.js';
import * as option from '../../options.js';
import { both } from '../../views/two-views.js';
import { type Block, blockOf, DIRECTIONS, drawLayout, type Layout, PAIRS } from './blocks.js';
import { drawAnswer, drawInputs, drawWhere, phrase } from './pair-pictures.js';
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

/** Patches (4 G N, C, p, p), and pairs of them: positions of the first and the second and their direction, int64 (8 G N). */
type PatchViews = Record<'patches' | 'first' | 'second' | 'labels', Tensor>;

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
    this.head = new Sequential(
      new Linear(2 * towerSize, headSize, { bias: false }),
      new BatchNorm(headSize, { affine: false }),
      new ReLU(),
      new Linear(headSize, headSize),
      new ReLU(),
      new Linear(headSize, DIRECTIONS.length),
    );
  }

  override views({ samples }: Batch, random: Generator): PatchViews {
    const layout = drawLayout(samples.size(0), this.block, this.options.grids, random);
    return this.viewsOf(this.cut(samples, layout), layout, random);
  }

  override pipelines() {
    return { ...super.pipelines(), patches: { name: 'cutBlocks', ...this.block } };
  }

  private viewsOf(cut: Tensor, layout: Layout, random: Generator): PatchViews {
    const [first, second, labels] = [layout.first, layout.second, layout.labels].map((list) => indexTensor(list, cut));
    return { patches: this.disguise(cut, random), first: first!, second: second!, labels: labels! };
  }

  private cut(samples: Tensor, { side, places }: Layout): Tensor {
    return toFloat(cutPatches(resize({ size: side })(samples), places, this.block.patch));
  }

  /** Mean subtraction, color handling, loss of detail, division by the RMS, in this order. */
  private disguise(patches: Tensor, random: Generator): Tensor {
    const rule = colorRule(this.options, this.spec);
    const plain = centered(patches);
    const colorless =
      rule === 'drop' ? keepOneChannel(plain, random) : rule === 'project' ? projectColors(plain) : plain;
    return toUnitPower(this.pixelate(colorless, random));
  }

  override loss({ patches, first, second, labels }: PatchViews): Outcome {
    const maps = this.backbone.maps(patches); // (4 G N, D, h, w)
    const logits = this.compare(maps, first, second);
    const loss = ops.crossEntropy(logits, labels);
    return { loss, metrics: { accuracy: accuracy(logits, labels) }, features: maps.mean([2, 3]) };
  }

  /** Logits (P, 8) for pairs (P) of patches. */
  private compare(maps: Tensor, first: Tensor, second: Tensor): Tensor {
    const vectors = this.tower.forward(maps); // (4 G N, towerSize)
    return this.head.forward(ops.cat([vectors.indexSelect(0, first), vectors.indexSelect(0, second)], 1));
  }

  override preview({ samples }: Batch, random: Generator): Preview[] {
    const shown = firstSamples(samples, 6);
    const layout = drawLayout(shown.size(0), this.block, this.options.grids, random);
    const cut = this.cut(shown, layout);
    const { patches, first, second } = this.viewsOf(cut, layout, random);
    const guesses = this.compare(this.backbone.maps(patches), first, second).argmax(1).toNumbers();
    const images = toFloat(resize({ size: layout.side })(shown));
    const rows = Array.from({ length: shown.size(0) }, (_, i) => {
      const pair = i * this.options.grids * PAIRS + (i % PAIRS);
      const members = [layout.first[pair]!, layout.second[pair]!] as const;
      const [label, guess] = [layout.labels[pair]!, guesses[pair]!];
      const pick = (from: Tensor) => both(members, (member) => from.select(0, member));
      const where = drawWhere(
        images.select(0, i),
        pick(cut),
        both(members, (member) => layout.places[member]!),
      );
      return [
        { image: where, caption: `orange lies ${phrase(label)}` },
        { image: drawInputs(pick(patches)), caption: 'what the network sees' },
        { image: drawAnswer(pick(cut), guess), caption: `says: ${phrase(guess)}`, isCorrect: guess === label },
      ];
    });
    const title = 'Where does the second patch lie?';
    const explanation =
      'From the two patches alone the network says in which of the eight places around the blue one the orange one was cut out.';
    return [{ title, explanation, rows, chance: 1 / DIRECTIONS.length }];
  }
}

function centered(images: Tensor): Tensor {
  return images.sub(images.mean([2, 3], true));
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
