/**
 * Counting: what is counted in the four quarters of an image must add up to what is counted in the whole of it, made smaller.
 *
 * Noroozi, Pirsiavash, Favaro, "Representation Learning by Learning to Count", ICCV 2017, https://arxiv.org/abs/1708.06734; no code
 * of the authors is known to us.
 *
 * Nobody says what is to be counted: phi has many outputs, each at least zero, and the loss asks that they add up, equation (5):
 * |phi(D x) - sum_j phi(T_j x)|^2 + max(0, M - |phi(D y) - sum_j phi(T_j x)|^2). The network sees the quarters T_j x and the small
 * image D x at the same size. The first term alone is solved by counting nothing; the second demands that images differ. Its y is
 * another image, here the next of the batch.
 *
 * The paper shrinks by a random one of four filters, so that the trace of one does not give the small image away; here these are
 * bilinear, bicubic and the mean over 2x2 pixels, without Lanczos. Our backbones have batch norm, the paper's AlexNet has none.
 */
import { z } from 'zod';
import {
  compose,
  grayscale,
  inGroups,
  randomCrop,
  resize,
  type Transform,
  transform,
  uniforms,
} from '../../../augment/index.js';
import { firstSamples, type ImageSpec } from '../../../data/index.js';
import { fullPrecision, type Generator, noGrad, ops, scope, type Tensor } from '../../../engine/index.js';
import { Linear, ReLU, Sequential } from '../../../engine/nn/index.js';
import { Tower } from '../../../networks/tower.js';
import { standardizedImages } from '../../encoders.js';
import { type Batch, defineMethod, Method, type MethodContext, type Outcome, type Preview } from '../../method.js';
import * as option from '../../options.js';
import { board } from '../../previews/board.js';
import { chosen, tileRows } from '../../previews/tile-rows.js';
import { both } from '../../views/two-views.js';
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

/** The ways to halve images (N, C, 2 s, 2 s). */
const WAYS = {
  bilinear: (images: Tensor) => resize({ size: images.size(2) / 2, interpolation: 'bilinear' })(images),
  bicubic: (images: Tensor) => resize({ size: images.size(2) / 2, interpolation: 'bicubic' })(images),
  mean: (images: Tensor) => ops.avgPool2d(images, 2),
};

/** Halves each image in a random way. */
const halveAnyhow = transform({ name: 'halve', ways: Object.keys(WAYS) }, 'float', (images, random) => {
  const ways = Object.values(WAYS);
  const draws = uniforms(images.size(0), 1, random);
  const drawn = Array.from({ length: images.size(0) }, (_, i) => Math.floor(draws(i)[0]! * ways.length));
  return inGroups(images, drawn, ways);
});

/** The small images, then all first quarters, all second, ...: (5 N, C, s, s). */
type Tiles = { tiles: Tensor };

export class Counting extends Method<Options, Tiles> {
  readonly tower: Tower;
  readonly head: Sequential;
  /** Side in pixels of a quarter and of the small image. */
  readonly side: number;
  private readonly augment: Transform;
  private readonly shrink = halveAnyhow;

  constructor(context: MethodContext<Options>) {
    super(context);
    const { counts, hiddenSize: size } = this.options;
    this.side = quarterSide(this.options, this.spec);
    this.augment = compose(randomCrop({ size: 2 * this.side }), grayscale(this.options.grayProbability));
    this.tower = new Tower(this.backbone, { side: this.side, outputSize: size, useNorm: false });
    this.head = new Sequential(new Linear(size, size), new ReLU(), new Linear(size, counts), new ReLU());
  }

  override views({ samples }: Batch, random: Generator): Tiles {
    return { tiles: this.prepare(this.cut(samples, random)) };
  }

  /** The small images, then all first quarters, all second, ...: (5 N, C, s, s) in [0, 1]. */
  private cut(samples: Tensor, random: Generator): Tensor {
    const images = this.augment(samples, random);
    const memoryFormat = samples.isContiguous('channelsLast') ? 'channelsLast' : 'contiguous';
    return ops.cat([this.shrink(images, random), ...quarters(images, this.side)]).to({ memoryFormat });
  }

  /** Counts of the small images and sums over their quarters, each (N, counts), from small images and quarters (5 N, C, s, s). */
  private count(tiles: Tensor): { whole: Tensor; sum: Tensor; features: Tensor } {
    const maps = this.backbone.maps(tiles);
    const counts = this.head.forward(this.tower.forward(maps)).to('float32');
    const n = tiles.size(0) / (1 + QUARTERS);
    const ofQuarters = counts.narrow(0, n, QUARTERS * n).view([QUARTERS, n, -1]);
    const sum = ofQuarters.sum([0]);
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
    const pictures = this.cut(few, random);
    const [small, ...parts] = pictures.chunk(1 + QUARTERS, 0) as [Tensor, ...Tensor[]];
    const { whole, sum } = this.count(this.prepare(pictures));
    const guesses = ops.cdist(sum, whole).argmin(1).toNumbers(); // (N, N): the sums of i to the small image j
    const [ofWhole, ofSum] = both([whole, sum], (counts) => counts.sum([1]).toNumbers());
    const gap = Math.max(1, Math.round(this.side / 12));
    const quartersOf = (i: number): Tensor =>
      board(
        parts.map((part) => part.select(0, i)),
        gap,
      );
    const title = 'Do the parts add up?';
    const explanation = `The network counts ${this.options.counts} kinds of things of its own choice. What it counts in the quarters of an image must add up to what it counts in the whole.`;
    const rows = tileRows([
      { images: small, caption: (i) => `the whole: ${ofWhole[i]!.toFixed(1)} counted in all` },
      { images: quartersOf, caption: (i) => `the quarters: ${ofSum[i]!.toFixed(1)} counted in all` },
      chosen(small, guesses, (i) => `counts most like the quarters: ${guesses[i] === i ? 'its own' : 'another'}`),
    ]);
    return [{ title, explanation, rows, chance: 1 / rows.length }];
  }
}

function quarterSide({ cropShare }: Options, { height }: ImageSpec): number {
  return Math.floor((cropShare * height) / 2);
}

/** Upper left, upper right, lower left, lower right of images (N, C, 2 s, 2 s). */
function quarters(images: Tensor, side: number): Tensor[] {
  return [0, side].flatMap((top) => [0, side].map((left) => images.narrow(2, top, side).narrow(3, left, side)));
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
