import { z } from 'zod';
import type { Recipe } from '../methods/method.js';
import { INITIALIZATIONS } from './initialization.js';

/** What a run loses at most when its process is killed. */
const CHECKPOINT_MINUTES = 5;

/** At most about this many measurements of the encoder fall into a run, unless the person says how many. */
const MOST_SCORES = 20;

/** Epochs between two measurements of the encoder, where nothing is said. */
export const usualMonitorEvery = (epochs: number): number => Math.max(1, Math.ceil(epochs / MOST_SCORES));

/** The settings of a training run that do not belong to the method. The command line, `--help` and saved runs share this table. */
export const trainingOptions = z.object({
  backbone: z.string().describe('Architecture of the encoder'),
  width: z.number().int().min(1).nullable().describe('Base width of the backbone; null takes the published one'),
  initialization: z
    .enum(INITIALIZATIONS)
    .describe("How the backbone's weights begin: as published for it, or by data (Krähenbühl et al. 2015)"),
  epochs: z.number().positive().describe('Passes over the data; fractions are allowed'),
  batchSize: z.number().int().min(1).describe('Samples per optimizer step'),
  accumulate: z
    .number()
    .int()
    .min(1)
    .describe('Micro-batches whose gradients make one step; the batch is divided by it'),
  optimizer: z.enum(['sgd', 'adam', 'adamw', 'lars', 'lamb', 'adagrad', 'adafactor']).describe('Update rule'),
  learningRate: z.number().positive().describe('Peak learning rate at the batch size in use'),
  momentum: z.number().min(0).max(0.9999).describe('Momentum of SGD and LARS'),
  useNesterov: z.boolean().describe("Nesterov's form of momentum"),
  weightDecay: z.number().min(0).describe('L2 penalty, or decoupled decay for adamw, lamb and adafactor'),
  schedule: z.enum(['cosine', 'step', 'constant', 'linear', 'inverse-sqrt']).describe('How the learning rate falls'),
  warmupEpochs: z.number().min(0).describe('Epochs of linear warm-up'),
  milestones: z
    .array(z.number().min(0).max(1))
    .describe(
      'Shares of the run after which schedule=step multiplies by gamma, or schedule=inverse-sqrt begins to fall',
    ),
  gamma: z.number().positive().describe('Factor of schedule=step'),
  clipNorm: z
    .number()
    .positive()
    .nullable()
    .describe('Largest norm of the whole gradient (DINO: of each parameter by itself); null for no limit'),
  precision: z
    .enum(['auto', 'fp32', 'bf16'])
    .describe('Arithmetic of products and convolutions; auto takes bf16 where it is fast'),
  device: z.string().describe('cpu, cuda, cuda:1, mps, or auto'),
  seed: z.number().int().min(0).describe('Seed of everything random'),
  checkpointEvery: z.number().int().min(1).describe('Epochs between checkpoints'),
  checkpointMinutes: z
    .number()
    .min(0)
    .default(CHECKPOINT_MINUTES)
    .describe('Minutes after which one is written in the middle of an epoch too; 0 for never'),
  keepCheckpoints: z.number().int().min(1).describe('Newest checkpoints that stay on disk'),
  monitorEvery: z
    .number()
    .int()
    .min(0)
    .nullable()
    .describe('Epochs between scores of the encoder (RankMe, k-NN, ...); 0 for none, null for at most twenty in a run'),
  previewEvery: z
    .number()
    .int()
    .min(0)
    .describe('Epochs between previews of the pretext task; 0 for none but the last'),
});

export type TrainingOptions = z.output<typeof trainingOptions>;

/** A recipe with everything that it leaves open. */
export function fromRecipe(recipe: Recipe): TrainingOptions {
  return {
    backbone: recipe.backbone,
    width: recipe.width ?? null,
    initialization: 'default',
    epochs: recipe.epochs,
    batchSize: recipe.batchSize,
    accumulate: 1,
    optimizer: recipe.optimizer,
    learningRate: recipe.learningRate,
    momentum: recipe.momentum ?? 0.9,
    useNesterov: recipe.useNesterov ?? false,
    weightDecay: recipe.weightDecay,
    schedule: recipe.schedule,
    warmupEpochs: recipe.warmupEpochs ?? 0,
    milestones: [...(recipe.milestones ?? [])],
    gamma: recipe.gamma ?? 0.1,
    clipNorm: recipe.clipNorm ?? null,
    precision: 'auto',
    device: 'auto',
    seed: 0,
    checkpointEvery: 1,
    checkpointMinutes: CHECKPOINT_MINUTES,
    keepCheckpoints: 2,
    monitorEvery: null,
    previewEvery: 0,
  };
}

/** Images of at most this side take a method's small recipe and options, as they take the backbone's small stem. */
export { SMALL_IMAGE } from '../backbones/backbone.js';
