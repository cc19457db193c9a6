/**
 * Initialization of a network's weights from data, the "rescaled" baseline of tables of self-supervised learning.
 *
 * Krähenbühl, Doersch, Donahue, Darrell, "Data-dependent Initializations of Convolutional Neural Networks", ICLR 2016,
 * https://arxiv.org/abs/1511.06856; code: github.com/philkr/magic_init.
 *
 * 1. Within layers: from the first layer to the last, weights are drawn and every channel's pre-activations brought
 *    to mean 0 and variance 1 on the data, by its scale and its bias.
 * 2. Between layers: each layer's weights are scaled so that the ratio of the gradient's size to the weights' size is
 *    the same in all layers, for a loss that is a random linear function of the output: all layers then learn at the same rate.
 *
 * The two steps follow the code. What is ours, since the code is for chains of Caffe's layers and this for any network whose
 * convolutions and linear layers are called one after the other:
 * - The code keeps the output's deviation at 1, we at what it was after step 1: an encoder's features are means after a ReLU.
 * - The random loss is drawn once, so that step 2 converges; the code draws it anew each round. Networks that no scaling of single
 *   layers can even out (transformers) keep the round with the least differences.
 * - A layer without a bias keeps its mean. Batch norms normalize by the batch, as they do in training, and their statistics start
 *   anew; behind a batch norm step 1 changes nothing that the next layer could see, and step 2 is what remains.
 */
import { Backbone } from '../backbones/backbone.js';
import { batchNormsOf, withBatchStatistics } from '../backbones/statistics.js';
import { type Generator, noGrad, ops, scope, type Tensor } from '../engine/index.js';
import { Conv1d, Conv2d, Conv3d, init, type Layer, Linear, type Module } from '../engine/nn/index.js';
import { expected } from '../errors.js';
import { kMeans } from '../methods/clusters/k-means.js';

export interface DataDependentOptions {
  /** What the filters of a first convolution are before their scaling: random, or centroids of the data's patches. Default `gaussian`. */
  filters?: 'gaussian' | 'k-means';
  /** Whether to equalize the rates of the layers too (step 2). Default true. */
  equalize?: boolean;
  /** On the device of the network. */
  random: Generator;
}

type Affine = Conv1d | Conv2d | Conv3d | Linear;

/** Rounds of step 2 at most, and the relative difference of the ratios that ends it. */
const ROUNDS = 10;
const TOLERANCE = 0.02;
/** A channel that varies less than this sees nothing, and keeps its scale. */
const LEAST_DEVIATION = 1e-6;

/**
 * Replaces the weights of all convolutions and linear layers that the network calls; everything else stays.
 *
 * @param images float (N, ...), as the network takes them, N at least 2; some hundred positions per channel suffice
 * @throws AutodidactError `DATA` for fewer than two images
 */
export function initializeFromData(network: Backbone | Layer, images: Tensor, options: DataDependentOptions): void {
  if (images.size(0) < 2) throw expected('at least two images', 'images', images, { code: 'DATA' });
  const pass = (): Tensor => (network instanceof Backbone ? network.features(images) : network.forward(images));
  withBatchStatistics(network, () => {
    const layers = normalizeLayers(network, pass, options);
    if (options.equalize ?? true) equalizeRates(network, pass, layers, options.random);
  });
  network.zeroGrad();
  for (const norm of batchNormsOf(network)) norm.resetStatistics();
}

/** Draws the weights of every convolution and linear layer from N(0, std^2) and sets their biases to 0 (Krizhevsky et al. 2012). */
export function initializeGaussian(network: Module, random: Generator, std = 0.01): void {
  for (const layer of affineLayers(network)) {
    init.normal_(layer.weight, 0, std, random);
    if (layer.bias !== null) init.constant_(layer.bias, 0);
  }
}

/** Step 1; gives the layers in the order in which they are called. */
function normalizeLayers(network: Module, pass: () => Tensor, { filters, random }: DataDependentOptions): Affine[] {
  const order: Affine[] = [];
  visitLayers(network, pass, (layer, x, forward) => {
    const useKMeans = filters === 'k-means' && order.length === 0 && layer instanceof Conv2d;
    if (!(useKMeans && setPatchFilters(layer, x, random))) init.normal_(layer.weight, 0, 1, random);
    if (layer.bias !== null) init.constant_(layer.bias, 0);
    const y = forward(x);
    const channel = layer instanceof Linear ? y.ndim - 1 : 1;
    const others = y.shape.map((_, axis) => axis).filter((axis) => axis !== channel);
    const [variance, mean] = y.varMean(others, { correction: 0 }); // (C), (C)
    const deviation = variance.sqrt();
    const scale = deviation.maskedFill(deviation.lt(LEAST_DEVIATION), 1);
    layer.weight.div_(scale.reshape([-1, ...layer.weight.shape.slice(1).map(() => 1)]));
    layer.bias?.copy_(mean.div(scale).neg());
    order.push(layer);
  });
  return order;
}

/**
 * Step 2. Scaling a layer's weights by s divides its gradient by s, as long as the output stays the same: the ratio falls by
 * s^2. The scales that bring all ratios to their geometric mean have the product 1, so that in a chain of layers with ReLU the
 * output does stay the same; where it does not, the deviation of the output corrects the target.
 */
function equalizeRates(network: Module, pass: () => Tensor, layers: readonly Affine[], random: Generator): void {
  scope(() => {
    const output = noGrad(pass);
    const direction = noGrad(() =>
      ops.randn(output.shape, { generator: random, dtype: output.dtype, device: output.device }),
    );
    const deviation = spread(output);
    const inputs = new Map<Affine, number>();
    visitLayers(network, pass, (layer, x) => void inputs.set(layer, meanSize(x)));
    const moved = layers.flatMap(({ weight, bias }) => (bias === null ? [weight] : [weight, bias]));
    const best = noGrad(() => moved.map((value) => value.clone()));
    let least = Number.POSITIVE_INFINITY;
    for (let round = 0; round <= ROUNDS; round++) {
      const { ratios, growth } = scope(() => {
        network.zeroGrad();
        const y = pass();
        y.mul(direction).sum().backward();
        return { ratios: layers.map(gradientRatio), growth: spread(y) / deviation };
      });
      const logs = ratios.filter((ratio) => ratio > 0 && Number.isFinite(ratio)).map(Math.log);
      const difference = Math.max(...logs) - Math.min(...logs);
      // A layer whose scale changes the output's form (as in attention) can carry the ratios apart again.
      if (!(difference < least)) {
        noGrad(() => moved.forEach((value, i) => void value.copy_(best[i]!)));
        return;
      }
      if (difference < TOLERANCE || round === ROUNDS) return;
      least = difference;
      noGrad(() => best.forEach((value, i) => void value.copy_(moved[i]!)));
      const center = logs.reduce((sum, log) => sum + log, 0) / logs.length;
      const target = Math.exp(center + Math.log(growth) / logs.length);
      const scaleOf = new Map(layers.map((layer, i) => [layer, scaleTo(target, ratios[i]!)]));
      visitLayers(network, pass, (layer, x) => {
        const scale = scaleOf.get(layer)!;
        const size = meanSize(x);
        // Below, the layers have changed the size of x: the bias goes with it.
        const change = scale * (size / inputs.get(layer)!);
        if (Number.isFinite(change)) layer.bias?.mul_(change);
        layer.weight.mul_(scale);
        inputs.set(layer, size);
      });
    }
  });
}

/** A layer that gets no gradient, as before a batch norm that starts at zero, keeps its scale. */
function scaleTo(target: number, ratio: number): number {
  const scale = Math.sqrt(ratio / target);
  return scale > 0 && Number.isFinite(scale) ? scale : 1;
}

/** Root mean square of a layer's gradient beside that of its weights. */
function gradientRatio({ weight }: Affine): number {
  const { grad } = weight;
  return grad === null ? 0 : Math.sqrt(grad.square().mean().div(weight.square().mean()).item());
}

/** Mean over the dimensions of their deviation over the batch. */
function spread(output: Tensor): number {
  return output.flatten(1).std(0, { correction: 0 }).mean().item();
}

function meanSize(x: Tensor): number {
  return x.abs().mean().item();
}

/**
 * Centroids of the whitened patches that the convolution sees, taken back to pixels; false where there are too few patches.
 * Coates and Ng 2012; the code of magic_init whitens in as many dimensions as there are filters, we in all.
 */
function setPatchFilters(conv: Conv2d, x: Tensor, random: Generator): boolean {
  const [filters, , ...kernel] = conv.weight.shape;
  const { dilation = 1, stride = 1, groups = 1 } = conv.options;
  if (groups !== 1) return false;
  const columns = ops.im2col(x, kernel, dilation, 0, stride); // (N, C kh kw, L)
  const all = columns.transpose(1, 2).flatten(0, 1); // (N L, D)
  const count = Math.min(all.size(0), PATCHES_PER_FILTER * filters!);
  if (count < filters!) return false;
  const chosen = ops.randperm(all.size(0), { generator: random, dtype: 'int64', device: random.device });
  const drawn = all.indexSelect(0, chosen.narrow(0, 0, count).to(all.device));
  const patches = drawn.sub(drawn.mean([0])); // (P, D)
  const [values, vectors] = patches.t().matmul(patches).div(count).linalgEigh(); // (D), (D, D)
  const whitening = vectors.div(values.add(values.mean().mul(WHITENING_FLOOR)).sqrt()); // (D, D): V S
  const whitened = patches.matmul(whitening);
  const directions = whitened.div(whitened.square().sum([1], true).sqrt().clampMin(1e-6));
  const { centroids } = kMeans(directions, { clusters: filters!, random });
  conv.weight.copy_(centroids.matmul(whitening.t()).reshape(conv.weight.shape));
  return true;
}

const PATCHES_PER_FILTER = 200;
/** Added to the variances before their root, in parts of their mean: directions of nothing but noise are not blown up. */
const WHITENING_FLOOR = 0.01;

function affineLayers(network: Module): Affine[] {
  return network
    .modules()
    .map(([, module]) => module)
    .filter(
      (module): module is Affine =>
        module instanceof Conv1d || module instanceof Conv2d || module instanceof Conv3d || module instanceof Linear,
    );
}

/**
 * Runs the pass without gradient, and `visit` before each layer's first call in it: what it changes counts at once, for this
 * layer and all later ones.
 */
function visitLayers(
  network: Module,
  pass: () => Tensor,
  visit: (layer: Affine, x: Tensor, forward: (x: Tensor) => Tensor) => void,
): void {
  const layers = affineLayers(network);
  const visited = new Set<Affine>();
  try {
    for (const layer of layers) {
      const forward = layer.forward.bind(layer);
      layer.forward = (x) => {
        if (!visited.has(layer)) {
          visited.add(layer);
          scope(() => visit(layer, x, forward));
        }
        return forward(x);
      };
    }
    scope(() => noGrad(() => void pass()));
  } finally {
    for (const layer of layers) Reflect.deleteProperty(layer, 'forward');
  }
}
