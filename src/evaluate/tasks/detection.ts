import type { BoxTargets, ImageObject, SampleObjects } from '../../data/index.js';
import { inImage } from '../../data/objects.js';
import { type Generator, noGrad, scope, Tensor } from '../../engine/index.js';
import { Conv2d, Layer } from '../../engine/nn/index.js';
import { AutodidactError } from '../../errors.js';
import type { Example } from '../marks.js';
import { type CocoFigures, cocoFigures, type ImageMatch, matchImage } from '../metrics/coco.js';
import { allOf, type StartingHead, type Task } from '../task.js';
import { BESIDE, decodePoints, encodePoints, type Peak, pointLoss } from './center-points.js';
import { movedObjects } from './move-objects.js';
import { startConvolution } from './start.js';

/** What became of the boxes found in one sample, in pixels of its image. */
export interface DetectionAnswer {
  matches: readonly ImageMatch[];
  classes: number;
}

/**
 * Boxes around objects, found as points with a size (Zhou et al. 2019) in the map of a layer, or of several joined. The score is COCO's
 * AP50; boxes are compared in pixels of the images as they are in their files. Objects that a crop cuts off by half or more, and those
 * that are difficult, are neither learned from nor to be found.
 */
export const detection: Task<BoxTargets, DetectionAnswer> = {
  name: 'detection',
  kind: 'boxes',
  reads: 'map',
  score: 'AP50',
  title: 'AP50',
  better: 'higher',
  isShare: true,
  wanted: {
    plural: 'boxes',
    remedy:
      'Put a file in the form of COCO beside the images, or give a folder in the form of PASCAL VOC, or synthetic:scenes.',
  },

  head: (size, { classes }) => new Conv2d(size, classes.length + BESIDE, 1),
  trainedHead: (size, { classes }) => new PointHead(size, classes.length),
  optimizer: 'adamw',

  loss: () => ({
    of(output, targets, positions) {
      const [, channels, rows, columns] = output.shape as [number, number, number, number];
      const { height, width } = targets.size;
      const objects = Array.from(positions, (position) => targets.at(position).objects);
      return pointLoss(output, encodePoints(objects, channels - BESIDE, { rows, columns, height, width }));
    },
  }),

  decode(output, targets, positions) {
    const found = decodePoints(output, targets.size);
    const classes = targets.classes.length;
    return Array.from(positions, (position, i) => {
      const { window, original } = targets.at(position);
      const detections = found[i]!.map(({ box, ...peak }) => ({ ...peak, image: 0, box: inImage(box, window) }));
      return { matches: matchImage(asTruth(original), detections, classes), classes };
    });
  },

  examples(output, targets, positions) {
    const found = decodePoints(output, targets.size);
    return Array.from(positions, (position, i) => exampleOf(targets.at(position).objects, found[i]!, targets.classes));
  },

  measure(answers) {
    const classes = answers[0]?.classes ?? 0;
    return named(
      cocoFigures(
        answers.flatMap(({ matches }) => matches),
        classes,
      ),
    );
  },

  floor(test) {
    // The mean box of each class at its mean place, in every sample.
    const [classes, known] = [test.classes.length, knownOf(test)];
    const constant = Array.from({ length: classes }, (_, c) => {
      const boxes = known.flatMap(({ objects }) => objects.filter(isWanted).filter((one) => one.class === c));
      const mean = (of: (one: ImageObject) => number) => boxes.reduce((sum, one) => sum + of(one), 0) / boxes.length;
      return {
        ...{ image: 0, class: c, score: boxes.length / known.length },
        box: {
          ...{ left: mean(({ box }) => box.left), top: mean(({ box }) => box.top) },
          ...{ width: mean(({ box }) => box.width), height: mean(({ box }) => box.height) },
        },
      };
    }).filter(({ score }) => score > 0);
    const matches = known.flatMap(({ window, original }) => {
      const detections = constant.map((one) => ({ ...one, box: inImage(one.box, window) }));
      return matchImage(asTruth(original), detections, classes);
    });
    return cocoFigures(matches, classes).ap50 ?? 0;
  },

  classes: ({ classes }) => classes,
  match: (test, { classes }, name) => test.numberedBy(classes, name),

  review(train, test) {
    return [
      { role: 'training', counts: countsOf(train), effect: 'cannot be found' },
      { role: 'test', counts: countsOf(test), effect: 'does not count' },
    ].flatMap(({ role, counts, effect }) => {
      if (counts.every((count) => count === 0))
        throw new AutodidactError('DATA', `The ${role} data have no object that counts`, {
          remedy: 'Objects that are difficult, or cut off by half by the square of the sample, do not count.',
        });
      const missing = train.classes.filter((_, c) => counts[c] === 0);
      return missing.length === 0 ? [] : [`The ${role} data have no ${missing.join(', ')}: such a class ${effect}.`];
    });
  },

  change(samples, targets, positions, augment, random) {
    const { height, width } = targets.size;
    const isAlike = samples instanceof Tensor && samples.ndim === 4 && samples.dtype === 'uint8';
    if (!isAlike || samples.size(2) !== height || samples.size(3) !== width) return null;
    const all = Array.from(positions, (position) => targets.at(position));
    const { images, objects } = movedObjects(
      samples,
      all.map(({ objects }) => objects),
      augment,
      random,
    );
    return {
      samples: images,
      targets: targets.with(all.map((sample, i): SampleObjects => ({ ...sample, objects: objects[i]! }))),
    };
  },
};

/** Probability from which on a box is shown. */
const SHOWN = 0.3;

/** The surest boxes beside the objects: those that are probable, and as many as there are objects in any case. */
function exampleOf(objects: readonly ImageObject[], found: readonly Peak[], classes: readonly string[]): Example {
  const wanted = objects.filter(isWanted);
  const surest = [...found].sort((a, b) => b.score - a.score);
  const shown = surest.filter(({ score }, rank) => score >= SHOWN || rank < wanted.length);
  const matchesOf = (peaks: readonly Peak[]) =>
    matchImage(
      asTruth(objects),
      peaks.map((peak) => ({ ...peak, image: 0 })),
      classes.length,
    );
  // Of all sizes, at an overlap of 0.5.
  const marks = matchesOf(shown).flatMap((match) => [...match.marks[0]![0]!]);
  const [right, wrong] = [1, 0].map((mark) => marks.filter((own) => own === mark).length);
  return {
    merit: cocoFigures(matchesOf(found), classes.length).ap50,
    caption: `${right} of ${wanted.length} found, ${wrong} wrong`,
    truth: { kind: 'boxes', boxes: objects.map((one) => ({ box: one.box, class: one.class, score: null })) },
    answer: { kind: 'boxes', boxes: shown.map(({ box, score, ...peak }) => ({ box, class: peak.class, score })) },
  };
}

/** The figures by name, without those that no object decides. */
function named(figures: CocoFigures): Record<string, number> {
  const { ap50, ap, ap75, apSmall, apMedium, apLarge, ar100 } = figures;
  const all = {
    ...{ AP50: ap50 ?? Number.NaN, AP: ap, AP75: ap75 },
    ...{ 'AP small': apSmall, 'AP medium': apMedium, 'AP large': apLarge, 'AR 100': ar100 },
  };
  return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, number] => entry[1] !== null));
}

const asTruth = (objects: readonly ImageObject[]) => objects.map((object) => ({ ...object, image: 0 }));

const isWanted = ({ isDifficult, isCrowd }: ImageObject): boolean => !isDifficult && !isCrowd;

const knownOf = (targets: BoxTargets): SampleObjects[] =>
  Array.from(
    allOf(targets.count).filter((position) => targets.isKnown(position)),
    (position) => targets.at(position),
  );

function countsOf(targets: BoxTargets): number[] {
  const counts = new Array<number>(targets.classes.length).fill(0);
  for (const { objects } of knownOf(targets)) for (const one of objects.filter(isWanted)) counts[one.class]! += 1;
  return counts;
}

/** Probability of a peak where nothing has been learned (Lin et al. 2017): most places have none. */
const PRIOR = 0.1;
const HIDDEN = 64;

/** A 3 x 3 and a 1 x 1 convolution: (N, D, h, w) to (N, C + 4, h, w). */
class PointHead extends Layer implements StartingHead {
  readonly hidden: Conv2d;
  readonly output: Conv2d;

  constructor(
    size: number,
    private readonly classes: number,
  ) {
    super();
    this.hidden = new Conv2d(size, HIDDEN, 3, { padding: 1 });
    this.output = new Conv2d(HIDDEN, classes + BESIDE, 1);
  }

  override forward(x: Tensor): Tensor {
    return this.output.forward(this.hidden.forward(x).relu());
  }

  start(random: Generator): void {
    startConvolution(this.hidden, random);
    startConvolution(this.output, random, 0.01);
    scope(() => noGrad(() => this.output.bias!.narrow(0, 0, this.classes).fill_(Math.log(PRIOR / (1 - PRIOR)))));
  }
}
