/**
 * Two moons in a plane of a space of 100 dimensions, eight labels each, as in Miyato et al. 2016, section 4.1: virtual adversarial training
 * must carry the labels along the moons, so that the boundary runs where no sample is. The controls: perturbations of the same length in a
 * random direction, which leave the plane, and of no length, which leaves entropy minimization alone.
 */
import { afterAll, it } from 'vitest';
import { Prng } from '../../src/data/prng.js';
import { Generator, manualSeed, noGrad, ops, scope, type Tensor, tensor } from '../../src/engine/index.js';
import { Layer, Linear } from '../../src/engine/nn/index.js';
import { AdamW } from '../../src/engine/optim/index.js';
import { divergence, entropy, virtualAdversarialLoss } from '../../src/evaluate/peers/losses.js';
import { claim, keepResult, SEED } from './claims.js';

const DIMENSIONS = 100;
const LABELS_EACH = 8;
const UNLABELED = 400;
const STEPS = 600;
const EPSILON = 0.3;
/** Choices of samples and labels, of which the mean is taken: labels may lie badly. */
const DRAWS = 8;

class Network extends Layer {
  readonly layers = [new Linear(DIMENSIONS, 64), new Linear(64, 64)];
  readonly classifier = new Linear(64, 2);

  override forward(x: Tensor): Tensor {
    return this.classifier.forward(this.layers.reduce((input, layer) => layer.forward(input).relu(), x));
  }
}

interface Points {
  /** (N, 100) */
  x: Tensor;
  /** int64 (N), half of them of each moon */
  labels: Tensor;
}

function moons(count: number, prng: Prng): Points {
  const points = new Float32Array(2 * count);
  for (let i = 0; i < count; i++) {
    const angle = Math.PI * prng.uniform();
    const [x, y] = [Math.cos(angle), Math.sin(angle)];
    points[2 * i] = (i % 2 === 0 ? x : 1 - x) + 0.08 * prng.normal();
    points[2 * i + 1] = (i % 2 === 0 ? y : 0.5 - y) + 0.08 * prng.normal();
  }
  const plane = ops.linalgQr(ops.randn([DIMENSIONS, 2], { generator: new Generator(SEED) }))[0].t();
  const labels = tensor(BigInt64Array.from({ length: count }, (_, i) => BigInt(i % 2)));
  return { x: tensor(points, { shape: [count, 2] }).mm(plane), labels };
}

/** What is added to the loss of the labels. */
type Added = (network: (x: Tensor) => Tensor, x: Tensor, random: Generator) => Tensor | null;

const adversarial =
  (epsilon: number): Added =>
  (network, x, random) => {
    const logits = network(x);
    return virtualAdversarialLoss(network, x, logits, { epsilon }, random).add(entropy(logits).mean());
  };

const randomDirection: Added = (network, x, random) => {
  const logits = network(x);
  const draws = ops.randn(x.shape, { generator: random });
  const r = draws.div(draws.vectorNorm(2, 1, true)).mul(EPSILON);
  return divergence(logits.detach(), network(x.add(r)))
    .mean()
    .add(entropy(logits).mean());
};

/** Mean accuracy over the draws. */
function trained(added: Added): number {
  const scores = Array.from({ length: DRAWS }, (_, draw) => {
    const prng = new Prng(SEED, draw);
    const [own, rest, test] = [moons(2 * LABELS_EACH, prng), moons(UNLABELED, prng), moons(1000, prng)];
    manualSeed(100 * SEED + draw);
    const network = new Network();
    const random = new Generator(draw);
    const optimizer = new AdamW(network.parameters(), { learningRate: 3e-3, weightDecay: 0 });
    const forward = (x: Tensor) => network.forward(x);
    for (let step = 0; step < STEPS; step++)
      scope(() => {
        const loss = ops.crossEntropy(forward(own.x), own.labels);
        const more = added(forward, rest.x, random);
        (more === null ? loss : loss.add(more)).backward();
        optimizer.step();
        optimizer.zeroGrad();
      });
    return noGrad(() => forward(test.x).argmax(1).eq(test.labels).to('float32').mean().item());
  });
  return scores.reduce((sum, score) => sum + score) / DRAWS;
}

const figures: Record<string, number> = {};

afterAll(() => keepResult('virtual-adversarial', figures));

it('carries the labels along the moons', () => {
  figures['labels alone'] = trained(() => null);
  figures['virtual adversarial training'] = trained(adversarial(EPSILON));
  claim(figures['virtual adversarial training']! - figures['labels alone']!).isAbove(0.04);
});

it('controls: perturbations in a random direction, or of no length, do not', () => {
  figures['control: random direction'] = trained(randomDirection);
  figures['control: no perturbation'] = trained(adversarial(0));
  const gained = figures['virtual adversarial training']! - figures['labels alone']!;
  for (const name of ['control: random direction', 'control: no perturbation'])
    claim(figures[name]! - figures['labels alone']!).isBelow(0.5 * gained);
});
