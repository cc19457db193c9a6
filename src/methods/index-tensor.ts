import { type Tensor, tensor } from '../engine/index.js';

/** Positions as an int64 vector on the device of another tensor. */
export function indexTensor(positions: ArrayLike<number>, beside: Tensor): Tensor {
  return tensor(
    BigInt64Array.from({ length: positions.length }, (_, i) => BigInt(positions[i]!)),
    { device: beside.device },
  );
}
