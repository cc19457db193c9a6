import { type Generator, noGrad, ops, scope, type Tensor } from '../../engine/index.js';
import { sceneAxis } from './objects.js';

/** Images without any object, for the controls of tasks that must be solved by content alone. */
export interface PatternOptions {
  /** Side in pixels. */
  size: number;
  /** Gray noise that looks the same everywhere, or a ramp between two colors across the image. */
  pattern: 'noise' | 'gradients';
  /** Noise: standard deviation in pixels of the Gaussian that smooths it; 0 for independent pixels. */
  grain: number;
  /** Noise: as in `ObjectOptions`; only smoothed noise has values between its pixels to displace. */
  chromaticAberration?: number;
}

/** Smallest `grain` at which a Gaussian on whole pixels stands for one between them to within a thousandth. */
export const FINEST_DISPLACED_GRAIN = 0.7;

/**
 * Paints `count` images of a pattern. Nothing in them depends on the place but what is asked for: the color fringes of noise,
 * the colors of a ramp.
 *
 * @returns uint8 (count, 3, size, size) in channels-last memory
 */
export function paintPattern(count: number, options: PatternOptions, random: Generator): Tensor {
  return noGrad(() =>
    scope(() => {
      const images = options.pattern === 'noise' ? noise(count, options, random) : ramps(count, options.size, random);
      return images.mul(255).round().clamp(0, 255).to('uint8').to({ memoryFormat: 'channelsLast' });
    }),
  );
}

/**
 * White noise n seen through a Gaussian window around each pixel's place in the scene: A n A' with unit rows, so that every
 * pixel has the same distribution, in each channel and wherever the lens moves it.
 */
function noise(count: number, { size, grain, chromaticAberration = 0 }: PatternOptions, random: Generator): Tensor {
  const margin = Math.ceil(4 * grain + chromaticAberration * size);
  const side = size + 2 * margin;
  const white = ops.randn([count, 1, side, side], { generator: random });
  const smooth = grain > 0 ? through(white, windows(size, margin, grain, chromaticAberration)) : white;
  return smooth.mul(0.15).add(0.5).expand([count, 3, size, size]);
}

/** Weights (L, S, S + 2 margin) of the scene's pixels for each pixel of a row; squares of a row add up to 1. */
function windows(size: number, margin: number, grain: number, chromaticAberration: number): Tensor {
  const places = ops.arange(0, size + 2 * margin, 1, { dtype: 'float32' }).add(0.5 - margin);
  const distance = places.view([1, 1, -1]).sub(sceneAxis(size, chromaticAberration).unsqueeze(-1));
  const weights = distance.div(grain).square().mul(-0.5).exp();
  return weights.div(weights.square().sum(-1, true).sqrt());
}

function through(white: Tensor, weights: Tensor): Tensor {
  return weights.matmul(white).matmul(weights.transpose(1, 2)); // (N, L, S, S)
}

/** From one random color to another in a random direction, with a trace of grain that hides the steps of 8 bits. */
function ramps(count: number, size: number, random: Generator): Tensor {
  const color = (): Tensor => ops.rand([count, 3, 1, 1], { generator: random }).mul(0.7).add(0.15);
  const angle = ops.rand([count, 1, 1, 1], { generator: random }).mul(2 * Math.PI);
  const axis = sceneAxis(size, 0).div(size).sub(0.5);
  const [across, down] = [angle.cos(), angle.sin()];
  const length = across.abs().add(down.abs());
  const share = axis
    .view([1, 1, 1, size])
    .mul(across)
    .add(axis.view([1, 1, size, 1]).mul(down))
    .div(length)
    .add(0.5); // (N, 1, S, S) in [0, 1]
  const [from, to] = [color(), color()];
  const grain = ops.randn([count, 3, size, size], { generator: random }).mul(0.01);
  return to.sub(from).mul(share).add(from).add(grain);
}
