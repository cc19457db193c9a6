import { describe, expect, it } from 'vitest';
import type { BoxTargets, ImageDataset } from '../data/index.js';
import { ops, type Tensor, tensor } from '../engine/index.js';
import { evaluate } from './evaluate.js';
import { Examples } from './examples.js';
import { makeFresh, SIDE, stripes } from './images.test-util.js';
import { probing } from './linear.js';
import type { EvaluationExamples } from './measuring.js';
import { finish } from './steps.js';
import { allOf, type Task } from './task.js';
import { rectangles } from './tasks/boxes.test-util.js';
import { encodePoints } from './tasks/center-points.js';
import { detection } from './tasks/detection.js';
import { masksOf } from './tasks/masks.test-util.js';
import { segmentation } from './tasks/segmentation.js';

const boxesOf = (data: ImageDataset) => data.target<BoxTargets>('boxes')!;

/** The output of a network that knows these objects, at half the size. */
function oracle(targets: BoxTargets): Tensor {
  const objects = Array.from(allOf(targets.count), (i) => targets.at(i).objects);
  const { heat, beside } = encodePoints(objects, 2, { rows: 8, columns: 8, height: SIDE, width: SIDE });
  return ops.cat([heat.eq(1).to('float32').mul(20).sub(10), beside], 1);
}

describe('the examples of a task', () => {
  it('detection shows the objects, and what is found of them', () => {
    const targets = boxesOf(rectangles(12, 1));
    const right = detection.examples!(oracle(targets), targets, allOf(12));
    for (const [i, { merit, caption, truth, answer }] of right.entries()) {
      const { objects } = targets.at(i);
      expect(merit).toBeCloseTo(1, 9);
      expect(caption).toBe(`${objects.length} of ${objects.length} found, 0 wrong`);
      if (truth.kind !== 'boxes' || answer.kind !== 'boxes') throw new Error('not boxes');
      expect(truth.boxes).toEqual(objects.map(({ box, class: label }) => ({ box, class: label, score: null })));
      expect(answer.boxes).toHaveLength(objects.length);
      for (const { box, score } of answer.boxes) {
        expect(score).toBeGreaterThan(0.9);
        const own = objects.find(({ box: { left, top } }) => Math.hypot(left - box.left, top - box.top) < 0.01)!;
        expect(box.width).toBeCloseTo(own.box.width, 3);
      }
    }
    // Of other samples: as many boxes, in other places.
    const turned = targets.subset([...allOf(12)].map((i) => (i + 1) % 12));
    const wrong = detection.examples!(oracle(turned), targets, allOf(12));
    expect(wrong.filter(({ merit }) => merit! < 0.1).length).toBeGreaterThan(6);
  });

  it('segmentation shows both masks, and scores the objects alone', () => {
    const targets = masksOf([
      [
        [0, 1],
        [255, 1],
      ],
      [
        [0, 0],
        [0, 0],
      ],
    ]);
    // Class 1 in the left column of the first sample and nowhere in the second.
    const answers = [
      [
        [1, 1],
        [1, 0],
      ],
      [
        [0, 0],
        [0, 0],
      ],
    ];
    const output = tensor(answers).to('int64').oneHot(2).permute([0, 3, 1, 2]).to('float32');
    const [first, second] = segmentation.examples!(output, targets, allOf(2));
    expect(first).toEqual({
      merit: expect.closeTo(1 / 3, 9),
      caption: 'IoU of objects 33 %, 33 % of the pixels right',
      truth: { kind: 'mask', height: 2, width: 2, pixels: Uint8Array.of(0, 1, 255, 1) },
      answer: { kind: 'mask', height: 2, width: 2, pixels: Uint8Array.of(1, 1, 1, 0) },
    });
    expect(second).toMatchObject({ merit: null, caption: 'no object, 100 % of the pixels right' });
  });
});

describe('what is shown', () => {
  /** A task whose answer to sample i has the merit i mod 100, and none for every tenth. */
  const task = {
    examples: (_: Tensor, __: BoxTargets, positions: Int32Array) =>
      Array.from(positions, (position) => ({
        merit: position % 10 === 0 ? null : position,
        caption: '',
        truth: { kind: 'boxes' as const, boxes: [] },
        answer: { kind: 'boxes' as const, boxes: [] },
      })),
  } as unknown as Task<BoxTargets, unknown>;

  it('is the best, the typical and the worst, never a sample that asks nothing', () => {
    const data = rectangles(40, 1);
    const targets = boxesOf(data);
    const examples = new Examples(task, { data, targets });
    for (const from of [0, 16, 32])
      examples.see(ops.zeros([Math.min(16, 40 - from), 1]), targets, allOf(40).slice(from, from + 16));
    const shown = examples.chosen();
    const of = (rank: string) => shown.filter((one) => one.rank === rank).map(({ position }) => position);
    expect(of('best')).toEqual([39, 38, 37, 36]);
    expect(of('worst')).toEqual([4, 3, 2, 1]);
    expect(of('typical')).toEqual([22, 21, 19, 18]);
  });

  it('are none of few samples', () => {
    const data = rectangles(2, 1);
    const examples = new Examples(task, { data, targets: boxesOf(data) });
    examples.see(ops.zeros([2, 1]), boxesOf(data), allOf(2));
    expect(examples.chosen()).toEqual([]);
  });
});

it('a linear probe says what it answers to the test samples', () => {
  const masks = masksOf([[[0, 1]], [[1, 0]], [[0, 0]], [[1, 1]], [[0, 1]]]);
  const features = masks.collate(allOf(5)).unsqueeze(1).to('float64').mul(2).sub(1); // (5, 1, 1, 2)
  const seen: number[][] = [];
  const frozen = { features, targets: masks };
  const steps = probing(segmentation, frozen, frozen, { l2: [1e-3] }, (output, targets, positions) => {
    expect([targets === masks, [...positions]]).toEqual([true, [0, 1, 2, 3, 4]]);
    seen.push(...(output.argmax(1).flatten(1).toList() as number[][]));
  });
  finish(steps);
  expect(seen).toEqual(masks.collate(allOf(5)).flatten(1).toList());
});

/** The examples that an evaluation reports. */
async function reported(options: Parameters<typeof evaluate>[0]): Promise<EvaluationExamples[]> {
  const job = evaluate(options);
  const found: EvaluationExamples[] = [];
  for await (const event of job) if (event.type === 'examples') found.push(event);
  await job;
  return found;
}

it('an evaluation reports those of the pretrained encoder, with the most labels and the first seed', async () => {
  const run = { encoder: makeFresh(5), makeFresh };
  const finetune = { steps: 2, mostSteps: 4, epochs: 0, learningRates: [0.01], weightDecays: [0] };
  const test = rectangles(16, 2);
  const found = await reported({
    ...{ task: 'detection', run, train: rectangles(24, 1), test, layer: 'layer1', finetune },
    ...{
      protocols: ['finetune-head'],
      labels: ['50%', '100%'],
      seeds: [0, 1],
      baselines: ['data-dependent'],
    },
  });
  expect(found.map(({ protocol, labels, seed }) => [protocol, labels, seed])).toEqual([['finetune-head', '100%', 0]]);
  for (const { examples, classes } of found) {
    expect(examples).toHaveLength(12);
    expect(classes).toEqual(['light', 'dark']);
    for (const { position, truth } of examples) {
      const { objects } = boxesOf(test).at(position);
      expect(truth).toEqual({
        kind: 'boxes',
        boxes: objects.map(({ box, class: label }) => ({ box, class: label, score: null })),
      });
    }
  }
  const classes = { train: stripes(24, 1), test: stripes(12, 2), protocols: ['knn', 'linear'], baselines: [] as [] };
  expect(await reported({ ...classes, run, seeds: [0] })).toEqual([]);
});
