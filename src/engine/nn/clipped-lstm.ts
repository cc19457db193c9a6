import { linear, stack } from '../ops.generated.js';
import { scope } from '../scope.js';
import type { Tensor } from '../tensor.js';
import { LSTM, type LSTMOptions, type LSTMState } from './recurrent.js';

export interface ClippedLSTMOptions extends Omit<LSTMOptions, 'bidirectional' | 'layers' | 'dropout'> {
  /** Bound on the size of every cell's value, after each step. */
  cellClip: number;
  /** Bound on the size of every output, after each step. */
  projectionClip: number;
}

/**
 * An LSTM of one layer and one direction whose cells and outputs are kept within bounds (Sak et al. 2014; ELMo has 3 for both). Weights, gates
 * and keys are those of `LSTM`; step by step, since no fused kernel clips.
 */
export class ClippedLSTM extends LSTM {
  readonly cellClip: number;
  readonly projectionClip: number;

  constructor(inputSize: number, hiddenSize: number, { cellClip, projectionClip, ...options }: ClippedLSTMOptions) {
    super(inputSize, hiddenSize, options);
    this.cellClip = cellClip;
    this.projectionClip = projectionClip;
  }

  override forward(x: Tensor, state?: LSTMState): { output: Tensor; state: LSTMState } {
    const time = this.batchFirst ? 1 : 0;
    const [recurrent, project] = [this.weight('weight_hh_l0')!, this.weight('weight_hr_l0')];
    // The part of the gates that does not depend on the steps before, for all steps at once.
    const gates = linear(x, this.weight('weight_ih_l0')!, this.weight('bias_ih_l0'));
    let hidden = (state?.hidden ?? this.initialState(x, this.outputSize)).select(0, 0); // (N, P)
    let cell = (state?.cell ?? this.initialState(x, this.hiddenSize)).select(0, 0); // (N, H)
    const outputs: Tensor[] = [];
    for (const part of gates.unbind(time)) {
      [hidden, cell] = scope(() => {
        const sum = part.add(linear(hidden, recurrent, this.weight('bias_hh_l0')));
        const [input, forget, candidate, output] = sum.chunk(4, 1) as [Tensor, Tensor, Tensor, Tensor];
        const kept = forget.sigmoid().mul(cell).add(input.sigmoid().mul(candidate.tanh()));
        const next = kept.clamp(-this.cellClip, this.cellClip);
        const shown = output.sigmoid().mul(next.tanh());
        const projected = project === null ? shown : linear(shown, project);
        return [projected.clamp(-this.projectionClip, this.projectionClip), next];
      });
      outputs.push(hidden);
    }
    return { output: stack(outputs, time), state: { hidden: hidden.unsqueeze(0), cell: cell.unsqueeze(0) } };
  }
}
