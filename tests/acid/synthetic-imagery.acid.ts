/**
 * Synthetic imagery learns depth, normals and contours of rendered scenes, and answers for scenes that it has never seen better than
 * the best answer that is the same for every image. Control: its answers for another scene are worse than that.
 *
 * The images of the data set are scenes of the same renderer in another look (textures, noise, contrast, blur), so that a
 * discriminator tells both apart with ease when nothing is done about it. With domain adaptation it must not, while the tasks suffer
 * little. Since the other look is rendered too, its truth is known, to the test alone.
 */
import { afterAll, beforeAll, it } from 'vitest';
import { openImages, openScenes, renderScenes, type SceneBatch } from '../../src/data/index.js';
import { Generator, noGrad, scope, type Tensor } from '../../src/engine/index.js';
import { threeSigmaOfDifference } from '../../src/evaluate/gates.js';
import type { SyntheticImagery } from '../../src/methods/image/automatic-labels/synthetic-imagery.js';
import {
  contourLoss,
  fewestContourPixels,
  normalAngle,
  scaleInvariantLoss,
} from '../../src/methods/losses/geometry-losses.js';
import { claim, keepResult, type Learned, learn, SEED, type Sets } from './support.js';

const SIZE = 48;
const REAL = `synthetic:scenes?look=real-like&count=1000&test=300&size=${SIZE}&seed=${7 + SEED}`;
const NETWORK = {
  backbone: 'resnet18',
  width: 8,
  epochs: 16,
  batchSize: 50,
  learningRate: 2e-3,
  warmupEpochs: 0,
  seed: 1 + SEED,
};

/** Errors of the three tasks, each the lower the better: scale-invariant, degrees, balanced cross-entropy. */
interface Errors {
  depth: number;
  angle: number;
  contours: number;
}
interface Answers {
  logDepth: Tensor;
  normals: Tensor;
  logits: Tensor;
}

let sets: Sets;
let adapted: Learned;
let unadapted: Learned;
let heldOut: SceneBatch;
const figures: Record<string, number> = {};

const series = (count: number, seed: number) => Array.from({ length: count }, (_, index) => ({ seed, index }));
const methodOf = ({ run }: Learned) => run.method as SyntheticImagery;

beforeAll(async () => {
  sets = { train: await openImages(REAL, { split: 'train' }), test: await openImages(REAL, { split: 'test' }) };
  heldOut = renderScenes(series(300, 99 + SEED), { size: SIZE });
  adapted = await learn('synthetic-imagery', sets.train, NETWORK);
  unadapted = await learn('synthetic-imagery', sets.train, NETWORK, { domainWeight: 0 });
});

afterAll(() => keepResult('synthetic-imagery', figures));

function errorsOf({ logDepth, normals, logits }: Answers, truth: SceneBatch): Errors {
  return {
    depth: scaleInvariantLoss(logDepth, truth.depth.log(), 0.5).item(),
    angle: normalAngle(normals, truth.normals).item(),
    contours: contourLoss(logits, truth.contours, fewestContourPixels(SIZE)).item(),
  };
}

/** The network's answers for the images, or for the images `shift` places further on. */
function answersOf(learned: Learned, images: Tensor, shift = 0): Answers {
  const { depth, normals, contours } = methodOf(learned).describe(images.roll(shift, 0));
  const share = contours.clamp(1e-6, 1 - 1e-6);
  return { logDepth: depth.log(), normals, logits: share.div(share.neg().add(1)).log() };
}

/** Of all answers that are the same for every image, pixel by pixel, those with the least error on 1,000 other scenes. */
function constantAnswers(): Answers {
  const scenes = renderScenes(series(1000, 98), { size: SIZE });
  const contours = scenes.contours.to('float32');
  const count = contours.sum([1, 2, 3], true);
  const ratio = count
    .neg()
    .add(SIZE * SIZE)
    .div(count.clampMin(1));
  const all = (values: Tensor) => values.expand([300, values.size(1), SIZE, SIZE]);
  const [onContour, elsewhere] = [contours.mul(ratio).sum([0], true), contours.neg().add(1).sum([0], true)];
  return {
    logDepth: all(scenes.depth.log().mean([0], true)),
    normals: all(scenes.normals.mean([0], true)),
    logits: all(onContour.clampMin(1e-3).div(elsewhere).log()),
  };
}

const measured = (answers: () => Answers, truth: SceneBatch): Errors =>
  noGrad(() => scope(() => errorsOf(answers(), truth)));

function note(name: string, { depth, angle, contours }: Errors): void {
  figures[`${name}: scale-invariant error of log depth`] = depth;
  figures[`${name}: angle of the normals in degrees`] = angle;
  figures[`${name}: balanced cross-entropy of contours`] = contours;
}

it('answers for unseen scenes better than anything that does not look at them', () => {
  const own = measured(() => answersOf(adapted, heldOut.images), heldOut);
  const constant = measured(constantAnswers, heldOut);
  note('held-out scenes', own);
  note('best constant answer', constant);
  claim(own.depth).isBelow(0.75 * constant.depth);
  claim(own.angle).isBelow(0.75 * constant.angle);
  claim(own.contours).isBelow(0.75 * constant.contours);
});

it('control: its answers for another scene are worse than the best constant answer', () => {
  const other = measured(() => answersOf(adapted, heldOut.images, 1), heldOut);
  const constant = measured(constantAnswers, heldOut);
  note("control, another scene's answers", other);
  claim(other.depth).isAbove(constant.depth);
  claim(other.angle).isAbove(constant.angle);
  claim(other.contours).isAbove(constant.contours);
});

it('pays little at the tasks for being adapted', () => {
  const total = ({ depth, angle, contours }: Errors) =>
    5 * depth + 10 * (1 - Math.cos((angle * Math.PI) / 180)) + contours;
  const without = measured(() => answersOf(unadapted, heldOut.images), heldOut);
  note('held-out scenes without adaptation', without);
  const own = measured(() => answersOf(adapted, heldOut.images), heldOut);
  figures['weighted errors / those without adaptation'] = total(own) / total(without);
  claim(figures['weighted errors / those without adaptation']).isBelow(1.1);
});

it('is asked how it does on the images of the data', () => {
  const truth = openScenes(REAL).annotate(sets.test.ids);
  note(
    'real-like images',
    measured(() => answersOf(adapted, truth.images), truth),
  );
  note(
    'real-like images without adaptation',
    measured(() => answersOf(unadapted, truth.images), truth),
  );
  claim(figures['real-like images: angle of the normals in degrees']).isBelow(
    figures['best constant answer: angle of the normals in degrees']!,
  );
});

/**
 * How often the discriminator tells held-out scenes and held-out real images apart, on the features that it has learnt from: with
 * batch statistics of each domain by itself. The running statistics move with it, so it is asked last.
 */
function discriminatorAccuracy(learned: Learned): number {
  const method = methodOf(learned);
  const random = new Generator(5);
  const parts = Array.from({ length: 6 }, (_, part) =>
    scope(() =>
      noGrad(() => {
        const indices = Array.from({ length: 50 }, (_, i) => 50 * part + i);
        method.eval(); // new scenes
        const views = method.views({ samples: sets.test.batch(indices), indices }, random);
        method.train();
        return (method.loss(views, 'discriminator').metrics!.accuracy as Tensor).item();
      }),
    ),
  );
  return parts.reduce((sum, value) => sum + value, 0) / parts.length;
}

it('is hard to tell the domains apart by, which is easy without adaptation', () => {
  const own = discriminatorAccuracy(adapted);
  const without = discriminatorAccuracy(unadapted);
  figures['accuracy of the discriminator'] = own;
  figures['accuracy of the discriminator without adaptation'] = without;
  claim(without).isAbove(0.9);
  claim(own).isBelow(without - threeSigmaOfDifference(own, without, 600));
});
