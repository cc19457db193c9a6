/** The common budget of the methods, what departs from each method's small recipe within it, and the form of the results. */
import type { MethodDefinition } from '../../src/methods/method.js';
import type { TrainingOptions } from '../../src/train/config.js';

/** The settings below were chosen on objects of seed 0: these are others, which chose nothing. */
export const DATA = {
  objects: { spec: 'synthetic:objects?count=1500&test=1000&size=32&seed=7', count: 1500, testCount: 1000 },
  'fashion-mnist': { spec: 'fashion-mnist:mini', count: 1500, testCount: 1000 },
} as const;

export type DataName = keyof typeof DATA;

/** What all have in common. */
export const BUDGET = { backbone: 'resnet18', width: 8, epochs: 8, warmupEpochs: 1 } as const;

export interface SeedResult {
  seed: number;
  /** Of pretraining. */
  seconds: number;
  /** The last readable layer of the backbone and the one before. */
  layers: [last: string, before: string];
  /** The method's own score on held-out images, of the trained and of the untrained networks. */
  pretext: { trained: number; random: number };
  /** Accuracies by "<protocol> <last or before> <pretrained or random>". */
  scores: Record<string, number>;
  /** Scores without labels of the trained encoder, on the training images. */
  labelFree: Record<string, number>;
}

export interface MethodResult {
  name: string;
  data: DataName;
  date: string;
  machine: string;
  budget: string;
  /** What departs from the small recipe and its options. */
  training: Partial<TrainingOptions>;
  options: Record<string, unknown>;
  /** The optimizer with its rate, the batch and the number of steps: "sgd 0.1, 64, 184". */
  schedule: string;
  seeds: SeedResult[];
}

interface Settings {
  training: Partial<TrainingOptions>;
  options: Record<string, unknown>;
}

const adam = { batchSize: 64, learningRate: 2e-3 };
/** Objects fill half of an image or more: smaller crops than a quarter often miss them. */
const crops = { minimumScale: 0.25 };
const transformer = { backbone: 'vit-micro', width: 48, batchSize: 64, learningRate: 1e-3 };

/** The small recipes are made for hundreds of epochs; within eight, rates are higher and batches smaller. */
const SETTINGS: Readonly<Record<string, Partial<Settings>>> = {
  rotation: { training: { batchSize: 64, learningRate: 0.1 } },
  egomotion: { training: adam },
  'patch-position': { training: adam },
  jigsaw: { training: adam },
  counting: { training: adam },
  'context-encoder': { training: adam, options: { decoderWidth: 32 } },
  colorization: { training: adam, options: { decoderWidth: 32 } },
  'color-proxy': { training: adam, options: { headSize: 64 } },
  'split-brain': { training: adam },
  'super-resolution': { training: { ...adam, batchSize: 16 } },
  autoencoder: { training: adam, options: { decoderWidth: 32 } },
  mae: { training: transformer },
  bigan: { training: { batchSize: 64, learningRate: 1e-3 } },
  'big-bigan': { training: { batchSize: 64, learningRate: 1e-3 } },
  exemplar: { training: adam },
  'deep-cluster': { training: { batchSize: 64, learningRate: 0.1 }, options: { clusters: 100 } },
  'deeper-cluster': { training: { batchSize: 32, learningRate: 0.1 }, options: { clusters: 100 } },
  'local-aggregation': {
    training: { batchSize: 64, learningRate: 0.1 },
    options: { ...crops, clusters: 50, warmStart: 0.5, projectionSize: 64 },
  },
  'noise-as-targets': { training: { batchSize: 256, learningRate: 2e-3 }, options: { targetSize: 16, assignEvery: 1 } },
  'multi-task': { training: adam },
  cpc: { training: { batchSize: 16, learningRate: 3e-3 } },
  'cpc-v2': { training: { batchSize: 16, learningRate: 3e-3 }, options: { scale: 1, usePatchJitter: false } },
  simclr: {
    training: { batchSize: 64, learningRate: 0.15 },
    options: { ...crops, temperature: 0.2, projectionSize: 64 },
  },
  amdim: { training: adam },
  yadim: { training: adam },
  moco: {
    training: { batchSize: 64, learningRate: 0.2 },
    options: { ...crops, temperature: 0.2, projectionSize: 64, queueSize: 512, decay: 0.97, normGroups: 4 },
  },
  byol: {
    training: { ...adam, optimizer: 'adam', weightDecay: 1e-5 },
    options: { ...crops, projectionSize: 64, hiddenSize: 256, decay: 0.98 },
  },
  swav: {
    training: { batchSize: 64, optimizer: 'sgd', learningRate: 0.3 },
    options: {
      ...{ prototypes: 32, projectionSize: 64, hiddenSize: 128, epsilon: 0.03, frozenSteps: 31 },
      ...{ queueSize: 512, queueStartEpoch: 1, smallCrops: 2, smallCropSize: 24 },
      ...{ ...crops, boundaryScale: 0.5, colorStrength: 0.7 },
    },
  },
  'instance-discrimination': {
    training: { batchSize: 64, learningRate: 1, warmupEpochs: 2 },
    options: { ...crops, projectionSize: 64, colorStrength: 0.1 },
  },
  simsiam: { training: { batchSize: 64, learningRate: 0.06 }, options: { ...crops, projectionSize: 512 } },
  'barlow-twins': { training: adam, options: { ...crops, projectionSize: 256 } },
  vicreg: { training: adam, options: { ...crops, projectionSize: 256 } },
  nnclr: {
    training: { batchSize: 64, learningRate: 0.2 },
    options: { ...crops, queueSize: 1024, hiddenSize: 256, projectionSize: 64, predictorSize: 256, temperature: 0.2 },
  },
  dino: {
    training: { batchSize: 64, learningRate: 1e-3 },
    options: {
      ...{ outputSize: 64, hiddenSize: 128, bottleneckSize: 32, smallCrops: 2, smallCropSize: 24 },
      ...{ ...crops, boundaryScale: 0.5, colorStrength: 0.5, solarizeProbability: 0 },
      ...{ decay: 0.98, teacherTemperature: 0.025 },
    },
  },
  'i-jepa': { training: transformer, options: { decay: 0.98 } },
};

/** What departs from the method's small recipe and options within the budget. */
export function settingsOf({ name }: MethodDefinition): Settings {
  const { training = {}, options = {} } = SETTINGS[name] ?? {};
  return { training, options };
}
