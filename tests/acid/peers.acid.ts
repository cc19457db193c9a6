/**
 * Semi-supervised peers with three labels per class of generated objects, beside training on the same labels alone, whose rate, decay and length
 * are chosen by validation and which may be trained longer. The controls take away what a peer lives from and leave everything else: strong
 * changes, the adversarial direction, which sample a guess belongs to. S4L rotation has a run of its own.
 */
import { afterAll, beforeAll, describe, it } from 'vitest';
import type { ClassTargets } from '../../src/data/index.js';
import { Prng } from '../../src/data/prng.js';
import { ops, type Tensor } from '../../src/engine/index.js';
import { consistencyLoss, divergence, entropy, keepingStatistics } from '../../src/evaluate/peers/losses.js';
import { PeerTrainer } from '../../src/evaluate/peers/peer-trainer.js';
import { type PeerStep, plain, RECIPES, type Recipe } from '../../src/evaluate/peers/peers.js';
import { pseudoLabels } from '../../src/evaluate/peers/train-peer.js';
import { scoreOf } from '../../src/evaluate/task.js';
import { classification } from '../../src/evaluate/tasks/classification.js';
import { BATCH, labelsAlone, openPeerSetting, type PeerSetting, trained } from './peer-training.js';
import { claim, keepResult, SEED } from './support.js';

const STEPS = 300;
const STUDENT_BATCH = 64;

let setting: PeerSetting;
const figures: Record<string, number> = {};

beforeAll(async () => {
  setting = await openPeerSetting();
});

afterAll(() => keepResult('peers', figures));

it('labels alone, as searched by validation', async () => {
  const { searched, length, plain: asLong } = await labelsAlone(setting, STEPS);
  figures['labels alone, searched'] = searched;
  figures['labels alone, searched: steps'] = length;
  figures['labels alone'] = asLong;
  claim(length).isAbove(0);
});

/** What a peer must be above: the better of both trainings on the labels. */
const alone = () => Math.max(figures['labels alone']!, figures['labels alone, searched']!);

describe('a teacher and its student', () => {
  async function student(labels: ClassTargets): Promise<number> {
    const { request, sets } = setting;
    const trainer = new PeerTrainer(request, plain, Int32Array.from(sets.train.ids.keys()), labels, STUDENT_BATCH);
    try {
      await trainer.run(STEPS);
      return scoreOf(classification, await trainer.answers());
    } finally {
      trainer.dispose();
    }
  }

  it('gains on the labels; control: not with guesses that are shuffled', async () => {
    const { request, chosen } = setting;
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
  figures['pseudo-label-ramp'] = await trained(setting, RECIPES['pseudo-label-ramp'], STEPS);
  figures['control: pseudo-label-ramp, guesses of others'] = await trained(setting, otherGuesses, STEPS);
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
  figures.vat = await trained(setting, RECIPES.vat, STEPS);
  figures['control: vat, random direction'] = await trained(setting, randomDirection, STEPS);
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
  figures.uda = await trained(setting, RECIPES.uda, STEPS);
  figures['control: uda, weak copies'] = await trained(setting, weakCopies, STEPS);
  claim(figures.uda! - alone()).isAbove(0.05);
  claim(figures['control: uda, weak copies']).isBelow(figures.uda!);
});

it('MOAM gains on the labels', async () => {
  figures.moam = await trained(setting, RECIPES.moam, STEPS);
  claim(figures.moam).isAbove(figures['labels alone']!);
});
