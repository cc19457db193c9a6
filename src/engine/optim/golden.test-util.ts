import { readFileSync } from 'node:fs';
import { type NestedNumbers, parameter, type Tensor, tensor } from '../index.js';
import type { Optimizer } from './optimizer.js';

/** Five steps of several parameters, as other libraries make them: tests/golden/make_adaptive_optim.py. */
interface Golden {
  start: NestedNumbers[];
  gradients: NestedNumbers[][];
  /** Of the learning rate, in each step. */
  factors: number[];
  rules: Record<string, NestedNumbers[][]>;
}

const golden = JSON.parse(
  readFileSync(new URL('../../../tests/golden/adaptive-optim.json', import.meta.url), 'utf8'),
) as Golden;

/** The largest difference of a parameter from what a rule of the golden file makes of it. */
export function distanceFrom(rule: string, make: (params: Tensor[]) => Optimizer): number {
  const params = golden.start.map((values) => parameter(tensor(values)));
  const optimizer = make(params);
  const distances = golden.factors.flatMap((factor, step) => {
    params.forEach((param, i) => {
      param.grad = tensor(golden.gradients[step]![i]!);
    });
    optimizer.scaleLearningRate(factor);
    optimizer.step();
    return params.map((param, i) => {
      const wanted = tensor(golden.rules[rule]![step]![i]!);
      return param.detach().sub(wanted).abs().max().item();
    });
  });
  return Math.max(...distances);
}
