/**
 * Exemplar-CNN: one patch and everything that translation, rotation, scaling and changes of color make of it are a class.
 *
 * Dosovitskiy, Springenberg, Riedmiller, Brox, "Discriminative Unsupervised Feature Learning with Convolutional Neural Networks", NIPS
 * 2014, https://arxiv.org/abs/1406.6909 (with Fischer, in the longer version of 2015).
 *
 * A seed patch is cut out of each of some images, at a place that is likelier the more gradient there is in it. The network names the
 * seed of a transformed patch: a plain softmax with as many classes as seeds.
 *
 * The paper transforms each seed 150 times before training and subtracts the mean of each pixel over the set; here every visit draws
 * a new transformation, and channels are standardized. Principal components of the colors are those of the batch. The paper lowers
 * the rate by a validation set of transformed patches; here its falls are spread over the run. The backbones and the layer behind
 * them have batch norm; the paper's network has none.
 */
import { z } from 'zod';
import { drawChanges, drawCorners, type Offset, RANGES, toFloat, transformPatches } from '../../../augment/index.js';
import { type Generator, noGrad, ops, REDUCTION, scope, type Tensor, tensor } from '../../../engine/index.js';
import { Dropout, Linear, Sequential } from '../../../engine/nn/index.js';
import { expected } from '../../../errors.js';
import { BLUE, Canvas } from '../../../modalities/canvas.js';
import { Tower } from '../../../networks/tower.js';
import { standardizedImages } from '../../encoders.js';
import { indexTensor } from '../../index-tensor.js';
import type { Batch, EpochContext, EpochPlan, MethodContext, Outcome, Preview, Tile } from '../../method.js';
import { defineMethod, Method } from '../../method.js';
import * as option from '../../options.js';
import { card } from './exemplar.card.js';

const options = z.object({
  seedPatches: option.whole(8000, 'Seed patches, each a class, from as many images; at most one per image', { min: 2 }),
  patchSize: option.wholeOrNull('Side in pixels; null: 32 (the paper), but a third of large images, all of small ones'),
  strength: option.share(1, "Share of the paper's ranges of all transformations; 0 leaves the patches as they are"),
  hiddenSize: option.whole(512, 'Units of the fully connected layer before the classes'),
  dropout: option.share(0.5, 'Dropout after this layer'),
});

type Options = z.output<typeof options>;
/** Transformed patches (N, C, side, side), and the class of each, int64 (N). */
type Labeled = { patches: Tensor; labels: Tensor };

const PAPER_PATCH = 32;
/** The class of an image without a seed, which cross-entropy ignores. */
const NO_CLASS = -100;
/** Rows and transformed patches of the preview. */
const SHOWN = 6;
const TRANSFORMED = 5;

export class Exemplar extends Method<Options, Labeled> {
  override readonly previewSamples = 96;
  readonly tower: Tower;
  readonly head: Sequential;
  /** The class of each image, int64 (count). */
  readonly classes: Tensor;
  /** Upper left corners of the patches in their images, int64 (count, 2): in the middle until the first epoch. */
  readonly corners: Tensor;
  /** Side of a patch in pixels. */
  readonly side: number;
  /** Number of classes. */
  readonly seedCount: number;

  constructor(context: MethodContext<Options>) {
    super(context);
    const { backbone, options, spec } = this;
    const { count } = context;
    this.side = patchSide(options, spec.height);
    this.seedCount = Math.min(options.seedPatches, count);
    const classes = new BigInt64Array(count).fill(BigInt(NO_CLASS));
    for (const [i, image] of ops.randperm(count, { dtype: 'int64' }).toNumbers().slice(0, this.seedCount).entries())
      classes[image] = BigInt(i);
    this.classes = this.buffer('classes', tensor(classes));
    const middle = Math.floor((spec.height - this.side) / 2);
    this.corners = this.buffer('corners', ops.full([count, 2], middle, { dtype: 'int64' }));
    this.tower = new Tower(backbone, { side: this.side, outputSize: options.hiddenSize, useNorm: true });
    this.head = new Sequential(new Dropout(options.dropout), new Linear(options.hiddenSize, this.seedCount));
  }

  /** Before the first epoch chooses the patches; visits only the images with a seed, as often as it takes to fill an epoch. */
  override onEpochStart(context: EpochContext): EpochPlan {
    const seeds = this.classes.ge(0).nonzero().flatten().toNumbers();
    if (context.progress.epoch === 0) this.choosePatches(seeds, context);
    if (seeds.length === context.count) return {};
    const order: number[] = [];
    while (order.length < context.count) {
      const shuffled = ops.randperm(seeds.length, { generator: context.random, device: context.random.device });
      for (const i of shuffled.toNumbers()) order.push(seeds[i]!);
    }
    return { order: order.slice(0, context.count) };
  }

  private choosePatches(seeds: readonly number[], { samples, batchSize, random }: EpochContext): void {
    if (this.side === this.spec.height) return;
    for (let start = 0; start < seeds.length; start += batchSize)
      scope(() => {
        const images = seeds.slice(start, start + batchSize);
        const corners = drawCorners(toFloat(samples(images)), this.side, random);
        this.corners.indexCopy_(0, indexTensor(images, corners), corners);
      });
  }

  override pipelines() {
    return { patches: { name: 'changePatches', side: this.side, strength: this.options.strength, ...RANGES } };
  }

  override views({ samples, indices }: Batch, random: Generator): Labeled {
    const patches = this.prepare(this.transform(toFloat(samples), indices, random));
    const memoryFormat = samples.isContiguous('channelsLast') ? 'channelsLast' : 'contiguous';
    return { patches: patches.to({ memoryFormat }), labels: this.classesOf(indices) };
  }

  private classesOf(indices: readonly number[]): Tensor {
    return this.classes.indexSelect(0, indexTensor(indices, this.classes));
  }

  /** The patches of these images after a random change: (N, C, side, side) in [0, 1]. */
  private transform(images: Tensor, indices: readonly number[], random: Generator): Tensor {
    const changes = drawChanges(indices.length, this.spec.channels, this.options.strength, random);
    return transformPatches(images, this.cornersOf(indices), this.side, changes);
  }

  private cornersOf(indices: readonly number[]): Offset[] {
    const rows = this.corners.indexSelect(0, indexTensor(indices, this.corners)).toList() as number[][];
    return rows.map(([top, left]) => ({ top: top!, left: left! }));
  }

  override loss({ patches, labels }: Labeled): Outcome {
    const maps = this.backbone.maps(patches);
    const logits = this.classify(maps);
    // Share of the images with a seed that are recognized.
    const accuracy = noGrad(() => logits.argmax(1).eq(labels).sum().div(labels.ge(0).sum().clampMin(1)));
    // In the trial, which follows no order of the method's own, no image of a batch may have a seed.
    const known = labels.ge(0).sum().clampMin(1);
    const loss = ops.crossEntropy(logits, labels, null, REDUCTION.sum).div(known);
    return { loss, metrics: { accuracy }, features: maps.mean([2, 3]) };
  }

  /** Logits (N, seeds) from the last maps. */
  private classify(maps: Tensor): Tensor {
    return this.head.forward(this.tower.forward(maps));
  }

  override preview({ samples, indices }: Batch, random: Generator): Preview[] {
    const classes = this.classesOf(indices).toNumbers();
    const withSeed = indices.flatMap((_, i) => (classes[i]! >= 0 ? [i] : []));
    const shown = (withSeed.length > 0 ? withSeed : [...indices.keys()]).slice(0, SHOWN);
    const positions = shown.map((i) => indices[i]!);
    const images = toFloat(samples.indexSelect(0, indexTensor(shown, samples)));
    const pictures = Array.from({ length: TRANSFORMED }, () => this.transform(images, positions, random));
    const logits = pictures.map((patches) => this.classify(this.backbone.maps(this.prepare(patches))));
    const guesses = logits.map((values) => values.argmax(1).toNumbers());
    const corners = this.cornersOf(positions);
    const isWhole = this.side === this.spec.height;
    const rows = shown.map((place, row): Tile[] => {
      const label = classes[place]!;
      const { top, left } = corners[row]!;
      const image = images.select(0, row);
      const seed = isWhole ? image : Canvas.of(image).frame(top, left, this.side, BLUE).image;
      return [
        { image: seed, caption: label >= 0 ? `seed of class ${label}` : 'an image without a seed' },
        ...pictures.map((patches, k): Tile => {
          const guess = guesses[k]![row]!;
          const image = patches.select(0, row);
          return label >= 0 ? { image, caption: `says class ${guess}`, isCorrect: guess === label } : { image };
        }),
      ];
    });
    const explanation = `Each seed patch is a class of its own. The network sees it moved, turned, scaled and recolored, and says which of the ${this.seedCount} seeds it was.`;
    return [{ title: 'Which patch was this?', explanation, rows, chance: 1 / this.seedCount }];
  }
}

function patchSide({ patchSize }: Options, imageSize: number): number {
  const side = patchSize ?? Math.max(Math.min(PAPER_PATCH, imageSize), Math.floor(imageSize / 3));
  if (side > imageSize) throw expected(`a patch of at most the image of ${imageSize} pixels`, 'patchSize', side);
  return side;
}

export const exemplar = defineMethod({
  ...card,
  options,
  smallOptions: { dropout: 0 },
  // Batch norm over vectors needs two samples.
  smallestBatch: 2,
  encoder: standardizedImages(({ options, spec }) => ({ imageSize: patchSide(options, spec.height) })),
  create: (context) => new Exemplar(context),
});
