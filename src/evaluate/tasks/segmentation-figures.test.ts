import { describe, expect, test } from 'vitest';
import type { MaskTargets } from '../../data/index.js';
import { Prng } from '../../data/prng.js';
import { Generator, ops, type Tensor, tensor } from '../../engine/index.js';
import { figuresOf } from '../intervals.js';
import { type Confusion, summed } from '../metrics/confusion.js';
import { allOf, scoreOf } from '../task.js';
import { MASK_CLASSES as CLASSES, masksOf, VOID } from './masks.test-util.js';
import { balanced } from './pixels.js';
import { segmentation } from './segmentation.js';

/** Scores (N, C, H, W) that answer these classes. */
const answering = (lists: number[][][], classes: number): Tensor =>
  tensor(lists).to('int64').oneHot(classes).permute([0, 3, 1, 2]).to('float32');

const judged = (targets: MaskTargets, answers: number[][][]): Confusion[] =>
  segmentation.decode(answering(answers, targets.classes.length), targets, allOf(targets.count));

describe('figures', () => {
  // Confusions [[6, 2], [1, 1]] and [[0, 0], [0, 10]].
  const masks = masksOf([
    [
      [0, 0, 0, 0, 0],
      [0, 0, 0, 1, 1],
    ],
    [
      [1, 1, 1, 1, 1],
      [1, 1, 1, 1, 1],
    ],
  ]);
  const answers = [
    [
      [0, 0, 0, 0, 0],
      [0, 1, 1, 0, 1],
    ],
    [
      [1, 1, 1, 1, 1],
      [1, 1, 1, 1, 1],
    ],
  ];

  test('mIoU is of one confusion matrix over all pixels of all images', () => {
    const both = judged(masks, answers);
    expect(both.map((confusion) => [...summed([confusion])])).toEqual([
      [6, 2, 1, 1],
      [0, 0, 0, 10],
    ]);
    const { mIoU, ...others } = segmentation.measure(both);
    expect(mIoU).toBeCloseTo(0.7261904762, 10);
    expect(others).toEqual({
      'foreground mIoU': 11 / 14,
      'frequency-weighted IoU': expect.closeTo((8 * (6 / 9) + 12 * (11 / 14)) / 20, 12),
      'pixel accuracy': 17 / 20,
    });
    // Control: the mean over images is another number.
    const perImage = both.map((confusion) => scoreOf(segmentation, [confusion]));
    expect((perImage[0]! + perImage[1]!) / 2).toBeCloseTo(0.7291666667, 10);
  });

  test('of many classes only those that occur are kept, and intervals are those of all answers', () => {
    // 300 images of two rows: the same three classes of 150 for all, and one of each image.
    const classes = Array.from({ length: 150 }, (_, c) => `class ${c}`);
    const prng = new Prng(8);
    const lists = Array.from({ length: 300 }, (_, i) => [0, 1].map(() => [0, 1, 2, i % 150, prng.below(3)]));
    const answers = lists.map((image) =>
      image.map((line) => line.map((value) => (prng.below(4) === 0 ? prng.below(150) : value))),
    );
    const own = judged(masksOf(lists, classes), answers);
    expect(Math.max(...own.map(({ cells }) => cells.length))).toBeLessThanOrEqual(10);
    const plain = figuresOf({ ...segmentation, sums: undefined }, own);
    let looked = 0;
    const measure: typeof segmentation.measure = (all) => {
      looked += all.length;
      return segmentation.measure(all);
    };
    expect(figuresOf({ ...segmentation, measure }, own)).toEqual(plain);
    // All images once, and one sum for each of 200 groups.
    expect(looked).toBe(300 + 200);
  });

  test('void pixels count nowhere, whatever is answered', () => {
    const lists = [
      [
        [0, 0, VOID, 0, 0],
        [0, VOID, 0, 1, 1],
      ],
      [
        [1, 1, 1, 1, 1],
        [VOID, VOID, VOID, VOID, VOID],
      ],
    ];
    const some = masksOf(lists);
    const flipped = answers.map((image, i) =>
      image.map((line, y) => line.map((value, x) => (lists[i]![y]![x] === VOID ? 1 - value : value))),
    );
    expect(judged(some, flipped)).toEqual(judged(some, answers));
    expect(segmentation.floor(some)).toBeCloseTo(7 / 13 / 2, 12);
    // Of a large batch too, where the void pixels of one image must not land in the matrix of another.
    const many = masksOf(Array.from({ length: 130 }, () => [[0, VOID]]));
    for (const confusion of judged(
      many,
      Array.from({ length: 130 }, () => [[0, 1]]),
    ))
      expect([...summed([confusion])]).toEqual([1, 0, 0, 0]);
  });

  test('a class in neither masks nor answers is left out; one that is only answered counts as missed', () => {
    const three = masksOf(
      [
        [
          [0, 0],
          [1, 1],
        ],
      ],
      CLASSES,
    );
    expect(
      segmentation.measure(
        judged(three, [
          [
            [0, 0],
            [1, 1],
          ],
        ]),
      ),
    ).toMatchObject({ mIoU: 1, 'foreground mIoU': 1 });
    expect(
      scoreOf(
        segmentation,
        judged(three, [
          [
            [0, 0],
            [1, 2],
          ],
        ]),
      ),
    ).toBeCloseTo((1 + 0.5 + 0) / 3, 12);
  });

  test('answering background everywhere gives the floor', () => {
    const masks = masksOf(
      [
        [
          [0, 0, 0, 1],
          [0, 0, 2, 2],
        ],
      ],
      CLASSES,
    );
    expect(
      scoreOf(
        segmentation,
        judged(masks, [
          [
            [0, 0, 0, 0],
            [0, 0, 0, 0],
          ],
        ]),
      ),
    ).toBe(segmentation.floor(masks));
    expect(segmentation.floor(masks)).toBe(5 / 8 / 3);
  });

  test('unknown classes are refused, missing ones told', () => {
    const strange = masksOf([[[0, 7]]]);
    expect(() => segmentation.floor(strange)).toThrow('A mask has pixels of class 7, there are 2 classes');
    const [train, held] = [masksOf([[[0, 1]]]), masksOf([[[0, 0]]])];
    expect(segmentation.review!(train, held)).toEqual([
      'The masks of the test data have no pixel of light: such a class counts only where it is answered.',
    ]);
    expect(() => segmentation.review!(train, masksOf([[[VOID, VOID]]]))).toThrow(/no pixel of a known class/);
    expect(() => segmentation.match!(masksOf([[[0]]], ['sky', 'sea']), train, 'photos')).toThrow(
      'The masks of photos have other classes: sky, sea instead of background, light',
    );
  });
});

describe('the loss', () => {
  test('is the weighted cross-entropy over the known pixels, and 0 without any', () => {
    const masks = masksOf([[[0, 0, 0, 1]], [[VOID, VOID, VOID, VOID]]]);
    const scores = ops.randn([2, 2, 1, 4], { generator: new Generator(1) });
    const weights = balanced([3, 1]);
    const log = scores.logSoftmax(1).toList() as number[][][][];
    const slow = [0, 0, 0, 1].reduce((sum, label, x) => sum - weights[label]! * log[0]![label]![0]![x]!, 0);
    const loss = segmentation.loss(masks);
    expect(loss.of(scores, masks, Int32Array.of(0, 1)).item()).toBeCloseTo(slow / 8, 6);
    expect(loss.of(scores.narrow(0, 1, 1), masks, Int32Array.of(1)).item()).toBe(0);
  });
});
