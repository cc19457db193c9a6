/**
 * Semi-supervised peers with three labels per class of generated objects, beside training on the same labels alone, whose rate, decay and length
 * are chosen by validation and which may be trained longer. The controls take away what a peer lives from and leave everything else: strong
 * changes, the adversarial direction, which sample a guess belongs to, which way a sample is turned.
 */
import { afterAll, beforeAll, describe, it } from 'vitest';
import { normalize, rotate90, toFloat } from '../../src/augment/index.js';
import { createBackbone } from '../../src/backbones/registry.js';
import type { ClassTargets, ImageDataset } from '../../src/data/index.js';
import { Prng } from '../../src/data/prng.js';
import { labelSubset } from '../../src/data/split.js';
import { manualSeed, ops, type Tensor } from '../../src/engine/index.js';
import { supervised } from '../../src/evaluate/baselines.js';
import { consistencyLoss, divergence, entropy, keepingStatistics } from '../../src/evaluate/peers/losses.js';
import { PeerTrainer, type TrainerRequest } from '../../src/evaluate/peers/peer-trainer.js';
import { type PeerStep, plain, RECIPES, type Recipe } from '../../src/evaluate/peers/peers.js';
import { pseudoLabels } from '../../src/evaluate/peers/train-peer.js';
import { pick, scoreOf } from '../../src/evaluate/task.js';
import { type ClassAnswer, classification } from '../../src/evaluate/tasks/classification.js';
import type { Encoder } from '../../src/methods/method.js';
import { claim, keepResult, openSets, SEED, type Sets } from './support.js';

const SIZE = 16;
const PER_CLASS = 3;
const STEPS = 300;
const BATCH = 16;
const STUDENT_BATCH = 64;

let sets: Sets;
let request: TrainerRequest<ClassAnswer>;
let chosen: Int32Array;
const figures: Record<string, number> = {};

const labeled = (data: ImageDataset) => ({ data, targets: data.target<ClassTargets>('classes')! });

beforeAll(async () => {
  sets = await openSets(`synthetic:objects?count=2000&test=1000&size=${SIZE}`);
  const { spec } = sets.train;
  const prepare = (samples: unknown): Tensor => normalize(spec.mean, spec.std)(toFloat(samples as Tensor));
  const makeFresh = (seed: number): Encoder => {
    manualSeed(seed);
    const backbone = createBackbone('resnet18', { inputChannels: spec.channels, imageSize: SIZE, width: 8 });
    return { spec, backbone, preparation: {}, prepare };
  };
  request = { task: classification, makeFresh, seed: SEED, train: labeled(sets.train), test: labeled(sets.test) };
  chosen = labelSubset(sets.train.labels!, { perClass: PER_CLASS, seed: SEED });
});

afterAll(() => keepResult('peers', figures));

/** Test accuracy after training by a recipe. */
async function trained(recipe: Recipe): Promise<number> {
  const trainer = new PeerTrainer(request, recipe, chosen, request.train.targets, BATCH);
  try {
    await trainer.run(STEPS);
    return scoreOf(classification, await trainer.answers());
  } finally {
    trainer.dispose();
  }
}

it('labels alone, as searched by validation', async () => {
  const { data, targets } = request.train;
  const train = { data: data.subset(chosen), targets: pick(targets, chosen) };
  const { measures, steps } = await supervised(
    request.makeFresh,
    { task: classification, seed: SEED, train, test: request.test },
    { steps: STEPS / 2 },
  );
  figures['labels alone, searched'] = measures.accuracy!;
  figures['labels alone, searched: steps'] = steps;
  figures['labels alone'] = await trained(plain);
  claim(steps).isAbove(0);
});

/** What a peer must be above: the better of both trainings on the labels. */
const alone = () => Math.max(figures['labels alone']!, figures['labels alone, searched']!);

describe('a teacher and its student', () => {
  async function student(labels: ClassTargets): Promise<number> {
    const trainer = new PeerTrainer(request, plain, Int32Array.from(sets.train.ids.keys()), labels, STUDENT_BATCH);
    try {
      await trainer.run(STEPS);
      return scoreOf(classification, await trainer.answers());
    } finally {
      trainer.dispose();
    }
  }

  it('gains on the labels; control: not with guesses that are shuffled', async () => {
    const teacher = new PeerTrainer(request, plain, chosen, request.train.targets, BATCH);
    await teacher.run(STEPS);
    const guesses = await teacher.guesses();
    teacher.dispose();
    const { targets } = request.train;
    figures['pseudo-label'] = await student(pseudoLabels(targets, chosen, guesses));
    const shuffled = new Prng(SEED).shuffle([...guesses]);
    figures['control: pseudo-label, shuffled'] = await student(
      pseudoLabels(targets, chosen, Int32Array.from(shuffled)),
    );
    claim(figures['pseudo-label']).isAbove(figures['labels alone']!);
    claim(figures['control: pseudo-label, shuffled']).isBelow(figures['labels alone']!);
  });
});

/** Samples of a step as the network takes them, labeled ones first, and its answers to both. */
function answersTo({ network, labeled, unlabeled, prepare, weak }: PeerStep): { own: Tensor; others: Tensor } {
  const logits = network.classesOf(ops.cat([labeled, prepare(weak(unlabeled))]));
  const count = labeled.size(0);
  return { own: logits.narrow(0, 0, count), others: logits.narrow(0, count, logits.size(0) - count) };
}

/** The guesses of a batch belong to other samples of it. */
const otherGuesses: Recipe = {
  ...RECIPES['pseudo-label-ramp'],
  loss(step) {
    const { own, others } = answersTo(step);
    const weight = 3 * Math.min(1, Math.max(0, (step.progress - 0.1) / 0.5));
    const guesses = others.detach().argmax(1).roll([1], [0]);
    return { labeled: ops.crossEntropy(own, step.labels), added: ops.crossEntropy(others, guesses).mul(weight) };
  },
};

it('guesses of the network itself gain on the labels; control: not with those of other samples', async () => {
  figures['pseudo-label-ramp'] = await trained(RECIPES['pseudo-label-ramp']);
  figures['control: pseudo-label-ramp, guesses of others'] = await trained(otherGuesses);
  claim(figures['pseudo-label-ramp']).isAbove(figures['labels alone']!);
  claim(figures['control: pseudo-label-ramp, guesses of others']).isBelow(figures['labels alone']!);
});

/** As long as the adversarial perturbation, in any direction. */
const randomDirection: Recipe = {
  ...RECIPES.vat,
  loss({ network, labeled, labels, unlabeled, prepare, weak, random }) {
    const own = ops.crossEntropy(network.classesOf(labeled), labels);
    const added = keepingStatistics(network.backbone, () => {
      const x = prepare(weak(unlabeled));
      const logits = network.classesOf(x);
      const draws = ops.randn(x.shape, { generator: random }).flatten(1);
      const r = draws.div(draws.vectorNorm(2, 1, true)).mul(8 * Math.sqrt(draws.size(1) / 3072));
      const moved = divergence(logits.detach(), network.classesOf(x.add(r.view(x.shape)))).mean();
      return moved.add(entropy(logits).mean());
    });
    return { labeled: own, added };
  },
};

it('VAT gains on the labels; control: perturbations in a random direction', async () => {
  figures.vat = await trained(RECIPES.vat);
  figures['control: vat, random direction'] = await trained(randomDirection);
  claim(figures.vat).isAbove(figures['labels alone']!);
});

/** Copies are changed as weakly as their originals. */
const weakCopies: Recipe = {
  ...RECIPES.uda,
  loss({ network, labeled, labels, unlabeled, prepare, weak }) {
    const [originals, copies] = [prepare(weak(unlabeled)), prepare(weak(unlabeled))];
    const [own, rest] = [labeled.size(0), originals.size(0)];
    const logits = network.classesOf(ops.cat([labeled, originals, copies]));
    const added = consistencyLoss(logits.narrow(0, own, rest), logits.narrow(0, own + rest, rest));
    return { labeled: ops.crossEntropy(logits.narrow(0, 0, own), labels), added };
  },
};

it('UDA gains on the labels; control: less with copies that are not changed strongly', async () => {
  figures.uda = await trained(RECIPES.uda);
  figures['control: uda, weak copies'] = await trained(weakCopies);
  claim(figures.uda! - alone()).isAbove(0.05);
  claim(figures['control: uda, weak copies']).isBelow(figures.uda!);
});

/** The network is asked for a turn that was drawn, not for the one that was carried out. */
const drawnTurns: Recipe = {
  ...RECIPES['s4l-rotation'],
  loss({ network, labeled, labels, unlabeled, prepare, weak, random }) {
    const turned = (x: Tensor) => ops.cat([0, 1, 2, 3].map((turns) => rotate90(x, turns)));
    const [own, rest] = [turned(labeled), turned(prepare(weak(unlabeled)))];
    const { classes, turns } = network.bothOf(ops.cat([own, rest]));
    const answers = ops.randint(0, 4, [turns.size(0)], { generator: random, dtype: 'int64' });
    return {
      labeled: ops.crossEntropy(classes.narrow(0, 0, own.size(0)), ops.cat([labels, labels, labels, labels])),
      added: ops.crossEntropy(turns, answers),
    };
  },
};

it('S4L rotation gains on the labels; control: not with turns that were not carried out', async () => {
  figures['s4l-rotation'] = await trained(RECIPES['s4l-rotation']);
  figures['control: s4l-rotation, drawn turns'] = await trained(drawnTurns);
  claim(figures['s4l-rotation']! - alone()).isAbove(0.05);
  claim(figures['control: s4l-rotation, drawn turns']).isBelow(figures['s4l-rotation']! - 0.05);
});

it('MOAM gains on the labels', async () => {
  figures.moam = await trained(RECIPES.moam);
  claim(figures.moam).isAbove(figures['labels alone']!);
});
