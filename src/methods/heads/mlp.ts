import { Linear, ReLU, Sequential } from '../../engine/nn/index.js';

/** An MLP without batch norm: linear, ReLU, ..., linear; its hidden layers are as wide as its input. */
export function mlp(inputSize: number, outputSize: number, layers: number): Sequential {
  const hidden = Array.from({ length: layers - 1 }, () => [new Linear(inputSize, inputSize), new ReLU()]);
  return new Sequential(...hidden.flat(), new Linear(inputSize, outputSize));
}
