import { describe, expect, onTestFinished, test } from 'vitest';
import { PixelBackbone } from '../../../tests/support/pixel-backbone.js';
import type { BoxTargets, ImageDataset } from '../../data/index.js';
import { ops, type Tensor } from '../../engine/index.js';
import type { Encoder } from '../../methods/method.js';
import { evaluate } from '../evaluate.js';
import { fingerprint } from '../features.js';
import { finetune } from '../finetune.js';
import { encoderOf, makeFresh, SIDE, stripes } from '../images.test-util.js';
import { Learner } from '../learner.js';
import { allOf, scoreOf } from '../task.js';
import { BOX_CLASSES, rectangles } from './boxes.test-util.js';
import { encodePoints } from './center-points.js';
import { detection } from './detection.js';

const targetsOf = (data: ImageDataset) => data.target<BoxTargets>('boxes')!;
const labeled = (data: ImageDataset) => ({ data, targets: targetsOf(data) });

/** The output of a network that knows the objects of these samples, at half the size. */
function oracle(targets: BoxTargets): Tensor {
  const objects = Array.from(allOf(targets.count), (i) => targets.at(i).objects);
  const { heat, beside } = encodePoints(objects, 2, { rows: 8, columns: 8, height: SIDE, width: SIDE });
  return ops.cat([heat.eq(1).to('float32').mul(20).sub(10), beside], 1);
}

describe('figures', () => {
  const known = () => targetsOf(rectangles(40, 1));

  test('are 1 for a network that knows, and near 0 when the boxes are those of other images', () => {
    const targets = known();
    const right = detection.decode(oracle(targets), targets, allOf(40));
    expect(detection.measure(right)).toMatchObject({ AP50: expect.closeTo(1, 9), AP: expect.closeTo(1, 9) });
    const shuffled = targetsOf(rectangles(40, 1, { isShuffled: true }));
    expect(scoreOf(detection, detection.decode(oracle(targets), shuffled, allOf(40)))).toBeLessThan(0.1);
  });

  test('are of boxes in the pixels of the image, which was twice as wide and cut', () => {
    const targets = known();
    const wide = targets.with(
      Array.from(allOf(targets.count), (i) => {
        const objects = targets.at(i).objects.map(({ box, ...one }) => {
          const [left, width] = [2 * box.left + 5, 2 * box.width];
          return { ...one, box: { ...box, left, width } };
        });
        return { ...targets.at(i), original: objects, window: { ...targets.at(i).window, left: 5, scaleX: 2 } };
      }),
    );
    const right = detection.decode(oracle(targets), wide, allOf(40));
    expect(detection.measure(right)).toMatchObject({ AP50: expect.closeTo(1, 9) });
  });

  test('leave out sizes of which there is no object', () => {
    const targets = known();
    const figures = detection.measure(detection.decode(oracle(targets), targets, allOf(40)));
    expect(Object.keys(figures)).toEqual(['AP50', 'AP', 'AP75', 'AP small', 'AR 100']);
  });

  test('a constant answer is the floor, far below 1', () => {
    const targets = known();
    expect(detection.floor(targets)).toBeLessThan(0.2);
    const one = targets.subset([0]);
    expect(detection.floor(one)).toBeGreaterThan(0);
  });
});

test('classes are matched by name, missing ones told, data without objects refused', () => {
  const targets = targetsOf(rectangles(20, 1));
  const renumbered = targets.numberedBy(['dark', 'light'], 'the test');
  expect(renumbered.at(0).objects.map((one) => renumbered.classes[one.class])).toEqual(
    targets.at(0).objects.map((one) => BOX_CLASSES[one.class]),
  );
  const matched = detection.match!(targets, renumbered, 'the test') as BoxTargets;
  expect(matched.classes).toEqual(['dark', 'light']);
  expect(() => targets.numberedBy(['light', 'medium'], 'the test')).toThrow('classes that the data does not have');
  const empty = targets.with(Array.from({ length: 20 }, (_, i) => ({ ...targets.at(i), original: [], objects: [] })));
  expect(() => detection.review!(empty, targets)).toThrow('The training data have no object that counts');
  const light = targets.with(
    Array.from({ length: 20 }, (_, i) => ({
      ...targets.at(i),
      objects: targets.at(i).objects.filter((one) => one.class === 0),
    })),
  );
  expect(detection.review!(light, targets)).toEqual(['The training data have no dark: such a class cannot be found.']);
});

test('fine-tuning finds the rectangles, and leaves the encoder bit-equal', async () => {
  const [train, held] = [rectangles(64, 1), rectangles(40, 2)];
  const from = makeFresh(7);
  const before = fingerprint(from.backbone);
  const request = { task: detection, network: makeFresh(1), from, part: 'all' as const, layer: 'layer1', seed: 0 };
  const { measures } = await finetune(
    { ...request, train: labeled(train), test: labeled(held) },
    {
      ...{ steps: 60, mostSteps: 120, epochs: 0, batchSize: 16, optimizer: 'adamw' },
      learningRates: [0.01],
      weightDecays: [0],
    },
  );
  expect(measures.AP50).toBeGreaterThan(detection.floor(targetsOf(held)) + 0.3);
  expect(fingerprint(from.backbone)).toBe(before);
});

test('the whole network is trained alike from an encoder and from scratch', async () => {
  const train = labeled(rectangles(24, 1));
  const lossFrom = async (from: Encoder | null): Promise<number> => {
    const request = {
      task: detection,
      network: makeFresh(1),
      from,
      part: 'all' as const,
      layer: 'layer1',
      seed: 0,
      train,
    };
    const settings = { batchSize: 8, optimizer: 'adamw', augment: 'crop', checks: 1, patience: 1 } as const;
    const learner = new Learner(request, settings);
    await learner.train(allOf(24), null, { learningRate: 0.01, weightDecay: 0, length: 4, steps: 4 });
    const { loss } = await learner.answer(train);
    learner.dispose();
    return loss;
  };
  expect(await lossFrom(makeFresh(1))).toBe(await lossFrom(null));
});

test('below a layer nothing is trained, also where several layers are read', async () => {
  const train = rectangles(24, 1);
  const [from, network] = [makeFresh(7), makeFresh(1)];
  const request = { task: detection, network, from, part: { after: 'layer1' }, layer: 'layer1+layer2', seed: 0 };
  await finetune(
    { ...request, train: labeled(train), test: labeled(train) },
    { ...{ steps: 3, mostSteps: 6, epochs: 0, batchSize: 8 }, learningRates: [0.1], weightDecays: [1e-3] },
  );
  const [before, after] = [from, network].map(({ backbone }) => backbone.stateDict());
  const isChanged = (stage: string) =>
    [...before!].some(([name, value]) => name.startsWith(stage) && !value.equal(after!.get(name)!));
  expect(['conv1', 'bn1', 'layer1', 'layer2', 'layer3'].map(isChanged)).toEqual([false, false, false, true, false]);
});

/** A backbone that shows the image as it is. */
class AsIs extends PixelBackbone {
  constructor() {
    super(1, SIDE);
  }

  override maps(x: Tensor): Tensor {
    return x;
  }

  override layerSize(): number {
    return 1;
  }
}

test('as a task of `evaluate`: figures in rows, the floor, boxes that move with the images', async () => {
  const network = () => encoderOf(new AsIs(), { prepare: (samples) => (samples as Tensor).to('float32').div(255) });
  const encoder = network();
  onTestFinished(() => encoder.backbone.dispose());
  const result = await evaluate({
    ...{ task: 'detection', train: rectangles(60, 1), test: rectangles(40, 2), seeds: [0] },
    run: { encoder, makeFresh: network },
    ...{ protocols: ['finetune-head'], labels: ['50%'], baselines: [] },
    finetune: { steps: 40, mostSteps: 80, epochs: 0, optimizer: 'adamw', learningRates: [0.02], weightDecays: [0] },
  });
  expect(result.rows.map(({ metric }) => metric)).toEqual(['AP50', 'AP', 'AP75', 'AP small', 'AR 100']);
  expect(result.rows[0]).toMatchObject({ labelCount: 30, n: 40, task: 'detection' });
  expect(result.classes).toEqual(BOX_CLASSES);
  expect(result.floor).toBe(detection.floor(targetsOf(rectangles(40, 2))));
  expect(result.rows[0]!.interval![0]).toBeLessThan(result.rows[0]!.value);
});

test('data without boxes, and a backbone without maps, are refused in a sentence', async () => {
  const options = { task: 'detection', protocols: ['finetune-head'], baselines: [] as [], seeds: [0] };
  const train = rectangles(20, 1);
  const run = { encoder: makeFresh(1), makeFresh };
  await expect(evaluate({ ...options, run, train: stripes(20, 1), test: rectangles(10, 2) })).rejects.toThrow(
    'has no boxes',
  );
  // layer4 of images of 16 pixels has 2 x 2 places; an image of 1 x 1 has none.
  const flat = encoderOf(
    new (class extends AsIs {
      override maps(x: Tensor): Tensor {
        return x.mean([2, 3], true);
      }
    })(),
    { prepare: (samples) => (samples as Tensor).to('float32') },
  );
  await expect(
    evaluate({ ...options, run: { encoder: flat, makeFresh: () => flat }, train, test: rectangles(10, 2) }),
  ).rejects.toThrow('The task reads a map');
});
