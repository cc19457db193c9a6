import { describe, expect, it } from 'vitest';
import type { ClassTargets, ImageDataset } from '../../data/index.js';
import { Generator, noGrad, ops, scope, type Tensor } from '../../engine/index.js';
import { evaluate } from '../evaluate.js';
import { fingerprint } from '../features.js';
import { makeFresh, stripes } from '../images.test-util.js';
import { renderTable } from '../table.js';
import { allOf } from '../task.js';
import { classification } from '../tasks/classification.js';
import { PEERS } from './names.js';
import { PeerNetwork } from './network.js';
import { moam, type PeerStep, plain, RECIPES, rotationWith } from './peers.js';
import { type PeerRequest, PeerTrainer, pseudoLabels, trainPeer } from './train-peer.js';

const labeled = (data: ImageDataset) => ({ data, targets: data.target<ClassTargets>('classes')! });

function request(changes: Partial<PeerRequest<{ answer: number; truth: number }>> = {}) {
  return {
    ...{ task: classification, makeFresh, seed: 0, images: 2400 },
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

describe('losses at the start', () => {
  it("MOAM's parts have their weights", () => {
    scope(() => {
      const { network, step } = atStart(true);
      network.turnClassifier!.weight.requiresGrad = true;
      // The divergence of constant predictions has no gradient to the samples, and is 0.
      const wanted = 0.4 * Math.log(4) + 0.3 * Math.log(3) + 0.3 * 0 + 0.3 * Math.log(3);
      expect(moam.loss(step).item()).toBeCloseTo(wanted, 5);
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
      expect(rotationWith(0).loss(step).item()).toBeCloseTo(alone, 5);
      expect(rotationWith(1).loss(step).item()).toBeCloseTo(alone + Math.log(4), 4);
    });
  });

  it('pseudo-labels of the network itself count for nothing at first, and later do', () => {
    scope(() => {
      const { network, step } = atStart(false);
      noGrad(() =>
        network.classifier.weight.copy_(ops.randn([3, network.backbone.featureSize], { generator: new Generator(9) })),
      );
      network.eval();
      const loss = (progress: number) => RECIPES['pseudo-label-ramp'].loss({ ...step, progress }).item();
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

it.each(PEERS)('%s trains, in the image passes it is given, and the same each time', async (name) => {
  const own = request({ images: 400, train: labeled(stripes(36, 1)), test: labeled(stripes(12, 2)) });
  const seen: number[] = [];
  const result = await trainPeer(name, { ...own, onProgress: (done) => seen.push(done) });
  expect(result.answers).toHaveLength(12);
  expect(seen.at(-1)).toBe(seen.length);
  expect(result.steps).toBeGreaterThanOrEqual(1);
  const again = await trainPeer(name, own);
  expect(again.answers).toEqual(result.answers);
});

it('labels of the test samples, and those that are not chosen, change nothing', async () => {
  const own = request({ images: 400 });
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
      peerImages: 300,
      finetune: { steps: 2, mostSteps: 4, epochs: 0, learningRates: [0.02], weightDecays: [1e-4] },
    },
  });
  expect(result.rows.map(({ encoder, protocol }) => `${encoder} ${protocol}`)).toEqual([
    ...['pretrained knn', 'supervised supervised', 'vat supervised', 's4l-rotation supervised'],
  ]);
  expect(result.rows[2]).toMatchObject({ labelCount: 12, details: { images: 300 } });
  expect(renderTable(result)).toMatch(/pretrained +supervised +VAT \+ EntMin +S4L rotation/);
  expect(result.comparisons.map(({ against }) => against)).toEqual(['supervised', 'vat', 's4l-rotation']);
  await expect(
    evaluate({ ...options, protocols: ['linear'], task: 'segmentation', baselines: ['uda'] }),
  ).rejects.toThrow('uda train for one class per sample, and the task is segmentation');
});
