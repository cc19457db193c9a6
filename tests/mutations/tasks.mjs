/** Changes to tasks with boxes and several labels, to the readers of their annotations, and to semi-supervised peers. See scripts/mutate.mjs. */
import { changesOf } from './lib/changes.mjs';

const task = (name) => `evaluate/tasks/${name}.ts`;
const FIGURES = ['src/evaluate/tasks/segmentation-figures.test.ts'];
const PEERS = ['src/evaluate/peers/train-peer.test.ts'];

export const mutations = [
  ...changesOf(task('center-points'), [
    [
      'the radius is that of the official code',
      'return Math.min(moved, shrunk, grown);',
      'return 3.35 * Math.min(moved, shrunk, grown);',
    ],
    ['peaks are as wide as the object', 'const deviation = (2 * radius + 1) / 6;', 'const deviation = 2 * radius + 1;'],
    ['difficult objects are learned', 'if (isDifficult || isCrowd) continue;', 'if (isCrowd) continue;'],
    ['near misses cost in full', '.pow(BETA)', '.pow(0)'],
    ['sizes weigh as much as places', 'const SIZE_WEIGHT = 0.1;', 'const SIZE_WEIGHT = 1;'],
    ['every place is a peak', 'ops.maxPool2d(heat, 3, 1, 1).eq(heat)', 'ops.maxPool2d(heat, 1, 1, 0).eq(heat)'],
    ['boxes begin at the middle', '((x - w / 2) * width)', '(x * width)'],
  ]),
  ...changesOf(task('detection'), [
    [
      'boxes are compared in the sample',
      'box: inImage(box, window) }));\n      return { matches',
      'box }));\n      return { matches',
    ],
    ['classes are matched by position', 'test.numberedBy(classes, name)', '(classes, name, test)'],
  ]),
  ...changesOf(task('move-objects'), [
    [
      'boxes stay where they were',
      'const [left, top] = [x(box.left, box.width), y(box.top, box.height)];',
      'const [left, top] = [x(0, 0) * 0 + box.left, y(0, 0) * 0 + box.top];',
    ],
    ['flips are not seen', 'before[middle + 1]! < before[middle]!', 'before[middle + 1]! < -1'],
  ]),
  ...changesOf(
    task('segmentation'),
    [
      ['void pixels count', 'const isKnown = truth.ne(VOID);', 'const isKnown = truth.ge(0);'],
      ['cells are those of the batch', '(place) => place - i * cells', '(place) => place % (2 * cells)'],
      ['a part stays in the rest', 'rest[cell]! -= counts[i]!;', 'rest[cell]! -= 0 * counts[i]!;'],
    ],
    FIGURES,
  ),
  ...changesOf(task('multi-label'), [
    ['the unknown counts', 'truth.ge(0).to(output.dtype)', 'truth.ge(-1).to(output.dtype)'],
  ]),
  ...changesOf('data/objects.ts', [
    ['a crop has no offset', '(from.width - to.width * scale) / 2,', '0 * scale,'],
    ['what is cut off counts', 'share < LEAST_SHOWN', 'share < 0'],
  ]),
  ...changesOf('data/sources/coco.ts', [
    ['categories are numbered as they come', 'sortClasses(categories.keys()).map', '[...categories.keys()].map'],
    ['sizes are not compared', '(own.width ?? size.width) !== size.width', 'own.width === -1'],
    ['large objects lie on small ones', '(a, b) => b.area - a.area', '(a, b) => a.area - b.area'],
  ]),
  ...changesOf('data/sources/voc.ts', [
    ['boxes count from 0', 'left: left - 1,', 'left,'],
    ['the last pixel is left out', 'width: right - left + 1,', 'width: right - left,'],
  ]),
  ...changesOf('evaluate/peers/losses.ts', [
    ['the probe is the official one', 'xi = 0.01', 'xi = 1e-6'],
    [
      'the uncertain are left out of the mean',
      '.mul(isCertain).mean();',
      '.mul(isCertain).sum().div(isCertain.sum());',
    ],
    ['certainty is that of the sharpened', 'fixed.softmax(1).amax', 'fixed.div(temperature).softmax(1).amax'],
    ['originals are not sharpened', 'fixed.div(temperature), changed', 'fixed, changed'],
    [
      'statistics follow every pass',
      'for (const norm of norms) norm.momentum = 0;',
      'for (const norm of norms) norm.momentum = 0.1;',
    ],
  ]),
  ...changesOf('evaluate/peers/peers.ts', [
    ['turns weigh more', 'turns: 0.4', 'turns: 0.5', PEERS],
    [
      'guesses count from the start',
      'RAMP.weight * Math.min(1, Math.max(0,',
      'RAMP.weight * Math.min(1, Math.max(1,',
      PEERS,
    ],
  ]),
  ...changesOf('evaluate/peers/peer-trainer.ts', [
    ['the weight of what a peer adds is fixed', 'added.mul(this.request.weight ?? 1)', 'added', PEERS],
    [
      'labeled samples draw after the others',
      'labeled: prepare(changed(own, this.random)),',
      'labeled: prepare(changed(own, othersRandom)),',
      PEERS,
    ],
  ]),
  ...changesOf('evaluate/peers/train-peer.ts', [
    [
      'true labels are not kept',
      'labels[position] = targets.labels[position]!;',
      'labels[position] = labels[position]!;',
    ],
    ['the longest training is taken', 'bestOf(validation)?.steps ?? longest', 'longest'],
    ['the longest training may go beyond the cap', 'spent + 2 * next <= mostSteps', 'spent + next <= mostSteps'],
  ]),
];
