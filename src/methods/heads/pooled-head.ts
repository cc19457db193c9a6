import type { Tensor } from '../../engine/index.js';
import { init, Linear, Module } from '../../engine/nn/index.js';

/** Standard deviation of BERT's weights, cut at two deviations. */
const DEVIATION = 0.02;

/** A linear layer that starts as those of BERT do; biases are 0. */
export function bertLinear(inputSize: number, outputSize: number): Linear {
  const layer = new Linear(inputSize, outputSize);
  init.truncatedNormal_(layer.weight, 0, DEVIATION);
  init.constant_(layer.bias!, 0);
  return layer;
}

/**
 * BERT's answer about a whole text: a layer with tanh on the vector of its first token, then scores of the classes. Devlin et al. 2019;
 * google-research/bert, modeling.py (pooler) and run_pretraining.py (get_next_sentence_output).
 */
export class PooledHead extends Module {
  readonly pooler: Linear;
  readonly answer: Linear;

  constructor(featureSize: number, classes: number) {
    super();
    this.pooler = bertLinear(featureSize, featureSize);
    this.answer = bertLinear(featureSize, classes);
  }

  /** Logits (N, classes) of vectors of tokens (N, T, D). */
  forward(x: Tensor): Tensor {
    return this.answer.forward(this.pooler.forward(x.select(1, 0)).tanh());
  }
}
