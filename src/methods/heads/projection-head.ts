import { BatchNorm, Linear, ReLU, Sequential } from '../../engine/nn/index.js';

export interface ProjectionHeadOptions {
  inputSize: number;
  hiddenSize: number;
  outputSize: number;
  /** Number of linear layers, at least 1. */
  layers: number;
  /** Whether the last linear layer is followed by batch norm as well. */
  useOutputNorm: boolean;
  /** Whether the last linear layer has a bias; by default it has unless batch norm follows. */
  useOutputBias?: boolean;
}

/**
 * The multi-layer perceptron between the representation and the loss: linear, batch norm, ReLU, ..., linear. Linear layers
 * that batch norm follows have no bias, since the norm would cancel it.
 */
export class ProjectionHead extends Sequential {
  constructor(options: ProjectionHeadOptions) {
    const { inputSize, hiddenSize, outputSize, layers, useOutputNorm, useOutputBias = !useOutputNorm } = options;
    const hidden = Array.from({ length: layers - 1 }, (_, i) => [
      new Linear(i === 0 ? inputSize : hiddenSize, hiddenSize, { bias: false }),
      new BatchNorm(hiddenSize),
      new ReLU(),
    ]).flat();
    const last = new Linear(layers === 1 ? inputSize : hiddenSize, outputSize, { bias: useOutputBias });
    super(...hidden, last, ...(useOutputNorm ? [new BatchNorm(outputSize)] : []));
  }
}
