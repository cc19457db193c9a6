/**
 * What an encoder has learned of scenes without a label must help to find the objects in them, with few labeled scenes, beside the same
 * network untrained; what training on the labels alone gives is measured with it. The controls: boxes, and masks, that belong to other scenes.
 */
import { afterAll, beforeAll, it } from 'vitest';
import type { BoxTargets, Dataset, MaskTargets } from '../../src/data/index.js';
import { Prng } from '../../src/data/prng.js';
import { disposeEncoder, randomEncoder } from '../../src/evaluate/baselines.js';
import { extractMaps } from '../../src/evaluate/features.js';
import { finetune } from '../../src/evaluate/finetune.js';
import type { FinetunePart } from '../../src/evaluate/learner.js';
import { probe } from '../../src/evaluate/linear.js';
import { detection } from '../../src/evaluate/tasks/detection.js';
import { segmentation } from '../../src/evaluate/tasks/segmentation.js';
import type { Encoder } from '../../src/methods/method.js';
import { claim, keepResult, type Learned, learn, openSets, RANDOM_SEED, SEED, type Sets } from './support.js';

const TRAINING = { backbone: 'resnet18', width: 16, epochs: 10, batchSize: 128, learningRate: 0.2 };
const OPTIONS = { projectionSize: 64, temperature: 0.2, minimumScale: 0.25 };
/** Scenes whose boxes and masks are known. */
const LABELED = 200;
/** 16 x 16 places of 32 x 32 pixels. */
const LAYERS = 'layer2+layer3';
const FINETUNE = {
  ...{ steps: 200, mostSteps: 800, epochs: 0, batchSize: 32, optimizer: 'adamw' as const },
  ...{ learningRates: [1e-3, 4e-3], weightDecays: [0.01] },
};

let sets: Sets;
let few: Dataset;
let learned: Learned;
let random: Encoder;
const figures: Record<string, number> = {};

beforeAll(async () => {
  sets = await openSets('synthetic:scenes?count=2000&test=200&size=32');
  few = sets.train.subset(new Prng(SEED).permutation(sets.train.count).subarray(0, LABELED));
  learned = await learn('simclr', sets.train, TRAINING, OPTIONS);
  random = randomEncoder(learned.run.makeFresh, RANDOM_SEED, sets.train);
});

afterAll(() => keepResult('dense-tasks', figures));

/** The targets of a task, of the same scenes or of others. */
const shuffled = <T extends { count: number; subset(positions: ArrayLike<number>): unknown }>(targets: T): T =>
  targets.subset(new Prng(SEED + 1).permutation(targets.count)) as T;

/** AP50 on the test scenes. */
async function found(from: Encoder | null, part: FinetunePart, boxes: BoxTargets): Promise<number> {
  const network = learned.run.makeFresh(SEED);
  try {
    const { measures } = await finetune(
      {
        ...{ task: detection, network, from, part, layer: LAYERS, seed: SEED },
        train: { data: few, targets: boxes },
        test: { data: sets.test, targets: sets.test.target<BoxTargets>('boxes')! },
      },
      FINETUNE,
    );
    return measures.AP50!;
  } finally {
    disposeEncoder(network);
  }
}

it('finds objects on frozen maps better than the untrained network does', async () => {
  const boxes = few.target<BoxTargets>('boxes')!;
  figures['AP50, frozen, pretrained'] = await found(learned.run.encoder, 'head', boxes);
  figures['AP50, frozen, random initialization'] = await found(random, 'head', boxes);
  claim(figures['AP50, frozen, pretrained']).isAbove(figures['AP50, frozen, random initialization']!);
});

// No claim: at this size, 200 labeled scenes teach the whole network more from scratch than after ten epochs of SimCLR.
it('finds objects when fine-tuned, and when trained on the labels alone', async () => {
  const boxes = few.target<BoxTargets>('boxes')!;
  figures['AP50, fine-tuned'] = await found(learned.run.encoder, 'all', boxes);
  figures['AP50, supervised'] = await found(null, 'all', boxes);
  claim(figures['AP50, fine-tuned']).isAbove(figures['AP50, frozen, pretrained']!);
});

it('control: boxes of other scenes teach nothing', async () => {
  figures['AP50 of the best constant answer'] = detection.floor(sets.test.target<BoxTargets>('boxes')!);
  const boxes = shuffled(few.target<BoxTargets>('boxes')!);
  figures['control: AP50, frozen, boxes of other scenes'] = await found(learned.run.encoder, 'head', boxes);
  claim(figures['control: AP50, frozen, boxes of other scenes']).isBelow(0.05);
});

/** Figures of a linear probe on the joined maps. */
async function segmented(encoder: Encoder, masks: MaskTargets): Promise<Record<string, number>> {
  const read = (data: Dataset) => extractMaps(encoder, data, { layer: LAYERS });
  const train = { features: await read(few), targets: masks };
  const test = { features: await read(sets.test), targets: sets.test.target<MaskTargets>('masks')! };
  const { answers } = probe(segmentation, train, test, { l2: [1e-1, 1e-2, 1e-3], tolerance: 1e-4, maxIterations: 500 });
  return segmentation.measure(answers);
}

it('tells objects from each other, pixel by pixel, better than the untrained network, and not with masks of other scenes', async () => {
  const masks = few.target<MaskTargets>('masks')!;
  const [pretrained, untrained, control] = [
    await segmented(learned.run.encoder, masks),
    await segmented(random, masks),
    await segmented(learned.run.encoder, shuffled(masks)),
  ];
  figures['foreground mIoU, pretrained'] = pretrained['foreground mIoU']!;
  figures['foreground mIoU, random initialization'] = untrained['foreground mIoU']!;
  figures['control: foreground mIoU, masks of other scenes'] = control['foreground mIoU']!;
  figures['mIoU, pretrained'] = pretrained.mIoU!;
  figures['mIoU of background everywhere'] = segmentation.floor(sets.test.target<MaskTargets>('masks')!);
  claim(figures['foreground mIoU, pretrained']).isAbove(figures['foreground mIoU, random initialization']!);
  claim(figures['control: foreground mIoU, masks of other scenes']).isBelow(
    0.5 * figures['foreground mIoU, pretrained']!,
  );
});
