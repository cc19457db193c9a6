import { describe, expect, it } from 'vitest';
import { Generator, gradientsOf, manualSeed, noGrad, ops, scope, type Tensor, tensor } from '../../engine/index.js';
import { BatchNorm, Conv2d, Layer, Linear } from '../../engine/nn/index.js';
import {
  adversarialPerturbation,
  annealedLoss,
  annealedThreshold,
  consistencyLoss,
  divergence,
  entropy,
  keepingStatistics,
  turnLabels,
  virtualAdversarialLoss,
} from './losses.js';

const values = (rows: number[][]) => tensor(rows).to('float64');

/** Two convolutions with a batch norm between, and a classifier. */
class SmallNetwork extends Layer {
  readonly first = new Conv2d(3, 8, 3, { padding: 1 });
  readonly norm = new BatchNorm(8);
  readonly second = new Conv2d(8, 8, 3, { padding: 1, stride: 2 });
  readonly classifier = new Linear(8 * 16 * 16, 10);

  override forward(x: Tensor): Tensor {
    const map = this.second.forward(this.norm.forward(this.first.forward(x)).relu()).relu();
    return this.classifier.forward(map.flatten(1));
  }
}

function small(): { network: SmallNetwork; x: Tensor } {
  manualSeed(3);
  const network = new SmallNetwork().eval();
  return { network, x: ops.randn([4, 3, 32, 32], { generator: new Generator(1) }) };
}

describe('consistencyLoss', () => {
  const original = values([
    [3, 0, 0],
    [1, 0, 0],
  ]);
  const changed = values([
    [0, 1, 0],
    [0, 1, 0],
  ]);

  it('has the golden values, the uncertain staying in the mean', () => {
    expect(consistencyLoss(original, changed).item()).toBeCloseTo(0.7707497923, 9);
    expect(divergence(original.div(0.4), changed).toNumbers()).toEqual([
      expect.closeTo(1.54149958, 7),
      expect.closeTo(0.97637957, 7),
    ]);
    // Without sharpening, and with everything kept.
    expect(consistencyLoss(original, changed, { temperature: 1 }).item()).toBeCloseTo(1.13957225 / 2, 7);
    expect(consistencyLoss(original, changed, { threshold: 0 }).item()).toBeCloseTo((1.54149958 + 0.97637957) / 2, 7);
  });

  it('gives no gradient to originals or to copies of uncertain ones', () => {
    const [one, other] = [original.clone(), changed.clone()];
    one.requiresGrad = true;
    other.requiresGrad = true;
    const [toOriginal, toCopy] = gradientsOf([consistencyLoss(one, other)], [one, other]);
    expect(toOriginal).toBeNull();
    const rows = toCopy!.toList() as number[][];
    expect(rows[1]).toEqual([0, 0, 0]);
    expect(Math.abs(rows[0]![0]!)).toBeGreaterThan(0.1);
  });

  it('comes from sharpening alone for equal copies, and from nothing at a threshold of 1', () => {
    expect(consistencyLoss(original, original, { temperature: 1 }).item()).toBe(0);
    expect(consistencyLoss(original, original).item()).toBeGreaterThan(0);
    expect(consistencyLoss(original, changed, { threshold: 1 }).item()).toBe(0);
  });
});

describe('annealing', () => {
  it('has the golden thresholds', () => {
    const at = (course: 'linear' | 'log' | 'exp') => annealedThreshold(course, 0.25, 10);
    expect(at('linear')).toBeCloseTo(0.325, 12);
    expect(at('log')).toBeCloseTo(0.7421, 4);
    expect(at('exp')).toBeCloseTo(0.1212, 4);
    for (const course of ['linear', 'log', 'exp'] as const) expect(annealedThreshold(course, 1, 10)).toBeCloseTo(1, 1);
  });

  it('uses a label only while its class is less likely than the threshold', () => {
    const logits = values([
      [3, 0],
      [0, 0],
      [0, 2],
    ]);
    const labels = tensor(BigInt64Array.of(0n, 0n, 0n));
    const [, second, third] = [Math.log(1 + Math.exp(-3)), Math.log(2), Math.log(1 + Math.exp(2))];
    expect(annealedLoss(logits, labels, 0.6).item()).toBeCloseTo((second + third) / 2, 9);
    expect(annealedLoss(logits, labels, 0.05).item()).toBe(0);
  });
});

describe('the adversarial perturbation', () => {
  it('has the given length, and moves predictions far more than a random one', () => {
    const { network, x } = small();
    scope(() => {
      const logits = noGrad(() => network.forward(x));
      const r = adversarialPerturbation((y) => network.forward(y), x, logits, { epsilon: 2 }, new Generator(5));
      for (const length of r.flatten(1).vectorNorm(2, 1).toNumbers()) expect(length).toBeCloseTo(2, 5);
      const moved = (by: Tensor) =>
        noGrad(() =>
          divergence(logits, network.forward(x.add(by)))
            .mean()
            .item(),
        );
      const noise = ops.randn(x.shape, { generator: new Generator(6) });
      const random = noise.mul(r.vectorNorm().div(noise.vectorNorm()));
      expect(moved(r)).toBeGreaterThan(5 * moved(random));
    });
  });

  it('has the direction that double precision finds; the official probe does not', () => {
    const { network, x } = small();
    scope(() => {
      const double = new SmallNetwork();
      double.loadStateDict(network.stateDict());
      double.to({ dtype: 'float64' }).eval();
      const direction = (of: SmallNetwork, input: Tensor, xi?: number): Tensor => {
        const logits = noGrad(() => of.forward(input));
        const options = xi === undefined ? { epsilon: 1 } : { epsilon: 1, xi };
        return adversarialPerturbation((y) => of.forward(y), input, logits, options, new Generator(5)).to('float64');
      };
      const exact = direction(double, x.to('float64'), 1e-6);
      const cosine = (r: Tensor) => r.mul(exact).flatten(1).sum(1).mean().item();
      expect(cosine(direction(network, x))).toBeGreaterThan(0.95);
      expect(cosine(direction(network, x, 1e-6))).toBeLessThan(0.95);
    });
  });

  it('makes a loss without gradient to the unperturbed predictions, 0 for a length of 0', () => {
    const { network, x } = small();
    scope(() => {
      const logits = noGrad(() => network.forward(x)).detach();
      logits.requiresGrad = true;
      const run = (epsilon: number) =>
        virtualAdversarialLoss((y) => network.forward(y), x, logits, { epsilon }, new Generator(2));
      const loss = run(2);
      const [toLogits, toWeight] = gradientsOf([loss], [logits, network.classifier.weight]);
      expect(toLogits).toBeNull();
      expect(toWeight!.abs().max().item()).toBeGreaterThan(0);
      expect(run(0).item()).toBeLessThan(1e-10);
    });
  });
});

it('entropy is that of the predictions', () => {
  expect(
    entropy(
      values([
        [0, 0, 0, 0],
        [50, 0, 0, 0],
      ]),
    ).toNumbers(),
  ).toEqual([expect.closeTo(Math.log(4), 12), expect.closeTo(0, 12)]);
});

it('keeps the running statistics, and only for the length of the body', () => {
  const { network, x } = small();
  network.train();
  const { norm } = network;
  const before = norm.running_mean.clone();
  noGrad(() => keepingStatistics(network, () => network.forward(x)));
  expect(norm.running_mean.equal(before)).toBe(true);
  expect([norm.num_batches_tracked.item(), norm.momentum]).toEqual([0, 0.1]);
  noGrad(() => network.forward(x));
  expect(norm.running_mean.equal(before)).toBe(false);
});

it('labels of turns come in turn', () => {
  expect(turnLabels(2, ops.zeros([1])).toNumbers()).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
});
