import { expect, it } from 'vitest';
import { manualSeed, ops, scope } from '../index.js';
import { ClippedLSTM } from './clipped-lstm.js';
import { LSTM } from './recurrent.js';

it('is an LSTM where nothing reaches the bounds', () => {
  scope(() => {
    manualSeed(1);
    const plain = new LSTM(3, 8, { batchFirst: true, projectionSize: 4 });
    const clipped = new ClippedLSTM(3, 8, { batchFirst: true, projectionSize: 4, cellClip: 100, projectionClip: 100 });
    clipped.loadStateDict(plain.stateDict());
    const x = ops.randn([2, 5, 3]);
    x.requiresGrad = true;
    const { hidden, cell } = plain.forward(x).state;
    const first = { hidden: hidden.detach(), cell: cell.detach() };
    const [one, other] = [plain, clipped].map((module) => {
      const { output, state } = module.forward(x, first);
      x.grad = null;
      output.square().sum().backward();
      return [output, state.hidden, state.cell, x.grad!.clone(), module.stateDict().get('weight_hr_l0')!.grad!];
    });
    for (const [i, value] of one!.entries()) {
      expect(other![i]!.shape).toEqual(value.shape);
      expect(other![i]!.sub(value).abs().max().item()).toBeLessThan(1e-5);
    }
  });
});

it('keeps cells and outputs within their bounds, at every step', () => {
  scope(() => {
    const module = new ClippedLSTM(2, 6, { cellClip: 0.5, projectionClip: 0.1, projectionSize: 3 });
    const large = ops.full([7, 4, 2], 50, { dtype: 'float32' });
    const { output, state } = module.forward(large);
    expect(output.shape).toEqual([7, 4, 3]);
    expect(output.abs().max().item()).toBeLessThanOrEqual(Math.fround(0.1));
    expect(state.cell.abs().max().item()).toBe(0.5);
    const loose = new ClippedLSTM(2, 6, { cellClip: 3, projectionClip: 3, projectionSize: 3 });
    loose.loadStateDict(module.stateDict());
    expect(loose.forward(large).state.cell.abs().max().item()).toBeGreaterThan(0.5);
  });
});
