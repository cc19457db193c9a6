/**
 * Noise as targets: every image gets a random point of the unit sphere to map to, and images trade their points until similar
 * ones lie near each other.
 *
 * Bojanowski, Joulin, "Unsupervised Learning by Predicting Noise", ICML 2017, https://arxiv.org/abs/1704.05310; code:
 * github.com/facebookresearch/noise-as-targets.
 *
 * The points C are drawn once and stay; the loss is |f(x_i) - C P_i|^2 with f on the unit sphere too. Every third epoch, the images of
 * each batch trade their points so that the sum of the losses is least (Hungarian algorithm), and learn from the new ones. No two
 * images ever share a point: the network cannot map all of them to one place. Gradient accumulation trades within micro-batches.
 *
 * The network sees the gradients of the gray image. The code normalizes each image before and scales its filters by a third; we
 * normalize the gray image and take DeepCluster's filters, which differ by sign and factor; batch norm cancels both. The code sums
 * the loss over the batch, we take the mean: its rate of 0.01 at 256 images is 2.56 here.
 */
import { z } from 'zod';
import type { Transform } from '../../../augment/index.js';
import { centerCrop, compose, halfFlipped, randomCrop, sobel, standardize, toFloat } from '../../../augment/index.js';
import { fullPrecision, type Generator, ops, type Tensor, withoutGraph } from '../../../engine/index.js';
import { BatchNorm, Dropout, Linear, ReLU, Sequential } from '../../../engine/nn/index.js';
import { Tower } from '../../../networks/tower.js';
import { GRADIENTS, SOBEL_NOTE } from '../../encoders.js';
import { indexTensor } from '../../index-tensor.js';
import { l2Normalize } from '../../losses/nt-xent.js';
import type { Batch, MethodContext, Outcome, Preview, Progress } from '../../method.js';
import { defineMethod, Method } from '../../method.js';
import * as option from '../../options.js';
import { tileRows } from '../../previews/tile-rows.js';
import { assign } from '../../targets/assignment.js';
import { card } from './noise-as-targets.card.js';

const options = z.object({
  targetSize: option.whole(2048, 'Dimensions of the sphere that the targets lie on', { min: 2 }),
  assignEvery: option.count(3, 'Epochs from one in which batches trade their targets to the next; 0 for no trade'),
  useSobel: option.useSobel(),
  cropShare: option.cropShare('the code'),
  useFlip: option.useFlip(),
  hiddenSize: option.whole(4096, 'Width of the two layers before the output'),
  dropout: option.share(0.5, 'Dropout after the first of these'),
});

type Options = z.output<typeof options>;
/** Crops (N, C, s, s), and the positions of their images in the data set, int64 (N). */
type NoiseViews = { images: Tensor; indices: Tensor };

/** Rows of the preview, and images with similar targets in each. */
const SHOWN = 6;
const NEIGHBORS = 4;

export class NoiseAsTargets extends Method<Options, NoiseViews> {
  override readonly previewSamples = 96;
  readonly tower: Tower;
  readonly head: Sequential;
  /** C: points on the unit sphere, (count, targetSize); they never change. */
  readonly targets: Tensor;
  /** P: the row of `targets` of each image, int64 (count), a permutation. */
  readonly assignment: Tensor;
  private readonly augment: Transform;

  constructor(context: MethodContext<Options>) {
    super(context);
    const { backbone, options, spec } = this;
    const { targetSize, hiddenSize, dropout } = options;
    const side = cropSide(options, spec.height);
    this.tower = new Tower(backbone, { side, outputSize: hiddenSize, useNorm: true });
    this.head = new Sequential(
      new Dropout(dropout),
      new Linear(hiddenSize, hiddenSize, { bias: false }),
      new BatchNorm(hiddenSize),
      new ReLU(),
      new Linear(hiddenSize, targetSize),
    );
    this.augment = compose(randomCrop({ size: side }), halfFlipped(options.useFlip));
    this.targets = this.buffer('targets', l2Normalize(ops.randn([context.count, targetSize])));
    this.assignment = this.buffer('assignment', ops.randperm(context.count, { dtype: 'int64' }));
  }

  override views({ samples, indices }: Batch, random: Generator): NoiseViews {
    const images = this.prepare(this.augment(samples, random));
    return { images, indices: indexTensor(indices, images) };
  }

  /** Outputs on the unit sphere, (N, targetSize), from the last maps. */
  private output(maps: Tensor): Tensor {
    return l2Normalize(this.head.forward(this.tower.forward(maps)).to('float32'));
  }

  override loss({ images, indices }: NoiseViews, _group: string, progress: Progress): Outcome {
    const maps = this.backbone.maps(images);
    const outputs = this.output(maps);
    return fullPrecision(indices.device, () => {
      const { assignEvery } = this.options;
      const isTrading = this.isTraining && assignEvery > 0 && progress.epoch % assignEvery === 0;
      const traded = isTrading ? withoutGraph(() => this.trade(outputs.detach(), indices)) : 0;
      const distances = outputs.sub(this.targetsOf(indices)).square().sum([1]); // |f(x_i) - C P_i|^2 from 0 to 4, (N)
      return { loss: distances.mean(), metrics: { traded }, features: maps.mean([2, 3]) };
    });
  }

  /** The points that images (N) are to map to. */
  targetsOf(indices: Tensor): Tensor {
    return this.targets.indexSelect(0, this.assignment.indexSelect(0, indices));
  }

  /** Trades the targets of these images so that the sum of the distances is least. Returns the share of images with a new one. */
  trade(outputs: Tensor, indices: Tensor): number {
    const similarity = outputs.matmul(this.targetsOf(indices).t()); // (N, N)
    // Outputs that are not finite trade nothing: the loop reports the loss that follows.
    if (!Number.isFinite(similarity.sum().item())) return 0;
    const columns = assign(similarity.neg());
    const before = this.assignment.indexSelect(0, indices);
    const after = before.indexSelect(0, columns);
    this.assignment.indexCopy_(0, indices, after);
    return after.ne(before).mean(null, false, { dtype: 'float32' }).item();
  }

  override preview({ samples, indices }: Batch): Preview[] {
    const { height } = this.spec;
    const images = toFloat(samples);
    const inputs = this.prepare(centerCrop({ size: cropSide(this.options, height) })(samples));
    const outputs = this.output(this.backbone.maps(inputs));
    const targets = this.targetsOf(indexTensor(indices, inputs));
    const cosines = outputs.mul(targets).sum([1]).toNumbers();
    // The first of each row is the image itself.
    const order = targets.matmul(targets.t()).argsort(1, true).toList() as number[][];
    const neighbors = Array.from({ length: Math.min(NEIGHBORS, order.length - 1) }, (_, k) => k + 1);
    const rows = tileRows([
      { images: images.narrow(0, 0, Math.min(SHOWN, order.length)), caption: 'image' },
      { images: (i) => pattern(targets.select(0, i), height), caption: 'its noise' },
      {
        images: (i) => pattern(outputs.select(0, i), height),
        caption: (i) => `the answer, cosine ${cosines[i]!.toFixed(2)}`,
      },
      ...neighbors.map((k) => ({
        images: (i: number) => images.select(0, order[i]![k]!),
        caption: 'has similar noise',
      })),
    ]);
    const explanation =
      'Every image was given a pattern of random numbers, and the network must answer with it. Images trade their patterns: in time, those with similar patterns look alike.';
    return [{ title: 'Which noise belongs to this image?', explanation, rows }];
  }
}

function cropSide({ cropShare }: Options, imageSize: number): number {
  return Math.floor(cropShare * imageSize);
}

/** A vector as a square of gray cells, about a middle gray; as many cells as are a square number. */
function pattern(vector: Tensor, size: number): Tensor {
  const side = Math.floor(Math.sqrt(vector.numel));
  const cells = vector.narrow(0, 0, side * side).view([1, 1, side, side]);
  const gray = cells.div(cells.abs().amax().clampMin(1e-6)).mul(0.5).add(0.5);
  return ops.upsampleNearest2d(gray, [size, size]).select(0, 0);
}

export const noiseAsTargets = defineMethod({
  ...card,
  options,
  smallOptions: { targetSize: 64, hiddenSize: 256, cropShare: 1, dropout: 0 },
  smallestBatch: 2,
  /** Gradients of the gray image, or colors, standardized image by image. */
  encoder({ options, spec, makeBackbone }) {
    const inputChannels = options.useSobel ? GRADIENTS : spec.channels;
    const note =
      'its own mean is subtracted from each image, which is divided by its own standard deviation, at least 1/255';
    return {
      spec,
      backbone: makeBackbone({ inputChannels, imageSize: cropSide(options, spec.height) }),
      preparation: { note: options.useSobel ? `the mean of the channels is taken; ${note}; then ${SOBEL_NOTE}` : note },
      prepare(samples) {
        const images = toFloat(samples);
        if (!options.useSobel) return standardize(images);
        const memoryFormat = samples.isContiguous('channelsLast') ? 'channelsLast' : 'contiguous';
        return sobel()(standardize(images.mean([1], true))).to({ memoryFormat });
      },
    };
  },
  bytesPerSample: ({ targetSize }) => 4 * targetSize,
  create: (context) => new NoiseAsTargets(context),
});
