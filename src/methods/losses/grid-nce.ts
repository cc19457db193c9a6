import { type Device, fullPrecision, noGrad, ops, type Tensor } from '../../engine/index.js';
import { accuracy } from './accuracy.js';

/** The mean over all predictions, and the share of them that are nearest to their own target among all of the batch. */
export type GridNce = { loss: Tensor; accuracy: Tensor };

/**
 * InfoNCE of CPC over grids of patches: the prediction made at row r for row r + offset, same column, must find its target among all
 * patches of all images of the batch.
 *
 * @param predictions (B, d, H, W); the last `offset` rows have no target and are left out
 * @param targets (B, d, H, W)
 */
export function gridNce(predictions: Tensor, targets: Tensor, offset: number): GridNce {
  return fullPrecision(targets.device, () => {
    const [count, size, height, width] = targets.shape as [number, number, number, number];
    const rows = height - offset;
    const made = predictions.narrow(2, 0, rows).permute([0, 2, 3, 1]).reshape([-1, size]).to('float32');
    const all = targets.permute([0, 2, 3, 1]).reshape([-1, size]).to('float32'); // (B H W, d)
    const logits = made.matmul(all.t()); // (B (H - offset) W, B H W)
    const labels = gridLabels(count, height, width, offset, logits.device);
    return { loss: ops.crossEntropy(logits, labels), accuracy: accuracy(logits, labels) };
  });
}

/**
 * Share of predictions that are nearest to their own target among those of the same sample and column at all rows, as a scalar tensor:
 * which image or clip it is does not help there. Equal targets count as found by the first of them, so that H equal ones give 1 / H.
 *
 * @param predictions (B, d, H, W), that of each place for itself
 * @param targets (B, d, H, W)
 */
export function rowAccuracy(predictions: Tensor, targets: Tensor): Tensor {
  return noGrad(() => {
    const [made, all] = [predictions, targets].map((map) => map.permute([0, 3, 2, 1]).to('float32')) as [
      Tensor,
      Tensor,
    ];
    const logits = made.matmul(all.transpose(2, 3)); // (B, W, H, H)
    const own = ops.arange(0, targets.size(2), 1, { dtype: 'int64', device: targets.device });
    return logits.argmax(3).eq(own).mean(null, false, { dtype: 'float32' });
  });
}

/** The mean of the losses and accuracies of several predictions. */
export function meanNce(parts: readonly GridNce[]): GridNce {
  const sum = (values: readonly Tensor[]): Tensor => values.reduce((total, value) => total.add(value));
  const [losses, accuracies] = [parts.map(({ loss }) => loss), parts.map(({ accuracy }) => accuracy)];
  return { loss: sum(losses).div(parts.length), accuracy: sum(accuracies).div(parts.length) };
}

/** The target of each prediction among the B H W patches: (b H + r + offset) W + column, in the order b, r, column. */
export function gridLabels(count: number, height: number, width: number, offset: number, device?: Device): Tensor {
  const places = ops.arange(0, count * height * width, 1, { dtype: 'int64', ...(device ? { device } : {}) });
  const grid = places.view([count, height, width]);
  return grid.narrow(1, offset, height - offset).flatten();
}
