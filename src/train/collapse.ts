import { noGrad, scope, type Tensor } from '../engine/index.js';

/**
 * How far the directions of the features spread: the root of the summed variances of the L2-normalized rows, which is 0 when
 * all point the same way and approaches 1 when they point everywhere (Chen and He 2021 watch the same quantity).
 *
 * @param features (N, D), N >= 2
 * @returns a scalar on the device of the features
 */
export function featureSpread(features: Tensor): Tensor {
  return scope(() =>
    noGrad(() => {
      const wide = features.detach().to('float32');
      const directions = wide.div(wide.vectorNorm(2, [1], true).clampMin(1e-12));
      return directions.var([0], { correction: 0 }).sum().sqrt();
    }),
  );
}

/** Below this spread all features point the same way to within about half a degree. */
export const COLLAPSED_SPREAD = 0.01;

const PATIENCE = 10;

/** Notices when the features stay collapsed; a random network may start close to it, so one reading means nothing. */
export class CollapseWatch {
  private low = 0;
  private isTold = false;

  /** Returns a warning the first time that ten readings in a row were collapsed. */
  observe(spread: number): string | undefined {
    this.low = spread < COLLAPSED_SPREAD ? this.low + 1 : 0;
    if (this.low < PATIENCE || this.isTold) return undefined;
    this.isTold = true;
    return (
      `The features have collapsed: their spread is ${spread.toExponential(1)}, so that all images look alike to the encoder. ` +
      'Lower the learning rate, enlarge the batch, or check that the method keeps what prevents collapse (predictor, negatives, normalization)'
    );
  }
}
