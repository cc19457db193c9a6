/**
 * Counting: what is counted in the four quarters of an image must add up to what is counted in the whole of it, made smaller.
 *
 * Noroozi, Pirsiavash, Favaro, "Representation Learning by Learning to Count", ICCV 2017, https://arxiv.org/abs/1708.06734; no code
 * of the authors is known to us.
 *
 * Nobody says what is to be counted: phi has many outputs, each at least zero, and the loss asks that they add up, equation (5):
 * |phi(D x) - sum_j phi(T_j x)|^2 + max(0, M - |phi(D y) - sum_j phi(T_j x)|^2). The network sees the quarters T_j x and the small
 * image D x at the same size. The first term alone is solved by counting nothing; the second, in which y is another image, demands
 * that images differ. For y we take the next image of the batch.
 *
 * The paper shrinks by a random one of four filters, so that the trace of one does not give the small image away. We have three
 * of them: bilinear, bicubic and the mean over 2x2 pixels, without Lanczos. Our backbones have batch norm, the paper's AlexNet
 * has none.
 */
import { z } from 'zod';
import { compose, grayscale, inGroups, randomCrop, resize, uniforms } from '../../../augment/index.js';
import { firstSamples, type ImageSpec } from '../../../data/index.js';
import { fullPrecision, type Generator, noGrad, ops, scope, type Tensor } from '../../../engine/index.js';
import { Linear, ReLU, Sequential } from '../../../engine/nn/index.js';
import { Canvas } from '../../../modalities/canvas.js';
import { Tower } from '../../../networks/tower.js';
import { standardizedImages } from '../../encoders.js';
import { type Batch, defineMethod, Method, type MethodContext, type Outcome, type Preview } from '../../method.js';
import * as option from '../../options.js';
import { card } from './counting.card.js';

const options = z.object({
  counts: option.whole(1000, 'Outputs of the network: kinds of things that it can count'),
  margin: option.weight(10, 'M: least squared distance to the counts of another image; with 0 nothing is counted'),
  cropShare: option.cropShare('the paper'),
  grayProbability: option.grayProbability(0.67, 'images'),
  hiddenSize: option.whole(4096, 'Width of the two layers before the counts (fc6, fc7)'),
});

type Options = z.output<typeof options>;

const QUARTERS = 4;

/** The ways to halve an image (N, C, 2 s, 2 s). */
const WAYS = ['bilinear', 'bicubic', 'mean'] as const;

function halve(images: Tensor, way: (typeof WAYS)[number]): Tensor {
  if (way === 'mean') return ops.avgPool2d(images, 2);
  return resize({ size: images.size(2) / 2, interpolation: way })(images);
}

/** The small images, then all first quarters, all second, ...: (5 N, C, s, s). */
type Tiles = { tiles: Tensor };

export class Counting extends Method<Options, Tiles> {
  readonly tower: Tower;
  readonly head: Sequential;
  /** Side in pixels of a quarter and of the small image. */
  readonly side: number;

  constructor(context: MethodContext<Options>) {
    super(context);
    const { counts, hiddenSize } = this.options;
    const { channels } = this.spec;
    this.side = quarterSide(this.options, this.spec);
    this.tower = new Tower(this.backbone, { side: this.side, channels, outputSize: hiddenSize, useNorm: false });
    this.head = new Sequential(
      new Linear(hiddenSize, hiddenSize),
      new ReLU(),
      new Linear(hiddenSize, counts),
      new ReLU(),
    );
  }

  override views({ samples }: Batch, random: Generator): Tiles {
    return { tiles: this.prepare(this.cut(samples, random)) };
  }

  /** The small images, then all first quarters, all second, ...: (5 N, C, s, s) in [0, 1]. */
  private cut(samples: Tensor, random: Generator): Tensor {
    const images = compose(randomCrop({ size: 2 * this.side }), grayscale(this.options.grayProbability))(
      samples,
      random,
    );
    const draws = uniforms(images.size(0), 1, random);
    const chosen = Array.from({ length: images.size(0) }, (_, i) => Math.floor(draws(i)[0]! * WAYS.length));
    const small = inGroups(
      images,
      chosen,
      WAYS.map((way) => (part) => halve(part, way)),
    );
    return ops
      .cat([small, ...quarters(images, this.side)])
      .to({ memoryFormat: samples.isContiguous('channelsLast') ? 'channelsLast' : 'contiguous' });
  }

  /** Counts of the small images and sums over their quarters, each (N, counts), from small images and quarters (5 N, C, s, s). */
  private count(tiles: Tensor): { whole: Tensor; sum: Tensor; features: Tensor } {
    const maps = this.backbone.maps(tiles);
    const counts = this.head.forward(this.tower.forward(maps)).to('float32');
    const n = tiles.size(0) / (1 + QUARTERS);
    const sum = counts
      .narrow(0, n, QUARTERS * n)
      .view([QUARTERS, n, -1])
      .sum([0]);
    return { whole: counts.narrow(0, 0, n), sum, features: maps.narrow(0, 0, n).mean([2, 3]) };
  }

  override loss({ tiles }: Tiles): Outcome {
    const { whole, sum, features } = this.count(tiles);
    return fullPrecision(whole.device, () => {
      const { loss, own, other } = countingLoss(whole, sum, this.options.margin);
      const metrics = noGrad(() => ({
        accuracy: own.lt(other).mean(null, false, { dtype: 'float32' }),
        count: whole.sum([1]).mean(),
      }));
      return { loss, metrics, features };
    });
  }

  override preview({ samples }: Batch, random: Generator): Preview[] {
    const few = firstSamples(samples, 6);
    const shown = few.size(0);
    const pictures = this.cut(few, random);
    const { whole, sum } = this.count(this.prepare(pictures));
    const distances = ops.cdist(sum, whole); // (N, N): the sums of i to the small image j
    const guesses = distances.argmin(1).toNumbers();
    const totals = (counts: Tensor): string[] =>
      counts
        .sum([1])
        .toNumbers()
        .map((total) => total.toFixed(1));
    const [small, added] = [totals(whole), totals(sum)];
    const rows = guesses.map((guess, i) => [
      { image: pictures.select(0, i), caption: `the whole: ${small[i]} counted in all` },
      { image: this.board(pictures, i, shown), caption: `the quarters: ${added[i]} counted in all` },
      {
        image: pictures.select(0, guess),
        caption: guess === i ? 'counts most like the quarters: its own' : 'counts most like the quarters: another',
        isCorrect: guess === i,
      },
    ]);
    return [
      {
        title: 'Do the parts add up?',
        explanation: `The network counts ${this.options.counts} kinds of things of its own choice. What it counts in the quarters of an image must add up to what it counts in the whole.`,
        rows,
        chance: 1 / shown,
      },
    ];
  }

  /** The four quarters of an image with a gap between them. */
  private board(pictures: Tensor, image: number, count: number): Tensor {
    const step = this.side + Math.max(1, Math.round(this.side / 12));
    const board = new Canvas(step + this.side, step + this.side);
    for (let j = 0; j < QUARTERS; j++)
      board.paste(pictures.select(0, (1 + j) * count + image), Math.floor(j / 2) * step, (j % 2) * step);
    return board.image;
  }
}

function quarterSide({ cropShare }: Options, { height }: ImageSpec): number {
  return Math.floor((cropShare * height) / 2);
}

/** Upper left, upper right, lower left, lower right of images (N, C, 2 s, 2 s). */
function quarters(images: Tensor, side: number): Tensor[] {
  const places = [
    [0, 0],
    [0, side],
    [side, 0],
    [side, side],
  ] as const;
  return places.map(([top, left]) => images.narrow(2, top, side).narrow(3, left, side));
}

/**
 * The counting loss, mean over the batch, with the squared distances from the sums over quarters to the counts of the own small
 * image and to those of the next image, each (N).
 *
 * @param whole counts phi(D x), (N, counts), at least two images
 * @param sum sums of phi(T_j x) over j, (N, counts)
 */
export function countingLoss(whole: Tensor, sum: Tensor, margin: number): { loss: Tensor; own: Tensor; other: Tensor } {
  return scope(() => {
    const own = whole.sub(sum).square().sum([1]);
    const other = whole.roll([-1], [0]).sub(sum).square().sum([1]);
    return { loss: own.add(other.rsub(margin).relu()).mean(), own, other };
  });
}

export const counting = defineMethod({
  ...card,
  options,
  smallOptions: { counts: 64, hiddenSize: 256, cropShare: 1 },
  needs: () => ({ side: 16 }),
  smallestBatch: 2,
  encoder: standardizedImages<Options>(({ options: own, spec }) => ({ imageSize: quarterSide(own, spec) })),
  create: (context) => new Counting(context),
});
