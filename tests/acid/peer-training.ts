/** What the learning runs of semi-supervised peers share: generated objects of which three per class have a label, and training by a recipe. */
import { normalize, toFloat } from '../../src/augment/index.js';
import { createBackbone } from '../../src/backbones/registry.js';
import type { ClassTargets, ImageDataset } from '../../src/data/index.js';
import { labelSubset } from '../../src/data/split.js';
import { manualSeed, type Tensor } from '../../src/engine/index.js';
import { supervised } from '../../src/evaluate/baselines.js';
import { PeerTrainer, type TrainerRequest } from '../../src/evaluate/peers/peer-trainer.js';
import { plain, type Recipe } from '../../src/evaluate/peers/peers.js';
import { pick, scoreOf } from '../../src/evaluate/task.js';
import { type ClassAnswer, classification } from '../../src/evaluate/tasks/classification.js';
import type { Encoder } from '../../src/methods/method.js';
import { openSets, SEED, type Sets } from './support.js';

const SIZE = 16;
const PER_CLASS = 3;
export const BATCH = 16;
/** Of each training of a search on the labels alone; the last ones are as much longer as that scores better. */
const SEARCHED_STEPS = 150;

export interface PeerSetting {
  sets: Sets;
  request: TrainerRequest<ClassAnswer>;
  /** Positions of the training samples whose labels are used. */
  chosen: Int32Array;
}

/** @param seed of the choice of labels, of networks and of order */
export async function openPeerSetting(seed = SEED): Promise<PeerSetting> {
  const sets = await openSets(`synthetic:objects?count=2000&test=1000&size=${SIZE}`);
  const { spec } = sets.train;
  const prepare = (samples: unknown): Tensor => normalize(spec.mean, spec.std)(toFloat(samples as Tensor));
  const makeFresh = (seed: number): Encoder => {
    manualSeed(seed);
    const backbone = createBackbone('resnet18', { inputChannels: spec.channels, imageSize: SIZE, width: 8 });
    return { spec, backbone, preparation: {}, prepare };
  };
  const labeled = (data: ImageDataset) => ({ data, targets: data.target<ClassTargets>('classes')! });
  return {
    sets,
    request: { task: classification, makeFresh, seed, train: labeled(sets.train), test: labeled(sets.test) },
    chosen: labelSubset(sets.train.labels!, { perClass: PER_CLASS, seed }),
  };
}

/** Test accuracy after training by a recipe; the trainer can be asked before it is freed. */
export async function trained(
  { request, chosen }: PeerSetting,
  recipe: Recipe,
  steps: number,
  ask?: (trainer: PeerTrainer<ClassAnswer>) => void,
): Promise<number> {
  const trainer = new PeerTrainer(request, recipe, chosen, request.train.targets, BATCH);
  try {
    await trainer.run(steps);
    const answers = await trainer.answers();
    ask?.(trainer);
    return scoreOf(classification, answers);
  } finally {
    trainer.dispose();
  }
}

/**
 * Test accuracies after training on the labels alone: with rate, decay and length chosen by validation, and by the plain recipe for as many
 * steps as a peer.
 */
export async function labelsAlone(
  setting: PeerSetting,
  steps: number,
): Promise<{ searched: number; length: number; plain: number }> {
  const { request, chosen } = setting;
  const { makeFresh, test, train: all } = request;
  const train = { data: all.data.subset(chosen), targets: pick(all.targets, chosen) };
  const { measures, steps: length } = await supervised(
    makeFresh,
    { task: classification, seed: request.seed, train, test },
    { steps: SEARCHED_STEPS },
  );
  return { searched: measures.accuracy!, length, plain: await trained(setting, plain, steps) };
}
