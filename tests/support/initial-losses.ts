/**
 * The loss of each tiny network before its first step, as theory says: a mean over some seeds, held to within 10 % or less.
 *
 * Networks with batch norm give values of known size however deep they are. With ReLU behind it, the mean square of a value is 1/2;
 * features of a ResNet have a mean square of about 0.9 (ReLU of a sum, averaged over 2x2 places). PyTorch's linear layers, whose weights
 * have variance 1 / (3 D), make of D values with mean square m outputs with variance (m + 1 / D) / 3. Vectors that know nothing of
 * each other have cosines with mean 0 and variance 1 / d.
 */
import type { ImageSpec } from '../../src/data/index.js';
import { Generator, ops, type Tensor } from '../../src/engine/index.js';
import { l2Normalize } from '../../src/methods/losses/nt-xent.js';
import { SceneSupply } from '../../src/methods/memory/scene-supply.js';
import { assign } from '../../src/methods/targets/assignment.js';

export interface InitialLoss {
  /** What theory says, in some cases of these samples: float [0, 1] (N, C, S, S). The share is by how much the mean may differ. */
  value?: number | ((pixels: Tensor, spec: ImageSpec) => number);
  within?: number;
  /** Instead of a value, bounds that theory gives. */
  from?: number;
  to?: number;
  why: string;
  /** Options that leave nothing to what networks happen to see. */
  options?: Readonly<Record<string, unknown>>;
  /** Gray noise instead of objects: two views of an image are no more alike than views of two images. */
  isOnNoise?: boolean;
  /** Default 8. */
  seeds?: number;
}

const BATCH = 8;
/** Samples of the tiny data sets. */
const COUNT = 60;
const [RELU_SQUARE, FEATURE_SQUARE] = [1 / 2, 0.9];
/** Channels of the last layer of the tiny ResNets. */
const FEATURES = 32;

/** Variance of the outputs of a linear layer over `size` values with this mean square. */
const ofLinear = (square: number, size: number): number => (square + 1 / size) / 3;

/**
 * Cross-entropy of `count` classes from normal logits with this variance that know nothing of the class: ln E exp exceeds the mean by
 * half the variance, and the mean of only `count` exponentials falls short of E exp.
 */
const blind = (count: number, variance = 0): number =>
  Math.log(count) + variance / 2 - Math.expm1(variance) / (2 * count);

/** Variance of cosines of unrelated vectors of d dimensions, divided by a temperature. */
const ofCosines = (dimensions: number, temperature: number): number => 1 / (dimensions * temperature ** 2);

/** The mean of a function over a normal variable with mean 0. */
function normalMean(of: (x: number) => number, variance: number): number {
  const step = 1e-3;
  let sum = 0;
  for (let z = -8; z <= 8; z += step) sum += of(z * Math.sqrt(variance)) * Math.exp((-z * z) / 2);
  return (sum * step) / Math.sqrt(2 * Math.PI);
}

const smoothL1 = (x: number): number => (Math.abs(x) < 1 ? x ** 2 / 2 : Math.abs(x) - 1 / 2);

/** Mean square of pixels on the scale [-1, 1]. */
const signedSquare = (pixels: Tensor): number => pixels.mul(2).sub(1).square().mean().item();

/** Mean square of pixels that are standardized by the mean and deviation of each channel of the data. */
function standardizedSquare(pixels: Tensor, { mean, std }: ImageSpec): number {
  const channels = pixels.unbind(1).map((values, c) => values.sub(mean[c]!).div(std[c]!).square().mean().item());
  return channels.reduce((sum, square) => sum + square) / channels.length;
}

/** Mean square error, on the scale [-1, 1], of bicubic interpolation (antialiased downwards) by a factor of 2 and back. */
function bicubicError(pixels: Tensor): number {
  const side = pixels.size(2);
  const small = ops.upsampleBicubic2dAa(pixels, [side / 2, side / 2], false);
  return ops.upsampleBicubic2dAa(small, [side, side], false).sub(pixels).mul(2).square().mean().item();
}

/** ln 32 times the mean weights of hue and chroma in colorization by histograms, whose answers are even at first. */
function divergenceFromEven(pixels: Tensor): number {
  const chroma = pixels.amax([1]).sub(pixels.amin([1]));
  const value = pixels.mean([1]);
  const weight = value.minimum(value.rsub(1)).mul(3).clampMax(1);
  return Math.log(32) * (5 * chroma.mean().item() + weight.mean().item());
}

/** Twice 1 - cosine of random directions of 64 dimensions to as many others, paired at the least total. */
function tradedDistance(): number {
  const random = new Generator(1);
  const draw = (): Tensor => l2Normalize(ops.randn([BATCH, 64], { generator: random }));
  const means = Array.from({ length: 200 }, () => {
    const cosines = draw().matmul(draw().t());
    const columns = assign(cosines.neg()).unsqueeze(1);
    return cosines.gather(1, columns).mean().item();
  });
  return 2 - (2 * means.reduce((sum, mean) => sum + mean)) / means.length;
}

/** Five times the scale-invariant error of a log depth of 0, with a half of the squared mean taken off, and the contours' loss. */
function sceneLosses(): number {
  const scenes = new SceneSupply({ size: 32, objects: 5 }, 200);
  const { depth, contours } = scenes.take(200, new Generator(1));
  const logDepth = depth.log().flatten(1);
  const error = logDepth
    .square()
    .mean([1])
    .sub(logDepth.mean([1]).square().div(2))
    .mean()
    .div(2)
    .item();
  // A half of the weight on the contours, a half on all else: ln 2 for each pixel, twice the share of the rest.
  const rest = 1 - contours.to('float32').mean().item();
  scenes.dispose();
  return 5 * error + 2 * rest * Math.LN2;
}

/** Tokens of the tokenizers that are trained on the tiny narratives. */
const [CHARACTERS, WORDS, WORD_PIECES, BYTE_PAIRS] = [32, 111, 300, 600];
/** What T5 puts behind them. */
const SENTINELS = 100;

export const INITIAL_LOSS: Readonly<Record<string, InitialLoss>> = {
  rotation: { value: blind(4, ofLinear(FEATURE_SQUARE, FEATURES)), why: 'ln 4, and logits of a linear layer' },
  egomotion: {
    value: 3 * Math.log(9),
    within: 0.01,
    why: '3 ln 9: the weights of the answers are small',
  },
  'patch-position': {
    value: blind(8),
    within: 0.05,
    why: 'ln 8; the layers before the logits have no norm and shrink',
  },
  jigsaw: { value: blind(64), within: 0.05, why: 'ln 64; the layers before the logits have no norm and shrink' },
  counting: { value: 10, why: 'untrained networks count little, and all alike: the margin' },
  exemplar: { value: blind(COUNT, ofLinear(RELU_SQUARE, 512)), within: 0.05, why: 'ln 60: each image is a class' },
  'noise-as-targets': {
    value: tradedDistance,
    why: '2 for points that say nothing of their targets, less once 8 of them have traded these',
  },
  'instance-discrimination': {
    value: blind(COUNT, ofCosines(128, 0.1)),
    seeds: 16,
    why: 'ln 60 over unrelated memories of 128 dimensions at temperature 0.1',
  },
  'local-aggregation': {
    value: blind(COUNT, ofCosines(128, 0.1)),
    seeds: 16,
    why: 'begins as instance discrimination',
  },
  'deep-cluster': { value: blind(6), within: 0.05, why: 'ln 6: ten images a cluster; weights of 0.01' },
  'deeper-cluster': {
    value: blind(16, ofLinear(FEATURE_SQUARE, FEATURES)),
    why: 'ln 16 for 4 x 4 super-classes; of six clusters there is one in each, which costs nothing',
  },
  'multi-task': {
    value: blind(8) + blind(313, ofLinear(RELU_SQUARE, 64)) + 0.5,
    within: 0.05,
    why: 'ln 8 for the place, ln 313 for the color, and the margin: two distortions are no nearer than two images',
  },
  simsiam: { from: -0.02, to: 0.02, why: 'cosines of unrelated vectors of 2048 dimensions: 0 +- 0.022 / sqrt(64)' },
  'barlow-twins': {
    value: 512 * (1 + 1 / (BATCH - 1)) + (0.0051 * 512 * 511) / (BATCH - 1),
    isOnNoise: true,
    why: 'each of the d^2 correlations of unrelated columns has mean 0 and mean square 1 / (N - 1)',
  },
  vicreg: { value: vicregOfUnrelated(), isOnNoise: true, why: 'see `vicregOfUnrelated`' },
  dino: {
    value: blind(1024, ofCosines(64, 0.1)),
    within: 0.05,
    options: { teacherTemperature: 1 },
    why: "ln 1024 over rows of unit length of 64 dimensions; the teacher's answers are even at temperature 1",
  },
  nnclr: {
    value: blind(BATCH, ofCosines(128, 0.1)),
    seeds: 16,
    why: 'ln N over unrelated vectors of 128 dimensions at temperature 0.1',
  },
  'motion-segmentation': { value: Math.LN2, within: 0.02, why: 'every pixel is as likely to move as not' },
  'tracking-patches': {
    value: 0.5,
    within: 0.05,
    why: 'with biases of 1 behind a ReLU all cosines are near 1: the margin',
  },
  colorization: { value: blind(313, ofLinear(RELU_SQUARE, 64)), within: 0.03, why: 'ln 313 bins' },
  'color-proxy': {
    value: divergenceFromEven,
    options: { reach: 0 },
    seeds: 16,
    why: 'ln 32 for the one bin of each place, the hue five times by its chroma, the chroma less near black and white',
  },
  'split-brain': {
    value: blind(313, ofLinear(RELU_SQUARE, 32)) + blind(50, ofLinear(RELU_SQUARE, 32)),
    within: 0.03,
    why: 'ln 313 bins of color and ln 50 of lightness',
  },
  'context-encoder': {
    value: (pixels) => signedSquare(pixels) + normalMean((x) => Math.tanh(x) ** 2, ofLinear(RELU_SQUARE, 32)),
    seeds: 32,
    why: 'the mean square of the pixels, which lie in [-1, 1], and of an output that knows nothing, behind a tanh',
  },
  'super-resolution': {
    value: bicubicError,
    within: 0.01,
    why: 'what bicubic interpolation misses: the tail starts at 0',
  },
  bigan: {
    value: 2 * Math.LN2,
    within: 0.01,
    why: '2 ln 2: exactly ln 2 for the discriminator, near it for the others after its step',
  },
  'big-bigan': {
    value: 6,
    within: 0.05,
    why: '2 for each of the three scores, which are small at first, and nearly nothing for the others',
  },
  autoencoder: {
    value: (pixels, spec) => standardizedSquare(pixels, spec) + ofLinear(RELU_SQUARE, 32),
    why: 'the mean square of the standardized pixels, and of an output that knows nothing',
  },
  'synthetic-imagery': {
    value: () => sceneLosses() + 10 + 0.05 * Math.LN2 + Math.LN2,
    why: 'depths of 1 m, normals of random directions, and even odds for contours and domains: 10 (1 - 0), ln 2 / 20 and ln 2',
  },
  mae: {
    value: 47 / 48 + (64 * 2) / (64 + 48),
    within: 0.05,
    why: "patches of 48 values with unbiased variance 1, and outputs from 64 values of variance 1 by Xavier's weights",
  },
  'i-jepa': {
    from: normalMean(smoothL1, 1),
    to: (1 + 64 * 0.02 ** 2) / 2,
    why: 'targets have mean square 1 and predictions nearly 0: from normal ones to those that are all 1 or -1',
  },
  'cpc-sound': { value: blind(BATCH * 6), within: 0.01, why: 'ln(8 * 6): 8 sounds of 6 vectors' },
  cpc: { value: blind(BATCH * 49), within: 0.01, why: 'ln(8 * 49): 8 images of 7x7 patches' },
  'cpc-v2': { value: blind(BATCH * 49), within: 0.01, why: 'ln(8 * 49): 8 images of 7x7 patches' },
  amdim: {
    value: 2 * Math.log(1 + 7 * 16) + Math.log(1 + 7 * 64),
    within: 0.04,
    options: { clip: 0.01 },
    why: 'with scores clipped to nothing, the places of the 7 other images: twice 4x4, once 8x8; the penalty is small',
  },
  yadim: {
    value: Math.log(1 + 7 * 4),
    within: 0.05,
    options: { clip: 0.01 },
    why: 'with scores clipped to nothing, the 2x2 places of the 7 other images; the penalty is small',
  },
  'video-colorization': {
    from: 0.1,
    to: Math.log(16),
    why: 'the entropy of the colors of each clip, at most that of 16 even ones: pointers are even at first',
  },
  crw: {
    value: Math.log(9),
    within: 0.01,
    options: { temperature: 100 },
    why: 'ln 9: at a high temperature all of the 3 x 3 patches are equally likely',
  },
  'video-mae': {
    value: 127 / 128 + (64 * 2) / (64 + 384),
    within: 0.05,
    why: 'channels of tubes of 128 values with unbiased variance 1, and outputs as in MAE, of 384 values',
  },
  cvrl: {
    value: blind(2 * BATCH - 1),
    within: 0.05,
    options: { temperature: 1 },
    why: 'ln(2 N - 1); cosines differ little',
  },
  simclr: { value: blind(2 * BATCH - 1), why: 'ln(2 N - 1); each row sees no more than 15 others' },
  moco: {
    from: Math.log(COUNT + Math.exp(1)) - 1,
    to: Math.log(COUNT + Math.exp(0.65)) - 0.65,
    options: { temperature: 1 },
    why: 'ln of the 60 unrelated keys of a queue that is as long as the data, and the own one, less the cosine of query and key: 1 for equal features, 0.65 for unrelated ones, which are positive',
  },
  'shuffle-and-learn': {
    value: blind(2, ofLinear(RELU_SQUARE, 3 * 128)),
    why: "ln 2; Xavier's weights keep the mean square of the hidden units, half of the variance before their ReLU, and double it",
  },
  'cpc-video': {
    value: Math.log(BATCH * 3 * 4),
    within: 1e-5,
    why: 'ln(8 * 3 * 4): 8 clips, 3 predicted blocks of 2x2 places, and predictions that start at 0',
  },
  gpt: { value: Math.log(CHARACTERS), within: 0.01, why: 'ln V: weights of 0.02' },
  bert: {
    value: Math.log(WORD_PIECES) + Math.LN2,
    within: 0.01,
    why: 'ln V for the hidden tokens and ln 2 for the order: weights of 0.02',
  },
  electra: {
    value: Math.log(WORD_PIECES) + 50 * Math.LN2,
    within: 0.01,
    why: 'ln V for the generator and 50 ln 2 for the discriminator: weights of 0.02',
  },
  simcse: {
    value: Math.log(BATCH),
    within: 0.05,
    options: { temperature: 1 },
    why: 'ln N: all texts have nearly the same vector at first',
  },
  'sentence-order': { value: Math.LN2, within: 0.01, why: 'ln 2 for each pair: weights of 0.02' },
  bart: { value: Math.log(BYTE_PAIRS), within: 0.01, why: 'ln V: weights of 0.02' },
  pegasus: { value: Math.log(WORD_PIECES), within: 0.01, why: 'ln V: weights of 0.02' },
  t5: { value: Math.log(WORD_PIECES + SENTINELS), within: 0.01, why: 'ln of V and the marks: weights of 0.02' },
  'skip-thoughts': {
    value: 2 * Math.log(WORDS),
    within: 0.01,
    why: '2 ln V: one for each neighbor; states are small at first',
  },
  elmo: { value: Math.log(WORDS), within: 0.01, why: 'ln V: the outputs of the LSTMs are small at first' },
  'cpc-text': {
    value: Math.log(BATCH * 3),
    within: 0.01,
    why: 'ln(8 * 3): 8 texts of 3 sentences, and predictions that are nearly 0',
  },
  'skip-gram': { value: Math.LN2, within: 0.02, why: 'ln 2 per term: outputs start at 0, and move little in one step' },
  cbow: { value: Math.LN2, within: 0.02, why: 'ln 2 per term: outputs start at 0, and move little in one step' },
  byol: { value: 4, within: 0.05, why: '2 - 2 cos twice, for predictions that know nothing of the target' },
  swav: {
    value: blind(128, ofCosines(128, 0.1)),
    within: 0.05,
    why: 'ln 128 over unrelated prototypes of 128 dimensions at temperature 0.1, and assignments that are nearly even',
  },
};

/**
 * A bias-free linear layer over D = 512 values behind batch norm and ReLU, whose variance over the batch is 1/2 - 1 / (2 pi), gives
 * components of a third of it. With N - 1 degrees of freedom the deviation falls short by the factor c_4; covariances of unrelated
 * components have mean square var^2 / (N - 1), in both views.
 */
function vicregOfUnrelated(): number {
  const variance = (1 / 2 - 1 / (2 * Math.PI)) / 3;
  const unbiased = (variance * BATCH) / (BATCH - 1);
  const c4 = 0.965; // for N = 8
  const hinge = 1 - c4 * Math.sqrt(unbiased);
  return 25 * 2 * variance + 25 * hinge + (2 * 511 * unbiased ** 2) / (BATCH - 1);
}
