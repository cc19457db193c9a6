/**
 * Jigsaw puzzles: an image is cut into nine tiles, the tiles are shuffled, and the network says by which permutation of a fixed set.
 *
 * Noroozi, Favaro, "Unsupervised Learning of Visual Representations by Solving Jigsaw Puzzles", ECCV 2016,
 * https://arxiv.org/abs/1603.09246; code: github.com/MehdiNoroozi/JigsawPuzzleSolver.
 *
 * Each tile passes through the same network by itself (context-free network), and only the vectors of all nine are compared.
 * Tiles are cut at random places of their cells, so that edges do not run on; each is normalized by its own mean and standard
 * deviation (the code only subtracts a fixed mean), so that brightness does not; its colors are shifted against each other,
 * and 30 % of the images are gray (the code: 50 %).
 * The permutations differ from the paper's by default: 64 affine maps over GF(9), the largest distance there is, where the
 * paper's greedy rule leaves pairs that differ in two tiles. Our backbones have batch norm, the paper's AlexNet has none: in
 * training mode its statistics are the only thing that passes from tile to tile.
 */
import { z } from 'zod';
import { grayscale, normalize, toFloat } from '../../../augment/index.js';
import type { Backbone } from '../../../backbones/backbone.js';
import { hasOption } from '../../../backbones/registry.js';
import { type Generator, ops, type Tensor, tensor } from '../../../engine/index.js';
import { Dropout, Linear, ReLU, Sequential } from '../../../engine/nn/index.js';
import { Canvas } from '../../../modalities/canvas.js';
import { standardize } from '../../colors/standardize.js';
import { CELLS, hammingDistances, inverseOf, MOST_PERMUTATIONS, permutationSet } from '../../cuts/permutations.js';
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
import { type Cuts, cutsOf, cutTiles } from './tiles.js';

/** Of AlexNet's first convolution: a tile is a third of the image that AlexNet's stride of 4 is made for. */
const PAPER_STRIDE = 2;
/** Smaller tiles take the stem for small images: AlexNet's, with that stride, would leave no map to pool. */
const SMALLEST_STRIDED_TILE = 35;

const options = z.object({
  permutationCount: z
    .number()
    .int()
    .min(2)
    .max(MOST_PERMUTATIONS)
    .default(64)
    .describe('Permutations to tell apart; the paper is best at 1000'),
  permutationRule: z
    .enum(['affine', 'greedy-mean', 'greedy-minimum'])
    .default('affine')
    .describe(
      'How they are chosen: up to 72 at the largest distance, greedily by mean distance (the paper), by minimum',
    ),
  permutationSeed: z.number().int().min(0).default(0).describe('Seed of the random start of the greedy rules'),
  cellSize: z
    .number()
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe('Side of a cell in pixels; null takes a third of the image (the paper: 85 of 256, first version 75)'),
  tileSize: z
    .number()
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe('Side of a tile in pixels; null takes three quarters of a cell (the paper: 64 of 85)'),
  channelJitter: z
    .number()
    .int()
    .min(0)
    .default(2)
    .describe('Largest shift of each color of a tile in pixels, within the cell'),
  grayProbability: z.number().min(0).max(1).default(0.3).describe('Share of images that lose their color'),
  useTileNorm: z.boolean().default(true).describe('Normalize each tile by its own mean and standard deviation'),
  conv1Stride: z
    .number()
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      'Stride of the first convolution of AlexNet and CaffeNet; null takes 2 (the paper) for tiles of 35 pixels or more',
    ),
  tileFeatures: z.number().int().min(1).default(512).describe('Length of the vector of each tile (fc6)'),
  headSize: z.number().int().min(1).default(4096).describe('Width of the layer that compares the tiles (fc7)'),
  dropout: z.number().min(0).max(1).default(0.5).describe('Dropout after fc6 and fc7'),
});

type Options = z.output<typeof options>;

export class Jigsaw extends Method {
  readonly tower: Tower;
  readonly head: Sequential;
  /** The set of permutations, int64 (P, 9): slot i of puzzle p shows cell `permutations[p][i]`. */
  permutations: Tensor;
  readonly cuts: Cuts;

  constructor(
    readonly options: Options,
    override readonly backbone: Backbone,
    readonly data: DataDescription,
  ) {
    super();
    this.cuts = cutsOf(options, data.imageSize);
    const { permutationCount, permutationRule, permutationSeed, tileFeatures, headSize, dropout } = options;
    const set = permutationSet(permutationCount, permutationRule, permutationSeed);
    this.permutations = this.buffer(
      'permutations',
      tensor(BigInt64Array.from(set.flat(), BigInt), { shape: [set.length, CELLS] }),
    );
    const { tile: side } = this.cuts;
    this.tower = new Tower(backbone, { side, channels: data.channels, outputSize: tileFeatures, useNorm: false });
    this.head = new Sequential(
      new Dropout(dropout),
      new Linear(CELLS * tileFeatures, headSize),
      new ReLU(),
      new Dropout(dropout),
      new Linear(headSize, set.length),
    );
  }

  override prepare(samples: Tensor): Tensor {
    return this.normalized(toFloat(samples));
  }

  private normalized(images: Tensor): Tensor {
    return this.options.useTileNorm ? standardize(images) : normalize(this.data.mean, this.data.std)(images);
  }

  override views({ samples }: Batch, random: Generator): Views {
    const count = samples.size(0);
    const images = grayscale(this.options.grayProbability)(samples, random);
    const tiles = this.normalized(cutTiles(images, this.cuts, random)); // (9 N, C, t, t)
    const size = this.permutations.size(0);
    const labels = ops
      .randint(0, size, [count], { generator: random, dtype: 'int64', device: random.device })
      .to(tiles.device);
    return { tiles: this.shuffled(tiles, labels), labels };
  }

  /** Puts cell `permutations[label][i]` into slot i of each puzzle. */
  shuffled(tiles: Tensor, labels: Tensor): Tensor {
    const starts = ops.arange(0, tiles.size(0), CELLS, { dtype: 'int64', device: tiles.device }).unsqueeze(1);
    return tiles.indexSelect(0, this.permutations.indexSelect(0, labels).add(starts).flatten());
  }

  override loss(views: Views): Outcome {
    const { tiles, labels } = views as { tiles: Tensor; labels: Tensor };
    const maps = this.backbone.maps(tiles); // (9 N, D, h, w)
    const logits = this.solve(maps);
    return {
      loss: ops.crossEntropy(logits, labels),
      metrics: { accuracy: accuracy(logits, labels) },
      features: maps.mean([2, 3]),
    };
  }

  /** Logits (N, P) from the maps of the nine tiles of each puzzle. */
  private solve(maps: Tensor): Tensor {
    return this.head.forward(this.tower.forward(maps).view([-1, CELLS * this.options.tileFeatures]));
  }

  override preview({ samples }: Batch, random: Generator): Preview[] {
    const count = Math.min(6, samples.size(0));
    const shown = toFloat(samples.narrow(0, 0, count));
    const pictures = cutTiles(shown, this.cuts, random);
    const set = this.permutations.toList() as number[][];
    const labels = ops.randint(0, set.length, [count], { generator: random, dtype: 'int64', device: random.device });
    const tiles = this.shuffled(this.normalized(pictures), labels.to(pictures.device));
    const guesses = this.solve(this.backbone.maps(tiles)).argmax(1).toNumbers();
    const { minimum, mean } = hammingDistances(set);
    const rows = labels.toNumbers().map((label, i) => {
      const guess = guesses[i]!;
      const puzzle = set[label]!;
      const answer = inverseOf(set[guess]!).map((slot) => puzzle[slot]!); // the cell shown at each place after the answer
      const isAt = (cell: number, place: number): boolean => cell === place;
      const right = answer.filter(isAt).length;
      return [
        { image: shown.select(0, i), caption: 'image' },
        { image: this.board(pictures, i, puzzle), caption: `permutation ${label}` },
        {
          image: this.board(pictures, i, answer),
          caption: `says ${guess}: ${right} of 9 tiles in place`,
          isCorrect: guess === label,
        },
      ];
    });
    return [
      {
        title: 'Solve the puzzle',
        explanation:
          'The nine tiles of each image are shuffled. The network sees each tile by itself, names the permutation, and the tiles are put back by its answer.',
        rows,
        lines: [
          `${set.length} permutations; any two differ in at least ${minimum} of 9 tiles, in ${mean.toFixed(3)} on average.`,
        ],
      },
    ];
  }

  /** The tiles of one image in a 3x3 board: `cells[i]` stands at place i. */
  private board(tiles: Tensor, image: number, cells: readonly number[]): Tensor {
    const { tile } = this.cuts;
    const step = tile + Math.max(1, Math.round(tile / 10));
    const board = new Canvas(2 * step + tile, 2 * step + tile);
    for (const [place, cell] of cells.entries())
      board.paste(tiles.select(0, image * CELLS + cell), Math.floor(place / 3) * step, (place % 3) * step);
    return board.image;
  }
}

export const jigsaw = defineMethod({
  name: 'jigsaw',
  title: 'Jigsaw',
  modality: 'image',
  family: 'patches',
  summary: 'Cut an image into nine tiles, shuffle them, and say which of a fixed set of permutations was used.',
  paper: {
    title: 'Unsupervised Learning of Visual Representations by Solving Jigsaw Puzzles',
    authors: 'Mehdi Noroozi, Paolo Favaro',
    year: 2016,
    url: 'https://arxiv.org/abs/1603.09246',
    code: 'https://github.com/MehdiNoroozi/JigsawPuzzleSolver',
  },
  score: { metric: 'accuracy', name: 'permutation accuracy', better: 'higher' },
  options,
  smallOptions: { channelJitter: 1, tileFeatures: 128, headSize: 512, dropout: 0 },
  smallestImage: 32,
  recipes: {
    // 350,000 steps of 256 on the 1.3 million images of ImageNet; the rate falls by 10 every 100,000.
    paper: {
      backbone: 'caffenet',
      epochs: 70,
      batchSize: 256,
      optimizer: 'sgd',
      learningRate: 0.01,
      momentum: 0.9,
      weightDecay: 5e-4,
      schedule: 'step',
      milestones: [2 / 7, 4 / 7, 6 / 7],
      gamma: 0.1,
    },
    small: {
      backbone: 'resnet18',
      width: 32,
      epochs: 60,
      batchSize: 128,
      optimizer: 'adam',
      learningRate: 1e-3,
      weightDecay: 0,
      schedule: 'cosine',
      warmupEpochs: 1,
    },
  },
  backboneOptions: (options, data, architecture) => {
    const { tile } = cutsOf(options, data.imageSize);
    const stride = options.conv1Stride ?? (tile >= SMALLEST_STRIDED_TILE ? PAPER_STRIDE : null);
    if (stride === null || !hasOption(architecture, 'conv1Stride')) return { imageSize: tile };
    return { imageSize: tile, stem: 'imagenet', conv1Stride: stride };
  },
  create: ({ options, backbone, data }) => new Jigsaw(options, backbone, data),
});
