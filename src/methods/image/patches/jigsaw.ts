/**
 * Jigsaw puzzles: an image is cut into nine tiles, the tiles are shuffled, and the network says by which permutation of a fixed set.
 *
 * Noroozi, Favaro, "Unsupervised Learning of Visual Representations by Solving Jigsaw Puzzles", ECCV 2016,
 * https://arxiv.org/abs/1603.09246; code: github.com/MehdiNoroozi/JigsawPuzzleSolver.
 *
 * Each tile passes through the same network by itself (context-free network), and only the vectors of all nine are compared.
 * Tiles are cut at random places of their cells, so that edges do not run on; each is normalized by its own mean and standard
 * deviation (the code only subtracts a fixed mean), so that brightness does not; its colors are shifted against each other,
 * and 30 % of the images are gray (the code: 50 %). Tiles become gray once they are cut: shifted colors would not stay gray.
 * The permutations differ from the paper's by default: 64 affine maps over GF(9), the largest distance there is, where the
 * paper's greedy rule leaves pairs that differ in two tiles. Our backbones have batch norm, the paper's AlexNet has none: in
 * training mode its statistics are the only thing that passes from tile to tile.
 */
import { z } from 'zod';
import { grayChosen, normalize, sampleChosen, standardize, toFloat } from '../../../augment/index.js';
import { hasOption } from '../../../backbones/registry.js';
import { firstSamples } from '../../../data/index.js';
import { type Generator, ops, type Tensor, tensor } from '../../../engine/index.js';
import { Dropout, Linear, ReLU, Sequential } from '../../../engine/nn/index.js';
import { Tower } from '../../../networks/tower.js';
import { accuracy } from '../../losses/accuracy.js';
import { type Batch, defineMethod, Method, type MethodContext, type Outcome, type Preview } from '../../method.js';
import * as option from '../../options.js';
import { board } from '../../previews/board.js';
import { tileRows } from '../../previews/tile-rows.js';
import { card } from './jigsaw.card.js';
import {
  CELLS,
  hammingDistances,
  inverseOf,
  MOST_PERMUTATIONS,
  PERMUTATION_RULES,
  permutationSet,
} from './permutations.js';
import { type Cuts, cutsOf, cutTiles } from './tiles.js';

/** Of AlexNet's first convolution: a tile is a third of the image that AlexNet's stride of 4 is made for. */
const PAPER_STRIDE = 2;
/** Smaller tiles take the stem for small images: AlexNet's, with that stride, would leave no map to pool. */
const SMALLEST_STRIDED_TILE = 35;

const PERMUTATION_COUNTS = { min: 2, max: MOST_PERMUTATIONS };

const options = z.object({
  permutationCount: option.whole(64, 'Permutations to classify; the paper is best at 1000', PERMUTATION_COUNTS),
  permutationRule: option.choice(PERMUTATION_RULES, 'Up to 72 at largest distance, greedy by mean (paper), by minimum'),
  permutationSeed: option.count(0, 'Seed of the random start of the greedy rules'),
  cellSize: option.wholeOrNull('Side of a cell in pixels; null: a third of the image (the paper: 85 or 75 of 256)'),
  tileSize: option.wholeOrNull('Side of a tile in pixels; null takes three quarters of a cell (the paper: 64 of 85)'),
  channelJitter: option.count(2, 'Largest shift of each color of a tile in pixels, within the cell'),
  grayProbability: option.grayProbability(0.3, 'images'),
  useTileNorm: option.flag(true, 'Normalize each tile by its own mean and standard deviation'),
  conv1Stride: option.wholeOrNull('Stride of conv1 of AlexNet and CaffeNet; null: 2 (the paper) for tiles from 35 on'),
  tileFeatures: option.whole(512, 'Length of the vector of each tile (fc6)'),
  headSize: option.whole(4096, 'Width of the layer that compares the tiles (fc7)'),
  dropout: option.share(0.5, 'Dropout after fc6 and fc7'),
});

type Options = z.output<typeof options>;

/** Shuffled tiles (9 N, C, t, t) and the permutation of each puzzle, int64 (N). */
type Puzzles = { tiles: Tensor; labels: Tensor };

export class Jigsaw extends Method<Options, Puzzles> {
  readonly tower: Tower;
  readonly head: Sequential;
  /** The set of permutations, int64 (P, 9): slot i of puzzle p shows cell `permutations[p][i]`. */
  permutations: Tensor;
  readonly cuts: Cuts;

  constructor(context: MethodContext<Options>) {
    super(context);
    this.cuts = cutsOf(this.options, this.spec.height);
    const { permutationCount, permutationRule, permutationSeed, tileFeatures, headSize, dropout } = this.options;
    const set = permutationSet(permutationCount, permutationRule, permutationSeed);
    const cells = tensor(BigInt64Array.from(set.flat(), BigInt), { shape: [set.length, CELLS] });
    this.permutations = this.buffer('permutations', cells);
    this.tower = new Tower(this.backbone, { side: this.cuts.tile, outputSize: tileFeatures, useNorm: false });
    this.head = new Sequential(
      new Dropout(dropout),
      new Linear(CELLS * tileFeatures, headSize),
      new ReLU(),
      new Dropout(dropout),
      new Linear(headSize, set.length),
    );
  }

  override views({ samples }: Batch, random: Generator): Puzzles {
    const isGray = sampleChosen(samples.size(0), this.options.grayProbability, random);
    const cut = toFloat(cutTiles(samples, this.cuts, random));
    const ofTiles = isGray.flatMap((isChosen) => Array<boolean>(CELLS).fill(isChosen));
    const tiles = this.prepare(grayChosen(cut, ofTiles).to({ memoryFormat: 'channelsLast' }));
    const labels = this.drawLabels(samples.size(0), random).to(tiles.device);
    return { tiles: this.shuffled(tiles, labels), labels };
  }

  override pipelines() {
    return { tiles: { name: 'cutTiles', ...this.cuts }, gray: { name: 'grayscale', p: this.options.grayProbability } };
  }

  private drawLabels(count: number, random: Generator): Tensor {
    const size = this.permutations.size(0);
    return ops.randint(0, size, [count], { generator: random, dtype: 'int64', device: random.device });
  }

  /** Puts cell `permutations[label][i]` into slot i of each puzzle. */
  shuffled(tiles: Tensor, labels: Tensor): Tensor {
    const starts = ops.arange(0, tiles.size(0), CELLS, { dtype: 'int64', device: tiles.device }).unsqueeze(1);
    return tiles.indexSelect(0, this.permutations.indexSelect(0, labels).add(starts).flatten());
  }

  override loss({ tiles, labels }: Puzzles): Outcome {
    const maps = this.backbone.maps(tiles); // (9 N, D, h, w)
    const logits = this.solve(maps);
    const loss = ops.crossEntropy(logits, labels);
    return { loss, metrics: { accuracy: accuracy(logits, labels) }, features: maps.mean([2, 3]) };
  }

  /** Logits (N, P) from the maps of the nine tiles of each puzzle. */
  private solve(maps: Tensor): Tensor {
    return this.head.forward(this.tower.forward(maps).view([-1, CELLS * this.options.tileFeatures]));
  }

  override preview({ samples }: Batch, random: Generator): Preview[] {
    const shown = toFloat(firstSamples(samples, 6));
    const pictures = cutTiles(shown, this.cuts, random);
    const set = this.permutations.toList() as number[][];
    const drawn = this.drawLabels(shown.size(0), random);
    const tiles = this.shuffled(this.prepare(pictures), drawn.to(pictures.device));
    const guesses = this.solve(this.backbone.maps(tiles)).argmax(1).toNumbers();
    const labels = drawn.toNumbers();
    const puzzles = labels.map((label) => set[label]!);
    // The cell that is shown at each place after the answer.
    const answers = puzzles.map((puzzle, i) => inverseOf(set[guesses[i]!]!).map((slot) => puzzle[slot]!));
    const inPlace = (i: number): number => answers[i]!.filter((cell, place) => cell === place).length;
    const boardOf = (orders: readonly (readonly number[])[]) => (i: number) => {
      const cells = orders[i]!.map((cell) => pictures.select(0, i * CELLS + cell));
      return board(cells, Math.max(1, Math.round(this.cuts.tile / 10)));
    };
    const rows = tileRows([
      { images: shown, caption: 'image' },
      { images: boardOf(puzzles), caption: 'shuffled' },
      {
        images: boardOf(answers),
        caption: (i) => `its answer puts ${inPlace(i)} of 9 tiles in place`,
        isCorrect: (i) => guesses[i] === labels[i],
      },
    ]);
    const { minimum, mean } = hammingDistances(set);
    const explanation =
      'The nine tiles of each image are shuffled. The network sees each tile by itself and names the permutation; its answer puts ' +
      `the tiles back. Any two of the ${set.length} permutations differ in at least ${minimum} of 9 tiles, in ${mean.toFixed(1)} on average.`;
    return [{ title: 'Solve the puzzle', explanation, rows, chance: 1 / set.length }];
  }
}

export const jigsaw = defineMethod({
  ...card,
  options,
  smallOptions: { channelJitter: 1, tileFeatures: 128, headSize: 512, dropout: 0 },
  needs: () => ({ side: 32 }),
  /** A network that sees one tile at a time. */
  encoder({ options, spec, architecture, makeBackbone }) {
    const { tile } = cutsOf(options, spec.height);
    const stride = options.conv1Stride ?? (tile >= SMALLEST_STRIDED_TILE ? PAPER_STRIDE : null);
    const isStrided = stride !== null && hasOption(architecture, 'conv1Stride');
    const { mean, std } = spec;
    const normalized = options.useTileNorm ? standardize : normalize(mean, std);
    return {
      spec,
      backbone: makeBackbone({ imageSize: tile, ...(isStrided ? { stem: 'imagenet', conv1Stride: stride } : {}) }),
      preparation: options.useTileNorm ? { note: 'each channel standardized over the image' } : { mean, std },
      prepare: (samples) => normalized(toFloat(samples)),
    };
  },
  create: (context) => new Jigsaw(context),
});
