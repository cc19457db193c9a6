import { describe, expect, it } from 'vitest';
import { manualSeed, ops, type Tensor } from '../../engine/index.js';
import { swappedPrediction } from './swapped-prediction.js';

describe('swappedPrediction', () => {
  it('is the mean over assigned crops of the mean over all other crops, term by term', () => {
    manualSeed(2);
    const q = [ops.randn([5, 4]).softmax(1), ops.randn([5, 4]).softmax(1)];
    const logP = Array.from({ length: 4 }, () => ops.randn([5, 4]).logSoftmax(1));
    const lists = (tensors: Tensor[]) => tensors.map((value) => value.toList() as number[][]);
    const [qs, ps] = [lists(q), lists(logP)];
    let loss = 0;
    for (const i of [0, 1]) {
      let sub = 0;
      for (const v of [0, 1, 2, 3]) {
        if (v === i) continue;
        for (let n = 0; n < 5; n++) for (let k = 0; k < 4; k++) sub -= (qs[i]![n]![k]! * ps[v]![n]![k]!) / 5;
      }
      loss += sub / 3;
    }
    expect(swappedPrediction(q, logP).item()).toBeCloseTo(loss / 2, 5);
  });

  it('is ln K when every score is the same', () => {
    const flat = ops.zeros([3, 50]).logSoftmax(1);
    expect(swappedPrediction([flat.exp(), flat.exp()], [flat, flat, flat]).item()).toBeCloseTo(Math.log(50), 5);
  });
});
