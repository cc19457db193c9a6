/**
 * DINO must bring images of one class together with answers that are sharp for each image and spread over all dimensions.
 * Controls (section 5.3 of the paper): without centering one dimension wins for all images, without sharpening all answers become
 * uniform; either way student and teacher agree on nothing.
 */
import { afterAll, beforeAll, it } from 'vitest';
import { threeSigma } from '../../src/evaluate/gates.js';
import type { DINO } from '../../src/methods/image/contrastive/dino.js';
import {
  claim,
  heldOut,
  keepResult,
  knnBesideRandom,
  knnScore,
  type Learned,
  learn,
  openSets,
  type Sets,
} from './support.js';

const TRAINING = {
  backbone: 'resnet18',
  width: 8,
  epochs: 30,
  batchSize: 64,
  learningRate: 0.002,
  warmupEpochs: 2,
} as const;
const OPTIONS = {
  outputSize: 64,
  hiddenSize: 128,
  bottleneckSize: 32,
  smallCrops: 2,
  smallCropSize: 24,
  // The objects fill half of the image or more: smaller crops than a quarter often miss them.
  minimumScale: 0.25,
  boundaryScale: 0.5,
  colorStrength: 0.5,
  solarizeProbability: 0,
  // Fits a run of some hundred steps.
  decay: 0.99,
  // With 0.04 so short a run drifts to uniform answers.
  teacherTemperature: 0.025,
};

let sets: Sets;
let whole: Learned;
let withoutCentering: Learned;
let withoutSharpening: Learned;
const figures: Record<string, number> = {};

beforeAll(async () => {
  sets = await openSets('synthetic:objects?count=2000&test=1000&size=32');
  whole = await learn('dino', sets.train, TRAINING, OPTIONS);
  withoutCentering = await learn('dino', sets.train, TRAINING, { ...OPTIONS, useCentering: false });
  // As soft as the student's own.
  withoutSharpening = await learn('dino', sets.train, TRAINING, { ...OPTIONS, teacherTemperature: 0.1 });
});

afterAll(() => keepResult('dino', figures));

const read = ({ run }: Learned, metric: string): number => heldOut(run.method, sets.test, metric, 250);

it('brings the classes together: k-NN rises above the random network, by three standard deviations', async () => {
  const method = whole.run.method as DINO;
  const { pretrained, random } = await knnBesideRandom(whole, sets, 'layer4');
  figures['k-NN, pretrained'] = pretrained;
  const teacher = { ...whole.run.encoder, backbone: method.teacherBackbone };
  figures['k-NN of the teacher'] = await knnScore(teacher, sets);
  figures['k-NN, random initialization'] = random;
  claim(figures['k-NN, pretrained']).isAbove(threeSigma(figures['k-NN, random initialization']!, 1000));
});

it('gives answers that are sharp for each image and spread over all dimensions', () => {
  figures['entropy of single answers / ln K'] = read(whole, 'answerEntropy');
  figures['entropy of the mean answer / ln K'] = read(whole, 'meanAnswerEntropy');
  figures['divergence of student and teacher in nats'] = read(whole, 'divergence');
  claim(figures['entropy of the mean answer / ln K']).isAbove(0.7);
  claim(figures['entropy of single answers / ln K']).isBelow(0.7);
});

it('control: without centering one dimension wins for all images', async () => {
  figures['control without centring: entropy of the mean answer / ln K'] = read(withoutCentering, 'meanAnswerEntropy');
  figures['control without centring: divergence in nats'] = read(withoutCentering, 'divergence');
  figures['control without centring: k-NN'] = await knnScore(withoutCentering.run.encoder, sets);
  claim(figures['control without centring: entropy of the mean answer / ln K']).isBelow(0.3);
  claim(figures['k-NN, pretrained']).isAbove(threeSigma(figures['control without centring: k-NN']!, 1000));
});

it('control: without sharpening all answers become uniform', async () => {
  figures['control without sharpening: entropy of single answers / ln K'] = read(withoutSharpening, 'answerEntropy');
  figures['control without sharpening: divergence in nats'] = read(withoutSharpening, 'divergence');
  figures['control without sharpening: k-NN'] = await knnScore(withoutSharpening.run.encoder, sets);
  claim(figures['control without sharpening: entropy of single answers / ln K']).isAbove(0.9);
  claim(figures['k-NN, pretrained']).isAbove(threeSigma(figures['control without sharpening: k-NN']!, 1000));
});
