import { ops, type Tensor } from '../../engine/index.js';
import { LayerNorm, type Linear, Module } from '../../engine/nn/index.js';
import { bertLinear } from './pooled-head.js';

/**
 * BERT's answer for hidden tokens: a layer with GELU and layer norm, then scores of all tokens by the vectors that the network reads them
 * with, and a bias. Devlin et al. 2019; google-research/bert, run_pretraining.py (get_masked_lm_output).
 */
export class TokenHead extends Module {
  readonly dense: Linear;
  readonly norm: LayerNorm;
  bias: Tensor;

  /** @param embeddingSize of the vectors of tokens */
  constructor(featureSize: number, embeddingSize: number, vocabulary: number) {
    super();
    this.dense = bertLinear(featureSize, embeddingSize);
    this.norm = new LayerNorm(embeddingSize, { eps: 1e-12 });
    this.bias = this.parameter('bias', ops.zeros([vocabulary]));
  }

  /**
   * Logits (M, V).
   *
   * @param x vectors of the places that are asked, (M, D)
   * @param table vectors of the tokens, (V, E)
   */
  forward(x: Tensor, table: Tensor): Tensor {
    return ops.linear(this.norm.forward(this.dense.forward(x).gelu()), table, this.bias);
  }
}
