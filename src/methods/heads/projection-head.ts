import type { Backbone } from '../../backbones/backbone.js';
import { BatchNorm, Linear, ReLU, Sequential } from '../../engine/nn/index.js';

export interface ProjectionHeadOptions {
  inputSize: number;
  hiddenSize: number;
  outputSize: number;
  /** Number of linear layers, at least 1. */
  layers: number;
  /** What the last linear layer has beside its weights: a bias, batch norm in place of one, such a norm whose shift stays 0, or nothing. */
  last: 'bias' | 'norm' | 'unshifted-norm' | 'weights';
}

/**
 * The multi-layer perceptron between the representation and the loss: linear, batch norm, ReLU, ..., linear. Linear layers
 * that batch norm follows have no bias, since the norm would cancel it.
 */
export class ProjectionHead extends Sequential {
  constructor({ inputSize, hiddenSize, outputSize, layers, last }: ProjectionHeadOptions) {
    const hidden = Array.from({ length: layers - 1 }, (_, i) => [
      new Linear(i === 0 ? inputSize : hiddenSize, hiddenSize, { bias: false }),
      new BatchNorm(hiddenSize),
      new ReLU(),
    ]).flat();
    const output = new Linear(layers === 1 ? inputSize : hiddenSize, outputSize, { bias: last === 'bias' });
    const norm = last === 'norm' || last === 'unshifted-norm' ? new BatchNorm(outputSize) : null;
    // The shift stays in the state dict, so that both norms have one layout.
    if (last === 'unshifted-norm') norm!.bias!.requiresGrad = false;
    super(...hidden, output, ...(norm === null ? [] : [norm]));
  }
}

/** The options of a method by which its head is made. */
export interface HeadOptions {
  projectionSize: number;
  projectionLayers: number;
  /** Null takes the width of the features. */
  hiddenSize: number | null;
}

/** The head behind a backbone that a method's options describe. */
export function projectionHead(
  { featureSize: inputSize }: Backbone,
  { projectionSize: outputSize, projectionLayers: layers, hiddenSize }: HeadOptions,
  last: ProjectionHeadOptions['last'],
): ProjectionHead {
  return new ProjectionHead({ inputSize, hiddenSize: hiddenSize ?? inputSize, outputSize, layers, last });
}

/** Predicts one view's embedding from another's, both of this size: linear, batch norm, ReLU, linear with a bias. */
export function predictionHead(size: number, hiddenSize: number): ProjectionHead {
  return new ProjectionHead({ inputSize: size, hiddenSize, outputSize: size, layers: 2, last: 'bias' });
}
