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
import { cutPatches, pixelate, resize, toFloat } from '../../../augment/index.js';
import type { Backbone } from '../../../backbones/backbone.js';
import { type Generator, ops, type Tensor, tensor } from '../../../engine/index.js';
import { BatchNorm, Linear, ReLU, Sequential } from '../../../engine/nn/index.js';
import { standardize } from '../../colors/standardize.js';
import { accuracy } from '../../losses/accuracy.js';
import {
  type Batch,
  type DataDescription,
  defineMethod,
  Method,
  type Outcome,
  type Preview,
  type Views,
} from '../../method.js';
import { Tower } from '../../networks/tower.js';
import { type Block, blockOf, DIRECTIONS, drawLayout, type Layout, PAIRS } from './blocks.js';
import { keepOneChannel, projectColors, toUnitPower } from './color-shortcuts.js';
import { drawAnswer, drawInputs, drawWhere, phrase } from './pair-pictures.js';

const options = z.object({
  patchSize: z
    .number()
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe('Side of a patch in pixels; null takes a quarter of the smallest image (the paper: 96 of 387)'),
  gap: z
    .number()
    .int()
    .min(0)
    .nullable()
    .default(null)
    .describe('Pixels between neighboring patches; null takes half a patch (the paper: 48)'),
  jitter: z
    .number()
    .int()
    .min(0)
    .nullable()
    .default(null)
    .describe('Largest move of a patch along each axis; null takes an eighth of a patch (the paper: 7 at 96)'),
  grids: z.number().int().min(1).default(4).describe('Blocks of 2x2 patches cut from each image in a step'),
  smallestScale: z
    .number()
    .positive()
    .max(1)
    .default(0.577)
    .describe('Smallest factor by which a batch is resized; the paper: 150,000 to 450,000 pixels. 1 for small images'),
  color: z
    .enum(['drop', 'project', 'none'])
    .default('drop')
    .describe('Hides color fringes: keep one channel, or project green against magenta away. Gray images have none'),
  pixelateProbability: z.number().min(0).max(1).default(0.33).describe('Share of patches that lose their fine detail'),
  smallestPixelSide: z
    .number()
    .positive()
    .max(1)
    .default(0.104)
    .describe('Fewest pixels a side of a pixelated patch, as a share of its side; the paper: 10 of 96'),
  towerSize: z.number().int().min(1).default(4096).describe('Length of the vector of each patch (fc6)'),
  headSize: z.number().int().min(1).default(4096).describe('Width of the layers that compare two vectors (fc7, fc8)'),
  useNormScale: z
    .boolean()
    .default(false)
    .describe('Whether batch norms of the backbone learn a scale and a shift; without them units cannot go silent'),
});

type Options = z.output<typeof options>;

export class PatchPosition extends Method {
  readonly tower: Tower;
  readonly head: Sequential;
  readonly block: Block;

  constructor(
    readonly options: Options,
    override readonly backbone: Backbone,
    readonly data: DataDescription,
  ) {
    super();
    this.block = blockOf(options, data.imageSize);
    const { towerSize, headSize } = options;
    if (!options.useNormScale) freezeNormScales(backbone);
    this.tower = new Tower(backbone, {
      side: this.block.patch,
      channels: data.channels,
      outputSize: towerSize,
      useNorm: true,
    });
    this.head = new Sequential(
      new Linear(2 * towerSize, headSize, { bias: false }),
      new BatchNorm(headSize, { affine: false }),
      new ReLU(),
      new Linear(headSize, headSize),
      new ReLU(),
      new Linear(headSize, DIRECTIONS.length),
    );
  }

  /** Whole images as the backbone saw patches: for dropped colors, the mean over the three channels that may be kept. */
  override prepare(samples: Tensor): Tensor {
    const images = toFloat(samples);
    if (this.colorRule === 'none') return toUnitPower(centered(images));
    if (this.colorRule === 'project') return toUnitPower(projectColors(centered(images)));
    return standardize(images).div(Math.sqrt(3));
  }

  /** Gray images have no color fringes to hide. */
  private get colorRule(): Options['color'] {
    return this.data.channels === 1 ? 'none' : this.options.color;
  }

  override views({ samples }: Batch, random: Generator): Views {
    const layout = this.layout(samples.size(0), random);
    return {
      patches: this.disguise(this.cut(samples, layout), random), // (4 G N, C, p, p)
      first: indices(layout.first, samples), // (8 G N)
      second: indices(layout.second, samples),
      labels: indices(layout.labels, samples),
    };
  }

  private layout(count: number, random: Generator): Layout {
    return drawLayout(count, this.block, this.options.grids, random);
  }

  private cut(samples: Tensor, { side, places }: Layout): Tensor {
    return toFloat(cutPatches(resize({ size: side })(samples), places, this.block.patch));
  }

  /** Mean subtraction, color handling, loss of detail, division by the RMS, in this order. */
  private disguise(patches: Tensor, random: Generator): Tensor {
    const { pixelateProbability: p, smallestPixelSide: smallest } = this.options;
    const plain = centered(patches);
    const colorless =
      this.colorRule === 'drop'
        ? keepOneChannel(plain, random)
        : this.colorRule === 'project'
          ? projectColors(plain)
          : plain;
    return toUnitPower(pixelate({ smallest, p })(colorless, random));
  }

  override loss(views: Views): Outcome {
    const { patches, first, second, labels } = views as Record<string, Tensor>;
    const maps = this.backbone.maps(patches!); // (4 G N, D, h, w)
    const logits = this.compare(maps, first!, second!);
    return {
      loss: ops.crossEntropy(logits, labels!),
      metrics: { accuracy: accuracy(logits, labels!) },
      features: maps.mean([2, 3]),
    };
  }

  /** Logits (P, 8) for pairs (P) of patches. */
  private compare(maps: Tensor, first: Tensor, second: Tensor): Tensor {
    const vectors = this.tower.forward(maps); // (4 G N, towerSize)
    return this.head.forward(ops.cat([vectors.indexSelect(0, first), vectors.indexSelect(0, second)], 1));
  }

  override preview({ samples }: Batch, random: Generator): Preview[] {
    const shown = samples.narrow(0, 0, Math.min(6, samples.size(0)));
    const layout = this.layout(shown.size(0), random);
    const cut = this.cut(shown, layout);
    const seen = this.disguise(cut, random);
    const logits = this.compare(this.backbone.maps(seen), indices(layout.first, seen), indices(layout.second, seen));
    const guesses = logits.argmax(1).toNumbers();
    const images = toFloat(resize({ size: layout.side })(shown));
    const rows = Array.from({ length: shown.size(0) }, (_, i) => {
      const pair = i * this.options.grids * PAIRS + (i % PAIRS);
      const [first, second] = [layout.first[pair]!, layout.second[pair]!];
      const [label, guess] = [layout.labels[pair]!, guesses[pair]!];
      const pick = (patches: Tensor): [Tensor, Tensor] => [patches.select(0, first), patches.select(0, second)];
      return [
        {
          image: drawWhere(images.select(0, i), pick(cut), [layout.places[first]!, layout.places[second]!]),
          caption: `orange lies ${phrase(label)}`,
        },
        { image: drawInputs(pick(seen)), caption: 'what the network sees' },
        { image: drawAnswer(pick(cut), guess), caption: `says: ${phrase(guess)}`, isCorrect: guess === label },
      ];
    });
    return [
      {
        title: 'Where does the second patch lie?',
        explanation:
          'From the two patches alone the network says in which of the eight places around the blue one the orange one was cut out.',
        rows,
      },
    ];
  }
}

/** An int64 vector beside another tensor. */
function indices(values: readonly number[], beside: Tensor): Tensor {
  return tensor(BigInt64Array.from(values, BigInt), { device: beside.device });
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

export const patchPosition = defineMethod({
  name: 'patch-position',
  title: 'Relative patch position',
  modality: 'image',
  family: 'patches',
  summary: 'Cut two neighboring patches out of an image and predict in which of eight directions the second lies.',
  paper: {
    title: 'Unsupervised Visual Representation Learning by Context Prediction',
    authors: 'Carl Doersch, Abhinav Gupta, Alexei A. Efros',
    year: 2015,
    url: 'https://arxiv.org/abs/1505.05192',
    code: 'https://github.com/cdoersch/deepcontext',
  },
  score: { metric: 'accuracy', name: 'direction accuracy (8)', better: 'higher' },
  options,
  smallOptions: { grids: 1, smallestScale: 1, smallestPixelSide: 0.5, towerSize: 256, headSize: 256 },
  smallestImage: 32,
  recipes: {
    // Plain SGD at 1e-5 on the loss summed over the some 2,000 pairs of a batch of 512 patches, for over a million steps of
    // ImageNet; here on the mean.
    paper: {
      backbone: 'caffenet',
      epochs: 35,
      batchSize: 32,
      optimizer: 'sgd',
      learningRate: 0.02,
      momentum: 0,
      weightDecay: 0,
      schedule: 'constant',
    },
    small: {
      backbone: 'resnet18',
      width: 32,
      epochs: 60,
      batchSize: 64,
      optimizer: 'adam',
      learningRate: 1e-3,
      weightDecay: 0,
      schedule: 'cosine',
      warmupEpochs: 1,
    },
  },
  backboneOptions: (options, data) => ({ imageSize: blockOf(options, data.imageSize).patch }),
  create: ({ options, backbone, data }) => new PatchPosition(options, backbone, data),
});
