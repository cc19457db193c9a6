import { MaskTargets } from '../../data/index.js';
import { type Generator, noGrad, ops, REDUCTION, scope, Tensor, tensor } from '../../engine/index.js';
import { Conv2d, Layer } from '../../engine/nn/index.js';
import { AutodidactError } from '../../errors.js';
import { percent } from '../../format.js';
import { fittingLogistic, logits } from '../logistic.js';
import { type Confusion, pixelFigures, sparse, summed } from '../metrics/confusion.js';
import { allOf, type StartingHead, type Task } from '../task.js';
import { balanced, samplePixels } from './pixels.js';
import { startConvolution } from './start.js';

/** Pixels of this class are left out of losses and figures (PASCAL VOC's border). */
const VOID = 255;

/**
 * One class per pixel, read from the map of a layer that is brought to the size of the mask. Source: PASCAL VOC's VOCevalseg: one
 * confusion matrix over all pixels of all images, and the mean over classes of intersection over union, background included. A
 * class that occurs neither in the masks nor in the answers has no such figure and is left out.
 *
 * The loss balances the classes: where most is background, a plain one answers background everywhere.
 */
export const segmentation: Task<MaskTargets, Confusion> = {
  name: 'segmentation',
  kind: 'masks',
  reads: 'map',
  score: 'mIoU',
  title: 'mIoU',
  better: 'higher',
  isShare: true,
  wanted: {
    plural: 'masks',
    remedy: 'Give a folder in the form of COCO or PASCAL VOC with outlines or masks, or synthetic:scenes.',
  },

  head: (size, { classes, size: { height, width } }) => new MaskHead(size, classes.length, [height, width]),
  trainedHead: (size, { classes, size: { height, width } }) => new SmallFcn(size, classes.length, [height, width]),

  loss(train) {
    const weights = balanced(pixelCounts(train));
    return {
      of(output, targets, positions) {
        const labels = targets.collate(positions).to({ device: output.device, dtype: 'int64' });
        const weight = tensor(weights, { device: output.device, dtype: output.dtype });
        // Over all pixels, so that a sample without a known pixel gives 0 and not 0 / 0.
        return ops.crossEntropy(output, labels, weight, REDUCTION.sum, VOID).div(labels.numel);
      },
    };
  },

  decode(output, targets, positions) {
    const classes = output.size(1);
    const cells = classes ** 2;
    const found = scope(() =>
      noGrad(() => {
        const truth = targets.collate(positions).to({ device: output.device, dtype: 'int64' }); // (B, H, W)
        const sample = ops.arange(0, truth.size(0), 1, { dtype: 'int64', device: output.device }).view([-1, 1, 1]);
        const cell = sample.mul(cells).add(truth.mul(classes)).add(output.argmax(1));
        const isKnown = truth.ne(VOID);
        const last = truth.size(0) * cells; // collects the void pixels
        const index = ops.where(isKnown, cell, ops.fullLike(cell, last)).reshape([-1]);
        const all = index.bincount(null, last + 1).narrow(0, 0, last);
        const places = all.nonzero().reshape([-1]); // ascending
        return { places: places.toNumbers(), counts: all.indexSelect(0, places).toNumbers() };
      }),
    );
    let from = 0;
    return Array.from(positions, (_, i) => {
      let to = from;
      while (to < found.places.length && found.places[to]! < (i + 1) * cells) to++;
      const own = Int32Array.from(found.places.slice(from, to), (place) => place - i * cells);
      const counts = Float64Array.from(found.counts.slice(from, to));
      from = to;
      return { size: cells, cells: own, counts };
    });
  },

  examples(output, targets, positions) {
    const { height, width } = targets.size;
    const confusions = this.decode(output, targets, positions);
    const [truth, answers] = scope(() => [targets.collate(positions), output.argmax(1).to('uint8')].map(bytesOf));
    const area = height * width;
    return confusions.map((confusion, i) => {
      const { foregroundMIoU, pixelAccuracy } = pixelFigures(summed([confusion]));
      const merit = Number.isFinite(foregroundMIoU) ? foregroundMIoU : null;
      const mask = (all: Uint8Array) => {
        const pixels = all.slice(i * area, (i + 1) * area);
        return { kind: 'mask' as const, height, width, pixels };
      };
      const caption = `${merit === null ? 'no object' : `IoU of objects ${percent(merit)}`}, ${percent(pixelAccuracy)} of the pixels right`;
      return { merit, caption, truth: mask(truth!), answer: mask(answers!) };
    });
  },

  measure(answers) {
    const figures = pixelFigures(summed(answers));
    return {
      mIoU: figures.mIoU,
      'foreground mIoU': figures.foregroundMIoU,
      'frequency-weighted IoU': figures.frequencyWeightedIoU,
      'pixel accuracy': figures.pixelAccuracy,
    };
  },

  sums: {
    of: (answers) => sparse(summed(answers)),
    without(whole, { cells, counts }) {
      const rest = summed([whole]);
      for (const [i, cell] of cells.entries()) rest[cell]! -= counts[i]!;
      return sparse(rest);
    },
  },

  floor(test) {
    const counts = pixelCounts(test);
    const present = counts.filter((count) => count > 0);
    return Math.max(...present) / present.reduce((sum, count) => sum + count, 0) / present.length;
  },

  classes: ({ classes }) => classes,

  match(test, train, name) {
    if (test.classes.join('\n') === train.classes.join('\n')) return test;
    throw new AutodidactError(
      'DATA',
      `The masks of ${name} have other classes: ${test.classes.join(', ')} instead of ${train.classes.join(', ')}`,
    );
  },

  review(train, test) {
    const parts = [
      { role: 'training', counts: pixelCounts(train) },
      { role: 'test', counts: pixelCounts(test) },
    ];
    return parts.flatMap(({ role, counts }) => {
      if (counts.every((count) => count === 0))
        throw new AutodidactError('DATA', `The masks of the ${role} data have no pixel of a known class`);
      const missing = train.classes.filter((_, c) => counts[c] === 0);
      if (missing.length === 0) return [];
      const effect = role === 'test' ? 'counts only where it is answered' : 'cannot be answered';
      return [`The masks of the ${role} data have no pixel of ${missing.join(', ')}: such a class ${effect}.`];
    });
  },

  linear(train) {
    const classes = train.classes.length;
    const { height, width } = train.size;
    return {
      problem(features, targets) {
        const { x, labels, weights } = samplePixels(features, targets, VOID);
        return (options) => fittingLogistic(x, labels, { ...options, classes, weights });
      },
      outputs: ({ x }, features) =>
        scope(() => {
          const [count, size, rows, columns] = features.shape as [number, number, number, number];
          const places = features.permute([0, 2, 3, 1]).reshape([-1, size]);
          const map = logits({ x, classes }, places).view([count, rows, columns, classes]).permute([0, 3, 1, 2]);
          return toMaskSize(map, [height, width]);
        }),
    };
  },

  change(samples, targets, positions, augment, random) {
    const { height, width } = targets.size;
    const isAlike = samples instanceof Tensor && samples.ndim === 4 && samples.dtype === 'uint8';
    if (!isAlike || samples.size(2) !== height || samples.size(3) !== width) return null;
    return noGrad(() => {
      // As one more channel of the image, so that both move alike.
      const masks = targets.collate(positions).to(samples.device).unsqueeze(1);
      const both = augment(ops.cat([samples, masks], 1), random) as Tensor;
      const channels = samples.size(1);
      const moved = both.select(1, channels);
      const read = (rows: Int32Array) => moved.indexSelect(0, tensor(rows, { device: moved.device }));
      return {
        samples: both.narrow(1, 0, channels),
        targets: new MaskTargets(targets.classes, targets.size, read, allOf(positions.length)),
      };
    });
  },
};

const bytesOf = (masks: Tensor): Uint8Array => Uint8Array.from(masks.reshape([-1]).toNumbers());

/** A 1 x 1 convolution whose scores are brought to the size of the masks: (N, D, h, w) to (N, C, H, W). */
class MaskHead extends Layer {
  readonly classifier: Conv2d;

  constructor(
    size: number,
    classes: number,
    private readonly shape: [height: number, width: number],
  ) {
    super();
    this.classifier = new Conv2d(size, classes, 1);
  }

  override forward(x: Tensor): Tensor {
    return toMaskSize(this.classifier.forward(x), this.shape);
  }
}

const HIDDEN = 64;

/** Two 3 x 3 convolutions before that one (a small FCN, Long et al. 2015). */
class SmallFcn extends Layer implements StartingHead {
  readonly hidden: readonly Conv2d[];
  readonly output: MaskHead;

  constructor(size: number, classes: number, shape: [height: number, width: number]) {
    super();
    this.hidden = [new Conv2d(size, HIDDEN, 3, { padding: 1 }), new Conv2d(HIDDEN, HIDDEN, 3, { padding: 1 })];
    this.output = new MaskHead(HIDDEN, classes, shape);
  }

  override forward(x: Tensor): Tensor {
    return this.output.forward(this.hidden.reduce((map, layer) => layer.forward(map).relu(), x));
  }

  start(random: Generator): void {
    for (const layer of this.hidden) startConvolution(layer, random);
    startConvolution(this.output.classifier, random, 0.01);
  }
}

function toMaskSize(map: Tensor, shape: readonly [height: number, width: number]): Tensor {
  return ops.upsampleBilinear2d(map, shape, false);
}

const CHUNK = 256;

/**
 * Number of pixels of each class, void left out.
 * @throws AutodidactError `DATA` for a pixel of a class that is not there
 */
function pixelCounts(targets: MaskTargets): number[] {
  const found = COUNTS.get(targets);
  if (found !== undefined) return found;
  const all = new Float64Array(256);
  for (let from = 0; from < targets.count; from += CHUNK)
    scope(() => {
      const masks = targets.collate(allOf(targets.count).subarray(from, from + CHUNK));
      for (const [c, count] of masks.reshape([-1]).to('int64').bincount(null, 256).toNumbers().entries())
        all[c]! += count;
    });
  const { length } = targets.classes;
  const stranger = all.findIndex((count, c) => count > 0 && c >= length && c !== VOID);
  if (stranger >= 0)
    throw new AutodidactError('DATA', `A mask has pixels of class ${stranger}, there are ${length} classes`, {
      remedy: `Number the classes from 0; ${VOID} marks pixels that do not count.`,
    });
  const counts = [...all.subarray(0, length)];
  COUNTS.set(targets, counts);
  return counts;
}

/** Masks do not change: they are counted once. */
const COUNTS = new WeakMap<MaskTargets, number[]>();
