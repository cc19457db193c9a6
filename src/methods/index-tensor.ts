import { type Tensor, tensor } from '../engine/index.js';

/** Positions as int64 (N), on the device of another tensor. */
export function indexTensor(positions: ArrayLike<number>, beside: Tensor): Tensor {
  return tensor(BigInt64Array.from(positions, BigInt), { device: beside.device });
}
