import { describe, expect, it } from 'vitest';
import { createBackbone } from '../../backbones/registry.js';
import type { ClassTargets, ImageDataset } from '../../data/index.js';
import { Generator, manualSeed, noGrad, ops, scope, type Tensor } from '../../engine/index.js';
import { evaluate } from '../evaluate.js';
import { fingerprint } from '../features.js';
import { encoderOf, makeFresh, SIDE, stripes } from '../images.test-util.js';
import { renderTable } from '../table.js';
import { allOf } from '../task.js';
import { classification } from '../tasks/classification.js';
import { PEERS } from './names.js';
import { PeerNetwork } from './network.js';
import { PeerTrainer } from './peer-trainer.js';
import { type PeerLoss, type PeerStep, plain, RECIPES, type Recipe, s4lRotation } from './peers.js';
import { lengthsIn, type PeerRequest, pseudoLabels, trainPeer } from './train-peer.js';

const labeled = (data: ImageDataset) => ({ data, targets: data.target<ClassTargets>('classes')! });

function request(changes: Partial<PeerRequest<{ answer: number; truth: number }>> = {}) {
  return {
    ...{ task: classification, makeFresh, seed: 0, steps: 2, mostSteps: 12 },
    ...{ train: labeled(stripes(96, 1)), test: labeled(stripes(48, 2)), chosen: allOf(96).filter((i) => i < 12) },
    ...changes,
  };
}

describe('pseudo-labels', () => {
  it('keep the true labels, and agree with the truth as often as their teacher', () => {
    const { targets } = labeled(stripes(30, 1));
    const guesses = targets.labels.map((label, i) => (i % 4 === 0 ? (label + 1) % 3 : label));
    const chosen = Int32Array.of(0, 5, 8);
    const labels = pseudoLabels(targets, chosen, guesses).labels;
    for (const i of chosen) expect(labels[i]).toBe(targets.labels[i]);
    const others = allOf(30).filter((i) => !chosen.includes(i));
    const share = (own: Int32Array) => others.filter((i) => own[i] === targets.labels[i]).length / others.length;
    expect(share(labels)).toBe(share(guesses));
    expect(share(labels)).toBeLessThan(1);
  });

  it('of a teacher that is right teach what all labels do, bit for bit', async () => {
    const own = request();
    const { targets } = own.train;
    const trained = async (labels: ClassTargets) => {
      const trainer = new PeerTrainer(own, plain, allOf(96), labels, 32);
      try {
        await trainer.run(4);
        return fingerprint(trainer.network.backbone);
      } finally {
        trainer.dispose();
      }
    };
    const truth = pseudoLabels(targets, Int32Array.of(0), targets.labels);
    expect(await trained(truth)).toBe(await trained(targets));
    const wrong = pseudoLabels(
      targets,
      Int32Array.of(0),
      targets.labels.map((label) => (label + 1) % 3),
    );
    expect(await trained(wrong)).not.toBe(await trained(targets));
  });
});

/** A network whose classifiers are 0, and a step with it. */
function atStart(hasTurns: boolean): { network: PeerNetwork; step: PeerStep } {
  const network = new PeerNetwork(makeFresh(1), 3, hasTurns, new Generator(0));
  noGrad(() => {
    network.classifier.weight.zero_();
    network.turnClassifier?.weight.zero_();
  });
  const random = new Generator(2);
  const prepare = (samples: unknown) => samples as Tensor;
  const step: PeerStep = {
    ...{ network, prepare, weak: (samples) => samples, progress: 0, random },
    labeled: ops.randn([3, 1, 16, 16], { generator: random }),
    labels: ops.arange(0, 3, 1, { dtype: 'int64' }),
    unlabeled: ops.randn([3, 1, 16, 16], { generator: random }),
  };
  return { network, step };
}

const total = ({ labeled, added }: PeerLoss): number => labeled.item() + (added?.item() ?? 0);

describe('losses at the start', () => {
  it("MOAM's parts have their weights", () => {
    scope(() => {
      const { network, step } = atStart(true);
      network.turnClassifier!.weight.requiresGrad = true;
      // The divergence of constant predictions has no gradient to the samples, and is 0.
      const wanted = 0.4 * Math.log(4) + 0.3 * Math.log(3) + 0.3 * 0 + 0.3 * Math.log(3);
      expect(total(RECIPES.moam.loss(step))).toBeCloseTo(wanted, 5);
    });
  });

  it('rotation without weight is training on the labeled samples in four turns', () => {
    scope(() => {
      const { network, step } = atStart(true);
      noGrad(() =>
        network.classifier.weight.copy_(ops.randn([3, network.backbone.featureSize], { generator: new Generator(9) })),
      );
      network.eval();
      const turned = ops.cat([0, 1, 2, 3].map((turns) => step.labeled.rot90(turns, [2, 3])));
      const labels = ops.cat([step.labels, step.labels, step.labels, step.labels]);
      const alone = ops.crossEntropy(network.classesOf(turned), labels).item();
      const { labeled, added } = s4lRotation.loss(step);
      expect(labeled.item()).toBeCloseTo(alone, 5);
      expect(added!.item()).toBeCloseTo(Math.log(4), 4);
    });
  });

  it('pseudo-labels of the network itself count for nothing at first, and later do', () => {
    scope(() => {
      const { network, step } = atStart(false);
      noGrad(() =>
        network.classifier.weight.copy_(ops.randn([3, network.backbone.featureSize], { generator: new Generator(9) })),
      );
      network.eval();
      const loss = (progress: number) => total(RECIPES['pseudo-label-ramp'].loss({ ...step, progress }));
      const alone = ops.crossEntropy(network.classesOf(step.labeled), step.labels).item();
      expect(loss(0)).toBeCloseTo(alone, 6);
      expect(loss(0.8)).toBeGreaterThan(alone);
      expect(loss(0.8)).toBeCloseTo(loss(1), 6);
    });
  });

  it('the statistics of batch norms are those of the labeled samples for VAT', () => {
    scope(() => {
      const { network, step } = atStart(false);
      const other = new PeerNetwork(makeFresh(1), 3, false, new Generator(0));
      network.train();
      other.train();
      RECIPES.vat.loss(step);
      plain.loss({ ...step, network: other });
      expect(fingerprint(network.backbone)).toBe(fingerprint(other.backbone));
    });
  });
});

/** A network whose samples do not see each other: samples without a label can then teach by their loss only. */
function makeWithoutStatistics(seed: number) {
  manualSeed(seed);
  return encoderOf(createBackbone('resnet18', { inputChannels: 1, imageSize: SIDE, width: 4, norm: 'layer' }));
}

/** All weights and buffers after some steps. */
async function weightsAfter(recipe: Recipe, changes: Partial<PeerRequest<{ answer: number; truth: number }>>) {
  const own = request(changes);
  const trainer = new PeerTrainer(own, recipe, own.chosen, own.train.targets, 8);
  try {
    await trainer.run(4);
    const { backbone, classifier } = trainer.network;
    return {
      print: fingerprint(backbone) + fingerprint(classifier),
      values: [...backbone.parameters(), ...classifier.parameters()].flatMap((weight) => weight.toNumbers()),
    };
  } finally {
    trainer.dispose();
  }
}

const distance = (one: readonly number[], other: readonly number[]): number =>
  Math.max(...one.map((value, i) => Math.abs(value - other[i]!)));

describe('what a peer adds, with weight 0', () => {
  /** The recipe of the same optimizer on the labels alone. */
  const alone = (recipe: Recipe, loss = plain.loss): Recipe => ({ ...recipe, ratio: 0, loss });

  it('leaves VAT training on the labels alone, bit for bit', async () => {
    const { vat } = RECIPES;
    const labels = await weightsAfter(alone(vat), {});
    expect((await weightsAfter(vat, { weight: 0 })).print).toBe(labels.print);
    expect((await weightsAfter(vat, {})).print).not.toBe(labels.print);
  });

  const inTurns: Recipe['loss'] = ({ network, labeled, labels }) => ({
    labeled: ops.crossEntropy(
      network.classesOf(ops.cat([0, 1, 2, 3].map((turns) => labeled.rot90(turns, [2, 3])))),
      ops.cat([labels, labels, labels, labels]),
    ),
    added: null,
  });

  it.each([
    ['pseudo-label-ramp', plain.loss],
    ['uda', plain.loss],
    ['s4l-rotation', inTurns],
    ['moam', (step: PeerStep) => ({ labeled: inTurns(step).labeled.mul(0.3), added: null })],
  ] as const)('leaves %s training on the labels alone, but for rounding', async (name, loss) => {
    const own = { makeFresh: makeWithoutStatistics };
    // Half of the ramp is behind it from the start on.
    const recipe: Recipe = { ...RECIPES[name], loss: (step) => RECIPES[name].loss({ ...step, progress: 0.5 }) };
    const labels = (await weightsAfter(alone(recipe, loss), own)).values;
    const without = distance((await weightsAfter(recipe, { ...own, weight: 0 })).values, labels);
    expect(without).toBeLessThan(1e-5);
    // UDA keeps nothing that is uncertain: in four steps nothing is certain.
    if (name !== 'uda') expect(distance((await weightsAfter(recipe, own)).values, labels)).toBeGreaterThan(1e-4);
  });
});

it('lengths double as long as all, and the longest once more, stay within the cap', () => {
  expect(lengthsIn(500, 8000)).toEqual([500, 1000, 2000]);
  expect(lengthsIn(500, 100)).toEqual([100]);
  expect(lengthsIn(1, 11)).toEqual([1, 2, 4]);
  expect(lengthsIn(1, 10)).toEqual([1, 2]);
});

it.each(PEERS)('%s trains as long as validation says, and the same each time', async (name) => {
  const own = request({ train: labeled(stripes(36, 1)), test: labeled(stripes(12, 2)) });
  const seen: [number, number][] = [];
  const result = await trainPeer(name, { ...own, onProgress: (...progress) => seen.push(progress) });
  expect(result.answers).toHaveLength(12);
  expect(seen.at(-1)).toEqual([10, 10]);
  expect(seen.every(([done], i) => i === 0 || done >= seen[i - 1]![0])).toBe(true);
  expect(result.validation.map(({ steps }) => steps)).toEqual([2, 4]);
  const best = result.validation.reduce((one, other) =>
    other.score > one.score || (other.score === one.score && other.loss < one.loss) ? other : one,
  );
  expect(result.steps).toBe(best.steps);
  expect(result.warning === null).toBe(best.steps === 2);
  const again = await trainPeer(name, own);
  expect(again.answers).toEqual(result.answers);
});

it('with one label per class nothing is chosen: the longest training is taken', async () => {
  const { validation, steps, epochs, passes } = await trainPeer('vat', request({ chosen: Int32Array.of(0, 1, 2) }));
  expect({ validation, steps, epochs }).toEqual({ validation: [], steps: 4, epochs: 4 });
  // Each step has 3 labeled samples, and 12 others in three passes.
  expect(passes).toBe(4 * (3 + 12 * 3));
});

it('labels of the test samples, and those that are not chosen, change nothing', async () => {
  const own = request();
  const { data, targets } = own.train;
  const hidden = targets.labels.map((label, i) => (i < 12 ? label : -1));
  const other = data.withLabels(targets.classes, hidden) as ImageDataset;
  const answers = async (train: ImageDataset) =>
    (await trainPeer('vat', { ...own, train: labeled(train) })).answers.map(({ answer }) => answer);
  expect(await answers(other)).toEqual(await answers(data as ImageDataset));
});

it('stands in the table of an evaluation, beside the supervised network, for classes only', async () => {
  const options = {
    train: stripes(48, 1),
    test: stripes(24, 2),
    seeds: [0],
    run: { encoder: makeFresh(5), makeFresh },
  };
  const result = await evaluate({
    ...{ ...options, protocols: ['knn'], baselines: ['supervised', 'vat', 's4l-rotation'], labels: ['25%'] },
    ...{
      finetune: { steps: 2, mostSteps: 4, epochs: 0, learningRates: [0.02], weightDecays: [1e-4] },
    },
  });
  expect(result.rows.map(({ encoder, protocol }) => `${encoder} ${protocol}`)).toEqual([
    ...['pretrained knn', 'supervised supervised', 'vat supervised', 's4l-rotation supervised'],
  ]);
  const vat = result.rows[2]!;
  // 12 labeled samples in a step, and all 48 in three passes.
  expect(vat).toMatchObject({ labelCount: 12, details: { passes: vat.steps! * (12 + 48 * 3) } });
  expect(renderTable(result)).toContain(`VAT + EntMin ${vat.steps} steps`);
  expect(result.notes.join(' ')).toMatch(
    /vat with 25% of the labels and seed 0 is no better than chance: [12] steps? taught it nothing/,
  );
  expect(renderTable(result)).toMatch(/pretrained +supervised +VAT \+ EntMin +S4L rotation/);
  expect(result.comparisons.map(({ against }) => against)).toEqual(['supervised', 'vat', 's4l-rotation']);
  await expect(
    evaluate({ ...options, protocols: ['linear'], task: 'segmentation', baselines: ['uda'] }),
  ).rejects.toThrow('uda train for one class per sample, and the task is segmentation');
});
